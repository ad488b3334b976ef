"""Kaneko's XOR and parity tables (1999) beside ours.

    python examples/benchmarks/kaneko_tables.py [--initialisations 100]

Mean number of sweeps over all patterns until the errors met in a sweep sum to less than 0.1,
over the runs that finish within 10,000. One output per initialisation: a multilabel target
whose columns are all alike is a bank of networks that do not interact.
"""

import argparse
import itertools

import numpy as np

from sklearn_ed import EDClassifier

TABLES = {
    2: {8: 75.14, 16: 28.00, 32: 8.26, 64: 5.97, 128: 5.09},
    3: {8: 162.79, 16: 81.64, 32: 22.53, 64: 11.22, 128: 10.04},
    4: {32: 111.17, 64: 56.20, 128: 30.54},
}
LIMIT = 10_000


def sweeps(n_bits, n_units, beta, n_initialisations):
    """Sweeps that each initialisation took, LIMIT where it did not finish."""
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    Y = np.repeat((X.sum(axis=1) % 2).astype(int)[:, np.newaxis], n_initialisations, axis=1)
    clf = EDClassifier(
        n_units,
        alpha=0.8,
        beta=beta,
        u0=0.4,
        init="uniform",
        loss="squared_error",
        solver="sgd",
        batch_size=1,
        shuffle=False,
        random_state=0,
    )
    taken = np.full(n_initialisations, LIMIT)
    for sweep in range(1, LIMIT):
        # Nothing can be predicted before the first step, nor is anything learned in one sweep.
        errors = np.full(n_initialisations, np.inf if sweep == 1 else 0.0)
        for row in range(len(X)):
            x, targets = X[row : row + 1], Y[row : row + 1]
            if sweep > 1:
                errors += np.abs(targets - clf.predict_proba(x))[0]
            clf.partial_fit(x, targets)
        taken[(errors < 0.1) & (taken == LIMIT)] = sweep
        if (taken < LIMIT).all():
            break
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--initialisations", type=int, default=100)
    n_initialisations = parser.parse_args().initialisations
    print("bits  units  Kaneko  " + "  ".join(f"{f'beta={b}':>22}" for b in (0.8, 1.0)))
    for n_bits, table in TABLES.items():
        for n_units, expected in table.items():
            cells = []
            for beta in (0.8, 1.0):
                taken = sweeps(n_bits, n_units, beta, n_initialisations)
                done = taken[taken < LIMIT]
                error = done.std(ddof=1) / np.sqrt(len(done))
                late = n_initialisations - len(done)
                cells.append(
                    f"{done.mean():7.2f} +- {error:5.2f}" + (f" ({late})" if late else "    ")
                )
            print(f"{n_bits:4}  {n_units:5}  {expected:6.2f}  " + "  ".join(
                f"{cell:>22}" for cell in cells
            ))  # fmt: skip
    print("+- is the standard error; in brackets the runs that did not finish.")


if __name__ == "__main__":
    main()
