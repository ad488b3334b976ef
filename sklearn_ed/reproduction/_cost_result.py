"""The result of the experiment on the cost of credit assignment."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from ..inspection import CreditAssignmentDisplay
from ..inspection._growth import gather_growth
from ..inspection._learning_task import Epoch
from ..inspection._methods import METHODS
from ._cost_text import RATIOS, Sizes, describe_epochs, describe_growth, describe_update
from ._files import new_figure, write_csv, write_json, write_png

Costs = list[tuple[Sizes, Bunch]]


@dataclass
class CostResult:
    """The result of :func:`reproduce_cost`.

    A cost is a Bunch as :func:`~sklearn_ed.inspection.credit_assignment_cost` returns it.

    Attributes
    ----------
    settings : dict
        The parameters of the experiment.
    n_features, n_classes, batch_size : int
        Inputs, classes and rows of a batch of the networks that are timed.
    update : list of (tuple of int, Bunch)
        Hidden layer sizes and cost of one network size, or nothing.
    widths, depths : list of (tuple of int, Bunch)
        Hidden layer sizes and cost for networks of several widths and of several depths.
    data : dict
        Numbers of rows, units and updates of what is learned.
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
    n_features: int
    n_classes: int
    batch_size: int
    update: Costs = field(default_factory=list)
    widths: Costs = field(default_factory=list)
    depths: Costs = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    alphas: dict[str, float] = field(default_factory=dict)
    epochs: dict[str, list[Epoch]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been measured."""
        return not (self.update or self.widths or self.depths or any(self.epochs.values()))

    @property
    def exponents(self) -> dict[str, float] | None:
        """For each method the exponent p of seconds = c (number of parameters)^p.

        It is fitted to the networks of several widths; None for fewer than two.
        """
        return _growth(self.widths).exponents if len(self.widths) > 1 else None

    @property
    def _left_out_update(self) -> float | None:
        """Seconds of an update by numerical differentiation, if it learns nothing."""
        is_left_out = self.data.get("numerical_left_out") and self.update
        return self.update[0][1].numerical if is_left_out else None

    def part_texts(self) -> dict[str, str]:
        """The text of each part that has begun.

        Returns
        -------
        dict of str to str
            With the keys "update", "growth" and "epochs".
        """
        texts = {}
        if self.update:
            networks = self.n_features, self.n_classes, self.batch_size
            texts["update"] = describe_update(*self.update[0], *networks)
        if self.widths:
            texts["growth"] = describe_growth(self.widths, self.depths, self.exponents)
        if any(self.epochs.values()):
            learned = self.data, self.alphas, self.epochs
            texts["epochs"] = describe_epochs(*learned, self._left_out_update)
        return texts

    def to_text(self) -> str:
        """All tables as text, 96 columns wide.

        Returns
        -------
        str
        """
        return "\n\n".join(self.part_texts().values())

    def to_dict(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, strings, numbers and None, ready for JSON.

        Returns
        -------
        dict
        """
        parts: dict[str, Any] = {
            name: [{"hidden_layer_sizes": list(sizes), **cost} for sizes, cost in costs]
            for name, costs in self._costs().items()
        }
        update = parts["update"][0] if self.update else None
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
            "exponents": self.exponents,
            "lesson": self.data or None,
            "numerical_epoch_seconds": (
                None if numerical is None else numerical * self.data["n_updates"]
            ),
            "epochs": {
                method: {
                    "alpha": self.alphas[method],
                    "epochs": [asdict(epoch) for epoch in epochs],
                }
                for method, epochs in self.epochs.items()
            },
        }

    def plot(self, ax: Any = None) -> CreditAssignmentDisplay:
        """Draw seconds against width and, if there are results, depth.

        Parameters
        ----------
        ax : matplotlib Axes, or a pair of them, default=None
            Where to draw, as in :meth:`CreditAssignmentDisplay.plot`; None: a new figure.

        Returns
        -------
        CreditAssignmentDisplay
            The display.

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
        """
        depths = _growth(self.depths) if self.depths else None
        return CreditAssignmentDisplay(_growth(self.widths), depths).plot(ax)

    def save(self, folder: str | PathLike[str]) -> list[Path]:
        """Write results.json and, as far as there are results, the other files.

        The other files are updates.csv, epochs.csv and cost.png.

        Parameters
        ----------
        folder : str or path-like
            An existing folder. Files of these names are replaced.

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
        folder = Path(folder)
        files = [write_json(folder / "results.json", self.to_dict())]
        updates = [
            {
                "part": part,
                "hidden_layer_sizes": " ".join(map(str, sizes)),
                **{key: cost[key] for key in ("n_parameters", "n_probed", *METHODS)},
            }
            for part, costs in self._costs().items()
            for sizes, cost in costs
        ]
        if updates:
            files.append(write_csv(folder / "updates.csv", updates))
        rows = [
            {"way": method, "alpha": self.alphas[method], **asdict(epoch)}
            for method, epochs in self.epochs.items()
            for epoch in epochs
        ]
        if rows:
            files.append(write_csv(folder / "epochs.csv", rows))
        if self.widths:
            n_panels = 2 if self.depths else 1
            figure = new_figure(6.5 * n_panels, 5.5)
            self.plot(figure.subplots(1, n_panels))
            figure.suptitle(
                f"One update of {self.n_classes} networks, {self.n_features} inputs, "
                f"batches of {self.batch_size} rows"
            )
            files.append(write_png(folder / "cost.png", figure))
        return files

    def _costs(self) -> dict[str, Costs]:
        return {"update": self.update, "widths": self.widths, "depths": self.depths}


def _growth(costs: Costs) -> Bunch:
    """As `credit_assignment_growth` returns it."""
    sizes, bunches = zip(*costs, strict=True)
    return gather_growth(sizes, bunches)
