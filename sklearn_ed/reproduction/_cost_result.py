"""The result of the experiment on the cost of credit assignment: text, files and a plot."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import fill
from typing import Any, ClassVar

from sklearn.utils import Bunch

from .._utils.formatting import format_ratio, format_seconds
from .._utils.results import FileResult, new_figure
from ..inspection import CreditAssignmentDisplay
from ..inspection._growth import gather_growth
from ..inspection._learning_task import Epoch
from ..inspection._methods import METHODS

Sizes = tuple[int, ...]
Costs = list[tuple[Sizes, Bunch]]

RATIOS = (
    ("numerical", "backprop"),
    ("numerical", "error_diffusion"),
    ("error_diffusion", "backprop"),
)
WIDTH = 96


def describe_units(n_features: int, sizes: Sizes, n_classes: int) -> str:
    """Units of all networks, layer by layer.

    >>> describe_units(784, (5,), 10)
    '784-50-10'
    """
    return "-".join(map(str, (n_features, *(n * n_classes for n in sizes), n_classes)))


@dataclass
class CostResult(FileResult):
    """The result of :func:`reproduce_cost`.

    Attributes
    ----------
    settings : dict
        The parameters of the experiment.
    costs : dict of str to list of (tuple of int, Bunch)
        Hidden layer sizes and results of
        :func:`~sklearn_ed.inspection.credit_assignment_cost`: "update" for one network size,
        "widths" and "depths" for several.
    data : dict
        Numbers of rows, units and updates of the data that the methods learn.
    alphas : dict of str to float
        Learning rate of each method.
    epochs : dict of str to list
        Time and accuracies of each method, epoch by epoch.
    machine : dict
        Versions, processor, threads.
    complete : bool
        False if the experiment was interrupted.

    See Also
    --------
    reproduce_cost : Makes the result.

    Examples
    --------
    >>> from sklearn_ed.reproduction import reproduce_cost
    >>> result = reproduce_cost()  # doctest: +SKIP
    >>> result.growth("widths").exponents  # doctest: +SKIP
    """

    settings: dict[str, Any]
    costs: dict[str, Costs] = field(
        default_factory=lambda: {"update": [], "widths": [], "depths": []}
    )
    data: dict[str, Any] = field(default_factory=dict)
    alphas: dict[str, float] = field(default_factory=dict)
    epochs: dict[str, list[Epoch]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def growth(self, part: str) -> Bunch | None:
        """The costs as :func:`~sklearn_ed.inspection.credit_assignment_growth` returns them.

        Parameters
        ----------
        part : {"widths", "depths"}
            The networks.

        Returns
        -------
        Bunch or None
            None if nothing was measured.
        """
        sizes, costs = zip(*self.costs[part], strict=True) if self.costs[part] else ((), ())
        return gather_growth(sizes, costs) if costs else None

    def part_texts(self) -> dict[str, str]:
        """The text of each part for which there are measurements.

        Returns
        -------
        dict of str to str
            The keys are "update", "growth" and "epochs".
        """
        texts = {
            "update": self._update_text(),
            "growth": self._growth_text(),
            "epochs": self._epochs_text(),
        }
        return {part: text for part, text in texts.items() if text}

    def to_text(self) -> str:
        """All tables as text.

        Returns
        -------
        str
            Lines of at most 96 characters.
        """
        return "\n\n".join(self.part_texts().values())

    def to_dict(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, strings, numbers and None.

        Returns
        -------
        dict
            Ready for JSON.
        """
        parts = {
            part: [{"hidden_layer_sizes": list(sizes), **cost} for sizes, cost in costs]
            for part, costs in self.costs.items()
        }
        update = parts.pop("update")[0] if self.costs["update"] else None
        if update:
            update["ratios"] = {f"{a}/{b}": update[a] / update[b] for a, b in RATIOS}
        numerical = self._left_out_update
        return {
            "format": "sklearn_ed cost 1",
            "complete": self.complete,
            "settings": self.settings,
            "machine": self.machine,
            **parts,
            "update": update,
            "exponents": self._exponents,
            "lesson": self.data or None,
            "numerical_epoch_seconds": numerical and numerical * self.data["n_updates"],
            "epochs": {
                method: {"alpha": self.alphas[method], "epochs": [e._asdict() for e in epochs]}
                for method, epochs in self.epochs.items()
            },
        }

    def plot(self, ax: Any = None) -> CreditAssignmentDisplay:
        """Draw seconds against width and, if they were measured, depth, with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, or a pair of them, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        CreditAssignmentDisplay
            The display.
        """
        return CreditAssignmentDisplay(self.growth("widths"), self.growth("depths")).plot(ax)

    @property
    def _exponents(self) -> dict[str, float] | None:
        """The exponents of growth with the width, if there are several."""
        growth = self.growth("widths")
        return growth.exponents if growth and len(growth.n_parameters) > 1 else None

    @property
    def _left_out_update(self) -> float | None:
        """Seconds of an update by numerical differentiation, if it learns nothing."""
        is_left_out = self.data.get("numerical_left_out") and self.costs["update"]
        return self.costs["update"][0][1].numerical if is_left_out else None

    def _update_text(self) -> str:
        """Part (a): one update."""
        if not self.costs["update"]:
            return ""
        sizes, cost = self.costs["update"][0]
        n_classes = self.settings["n_classes"]
        units = describe_units(self.settings["n_features"], sizes, n_classes)
        probed = f"{cost.n_probed:,} of them and scaled to all"
        if cost.n_probed == cost.n_parameters:
            probed = "all of them"
        heading = (
            f"(a) One update of {units} units: {n_classes} networks of "
            f"{', '.join(map(str, sizes))} hidden units, a batch of "
            f"{self.settings['batch_size']} rows. There are {cost.n_parameters:,} parameters; "
            f"numerical differentiation is timed on {probed}."
        )
        lines = [f"{name:<48}{format_seconds(cost[key]):>12}" for key, name in METHODS.items()]
        lines += [
            f"{METHODS[a] + ' / ' + METHODS[b]:<48}{format_ratio(cost[a] / cost[b]):>12}"
            for a, b in RATIOS
        ]
        return "\n".join([fill(heading, WIDTH), "", *lines])

    def _growth_text(self) -> str:
        """Part (b): growth with the size of the networks."""
        widths, depths, exponents = self.costs["widths"], self.costs["depths"], self._exponents
        if not widths:
            return ""
        n_probed = max(cost.n_probed for _, cost in (*widths, *depths))
        heading = (
            "(b) Growth with the size of the networks. Numerical differentiation is timed on "
            f"{n_probed:,} parameters of each size and scaled to all."
        )
        parts = [fill(heading, WIDTH), _size_table("wider", widths)]
        if exponents is not None:
            listed = ", ".join(
                f"{exponents[key]:.2f} for {name}" for key, name in METHODS.items()
            )
            law = f"For wider networks, seconds grow as (number of parameters)^p, p = {listed}."
            parts.append(fill(law, WIDTH))
        if depths:
            parts.append(_size_table("deeper", depths))
        return "\n\n".join(parts)

    def _epochs_text(self) -> str:
        """Part (c): learning."""
        learned = {method: self.epochs[method] for method in METHODS if self.epochs.get(method)}
        if not learned:
            return ""
        data = self.data
        heading = (
            f"(c) Learning {data['name']}, {data['units']} units, {data['n_train']:,} training "
            f"and {data['n_test']:,} test rows, {data['n_updates']:,} updates of "
            f"{data['batch_size']} rows per epoch. All methods start from the same weights and "
            "learn the same batches."
        )
        columns = [
            [
                f"  {METHODS[method]}",
                f"  alpha {self.alphas[method]:g}",
                f"{'update':>11}{'train':>8}{'test':>8}",
                *(
                    f"{format_seconds(e.seconds):>11}{e.train_accuracy:>8.2%}{e.test_accuracy:>8.2%}"
                    for e in epochs
                ),
            ]
            for method, epochs in learned.items()
        ]
        labels = ["", "", "epoch", *range(1, max(map(len, learned.values())) + 1)]
        lines = [
            (f"{label:>5}" + "".join(f"{cell:<30}" for cell in cells)).rstrip()
            for label, cells in zip(labels, zip_longest(*columns, fillvalue=""), strict=True)
        ]
        parts = [fill(heading, WIDTH), "\n".join(lines)]
        seconds, n_numerical = self._left_out_update, len(learned.get("numerical", ()))
        if seconds is not None:
            parts.append(
                f"Numerical differentiation is omitted: {data['n_updates']:,} updates of "
                f"{format_seconds(seconds)} would take "
                f"{format_seconds(seconds * data['n_updates'])} per epoch."
            )
        elif 0 < n_numerical < data["n_epochs"]:
            parts.append(
                f"Numerical differentiation learned {n_numerical} of {data['n_epochs']} "
                "epochs: more would take too long."
            )
        return "\n\n".join(parts)

    _file_names: ClassVar[tuple[str, ...]] = (
        "results.json",
        "updates.csv",
        "epochs.csv",
        "cost.png",
    )

    def _contents(self) -> dict[str, Any]:
        contents: dict[str, Any] = {"results.json": self.to_dict()}
        updates = [
            {
                "part": part,
                "hidden_layer_sizes": " ".join(map(str, sizes)),
                **{key: cost[key] for key in ("n_parameters", "n_probed", *METHODS)},
            }
            for part, costs in self.costs.items()
            for sizes, cost in costs
        ]
        if updates:
            contents["updates.csv"] = updates
        epochs = [
            {"way": method, "alpha": self.alphas[method], **epoch._asdict()}
            for method, epochs in self.epochs.items()
            for epoch in epochs
        ]
        if epochs:
            contents["epochs.csv"] = epochs
        if self.costs["widths"]:
            n_panels = 2 if self.costs["depths"] else 1
            contents["cost.png"] = figure = new_figure(6.5 * n_panels, 5.5)
            self.plot(figure.subplots(1, n_panels))
            figure.suptitle(
                "One update of {n_classes} networks, {n_features} inputs, batches of "
                "{batch_size} rows".format(**self.settings)
            )
        return contents


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
