"""Results as files."""

from __future__ import annotations

import csv
import json
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

from .extras import import_extra
from .files import remove_others, write_whole
from .plotting import as_png


class FileResult:
    """Base class of results that are saved as files."""

    _file_names: ClassVar[tuple[str, ...]]
    """All names that `_contents` may have."""

    def save(self, folder: str | PathLike[str]) -> list[Path]:
        """Write results.json, tables as CSV files, and a plot if there is something to draw.

        Parameters
        ----------
        folder : str or path-like
            It is made if it does not exist. Files of an earlier result are replaced, each of
            them when the new one is complete, or removed if there is no new one.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        OSError
            If the folder cannot be made, or a file cannot be written.
        MissingExtra
            If matplotlib is missing.
        """
        contents = self._contents()
        Path(folder).mkdir(parents=True, exist_ok=True)
        files = []
        for name, content in contents.items():
            file = Path(folder, name)
            write_whole(file, _as_bytes(content, file.suffix))
            files.append(file)
        remove_others(Path(folder), self._file_names, contents)
        return files

    def _contents(self) -> dict[str, Any]:
        """Names of files, and what they contain: dictionaries, rows of a table, or figures."""
        raise NotImplementedError


def _as_bytes(content: Any, suffix: str) -> bytes:
    if suffix == ".json":
        # Standard JSON has no NaN.
        return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()
    if suffix == ".csv":
        text = StringIO(newline="")
        writer = csv.DictWriter(text, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
        return text.getvalue().encode()
    return as_png(content)


def new_figure(width: float, height: float) -> Any:
    """A figure that opens no window."""
    figures = import_extra("matplotlib.figure", "The plot")
    return figures.Figure(figsize=(width, height), layout="constrained")
