"""A comparison as files in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ._comparison import Comparison


def write_files(comparison: Comparison, folder: Path) -> list[Path]:
    """Write results.json, results.csv, candidates.csv, the pictures and report.html.

    Parameters
    ----------
    comparison : Comparison
    folder : Path
        There already; older files of these names are replaced.

    Returns
    -------
    list of Path
        The files, the report first.

    Raises
    ------
    UnusableInput
        If one cannot be written.
    MissingExtra
        If matplotlib or pandas is missing.
    """
    writers = {
        "report.html": comparison.to_html,
        "results.json": comparison.save,
        "results.csv": lambda file: comparison.to_frame().to_csv(file, index=False),
        "candidates.csv": lambda file: comparison.to_frame(candidates=True).to_csv(
            file, index=False
        ),
        "candidates.png": lambda file: _draw(comparison, ["candidates"], file),
        "curves.png": lambda file: _draw(comparison, ["epochs", "seconds"], file),
    }
    if not any(outcome.curve for outcome in comparison.outcomes):
        del writers["curves.png"]
    files = []
    for name, write in writers.items():
        try:
            write(folder / name)
        except OSError as error:
            raise UnusableInput(
                f"out: expected a file that can be written, got {error}."
            ) from error
        files.append(folder / name)
    return files


def _draw(comparison: Comparison, kinds: list[str], file: Path) -> None:
    """Pictures side by side in a PNG file."""
    figures = import_extra("matplotlib.figure", "The picture")
    figure = figures.Figure(figsize=(1 + 8 * len(kinds), 6.5), layout="constrained")
    for kind, ax in zip(kinds, np.ravel(figure.subplots(1, len(kinds))), strict=True):
        comparison.plot(kind, ax=ax)
    figure.savefig(file, dpi=150, format="png")
