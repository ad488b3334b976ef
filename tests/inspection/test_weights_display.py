"""WeightsDisplay: the picture shows each weight where it belongs."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.inspection import WeightsDisplay

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 12))
Y = np.arange(60) % 6
MODEL = EDClassifier(
    (10, 4), code_size=None, n_members=1, max_iter=1, solver="sgd", random_state=0
)
pytestmark = [
    pytest.mark.usefixtures("pyplot"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


@pytest.fixture(scope="module")
def model():
    return MODEL.fit(X, Y)


def test_images_stand_in_rows_of_networks(model):
    display = WeightsDisplay.from_estimator(
        model, image_shape=(3, 4), networks=[5, 0], units=[1, 9, 2]
    )
    picture = np.ma.filled(display.im_.get_array(), np.nan)
    assert picture.shape == (2 * 3 + 1, 3 * 4 + 2)
    for row, network in enumerate((5, 0)):
        for column, unit in enumerate((1, 9, 2)):
            image = picture[row * 4 : row * 4 + 3, column * 5 : column * 5 + 4]
            np.testing.assert_array_equal(
                image, model.coefs_[0][network, :, unit].reshape(3, 4)
            )
    assert np.isnan(picture[3]).all()
    assert np.isnan(picture[:, 4]).all()
    names = [
        [tick.get_text() for tick in axis]
        for axis in (display.ax_.get_xticklabels(), display.ax_.get_yticklabels())
    ]
    assert names == [["1", "9", "2"], ["5", "0"]]


def test_zero_is_the_centre_of_the_colours(model):
    display = WeightsDisplay.from_estimator(model, image_shape=(3, 4))
    low, high = display.im_.get_clim()
    assert low == -high == -np.abs(display.weights).max()
    middle = display.im_.cmap(display.im_.norm(0.0))
    assert min(middle[:3]) > 0.95
    np.testing.assert_array_equal(display.networks, [0, 1, 3, 5])
    np.testing.assert_array_equal(display.units, [0, 1, 2, 3, 5, 6, 7, 9])


@pytest.mark.parametrize("layer", [1, -2])
def test_matrices_between_units(model, layer):
    pipeline = make_pipeline(StandardScaler(), model)
    display = WeightsDisplay.from_estimator(pipeline, layer=layer, networks=2, colorbar=False)
    picture = np.ma.filled(display.im_.get_array(), np.nan)
    np.testing.assert_array_equal(picture, model.coefs_[1][2])
    assert display.layer == 1
    assert display.ax_.get_ylabel() == "unit of hidden layer 1"
    assert len(display.figure_.axes) == 1


def test_zero_weights_and_given_axes(pyplot):
    model = EDRegressor((), n_members=1, max_iter=1, random_state=0).fit(X, X[:, 0])
    model.coefs_[0][:] = 0
    _, ax = pyplot.subplots()
    display = WeightsDisplay.from_estimator(model, layer=-1, ax=ax)
    assert display.ax_ is ax
    assert display.im_.get_clim() == (-1, 1)
    assert len(display.figure_.axes) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": 3}, "layer: expected an integer from -3 to 2, got 3"),
        ({"layer": 0.5}, "layer: expected an integer"),
        ({"layer": 1, "image_shape": (2, 5)}, "image_shape: expected None with layer=1"),
        ({"image_shape": (4, 4)}, r"image_shape: .* images of 12 pixels.*got \(4, 4\)"),
        ({"image_shape": 12}, "image_shape: .* got 12"),
        ({"image_shape": (-3, -4)}, "image_shape"),
        ({"networks": 6}, "networks: expected integers from 0 to 5, got 6"),
        ({"units": []}, r"units: expected integers from 0 to 9, got \[\]"),
        ({"units": [True]}, "units"),
    ],
)
def test_errors(model, options, message):
    with pytest.raises(ValueError, match=message):
        WeightsDisplay.from_estimator(model, **options)
