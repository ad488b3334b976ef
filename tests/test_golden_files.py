"""Files of every version so far load, predict and go on learning as they did."""

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import sklearn_ed

sys.path.insert(0, str(Path(__file__).parent / "golden"))

import files

VERSIONS = sorted(folder.name for folder in files.FOLDERS.iterdir())

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def assert_as_before(model, y, version, name):
    """Equal but for the order of sums, as the golden weights are."""
    with np.load(files.FOLDERS / version / files.EXPECTED) as expected:
        now, after = files.after_learning(model, y)
        np.testing.assert_allclose(now, expected[name], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(after, expected[f"{name} after"], rtol=1e-9, atol=1e-9)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.0.0",
    reason="NumPy 1 cannot read the arrays in pickles that were written with NumPy 2",
)
@pytest.mark.parametrize("name", files.MODELS)
def test_pickles(name, version):
    model = pickle.loads((files.FOLDERS / version / f"{name}.pkl").read_bytes())
    assert_as_before(model, files.MODELS[name][1], version, name)


@pytest.mark.parametrize("name", files.MODELS)
def test_skops_files(name, version):
    skops = pytest.importorskip("skops.io")
    file = files.FOLDERS / version / f"{name}.skops"
    assert {*skops.get_untrusted_types(file=file)} <= {*files.TRUSTED}
    model = skops.load(file, trusted=files.TRUSTED)
    assert_as_before(model, files.MODELS[name][1], version, name)


def test_checkpoints(version, tmp_path):
    """A fit that an earlier version began comes to the same end."""
    file = shutil.copy(files.FOLDERS / version / files.CHECKPOINT, tmp_path)
    model = sklearn_ed.resume(file, files.X, files.WORDS)
    assert model.n_iter_ > 3
    assert_as_before(model, files.WORDS, version, "checkpoint")
