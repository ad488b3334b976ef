"""Set-up of the tests of displays."""

import pytest


@pytest.fixture
def pyplot():
    """matplotlib's pyplot without windows; its figures are closed afterwards."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    yield pyplot
    pyplot.close("all")
