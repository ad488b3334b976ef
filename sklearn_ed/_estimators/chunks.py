"""`fit_stream`: a stream of chunks of rows, of which one is in memory while it is learned."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Self

from .._utils.errors import named
from .._utils.prefetch import prefetched
from .._utils.validation import boolean, check_parameters, integer
from .calls import Call

_CHECKS = {"epochs": integer(1), "prefetch": boolean}
_END = object()


class StreamFit:
    """The method `fit_stream` of an estimator that has `partial_fit`."""

    warm_start: bool

    def fit_stream(self, chunks: Any, *, epochs: int = 1, prefetch: bool = True) -> Self:
        """Fit the model to a stream of chunks, so that the data need not fit in memory.

        The result of an epoch equals calls of `partial_fit` with its chunks. Without
        `warm_start`, the first of them starts new networks, as `fit` does.

        Parameters
        ----------
        chunks : iterable or callable
            An iterable, or a function without parameters that returns one. Every chunk is a
            tuple ``(X, y)`` or ``(X, y, sample_weight)`` as for `partial_fit`. For several
            epochs, it must be possible to start the iterable again: a generator or another
            iterator is refused, but a function that makes one is not.
        epochs : int, default=1
            How many times all chunks are learned.
        prefetch : bool, default=True
            Whether a thread reads the next chunk while one is learned. Two chunks are then in
            memory at a time. All chunks of an epoch are read in the same thread.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        ValueError
            If a parameter is invalid, if there is no chunk, or as `partial_fit` if a chunk is
            invalid: the message then names the chunk, counted from 0.
        TypeError
            If `chunks` is neither an iterable nor a function, or if a chunk is no such tuple.
        KeyboardInterrupt
            After Ctrl-C. What was learned until then is kept, also from a part of a chunk.

        Notes
        -----
        After an error, the estimator is as after `partial_fit` with the chunks before the one
        that the error names; if that is the first one of all, it is as before the call. What
        the iterable raises is raised as it is, with a note that names the chunk.

        Sizes that are "auto" follow from the rows of the first chunk. With ``max_iter="auto"``
        the learning rate stays `alpha`; with the number of all chunks times `epochs` as
        `max_iter`, the schedule `learning_rate` ends with the stream.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_ed import EDRegressor
        >>> def chunks():
        ...     for seed in range(10):
        ...         X = np.random.default_rng(seed).uniform(-1, 1, (1000, 1))
        ...         yield X, np.sin(3 * X.ravel())
        >>> reg = EDRegressor(max_iter=50, random_state=0).fit_stream(chunks, epochs=5)
        >>> bool(abs(reg.predict([[0.5]])[0] - np.sin(1.5)) < 0.1)
        True
        """
        return self._fit_stream(chunks, epochs, prefetch)

    def _fit_stream(self, chunks: Any, epochs: Any, prefetch: Any, classes: Any = None) -> Self:
        check_parameters({"epochs": epochs, "prefetch": prefetch}, _CHECKS)
        start = _start_of_epochs(chunks, epochs)
        continues = self.warm_start and hasattr(self, "coefs_")
        call = Call.PARTIAL_FIT if continues else Call.FIRST_PARTIAL_FIT
        estimator: Any = self
        estimator._check_parameters(call)
        for epoch in range(1, epochs + 1):
            place = f" in epoch {epoch}" if epochs > 1 else ""
            call = _learn_epoch(estimator, start, call, place, bool(prefetch), classes)
        return self


def _start_of_epochs(chunks: Any, epochs: int) -> Callable[[], Iterator[Any]]:
    """A function that starts the chunks of an epoch."""
    if not isinstance(chunks, Iterable):
        if callable(chunks):
            return lambda: iter(chunks())
        raise TypeError(
            "chunks: expected an iterable of (X, y), or a function that returns one, got "
            f"{type(chunks).__name__}."
        )
    if epochs > 1 and isinstance(chunks, Iterator):
        raise ValueError(
            "chunks: expected an iterable that can be started again, or a function that "
            f"returns one, with epochs={epochs}, got a {type(chunks).__name__}, which ends "
            "with the first epoch."
        )
    return partial(iter, chunks)


def _learn_epoch(
    estimator: Any,
    start: Callable[[], Iterator[Any]],
    call: Call,
    place: str,
    prefetch: bool,
    classes: Any,
) -> Call:
    """Learn all chunks once; return the kind of the next call."""
    source = prefetched(start) if prefetch else closing(_when_asked(start))
    number = 0
    with source as items:
        while True:
            name = f"chunks[{number}]{place}"
            with _noted(f"{name} was being read."):
                chunk = next(items, _END)
            if chunk is _END:
                break
            with named(name, ValueError, TypeError), _noted(f"{name} was being learned."):
                X, y, weight = _parts(chunk)
                estimator._learn(X, y, weight, call, classes=classes)
            # Not while the next one is read.
            del chunk, X, y, weight
            call, number = Call.PARTIAL_FIT, number + 1
    if number == 0:
        raise ValueError(f"chunks: expected at least one chunk{place}, got none.")
    return call


def _when_asked(start: Callable[[], Iterator[Any]]) -> Generator[Any]:
    yield from start()


def _parts(chunk: Any) -> tuple[Any, Any, Any]:
    """X, y and sample weights or None."""
    if not isinstance(chunk, (tuple, list)) or len(chunk) not in (2, 3):
        length = f" of length {len(chunk)}" if isinstance(chunk, (tuple, list)) else ""
        raise TypeError(
            "expected a tuple (X, y) or (X, y, sample_weight), got a "
            f"{type(chunk).__name__}{length}."
        )
    X, y, *weight = chunk
    return X, y, weight[0] if weight else None


@contextmanager
def _noted(note: str) -> Iterator[None]:
    """Add a note to whatever is raised."""
    try:
        yield
    except BaseException as error:
        error.add_note(note)
        raise
