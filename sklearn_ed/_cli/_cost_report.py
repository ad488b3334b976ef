"""The results of ``sklearn-ed cost``: in words, and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

from sklearn.utils import Bunch

from .._utils.extras import import_extra
from ..inspection import CreditAssignmentDisplay
from ..inspection._epochs import Epoch
from ..inspection._growth import gather_growth
from ..inspection._ways import WAYS

# Of a line, and of what one way has in a line of the last table.
_WIDTH, _CELLS = 96, 30
_RATIOS = (
    ("numerical", "backprop"),
    ("numerical", "error_diffusion"),
    ("error_diffusion", "backprop"),
)
_SIZE_COLUMNS = ("hidden_layer_sizes", "n_parameters", "n_probed", *WAYS)
_EPOCH_COLUMNS = ("epoch", "seconds", "train_accuracy", "test_accuracy")
Sizes = tuple[int, ...]


@dataclass
class CostResults:
    """What was measured so far.

    Attributes
    ----------
    settings : dict
        Of the command, as JSON has it.
    n_features, n_classes, batch_size : int
        Of the networks that are timed.
    update, widths, depths : list of (tuple of int, Bunch)
        Hidden layer sizes with their cost: one network; of several widths; of several depths.
    lesson : dict
        What is learned: rows, features, updates of an epoch.
    alphas : dict of str to float
        Learning rates of the ways.
    epochs : dict of str to list of Epoch
        What the ways learned.
    """

    settings: dict[str, Any]
    n_features: int
    n_classes: int
    batch_size: int
    update: list[tuple[Sizes, Bunch]] = field(default_factory=list)
    widths: list[tuple[Sizes, Bunch]] = field(default_factory=list)
    depths: list[tuple[Sizes, Bunch]] = field(default_factory=list)
    lesson: dict[str, Any] = field(default_factory=dict)
    alphas: dict[str, float] = field(default_factory=dict)
    epochs: dict[str, list[Epoch]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.update or self.widths or self.depths or any(self.epochs.values()))

    def growth(self, part: str) -> Bunch:
        """Of `widths` or `depths`, as `credit_assignment_growth` returns it."""
        return gather_growth(*zip(*getattr(self, part), strict=True))

    def numerical_epoch(self) -> float | None:
        """Estimated seconds of an epoch of numerical differentiation, if it is left out."""
        if not (self.lesson and self.lesson["numerical_left_out"] and self.update):
            return None
        return self.update[0][1].numerical * self.lesson["n_updates"]

    def as_dict(self) -> dict[str, Any]:
        """Dictionaries, lists, strings, numbers and None, as JSON has it."""
        parts = {
            part: [
                {"hidden_layer_sizes": list(sizes), **cost}
                for sizes, cost in getattr(self, part)
            ]
            for part in ("update", "widths", "depths")
        }
        update = parts["update"][0] if parts["update"] else None
        if update:
            update["ratios"] = {f"{a}/{b}": update[a] / update[b] for a, b in _RATIOS}
        exponents = self.growth("widths").exponents if len(self.widths) > 1 else None
        return {
            "format": "sklearn_ed cost 1",
            "settings": self.settings,
            **parts,
            "update": update,
            "exponents": exponents,
            "lesson": self.lesson or None,
            "numerical_epoch_seconds": self.numerical_epoch(),
            "epochs": {
                way: {"alpha": self.alphas[way], "epochs": [asdict(epoch) for epoch in epochs]}
                for way, epochs in self.epochs.items()
            },
        }

    def save(self, folder: Path) -> list[Path]:
        """Write results.json, updates.csv, epochs.csv and cost.png, those there is stuff for.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        content, files = self.as_dict(), [folder / "results.json"]
        text = json.dumps(content, indent=1, allow_nan=False)
        files[0].write_text(text + "\n", encoding="utf-8")
        rows: list[Mapping] = [
            {"part": part, **_row(sizes, cost)}
            for part in ("update", "widths", "depths")
            for sizes, cost in getattr(self, part)
        ]
        if rows:
            files.append(_write_csv(folder / "updates.csv", ("part", *_SIZE_COLUMNS), rows))
        rows = [
            {"way": way, "alpha": self.alphas[way], **asdict(epoch)}
            for way, epochs in self.epochs.items()
            for epoch in epochs
        ]
        if rows:
            columns = ("way", "alpha", *_EPOCH_COLUMNS)
            files.append(_write_csv(folder / "epochs.csv", columns, rows))
        if self.widths:
            files.append(self._save_picture(folder / "cost.png"))
        return files

    def _save_picture(self, file: Path) -> Path:
        figures = import_extra("matplotlib.figure", "The picture")
        depths = self.growth("depths") if self.depths else None
        n_panels = 2 if depths else 1
        figure = figures.Figure(figsize=(6.5 * n_panels, 5.5), layout="constrained")
        axes = figure.subplots(1, n_panels)
        CreditAssignmentDisplay(self.growth("widths"), depths).plot(ax=axes)
        figure.suptitle(
            f"One update of {self.n_classes} networks, {self.n_features} inputs, "
            f"batches of {self.batch_size} rows"
        )
        figure.savefig(file, dpi=150, format="png")
        return file


# In words


