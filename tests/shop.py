"""A table as people have them: strings, missing values, columns of no use."""

import numpy as np
import pytest


def make_shop(n=200):
    """A data frame whose column "buys" can be told from age and city."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "age": rng.randint(18, 80, n).astype(float),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "member": rng.rand(n) < 0.5,
            "nothing": np.nan,
            "constant": 1,
        }
    )
    frame["buys"] = np.where((frame.city == "Rome") | (frame.age > 60), "yes", "no")
    for column in ("age", "city"):
        frame.loc[rng.rand(n) < 0.1, column] = np.nan
    return frame
