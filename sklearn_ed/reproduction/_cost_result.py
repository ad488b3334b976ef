"""The result of the experiment on the cost of credit assignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from ..inspection import CreditAssignmentDisplay
from ..inspection._growth import gather_growth
from ..inspection._learning_task import Epoch
from ..inspection._methods import METHODS
from ._cost_text import RATIOS, Costs, describe_epochs, describe_growth, describe_update
from ._files import FileResult, write_csv, write_json, write_png


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
        update, widths, depths = self.costs.values()
        texts = {}
        if update:
            texts["update"] = describe_update(*update[0], self.settings)
        if widths:
            texts["growth"] = describe_growth(widths, depths, self._exponents)
        if any(self.epochs.values()):
            learned = self.data, self.alphas, self.epochs
            texts["epochs"] = describe_epochs(*learned, self._left_out_update)
        return texts

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
        """Draw seconds against width and, if they were measured, depth.

        Parameters
        ----------
        ax : matplotlib Axes, or a pair of them, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        CreditAssignmentDisplay
            The display.

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
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

    def _writers(self) -> dict[str, Callable[[Path], None]]:
        updates = [
            {
                "part": part,
                "hidden_layer_sizes": " ".join(map(str, sizes)),
                **{key: cost[key] for key in ("n_parameters", "n_probed", *METHODS)},
            }
            for part, costs in self.costs.items()
            for sizes, cost in costs
        ]
        epochs = [
            {"way": method, "alpha": self.alphas[method], **epoch._asdict()}
            for method, epochs in self.epochs.items()
            for epoch in epochs
        ]
        writers: dict[str, Callable[[Path], None]] = {
            "results.json": partial(write_json, content=self.to_dict())
        }
        if updates:
            writers["updates.csv"] = partial(write_csv, rows=updates)
        if epochs:
            writers["epochs.csv"] = partial(write_csv, rows=epochs)
        if self.costs["widths"]:
            width = 13.0 if self.costs["depths"] else 6.5
            writers["cost.png"] = partial(write_png, draw=self._draw, width=width, height=5.5)
        return writers

    def _draw(self, figure: Any) -> None:
        self.plot(figure.subplots(1, 2 if self.costs["depths"] else 1))
        figure.suptitle(
            "One update of {n_classes} networks, {n_features} inputs, batches of "
            "{batch_size} rows".format(**self.settings)
        )
