"""Errors that name what was worked on."""

import pytest

from sklearn_ed._utils.errors import named


def test_an_error_that_needs_more_than_a_message_is_named_too():
    """A UnicodeDecodeError is a ValueError with five arguments."""
    message = r"^chunk 3: 'utf-8' codec can't decode"
    with (
        pytest.raises(ValueError, match=message) as caught,
        named("chunk 3", ValueError, TypeError),
    ):
        b"\xff".decode("utf-8")
    assert caught.type is ValueError
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


def test_other_errors_stay_as_they_are():
    with pytest.raises(KeyError, match=r"^'x'$"), named("chunk 3", ValueError, TypeError):
        raise KeyError("x")
