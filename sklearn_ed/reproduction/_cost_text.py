"""The costs of credit assignment as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from sklearn.utils import Bunch

from .._utils.formatting import format_ratio, format_seconds
from ..inspection._learning_task import Epoch
from ..inspection._methods import METHODS

Sizes = tuple[int, ...]
Costs = list[tuple[Sizes, Bunch]]

RATIOS = (
    ("numerical", "backprop"),
    ("numerical", "error_diffusion"),
    ("error_diffusion", "backprop"),
)
# Width of a line, and of the cells of one method in the last table.
_WIDTH, _CELLS = 96, 30


def describe_units(n_features: int, sizes: Sizes, n_classes: int) -> str:
    """Units of all networks, layer by layer.

    >>> describe_units(784, (5,), 10)
    '784-50-10'
    """
    return "-".join(map(str, (n_features, *(n * n_classes for n in sizes), n_classes)))


def describe_update(sizes: Sizes, cost: Bunch, settings: Mapping[str, Any]) -> str:
    """Part (a): one update."""
    n_classes = settings["n_classes"]
    units = describe_units(settings["n_features"], sizes, n_classes)
    probed = f"{cost.n_probed:,} of them and scaled to all"
    if cost.n_probed == cost.n_parameters:
        probed = "all of them"
    heading = fill(
        f"(a) One update of {units} units: {n_classes} networks of "
        f"{', '.join(map(str, sizes))} hidden units, a batch of {settings['batch_size']} rows. "
        f"There are {cost.n_parameters:,} parameters; numerical differentiation is timed on "
        f"{probed}.",
        _WIDTH,
    )
    lines = [f"{name:<48}{format_seconds(cost[key]):>12}" for key, name in METHODS.items()]
    lines += [
        f"{METHODS[a] + ' / ' + METHODS[b]:<48}{format_ratio(cost[a] / cost[b]):>12}"
        for a, b in RATIOS
    ]
    return "\n".join([heading, "", *lines])


def describe_growth(widths: Costs, depths: Costs, exponents: Mapping[str, float] | None) -> str:
    """Part (b): growth with the size of the networks."""
    n_probed = max(cost.n_probed for _, cost in (*widths, *depths))
    heading = fill(
        "(b) Growth with the size of the networks. Numerical differentiation is timed on "
        f"{n_probed:,} parameters of each size and scaled to all.",
        _WIDTH,
    )
    parts = [heading, _size_table("wider", widths)]
    if exponents is not None:
        listed = ", ".join(f"{exponents[key]:.2f} for {name}" for key, name in METHODS.items())
        law = f"For wider networks, seconds grow as (number of parameters)^p, p = {listed}."
        parts.append(fill(law, _WIDTH))
    if depths:
        parts.append(_size_table("deeper", depths))
    return "\n\n".join(parts)


def describe_epochs(
    data: Mapping[str, Any],
    alphas: Mapping[str, float],
    epochs: Mapping[str, Sequence[Epoch]],
    numerical_update: float | None,
) -> str:
    """Part (c): learning. `numerical_update` are its seconds where it is left out."""
    learned = {method: epochs[method] for method in METHODS if epochs.get(method)}
    if not learned:
        return ""
    heading = fill(
        f"(c) Learning {data['name']}, {data['units']} units, {data['n_train']:,} training and "
        f"{data['n_test']:,} test rows, {data['n_updates']:,} updates of {data['batch_size']} "
        "rows per epoch. All methods start from the same weights and learn the same batches.",
        _WIDTH,
    )
    names = [f"{METHODS[method]:<{_CELLS}}" for method in learned]
    rates = [f"{f'alpha {alphas[method]:g}':<{_CELLS}}" for method in learned]
    header = f"{'update':>11}{'train':>8}{'test':>8}".ljust(_CELLS)
    lines = [f"{'':>7}" + "".join(cells).rstrip() for cells in (names, rates)]
    lines.append("epoch" + (header * len(learned)).rstrip())
    for k in range(max(map(len, learned.values()))):
        cells = [_epoch_cells(method_epochs, k) for method_epochs in learned.values()]
        lines.append(f"{k + 1:>5}" + "".join(cells).rstrip())
    parts = [heading, "\n".join(lines)]
    if numerical_update is not None:
        epoch = format_seconds(numerical_update * data["n_updates"])
        parts.append(
            f"Numerical differentiation is omitted: {data['n_updates']:,} updates of "
            f"{format_seconds(numerical_update)} would take {epoch} per epoch."
        )
    elif "numerical" in learned and len(learned["numerical"]) < data["n_epochs"]:
        parts.append(
            f"Numerical differentiation learned {len(learned['numerical'])} of "
            f"{data['n_epochs']} epochs: more would take too long."
        )
    return "\n\n".join(parts)


def _epoch_cells(epochs: Sequence[Epoch], k: int) -> str:
    if k >= len(epochs):
        return " " * _CELLS
    e = epochs[k]
    cells = f"{format_seconds(e.seconds):>11}{e.train_accuracy:>8.2%}{e.test_accuracy:>8.2%}"
    return cells.ljust(_CELLS)


def _size_table(title: str, rows: Costs) -> str:
    header = f"{title:<10}{'parameters':>12}{'numerical':>12}{'backprop':>12}"
    lines = [header + f"{'ED':>12}{'num./backprop':>15}{'ED/backprop':>13}"]
    for sizes, cost in rows:
        shown = str(sizes[0]) if len(sizes) == 1 else f"{len(sizes)} x {sizes[0]}"
        times = "".join(f"{format_seconds(cost[method]):>12}" for method in METHODS)
        lines.append(
            f"{shown:<10}{cost.n_parameters:>12,}{times}"
            f"{format_ratio(cost.numerical / cost.backprop):>15}"
            f"{format_ratio(cost.error_diffusion / cost.backprop):>13}"
        )
    return "\n".join(lines)
