"""Packages that only some parts need: the extras of an installation."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingExtra(ImportError):
    """A package of an extra is not installed; the message says how to install it."""


def import_extra(module: str, purpose: str, extra: str = "plots") -> ModuleType:
    """Import a module of an extra.

    Parameters
    ----------
    module : str
        Name to import.
    purpose : str
        What it is needed for, the beginning of the error's sentence.
    extra : str, default="plots"
        The extra that installs it.

    Raises
    ------
    MissingExtra
        If its package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            f"{purpose} needs {package}, which cannot be imported ({error}); install it with "
            f"pip install 'sklearn-ed[{extra}]'."
        ) from error
