"""MNIST and Fashion-MNIST from files made up here, and from the real ones where they are."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sklearn_ed import datasets
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

LOADERS = {"mnist.npz": load_mnist, "fashion_mnist.npz": load_fashion_mnist}
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def make_arrays(seed=0, n_train=6, n_test=3):
    rng = np.random.RandomState(seed)
    return {
        "x_train": rng.randint(0, 256, (n_train, 28, 28)).astype(np.uint8),
        "y_train": rng.randint(0, 10, n_train).astype(np.uint8),
        "x_test": rng.randint(0, 256, (n_test, 28, 28)).astype(np.uint8),
        "y_test": rng.randint(0, 10, n_test).astype(np.uint8),
    }


def write_idx(file, array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    file.write_bytes(gzip.compress(header + array.tobytes()))


def write_idx_folder(folder, arrays):
    folder.mkdir(parents=True)
    for key, name in IDX_NAMES.items():
        write_idx(folder / name, arrays[key])


def assert_holds(bunch, arrays):
    for split in ("train", "test"):
        X, y = bunch[f"X_{split}"], bunch[f"y_{split}"]
        pixels = arrays[f"x_{split}"]
        assert X.dtype == np.float32
        assert y.dtype == np.int64
        expected = pixels.reshape(pixels.shape[0], 784) / 255
        np.testing.assert_allclose(X, expected, rtol=1e-6)
        np.testing.assert_array_equal(y, arrays[f"y_{split}"])


def refuse(*args, **kwargs):
    raise OSError("no route to host")


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    """Nothing in the environment, an empty cache, no network."""
    monkeypatch.delenv(datasets.DATA_FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(datasets, "fetch_openml", refuse)


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("as_folder", [False, True])
def test_path_is_a_file_or_a_folder(name, as_folder, tmp_path):
    arrays = make_arrays()
    np.savez(tmp_path / name, **arrays)
    bunch = LOADERS[name](tmp_path if as_folder else str(tmp_path / name))
    assert_holds(bunch, arrays)
    assert bunch.source == str(tmp_path / name)


def test_pixels_are_between_0_and_1(tmp_path):
    arrays = make_arrays()
    arrays["x_train"][0, 0, :2] = 0, 255
    np.savez(tmp_path / "mnist.npz", **arrays)
    X = load_mnist(tmp_path).X_train
    assert X[0, 0] == 0
    assert X[0, 1] == 1
    assert X.max() == 1


@pytest.mark.parametrize("name", LOADERS)
def test_variable_names_a_folder(name, tmp_path, monkeypatch):
    arrays = make_arrays(seed=1)
    np.savez(tmp_path / name, **arrays)
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    assert_holds(LOADERS[name](), arrays)


def test_variable_comes_before_keras_cache(tmp_path, monkeypatch):
    ours, keras = make_arrays(seed=1), make_arrays(seed=2)
    np.savez(tmp_path / "mnist.npz", **ours)
    (tmp_path / "keras/datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras/datasets/mnist.npz", **keras)
    assert_holds(load_mnist(), keras)
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    assert_holds(load_mnist(), ours)


def test_keras_cache_of_fashion_mnist(tmp_path):
    arrays = make_arrays(seed=3)
    write_idx_folder(tmp_path / "keras/datasets/fashion-mnist", arrays)
    assert_holds(load_fashion_mnist(), arrays)


def test_keras_cache_is_in_the_home_folder_by_default(tmp_path, monkeypatch):
    arrays = make_arrays(seed=4)
    write_idx_folder(tmp_path / ".keras/datasets/fashion-mnist", arrays)
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert_holds(load_fashion_mnist(), arrays)


@pytest.mark.parametrize(
    ("load", "openml_name"),
    [(load_mnist, "mnist_784"), (load_fashion_mnist, "Fashion-MNIST")],
)
def test_openml_is_the_last_resort(load, openml_name, monkeypatch):
    pixels = np.zeros((60_002, 784))
    pixels[-1, 5] = 51
    labels = np.array(["7"] * 60_000 + ["2", "3"], dtype=object)

    def fetch(name, *, version, as_frame, return_X_y):
        assert (name, version, as_frame, return_X_y) == (openml_name, 1, False, True)
        return pixels, labels

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    bunch = load()
    assert bunch.X_train.shape == (60_000, 784)
    assert bunch.X_test.shape == (2, 784)
    assert bunch.X_test[1, 5] == np.float32(0.2)
    assert set(bunch.y_train) == {7}
    np.testing.assert_array_equal(bunch.y_test, [2, 3])


def test_error_lists_every_place(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError) as info:
        load_mnist()
    title, variable, keras, openml = str(info.value).splitlines()
    assert title == "mnist.npz was not found. Tried:"
    assert variable.endswith(f"SKLEARN_ED_DATA: no {tmp_path / 'data' / 'mnist.npz'}")
    assert keras.endswith(f"Keras' cache: no {tmp_path / 'keras/datasets/mnist.npz'}")
    assert openml.endswith("OpenML: mnist_784: no route to host")


def test_error_says_that_the_variable_is_not_set_and_which_files_lack(tmp_path):
    folder = tmp_path / "keras/datasets/fashion-mnist"
    write_idx_folder(folder, make_arrays())
    (folder / IDX_NAMES["y_test"]).unlink()
    with pytest.raises(FileNotFoundError) as info:
        load_fashion_mnist()
    assert "SKLEARN_ED_DATA: not set" in str(info.value)
    assert f"{folder} lacks {IDX_NAMES['y_test']}\n" in str(info.value)


def test_only_path_is_tried_if_it_is_given(tmp_path, monkeypatch):
    np.savez(tmp_path / "mnist.npz", **make_arrays())
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError) as info:
        load_mnist(tmp_path / "elsewhere.npz")
    assert str(info.value).splitlines()[1:] == [f"  path: no {tmp_path / 'elsewhere.npz'}"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"x_train": np.zeros((6, 784), np.uint8)}, r"x_train of shape \(n, 28, 28\)"),
        ({"x_test": np.zeros((3, 28, 28))}, "dtype uint8, got .* float64"),
        ({"y_train": np.zeros(5, np.uint8)}, r"y_train of shape \(6,\).* got shape \(5,\)"),
        ({"y_train": np.zeros(6)}, "one integer per image, .* float64"),
        ({"y_test": np.array([0, 1, 10])}, "labels 0 to 9, got 0 to 10"),
        ({"y_test": np.array([0, 1, -1])}, "labels 0 to 9, got -1 to 1"),
        (
            {"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.uint8)},
            "labels 0 to 9, got none",
        ),
        ({"x_test": None}, "it lacks x_test"),
        ({"y_test": np.array([0, 1, None], dtype=object)}, "allow_pickle"),
    ],
)
def test_wrong_layout_names_the_file(change, expected, tmp_path):
    file = tmp_path / "mnist.npz"
    arrays = {k: v for k, v in (make_arrays() | change).items() if v is not None}
    np.savez(file, **arrays)
    with pytest.raises(ValueError, match=expected) as info:
        load_mnist(file)
    assert str(info.value).startswith(f"{file}: expected")


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "lone array"])
def test_damaged_npz_names_the_file(damage, tmp_path):
    file = tmp_path / "mnist.npz"
    if damage == "lone array":
        with file.open("wb") as stream:
            np.save(stream, np.zeros(3))
    elif damage == "truncated":
        np.savez(file, **make_arrays())
        file.write_bytes(file.read_bytes()[:-100])
    else:
        file.write_bytes(b"" if damage == "empty" else b"not an archive")
    with pytest.raises(ValueError, match=r"expected an \.npz file") as info:
        load_mnist(file)
    assert str(info.value).startswith(str(file))


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b""),
        gzip.compress(b"\x00\x00\x08\x01\x00\x00"),
        gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x04abc"),
        gzip.compress(b"\x00\x00\x0d\x01\x00\x00\x00\x03abc"),
        gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x03abc")[:-6],
    ],
    ids=["no gzip", "empty", "no shape", "too short", "float32", "truncated"],
)
def test_damaged_idx_names_the_file(content, tmp_path):
    folder = tmp_path / "keras/datasets/fashion-mnist"
    write_idx_folder(folder, make_arrays())
    file = folder / IDX_NAMES["y_train"]
    file.write_bytes(content)
    with pytest.raises(ValueError, match="expected") as info:
        load_fashion_mnist()
    assert str(info.value).startswith(str(file))


REAL_FOLDER = Path(os.environ.get(datasets.DATA_FOLDER_VARIABLE, ""))


def needs_real(name):
    return pytest.mark.skipif(
        not (REAL_FOLDER / name).is_file(),
        reason=f"the environment variable {datasets.DATA_FOLDER_VARIABLE} names no folder "
        f"with {name}",
    )


@needs_real("mnist.npz")
def test_real_mnist():
    mnist = load_mnist(REAL_FOLDER)
    assert mnist.X_train.shape == (60_000, 784)
    assert mnist.X_test.shape == (10_000, 784)
    np.testing.assert_array_equal(mnist.y_train[:10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    assert np.bincount(mnist.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert mnist.X_train.mean() == pytest.approx(0.1307, abs=1e-4)


@needs_real("fashion_mnist.npz")
def test_real_fashion_mnist():
    fashion = load_fashion_mnist(REAL_FOLDER)
    assert np.bincount(fashion.y_train).tolist() == [6000] * 10
    assert np.bincount(fashion.y_test).tolist() == [1000] * 10
    assert fashion.X_train.mean() == pytest.approx(0.2860, abs=1e-4)


# Damaged files


@pytest.mark.parametrize("compressed", [False, True])
def test_every_changed_byte_of_an_npz_file_is_refused_or_harmless(compressed, tmp_path):
    arrays = make_arrays()
    file = tmp_path / "mnist.npz"
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    content, n_refused = file.read_bytes(), 0
    rng = np.random.RandomState(0)
    for place in rng.randint(0, len(content), size=400):
        for flipped in (1 << rng.randint(8), 255):
            damaged = bytearray(content)
            damaged[place] ^= flipped
            file.write_bytes(damaged)
            try:
                assert_holds(load_mnist(file), arrays)
            except ValueError as error:
                n_refused += 1
                assert str(file) in str(error)  # noqa: PT017
    assert n_refused > 200


@pytest.mark.parametrize("n_images", [2**43, 2**62])
def test_a_header_that_claims_more_than_any_memory_is_refused(n_images, tmp_path):
    header = io.BytesIO()
    form = {"descr": "|u1", "fortran_order": False, "shape": (n_images, 28, 28)}
    np.lib.format.write_array_header_1_0(header, form)
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w") as archive:
        for name in IDX_NAMES:
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(784))
    with pytest.raises(ValueError, match=r"mnist\.npz.* claims \d+ bytes, and holds"):
        load_mnist(tmp_path)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    arrays = make_arrays() | {"x_train": np.zeros((1500, 28, 28), np.uint8)}
    monkeypatch.setattr(datasets, "_MAX_UNPACKED", 1_000_000)
    np.savez_compressed(tmp_path / "mnist.npz", **arrays)
    with pytest.raises(ValueError, match=r"mnist\.npz.*more than 1,000,000 bytes unpacked"):
        load_mnist(tmp_path)
    write_idx_folder(tmp_path / "keras/datasets/fashion-mnist", arrays)
    with pytest.raises(ValueError, match=r"train-images.*more than 1,000,000 bytes unpacked"):
        load_fashion_mnist()


@pytest.mark.parametrize("shape", [(-6, -28, 28), (2**31 - 1,) * 3, (0, 28, 28)])
def test_an_idx_header_that_does_not_fit_is_refused(shape, tmp_path, monkeypatch):
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    write_idx_folder(folder, make_arrays())
    content = bytes([0, 0, 8, 3]) + np.array(shape, ">i4").tobytes() + bytes(6 * 784)
    (folder / IDX_NAMES["x_train"]).write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match="that do not fit its header"):
        load_fashion_mnist()


def test_every_changed_byte_of_an_idx_file_is_refused_or_harmless(tmp_path):
    arrays = make_arrays()
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    write_idx_folder(folder, arrays)
    file = folder / IDX_NAMES["x_train"]
    content, n_refused = file.read_bytes(), 0
    rng = np.random.RandomState(0)
    for place in rng.randint(0, len(content), size=300):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.randint(8)
        file.write_bytes(damaged)
        try:
            assert_holds(load_fashion_mnist(), arrays)
        except ValueError as error:
            n_refused += 1
            assert str(file) in str(error)  # noqa: PT017
    assert n_refused > 200
