"""PiecewiseLinearEncoder: scaled values, codes, missing values, and scikit-learn's checks."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ed.preprocessing import PiecewiseLinearEncoder, _piecewise_linear
from sklearn_ed.preprocessing._piecewise_linear import _n_bins

RNG = np.random.RandomState(0)
SKEWED = RNG.lognormal(size=(2000, 3))


@parametrize_with_checks(
    [
        PiecewiseLinearEncoder(),
        PiecewiseLinearEncoder(n_bins=3),
        PiecewiseLinearEncoder(n_bins=2, keep_values=False),
    ]
)
def test_sklearn_checks(estimator, check):
    check(estimator)


# The values


def test_values_follow_the_formula():
    X = np.array([[1.0], [2.0], [3.0], [4.0], [100.0]])
    z = (X - 3) / (4 - 2)
    clipped = z / np.sqrt(1 + (z / 3) ** 2)
    encoder = PiecewiseLinearEncoder(n_bins=0).fit(X)
    np.testing.assert_allclose(
        encoder.transform(X), (clipped - clipped.mean()) / clipped.std(), rtol=1e-12
    )
    assert (encoder.center_, encoder.scale_) == (3, 2)


def test_values_are_standardized_and_in_order():
    encoded = PiecewiseLinearEncoder(n_bins=0).fit_transform(SKEWED)
    np.testing.assert_allclose(encoded.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(encoded.std(0), 1)
    for before, after in zip(SKEWED.T, encoded.T, strict=True):
        np.testing.assert_array_equal(np.argsort(before), np.argsort(after))


def test_an_outlier_cannot_dominate():
    X = np.r_[np.arange(100.0), 1e300][:, None]
    encoded = PiecewiseLinearEncoder(n_bins=0).fit_transform(X)
    assert np.ptp(encoded[:100]) > 2
    assert encoded.max() < 6


def test_equal_quartiles():
    X = np.r_[np.zeros(90), np.full(10, 4.0)][:, None]
    encoder = PiecewiseLinearEncoder().fit(X)
    assert encoder.scale_ == 2
    np.testing.assert_allclose(np.unique(encoder.transform(X)), [-1 / 3, 3])


def test_a_constant_feature_says_nothing_about_other_values():
    encoder = PiecewiseLinearEncoder(n_bins=4).fit(np.full((9, 1), 7.0))
    np.testing.assert_array_equal(encoder.transform([[7.0], [8.0], [-1e9]]), np.zeros((3, 1)))


# The codes


@pytest.mark.parametrize("n_bins", [1, 2, 7, 16])
def test_codes_add_up_to_the_value(n_bins):
    encoder = PiecewiseLinearEncoder(n_bins=n_bins, keep_values=False).fit(SKEWED[:1000])
    assert encoder.n_bins_.tolist() == [n_bins] * 3
    codes = encoder.transform(SKEWED)
    assert codes.shape == (2000, 3 * n_bins)
    for feature, edges in enumerate(encoder.bin_edges_):
        parts = codes[:, feature * n_bins : (feature + 1) * n_bins] + 0.5
        expected = np.clip(SKEWED[:, feature], edges[0], edges[-1])
        np.testing.assert_allclose(edges[0] + parts @ np.diff(edges), expected, rtol=1e-10)
        # One bin holds the value; those below are full and those above are empty.
        assert (((parts > 0) & (parts < 1)).sum(1) <= 1).all()
        assert (np.diff(parts, axis=1) <= 0).all()


def test_bins_hold_equally_many_rows():
    encoder = PiecewiseLinearEncoder(n_bins=10).fit(SKEWED)
    for column, edges in zip(SKEWED.T, encoder.bin_edges_, strict=True):
        counts = np.histogram(column, edges)[0]
        assert counts.min() >= 199
        assert counts.max() <= 201


def test_few_distinct_values():
    columns = [np.arange(60) % 2, np.arange(60) % 3, np.arange(60) % 30, np.r_[np.ones(59), 0]]
    X = np.column_stack(columns).astype(float)
    encoder = PiecewiseLinearEncoder(n_bins=5).fit(X)
    assert encoder.n_bins_.tolist() == [0, 2, 5, 0]
    np.testing.assert_array_equal(encoder.bin_edges_[1], [0, 1, 2])
    without = PiecewiseLinearEncoder(n_bins=5, keep_values=False).fit(X)
    assert without.n_bins_.tolist() == [1, 2, 5, 1]


def test_equal_quantiles_are_one_edge():
    X = np.r_[np.zeros(800), np.arange(200)][:, None]
    edges = PiecewiseLinearEncoder(n_bins=10).fit(X).bin_edges_[0]
    assert edges[0] == 0
    assert (np.diff(edges) > 0).all()
    assert len(edges) == 3


def test_the_number_of_bins_follows_the_rows():
    assert [_n_bins(n, 10) for n in (49, 50, 3000, 4500, 6000, 10**7)] == [0, 8, 8, 12, 16, 16]
    assert [_n_bins(n, 11) for n in (43, 44, 1687, 1688, 6000)] == [0, 4, 4, 5, 16]
    assert PiecewiseLinearEncoder().fit(SKEWED[:49]).n_bins_.sum() == 0
    assert PiecewiseLinearEncoder().fit(SKEWED).n_bins_.tolist() == [_n_bins(2000, 3)] * 3
    few = PiecewiseLinearEncoder(keep_values=False).fit(SKEWED[:49])
    assert few.n_bins_.tolist() == [1, 1, 1]


# Missing values


def test_missing_values_are_zero_and_have_an_indicator():
    X = SKEWED.copy()
    X[::10, 1] = np.nan
    encoder = PiecewiseLinearEncoder(n_bins=4).fit(X)
    assert encoder.missing_features_.tolist() == [1]
    encoded = encoder.transform(X)
    names = encoder.get_feature_names_out().tolist()
    assert names[-1] == "x1_missing"
    np.testing.assert_array_equal(encoded[:, -1], np.isnan(X[:, 1]))
    of_x1 = [place for place, name in enumerate(names[:-1]) if name.startswith("x1")]
    assert len(of_x1) == 5
    assert (encoded[::10, of_x1] == 0).all()
    # The other rows are encoded as if the rows with missing values were not there.
    complete = ~np.isnan(X[:, 1])
    alone = PiecewiseLinearEncoder(n_bins=4).fit_transform(X[complete, 1:2])
    np.testing.assert_array_equal(encoded[np.ix_(complete, of_x1)], alone)


def test_missing_values_that_fit_has_not_seen():
    encoder = PiecewiseLinearEncoder(n_bins=2).fit(SKEWED)
    encoded = encoder.transform([[np.nan, 1.0, 1.0]])
    assert encoded.shape == (1, 9)
    assert (encoded[0, [0, 3, 4]] == 0).all()
    assert (encoded[0, [1, 2]] != 0).all()
    no_indicator = PiecewiseLinearEncoder(add_indicator=False).fit([[np.nan], [1.0], [2.0]])
    assert no_indicator.get_feature_names_out().tolist() == ["x0"]


def test_a_feature_without_any_value():
    X = np.full((20, 2), np.nan)
    X[:, 1] = np.arange(20)
    encoded = PiecewiseLinearEncoder(n_bins=2).fit_transform(X)
    assert (encoded[:, 0] == 0).all()
    assert (encoded[:, -1] == 1).all()
    assert np.isfinite(encoded).all()


# Types, memory, names, errors


@settings(deadline=None, max_examples=200)
@given(
    arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(1, 12), st.integers(1, 3)),
        elements={"allow_infinity": False},
    ),
    st.integers(0, 4),
)
def test_the_output_is_always_finite(X, n_bins):
    encoded = PiecewiseLinearEncoder(n_bins=n_bins).fit_transform(X)
    assert encoded.dtype == X.dtype
    assert np.isfinite(encoded).all()
    assert np.abs(encoded).max() <= max(6, 2 * np.sqrt(X.shape[0]))


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [("f4", None, "f4"), ("f8", None, "f8"), ("i8", None, "f8"), ("f8", "float32", "f4")],
)
def test_dtype(given, dtype, expected):
    X = np.arange(40).reshape(20, 2).astype(given)
    assert PiecewiseLinearEncoder(dtype=dtype).fit_transform(X).dtype == expected


def test_a_row_does_not_depend_on_the_other_rows(monkeypatch):
    encoder = PiecewiseLinearEncoder(n_bins=3).fit(SKEWED)
    together = encoder.transform(SKEWED)
    monkeypatch.setattr(_piecewise_linear, "BLOCK_SIZE", 100)
    np.testing.assert_array_equal(encoder.transform(SKEWED), together)


def test_memory_is_little_more_than_the_output():
    X = RNG.normal(size=(40_000, 10)).astype(np.float32)
    encoder = PiecewiseLinearEncoder(n_bins=16).fit(X)
    tracemalloc.start()
    try:
        output = encoder.transform(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < output.nbytes + 8e6


def test_names_and_data_frames():
    frame = pd.DataFrame(SKEWED[:, :2], columns=["age", "height"])
    encoder = PiecewiseLinearEncoder(n_bins=2).set_output(transform="pandas")
    assert encoder.fit_transform(frame).columns.tolist() == [
        "age",
        "height",
        "age_bin0",
        "age_bin1",
        "height_bin0",
        "height_bin1",
    ]


@pytest.mark.parametrize(
    ("params", "X", "message"),
    [
        ({}, [[np.inf], [1.0]], "contains infinity"),
        ({"n_bins": -1}, SKEWED, "n_bins: expected .* got -1"),
        ({"n_bins": "many"}, SKEWED, "n_bins: expected .* got 'many'"),
        ({"n_bins": 0, "keep_values": False}, SKEWED, "n_bins: expected at least 1"),
        ({"dtype": np.int32}, SKEWED, "dtype: expected .* float32"),
        ({"dtype": "complex"}, SKEWED, "dtype: expected .* float32"),
    ],
)
def test_errors(params, X, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearEncoder(**params).fit(X)


def test_sparse_data_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed"):
        PiecewiseLinearEncoder().fit(sp.csr_array(SKEWED))
