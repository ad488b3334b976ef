"""Seconds of one weight update: numerical differentiation, backprop, error diffusion.

    python examples/benchmarks/credit_assignment.py [--all-parameters] [--repeats 5]

784-50-10 units, batches of 100 rows, float64: the size of a note of 2016 that found 40 s
against 1 ms. The 50 hidden units are shared out among ten networks. Then the same with more
units and with more layers, and the exponent with which each time grows with the number of
parameters.
Numerical differentiation is timed on a hundredth of the parameters and scaled, unless
--all-parameters is given.
"""

import argparse

import numpy as np

from sklearn_ed.inspection import credit_assignment_cost

WIDTHS = [(5,), (10,), (20,), (40,), (80,)]
DEPTHS = [(16,) * depth for depth in (1, 2, 4, 8, 16)]
WAYS = ("numerical", "backprop", "error_diffusion")


def print_table(title, all_sizes, options):
    """One line for each of the sizes; the costs."""
    print(f"\n{title:<18}{'parameters':>11}" + "".join(f"{way:>19}" for way in WAYS), end="")
    print(f"{'numerical/backprop':>20}{'ED/backprop':>13}")
    costs = []
    for sizes in all_sizes:
        cost = credit_assignment_cost(
            hidden_layer_sizes=sizes,
            fraction=1.0 if options.all_parameters else 0.01,
            n_repeats=options.repeats,
            random_state=0,
        )
        shown = str(sizes) if len(sizes) < 4 else f"(16,) * {len(sizes)}"
        print(f"{shown:<18}{cost.n_parameters:>11}", end="")
        print("".join(f"{1000 * cost[way]:>16.3f} ms" for way in WAYS), end="")
        ratios = cost.numerical / cost.backprop, cost.error_diffusion / cost.backprop
        print(f"{ratios[0]:>20,.0f}{ratios[1]:>13.2f}", flush=True)
        costs.append(cost)
    return costs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all-parameters", action="store_true", help="takes minutes")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    costs = print_table("units per network", WIDTHS, options)
    n_parameters = np.log([cost.n_parameters for cost in costs])
    for way in WAYS:
        exponent = np.polyfit(n_parameters, np.log([cost[way] for cost in costs]), 1)[0]
        print(f"seconds of {way} grow with the number of parameters to the {exponent:.2f}")
    print_table("layers", DEPTHS, options)


if __name__ == "__main__":
    main()
