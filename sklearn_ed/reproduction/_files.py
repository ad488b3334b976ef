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
        files = []
        for name, content in self._contents().items():
            file = Path(folder, name)
            if file.suffix == ".json":
                # Standard JSON has no NaN.
                text = json.dumps(content, indent=1, allow_nan=False) + "\n"
                file.write_text(text, encoding="utf-8")
            elif file.suffix == ".csv":
                with file.open("w", newline="", encoding="utf-8") as stream:
                    writer = csv.DictWriter(stream, list(content[0]))
                    writer.writeheader()
                    writer.writerows(content)
            else:
                content.savefig(file, dpi=150, format="png")
            files.append(file)
        return files

    def _contents(self) -> dict[str, Any]:
        """Names of files, and what they contain: dictionaries, rows of a table, or figures."""
        raise NotImplementedError


def new_figure(width: float, height: float) -> Any:
    """A figure that opens no window."""
    figures = import_extra("matplotlib.figure", "The plot")
    return figures.Figure(figsize=(width, height), layout="constrained")
