"""Kaneko's XOR and parity tables (1999), and the same figures measured with this package.

    python examples/benchmarks/kaneko_tables.py [--bits 2 3 4 5] [--seeds 100] [--n-jobs 1]

A run sweeps over all patterns until the errors of a sweep, |t - z| before each step, sum to
less than 0.1, or until 10,000 sweeps are over. As in Kaneko's tables, the means are over the
runs that finish; +- is the standard error. The median is over all runs, where a run that does
not finish counts as longer than all others; "late" is the number of these runs. Every seed is
one initialisation. The algorithm is the published one, with alpha 0.8.
"""

import argparse
import itertools
import time

import numpy as np
from joblib import Parallel, delayed

from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.outputs import LabelOutputs
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.optimizers import SGD
from sklearn_ed._training.trainer import Trainer
from sklearn_ed.reproduction import KANEKO_SETTINGS
from sklearn_ed.rules import ErrorDiffusion
from sklearn_ed._training.schedules import EpochRate

TABLES = {
    2: {8: 75.14, 16: 28.00, 32: 8.26, 64: 5.97, 128: 5.09, 256: 4.62, 512: 4.47},
    3: {8: 162.79, 16: 81.64, 32: 22.53, 64: 11.22, 128: 10.04, 256: 8.65, 512: 7.94},
    4: {16: 344.92, 32: 111.17, 64: 56.20, 128: 30.54, 256: 22.09, 512: 17.09},
    5: {64: 330.94, 128: 217.62, 256: 171.46, 512: 80.18},
}
BETAS = (0.8, 1.0)
ALPHA = 0.8
ENOUGH, LIMIT = 0.1, 10_000


def parity(n_bits):
    """All patterns of `n_bits` bits in counting order, and 1 for an odd number of ones."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    return X, X.sum(axis=1, keepdims=True) % 2


def sweeps(n_bits, n_units, beta, seed):
    """Number of sweeps of one initialisation; infinity if it does not finish."""
    X, targets = parity(n_bits)
    bank = NetworkBank.initialize(
        n_bits,
        (n_units,),
        1,
        init=KANEKO_SETTINGS["init"],
        u0=KANEKO_SETTINGS["u0"],
        beta=beta,
        dtype=X.dtype,
        rng=np.random.RandomState(seed),
    )
    outputs = LabelOutputs(KANEKO_SETTINGS["loss"], bank.u0)
    rule = ErrorDiffusion(KANEKO_SETTINGS["weight_decrement"])
    trainer = Trainer(bank, outputs, rule, SGD(), {})
    patterns = TrainingData(X, targets, None, np.arange(len(X)))
    each = [TrainingData(X, targets, None, np.array([row])) for row in range(len(X))]
    for sweep in range(1, LIMIT + 1):
        before = bank.flat.copy()
        # The loss is e^2 / 2. As long as the squares sum to at least ENOUGH^2, the errors sum
        # to at least ENOUGH. Only below that, the sweep is repeated to sum the errors.
        squares = 2 * len(X) * trainer.epoch(patterns, 1, None, EpochRate.constant(ALPHA))
        if squares < 1.001 * ENOUGH**2:
            bank.flat[...] = before
            if sum(np.sqrt(2 * trainer.epoch(row, 1, None, EpochRate.constant(ALPHA))) for row in each) < ENOUGH:
                return sweep
    return np.inf


def one_setting(n_bits, n_units, beta, n_seeds):
    """Number of sweeps of every seed, and the total seconds."""
    start = time.perf_counter()
    taken = [sweeps(n_bits, n_units, beta, seed) for seed in range(n_seeds)]
    return np.array(taken), time.perf_counter() - start


def cells(taken):
    """Mean and standard error of the runs that finish, median of all, number of late ones."""
    done = taken[np.isfinite(taken)]
    mean = f"{done.mean():.2f}" if done.size else "-"
    error = f"{done.std(ddof=1) / np.sqrt(done.size):.2f}" if done.size > 1 else "-"
    middle = np.median(taken)
    shown = f"{middle:g}" if np.isfinite(middle) else f">{LIMIT}"
    return f"{mean:>8} +- {error:<6} {shown:>7} {taken.size - done.size:5}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", type=int, nargs="+", choices=list(TABLES), default=TABLES)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--n-jobs", type=int, default=1)
    options = parser.parse_args()
    rows = [(n_bits, n_units) for n_bits in options.bits for n_units in TABLES[n_bits]]
    run = Parallel(n_jobs=options.n_jobs, return_as="generator")
    results = run(
        delayed(one_setting)(*row, beta, options.seeds) for row in rows for beta in BETAS
    )
    width = len(cells(np.zeros(2)))
    print(" " * 20 + "".join(f"   {f'beta={beta}':>{width}}" for beta in BETAS))
    heading = f"{'mean':>8}    {'error':<6} {'median':>7}  late"
    print("bits  units   Kaneko" + f"   {heading}" * len(BETAS) + "        s", flush=True)
    for n_bits, n_units in rows:
        taken, seconds = zip(*(next(results) for _ in BETAS), strict=True)
        print(
            f"{n_bits:4}  {n_units:5}  {TABLES[n_bits][n_units]:7.2f}"
            + "".join(f"   {cells(each)}" for each in taken)
            + f"  {sum(seconds):7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