def update_text(results: CostResults) -> str:
    """Part (a): one network."""
    if not results.update:
        return ""
    sizes, cost = results.update[0]
    probed = (
        "all of them"
        if cost.n_probed == cost.n_parameters
        else f"{cost.n_probed:,} of them, scaled to all"
    )
    units = "-".join(str(size * results.n_classes) for size in sizes)
    heading = fill(
        f"(a) One update of {results.n_features}-{units}-{results.n_classes} units, "
        f"{results.n_classes} networks of {', '.join(map(str, sizes))} hidden units, "
        f"{cost.n_parameters:,} parameters, on {results.batch_size} rows. Numerical "
        f"differentiation is timed on {probed}.",
        _WIDTH,
    )
    lines = [f"{name:<48}{format_seconds(cost[way]):>12}" for way, name in WAYS.items()]
    lines += [
        f"{WAYS[a] + ' / ' + WAYS[b]:<48}{format_ratio(cost[a] / cost[b]):>12}"
        for a, b in _RATIOS
    ]
    return "\n".join([heading, "", *lines])


def growth_text(results: CostResults) -> str:
    """Part (b): how it grows."""
    parts = []
    if results.widths:
        n_probed = max(cost.n_probed for _, cost in results.widths + results.depths)
        heading = fill(
            f"(b) How it grows. Numerical differentiation is timed on {n_probed:,} "
            "parameters of each and scaled to all.",
            _WIDTH,
        )
        parts = [heading, _size_table("wider", results.widths)]
        if len(results.widths) > 1:
            exponents = results.growth("widths").exponents
            told = ", ".join(f"{exponents[way]:.2f} {name}" for way, name in WAYS.items())
            law = f"Over the widths, seconds grow with parameters to the power of: {told}."
            parts.append(fill(law, _WIDTH))
    if results.depths:
        parts.append(_size_table("deeper", results.depths))
    return "\n\n".join(parts)


def epochs_text(results: CostResults) -> str:
    """Part (c): what the three ways learn."""
    learned = {way: epochs for way, epochs in results.epochs.items() if epochs}
    learned = {way: learned[way] for way in WAYS if way in learned}
    if not learned:
        return ""
    lesson = results.lesson
    heading = fill(
        f"(c) Learning {lesson['name']}, {lesson['units']} units, {lesson['n_train']:,} "
        f"training and {lesson['n_test']:,} test rows, {lesson['n_updates']:,} updates of "
        f"{lesson['batch_size']} rows an epoch, the same weights to start with and the same "
        "batches.",
        _WIDTH,
    )
    names = [f"{WAYS[way]:<{_CELLS}}" for way in learned]
    rates = [f"{f'alpha {results.alphas[way]:g}':<{_CELLS}}" for way in learned]
    header = f"{'update':>11}{'train':>8}{'test':>8}".ljust(_CELLS)
    lines = [f"{'':>7}" + "".join(cells).rstrip() for cells in (names, rates)]
    lines.append("epoch" + (header * len(learned)).rstrip())
    for k in range(max(map(len, learned.values()))):
        cells = [_epoch_cells(epochs, k) for epochs in learned.values()]
        lines.append(f"{k + 1:>5}" + "".join(cells).rstrip())
    parts = [heading, "\n".join(lines)]
    seconds = results.numerical_epoch()
    if seconds is not None:
        update = results.update[0][1].numerical
        parts.append(
            f"Numerical differentiation is left out: {lesson['n_updates']:,} updates of "
            f"{format_seconds(update)} would take {format_seconds(seconds)} an epoch."
        )
    elif "numerical" in learned and len(learned["numerical"]) < lesson["n_epochs"]:
        parts.append(
            f"Numerical differentiation was given {len(learned['numerical'])} of "
            f"{lesson['n_epochs']} epochs: more would take too long."
        )
    return "\n\n".join(parts)


def _epoch_cells(epochs: list[Epoch], k: int) -> str:
    if k >= len(epochs):
        return " " * _CELLS
    e = epochs[k]
    cells = f"{format_seconds(e.seconds):>11}{e.train_accuracy:>8.2%}{e.test_accuracy:>8.2%}"
    return cells.ljust(_CELLS)


def _size_table(title: str, rows: list[tuple[Sizes, Bunch]]) -> str:
    header = f"{title:<10}{'parameters':>12}{'numerical':>12}{'backprop':>12}"
    lines = [header + f"{'ED':>12}{'num./backprop':>15}{'ED/backprop':>13}"]
    for sizes, cost in rows:
        shown = str(sizes[0]) if len(sizes) == 1 else f"{len(sizes)} x {sizes[0]}"
        times = "".join(f"{format_seconds(cost[way]):>12}" for way in WAYS)
        lines.append(
            f"{shown:<10}{cost.n_parameters:>12,}{times}"
            f"{format_ratio(cost.numerical / cost.backprop):>15}"
            f"{format_ratio(cost.error_diffusion / cost.backprop):>13}"
        )
    return "\n".join(lines)


def format_seconds(seconds: float) -> str:
    """Three significant digits, from milliseconds to hours.

    >>> [format_seconds(s) for s in (0.0001234, 0.5, 12.34, 6000.0, 81290.0)]
    ['0.123 ms', '500 ms', '12.3 s', '100 min', '22.6 h']
    """
    for unit, size, limit in (("ms", 1e-3, 1.0), ("s", 1.0, 600.0), ("min", 60.0, 7200.0)):
        if seconds < limit:
            return f"{_three_digits(seconds / size)} {unit}"
    return f"{_three_digits(seconds / 3600)} h"


def format_ratio(ratio: float) -> str:
    """Two decimals of a small one, whole numbers of a large one.

    >>> format_ratio(0.966), format_ratio(33470.4)
    ('0.97', '33,470')
    """
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _row(sizes: Sizes, cost: Bunch) -> dict[str, Any]:
    return {"hidden_layer_sizes": " ".join(map(str, sizes)), **cost}


def _write_csv(file: Path, columns: tuple[str, ...], rows: list[Mapping]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return file
