"""The experiment on the cost of credit assignment."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

from threadpoolctl import threadpool_limits

from .._utils.environment import describe_environment
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.validation import boolean, check_parameters, integer, one_of, seed
from ..datasets import digits_or_mnist
from ..inspection import credit_assignment_cost
from ..inspection._growth import fraction_of
from ..inspection._learning_task import LearningTask
from ..inspection._methods import METHODS
from ._cost_result import CostResult, Sizes, describe_units

N_FEATURES, N_CLASSES, BATCH_SIZE, SIZES = 784, 10, 100, (5,)
WIDTHS = [(20,), (40,), (80,), (160,), (320,), (640,)]
DEPTHS = [(16,) * depth for depth in (1, 2, 4, 8, 16, 32)]
FRACTION, N_PROBED = 0.01, 20
"""Parameters that numerical differentiation is timed on: in part (a), and in part (b)."""

PATIENCE = 60.0
"""Numerical differentiation learns no epoch that would end after so many seconds."""

_CHECKS = {
    "dataset": one_of("digits", "mnist"),
    "max_iter": integer(1),
    "all_parameters": boolean,
    "n_repeats": integer(1),
    "random_state": seed,
}


def reproduce_cost(
    dataset: str = "digits",
    path: str | PathLike[str] | None = None,
    *,
    max_iter: int = 10,
    all_parameters: bool = False,
    n_repeats: int = 9,
    random_state: int = 0,
    verbose: bool = False,
    callback: Callable[[str], object] | None = None,
) -> CostResult:
    """Measure what numerical differentiation, backprop and error diffusion cost.

    The experiment has three parts: (a) one update of 784-50-10 units, (b) the growth of the
    time with wider and with deeper networks, and (c) learning a data set, epoch by epoch. All
    methods use one thread, float64, the same networks and the same batches of 100 rows.

    Parameters
    ----------
    dataset : {"digits", "mnist"}, default="digits"
        The data set of part (c). Numerical differentiation does not learn MNIST, which would
        take hours.
    path : str or path-like, default=None
        Where MNIST is, as in :func:`~sklearn_ed.datasets.load_mnist`.
    max_iter : int, default=10
        Number of epochs in part (c).
    all_parameters : bool, default=False
        Whether numerical differentiation is timed on all parameters in part (a), instead of
        on one percent of them.
    n_repeats : int, default=9
        Timings of each update, taken in turns; the medians are reported.
    random_state : int, default=0
        Seed of the data, the initial weights and the batches.
    verbose : bool, default=False
        Whether to show progress on a terminal.
    callback : callable, default=None
        Called with the text of each part as soon as the part is measured.

    Returns
    -------
    CostResult
        If Ctrl-C interrupts the experiment, the result contains what was measured and its
        attribute `complete` is False.

    Raises
    ------
    ValueError
        If a parameter is invalid or the file is damaged.
    FileNotFoundError
        If MNIST is not found.
    MissingExtra
        If `verbose` is set and rich is missing.
    KeyboardInterrupt
        If Ctrl-C interrupts the experiment before anything was measured.

    See Also
    --------
    sklearn_ed.inspection.credit_assignment_cost : One update of any networks.
    sklearn_ed.inspection.credit_assignment_epochs : Learning any data.

    References
    ----------
    A note of 2016 on backprop compared it with numerical differentiation, for 784-50-10 units
    and batches of 100 rows: 1 ms against 40 s, a factor of 40,000.

    Examples
    --------
    >>> from sklearn_ed.reproduction import reproduce_cost
    >>> print(reproduce_cost().to_text())  # doctest: +SKIP
    """
    check_parameters(locals(), _CHECKS)
    settings = {
        "dataset": dataset,
        "epochs": max_iter,
        "all_parameters": all_parameters,
        "repeats": n_repeats,
        "random_state": random_state,
        "n_features": N_FEATURES,
        "n_classes": N_CLASSES,
        "batch_size": BATCH_SIZE,
    }
    result = CostResult(settings)
    data = digits_or_mnist(dataset, path, random_state)
    task = LearningTask(*data, SIZES, BATCH_SIZE, random_state)
    experiment = _Experiment(task, result)
    parts = [
        (experiment.update, 1),
        (experiment.growth, len(WIDTHS) + len(DEPTHS)),
        (experiment.epochs, (1 + max_iter) * len(experiment.methods)),
    ]
    told: set[str] = set()

    def tell() -> None:
        for part, text in result.part_texts().items():
            if part not in told:
                told.add(part)
                if callback is not None:
                    callback(text)

    try:
        with interruptible(), threadpool_limits(1):
            for measure, n_steps in parts:
                with progress(n_steps, show=verbose) as step:
                    measure(step)
                tell()
        result.complete = True
    except (Interrupted, KeyboardInterrupt) as interruption:
        if not result.part_texts():
            raise KeyboardInterrupt from interruption
        tell()
    result.machine = describe_environment()
    return result


Announce = Callable[[str], None]


class _Experiment:
    """The parts of the experiment; each adds what it measures to the result."""

    def __init__(self, task: LearningTask, result: CostResult) -> None:
        self.task, self.result, self.settings = task, result, result.settings
        # Numerical differentiation is last, if it learns the data at all.
        self.methods = ["backprop", "error_diffusion"]
        if self.settings["dataset"] == "digits":
            self.methods.append("numerical")

    def update(self, announce: Announce) -> None:
        announce("one update")
        self._measure("update", SIZES, 1.0 if self.settings["all_parameters"] else FRACTION)

    def growth(self, announce: Announce) -> None:
        for part, all_sizes in (("widths", WIDTHS), ("depths", DEPTHS)):
            for sizes in all_sizes:
                announce(f"{len(sizes)} x {sizes[0]} hidden units")
                fraction = fraction_of(N_PROBED, N_FEATURES, sizes, N_CLASSES)
                self._measure(part, sizes, fraction)

    def _measure(self, part: str, sizes: Sizes, fraction: float) -> None:
        cost = credit_assignment_cost(
            N_FEATURES,
            sizes,
            N_CLASSES,
            n_samples=BATCH_SIZE,
            fraction=fraction,
            n_repeats=self.settings["repeats"],
            random_state=self.settings["random_state"],
        )
        self.result.costs[part].append((sizes, cost))

    def epochs(self, announce: Announce) -> None:
        task, n_epochs = self.task, self.settings["epochs"]
        n_train, n_features = task.X_train.shape
        self.result.data = {
            "name": self.settings["dataset"],
            "units": describe_units(n_features, task.hidden_layer_sizes, task.n_classes),
            "n_train": n_train,
            "n_test": task.X_test.shape[0],
            "batch_size": task.batch_size,
            "n_updates": task.n_updates,
            "n_epochs": n_epochs,
            "numerical_left_out": "numerical" not in self.methods,
        }
        for method in self.methods:
            announce(f"learning rate of {METHODS[method]}")
            self.result.alphas[method] = task.choose_alpha(method, n_epochs)
            self._learn(method, n_epochs, announce)

    def _learn(self, method: str, n_epochs: int, announce: Announce) -> None:
        """Add the epochs of a method to the result one by one."""
        learned = self.result.epochs.setdefault(method, [])
        epochs = self.task.learn(method, self.result.alphas[method], n_epochs)
        for number in range(1, n_epochs + 1):
            seconds = [epoch.seconds * self.task.n_updates for epoch in learned]
            if learned and sum(seconds) + seconds[-1] > PATIENCE and method == "numerical":
                return
            announce(f"{METHODS[method]}, epoch {number}")
            learned.append(next(epochs))
