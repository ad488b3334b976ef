"""What the user can mend: wrong data, a missing file, a missing package."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class UnusableInput(ValueError):
    """The comparison cannot start; the message says what was expected and what came."""


def import_extra(module: str, purpose: str) -> ModuleType:
    """Import a module of the extra `plots`.

    Parameters
    ----------
    module : str
        Name to import.
    purpose : str
        What it is needed for, the beginning of the error's sentence.

    Raises
    ------
    UnusableInput
        If its package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise UnusableInput(
            f"{purpose} needs {package}, which cannot be imported ({error}); install it with "
            "pip install 'sklearn-ed[plots]'."
        ) from error
