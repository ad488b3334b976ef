"""A pipeline for tables: numbers, strings, dates and missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import is_classifier, is_regressor

from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor
from .._utils.extras import import_extra
from .._utils.validation import check_parameters, either, nothing, one_of
from ._piecewise_linear import PiecewiseLinearEncoder
from ._selectors import numeric_columns, other_columns

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline


def make_table_pipeline(
    estimator: Any = None, *, task: Literal["classification", "regression"] | None = None
) -> Pipeline:
    """A pipeline that learns from a table as it comes.

    It needs the extra ``tables`` (``pip install "sklearn-ed[tables]"``), which installs skrub.

    Parameters
    ----------
    estimator : estimator or None, default=None
        The last step. None means :class:`EDClassifier` or :class:`EDRegressor` with
        ``dropout=0.0``, since dropout and piecewise-linear codes do not go together.
    task : {"classification", "regression"} or None, default=None
        What to predict. None means what the estimator is for, and classification without an
        estimator.

    Returns
    -------
    sklearn.pipeline.Pipeline
        A :class:`~sklearn.compose.ColumnTransformer` and the estimator. It accepts data frames
        (pandas, Polars) and arrays, and works like any other estimator in cross-validation and
        searches.

    Raises
    ------
    ValueError
        If the estimator is for another task.
    MissingExtra
        If skrub is not installed.

    See Also
    --------
    sklearn_ed.preprocessing.PiecewiseLinearEncoder : The transformer of numeric columns.
        ``make_pipeline(PiecewiseLinearEncoder(), EDClassifier())`` is enough for an array of
        numbers, and does not need the extra.

    Notes
    -----
    Each column becomes numbers of type float32, depending on its dtype:

    - Numbers and booleans: :class:`~sklearn_ed.preprocessing.PiecewiseLinearEncoder`.
    - Strings, categories and objects with less than 40 distinct values: one-hot encoding. A
      missing value is a category of its own; a category that was not in the training data is 0
      in all columns.
    - Strings with more distinct values: :class:`skrub.StringEncoder`, the principal components
      of n-gram counts.
    - Dates, also as strings: year, month, day, hour, weekday and total seconds, each treated
      as a number.
    - Strings that are all numbers: as numbers.

    The names of the steps are "columntransformer" and, for example, "edclassifier"; its parts
    are "numbers" and "others" (a :class:`skrub.TableVectorizer`). So a search over the number
    of bins is a search over ``columntransformer__numbers__n_bins``.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_ed import make_table_pipeline
    >>> shop = pd.DataFrame(
    ...     {
    ...         "price": [3.5, 7.0, None, 12.0, 5.5, 2.0],
    ...         "color": ["red", "blue", "red", None, "blue", "red"],
    ...         "sold": pd.date_range("2024-01-29", periods=6),
    ...     }
    ... )
    >>> model = make_table_pipeline().fit(shop, ["no", "yes", "no", "yes", "yes", "no"])
    >>> model.predict(shop)
    array(['no', 'yes', 'no', 'yes', 'yes', 'no'], dtype='<U3')
    """
    from sklearn.pipeline import make_pipeline

    tasks = one_of("classification", "regression")
    check_parameters({"task": task}, {"task": either(nothing, tasks)})
    if estimator is None:
        network = EDRegressor if task == "regression" else EDClassifier
        estimator = network(dropout=0.0)
    elif task is not None:
        is_suited = is_classifier if task == "classification" else is_regressor
        if not is_suited(estimator):
            raise ValueError(f"estimator: expected one for {task}, got {estimator!r}.")
    return make_pipeline(_make_encoder(), estimator)


def _make_encoder() -> ColumnTransformer:
    """Numbers to our own encoder, which takes them all at once; the rest to skrub's."""
    # Imported here, because they would double the time of `import sklearn_ed`.
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    skrub = import_extra("skrub", "make_table_pipeline", "tables")
    numbers = PiecewiseLinearEncoder(dtype=np.float32)
    dates = make_pipeline(skrub.ApplyToCols(skrub.DatetimeEncoder(add_weekday=True)), numbers)
    # skrub's default drops a column of two, and then warns of each unknown category.
    categories = OneHotEncoder(handle_unknown="ignore", dtype=np.float32, sparse_output=False)
    others = skrub.TableVectorizer(
        numeric=numbers,
        datetime=dates,
        low_cardinality=categories,
        high_cardinality=skrub.StringEncoder(random_state=0),
    )
    return ColumnTransformer(
        [("numbers", numbers, numeric_columns), ("others", others, other_columns)],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
