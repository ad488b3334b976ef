"""Results as files."""

from __future__ import annotations

import csv
import json
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
        tables = {name: rows for name, rows in self._tables().items() if rows}
        figures = self._figures()
        files = [Path(folder, name) for name in ("results.json", *tables, *figures)]
        # Standard JSON has no NaN.
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        files[0].write_text(text, encoding="utf-8")
        for name, rows in tables.items():
            with Path(folder, name).open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        for name, figure in figures.items():
            figure.savefig(Path(folder, name), dpi=150, format="png")
        return files

    def to_dict(self) -> dict[str, Any]:
        """The content of results.json."""
        raise NotImplementedError

    def _tables(self) -> dict[str, list[dict[str, Any]]]:
        """Names of CSV files, and their rows."""
        raise NotImplementedError

    def _figures(self) -> dict[str, Any]:
        """Names of pictures, and figures of matplotlib."""
        raise NotImplementedError


def new_figure(width: float, height: float) -> Any:
    """A figure that opens no window."""
    figures = import_extra("matplotlib.figure", "The plot")
    return figures.Figure(figsize=(width, height), layout="constrained")
