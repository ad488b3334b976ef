"""Results as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._utils.extras import import_extra


def write_json(file: Path, content: Mapping[str, Any]) -> Path:
    """Write standard JSON, without NaN; return the file."""
    text = json.dumps(content, indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def write_csv(file: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows that have the same keys below a header; return the file."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def new_figure(width: float, height: float) -> Any:
    """A matplotlib figure that is in no window.

    Raises
    ------
    MissingExtra
        If matplotlib is missing.
    """
    figures = import_extra("matplotlib.figure", "The picture")
    return figures.Figure(figsize=(width, height), layout="constrained")


def write_png(file: Path, figure: Any) -> Path:
    """Draw the figure into a file; return the file."""
    figure.savefig(file, dpi=150, format="png")
    return file
