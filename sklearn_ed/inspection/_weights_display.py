"""Pictures of the weights of a fitted estimator."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .._utils.plotting import axes_or_new
from .._utils.validation import is_integer
from ._fitted import fitted_networks, last_step

MOST_NETWORKS, MOST_UNITS, MOST_IMAGES = 4, 64, 8
"""Networks, units of a matrix and images of a network that are drawn by default."""


class WeightsDisplay:
    """Weights of a layer: of inputs as images, of units as matrices.

    Positive weights are red, negative ones blue, zero is white; colour-blind readers tell the
    three apart. With `image_shape`, each row of images is a network and each image holds the
    weights with which a unit reads the pixels. Otherwise each network is a matrix: a row for
    each input of the layer, a column for each unit. Excitatory units stand before inhibitory
    ones.

    Use `from_estimator` to create a display. The parameters are stored as attributes.

    Parameters
    ----------
    weights : ndarray of shape (n_networks, fan_in, n_units)
        The weights to draw.
    networks : ndarray of shape (n_networks,), int
        Numbers of the networks, in the order of `coefs_`.
    units : ndarray of shape (n_units,), int
        Numbers of the units.
    layer : int, default=0
        Index into `coefs_`.
    image_shape : tuple of two int, default=None
        Height and width of the images; None: matrices.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Set by `plot`.
    im_ : matplotlib AxesImage
        All images, or matrices, in one picture.

    See Also
    --------
    HistoryDisplay : Losses and scores of a fit.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.inspection import WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = EDClassifier(code_size=None, max_iter=5, random_state=0).fit(X / 16, y)
    >>> WeightsDisplay.from_estimator(clf, image_shape=(8, 8))  # doctest: +SKIP
    >>> WeightsDisplay.from_estimator(clf, layer=-1, networks=[0, 1])  # doctest: +SKIP
    """

    def __init__(
        self,
        weights: np.ndarray,
        *,
        networks: np.ndarray,
        units: np.ndarray,
        layer: int = 0,
        image_shape: tuple[int, int] | None = None,
    ) -> None:
        self.weights = weights
        self.networks = networks
        self.units = units
        self.layer = layer
        self.image_shape = image_shape

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        layer: int = 0,
        image_shape: tuple[int, int] | None = None,
        networks: int | Sequence[int] | None = None,
        units: int | Sequence[int] | None = None,
        cmap: Any = "RdBu_r",
        colorbar: bool = True,
        ax: Any = None,
    ) -> WeightsDisplay:
        """Draw the weights of a fitted estimator.

        Parameters
        ----------
        estimator : EDClassifier, EDRegressor or Pipeline
            A fitted estimator, or a pipeline whose last step is one.
        layer : int, default=0
            Index into `coefs_`: 0 are the weights of the inputs, -1 those of the output units.
        image_shape : tuple of two int, default=None
            Height and width of the images that the inputs are, such as (8, 8) or (28, 28), for
            ``layer=0``. None: matrices.
        networks : int or sequence of int, default=None
            Numbers of the networks to draw. None: up to 4, evenly spaced.
        units : int or sequence of int, default=None
            Numbers of the units to draw. None: up to 8 images of a network, or up to 64 columns
            of a matrix, evenly spaced.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            A diverging colour map; its centre stands for zero.
        colorbar : bool, default=True
            Whether to draw a colour bar.
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        WeightsDisplay
            The display.

        Raises
        ------
        TypeError
            If `estimator` is neither EDClassifier nor EDRegressor, and no pipeline of one.
        NotFittedError
            If it is not fitted.
        ValueError
            If there is no such layer, network or unit, or if the inputs are no such images.
        """
        coefs = fitted_networks(last_step(estimator)).coefs_
        n_layers = len(coefs)
        if not is_integer(layer) or not -n_layers <= layer < n_layers:
            raise ValueError(
                f"layer: expected an integer from {-n_layers} to {n_layers - 1}, got {layer!r}."
            )
        layer = int(layer) % n_layers
        n_networks, fan_in, n_units = coefs[layer].shape
        if image_shape is not None:
            image_shape = _check_image_shape(image_shape, layer, fan_in)
        most = MOST_UNITS if image_shape is None else MOST_IMAGES
        chosen = _choose("networks", networks, n_networks, MOST_NETWORKS)
        chosen_units = _choose("units", units, n_units, most)
        weights = coefs[layer][np.ix_(chosen, np.arange(fan_in), chosen_units)]
        display = cls(
            weights, networks=chosen, units=chosen_units, layer=layer, image_shape=image_shape
        )
        return display.plot(ax, cmap=cmap, colorbar=colorbar)

    def plot(
        self, ax: Any = None, *, cmap: Any = "RdBu_r", colorbar: bool = True
    ) -> WeightsDisplay:
        """Draw images or matrices, with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            A diverging colour map; its centre stands for zero.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        WeightsDisplay
            The display itself.
        """
        n_networks, n_units = len(self.networks), len(self.units)
        is_matrix = self.image_shape is None
        if self.image_shape is None:
            tiles, figsize = self.weights[np.newaxis], (6.4, 4.8)
        else:
            images = self.weights.transpose(0, 2, 1)
            tiles = images.reshape(n_networks, n_units, *self.image_shape)
            figsize = (1.0 + n_units, 0.6 + n_networks)
        ax = axes_or_new(ax, "WeightsDisplay", figsize=figsize)
        # As far on both sides of zero, which is then the centre of the colours.
        limit = float(np.abs(self.weights).max()) or 1.0
        self.im_ = ax.imshow(
            _mosaic(tiles),
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
            aspect="auto" if is_matrix else "equal",
            interpolation="nearest",
        )
        # What is between the tiles is transparent.
        ax.set_facecolor("0.8")
        n_rows, n_columns, height, width = tiles.shape
        columns = _centres(n_columns, width)
        if is_matrix:
            inputs = "feature" if self.layer == 0 else f"unit of hidden layer {self.layer}"
            ax.set_xticks(columns, [f"network {network}" for network in self.networks])
            ax.set_ylabel(inputs)
        else:
            ax.set_xticks(columns, list(map(str, self.units)))
            ax.set_yticks(_centres(n_rows, height), list(map(str, self.networks)))
            ax.set(xlabel="unit", ylabel="network")
        ax.set_title(f"coefs_[{self.layer}]")
        if colorbar:
            ax.figure.colorbar(self.im_, ax=ax, label="weight")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _check_image_shape(image_shape: Any, layer: int, fan_in: int) -> tuple[int, int]:
    if layer != 0:
        raise ValueError(
            f"image_shape: expected None with layer={layer}, whose inputs are units, got "
            f"{image_shape!r}."
        )
    is_pair = isinstance(image_shape, (tuple, list)) and len(image_shape) == 2
    if (
        not is_pair
        or not all(is_integer(size) and size > 0 for size in image_shape)
        or prod(image_shape) != fan_in
    ):
        raise ValueError(
            f"image_shape: expected height and width of images of {fan_in} pixels, the inputs "
            f"of the networks, got {image_shape!r}."
        )
    height, width = map(int, image_shape)
    return height, width


def _choose(name: str, chosen: Any, n_there: int, most: int) -> np.ndarray:
    """The numbers that a user names, or as many evenly spaced ones as fit."""
    if chosen is None:
        return np.linspace(0, n_there - 1, min(most, n_there)).astype(int)
    numbers = [chosen] if is_integer(chosen) else list(chosen)
    if not numbers or not all(is_integer(n) and 0 <= n < n_there for n in numbers):
        raise ValueError(f"{name}: expected integers from 0 to {n_there - 1}, got {chosen!r}.")
    return np.array(numbers, dtype=int)


def _mosaic(tiles: np.ndarray) -> np.ndarray:
    """Tiles of shape (n_rows, n_columns, height, width) side by side; NaN between them."""
    n_rows, n_columns, height, width = tiles.shape
    shape = (n_rows, height + 1, n_columns, width + 1)
    whole = np.full(shape, np.nan, dtype=tiles.dtype)
    whole[:, :height, :, :width] = tiles.transpose(0, 2, 1, 3)
    return whole.reshape(n_rows * (height + 1), n_columns * (width + 1))[:-1, :-1]


def _centres(n_tiles: int, size: int) -> np.ndarray:
    return np.arange(n_tiles) * (size + 1) + (size - 1) / 2
