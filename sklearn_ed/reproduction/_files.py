"""Results as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from .._utils.extras import import_extra


class FileResult:
    """Base class of results that are saved as files."""

    def save(self, folder: str | PathLike[str]) -> list[Path]:
        """Write results.json, tables as CSV files, and a plot if there is something to draw.

        Parameters
        ----------
        folder : str or path-like
            An existing folder. Files with the same names are replaced.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        OSError
            If a file cannot be written.
        MissingExtra
            If matplotlib is missing.
        """
        files = {Path(folder, name): write for name, write in self._writers().items()}
        for file, write in files.items():
            write(file)
        return list(files)

    def _writers(self) -> dict[str, Callable[[Path], None]]:
        """Names of files, and functions that write them."""
        raise NotImplementedError


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write standard JSON, which has no NaN."""
    file.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def write_csv(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the same keys, and the keys as a header."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_png(file: Path, draw: Callable[[Any], object], width: float, height: float) -> None:
    """Write a figure that `draw` has drawn, without opening a window."""
    figures = import_extra("matplotlib.figure", "The plot")
    figure = figures.Figure(figsize=(width, height), layout="constrained")
    draw(figure)
    figure.savefig(file, dpi=150, format="png")
