"""Checks of the parameters that both estimators have, and the rule that they name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from sklearn.metrics import get_scorer_names

from .._utils.validation import (
    Check,
    boolean,
    either,
    infinity,
    integer,
    jobs,
    nothing,
    one_of,
    real,
    verbosity,
)
from ..rules import ErrorDiffusion, Rule
from ..rules._names import RULES

_rule: Check = either(
    one_of(*RULES),
    (lambda value: isinstance(value, Rule) and not isinstance(value, type), "a rule object"),
)


def _is_scoring(value: Any) -> bool:
    is_name = isinstance(value, str) and (value == "loss" or value in get_scorer_names())
    return value is None or is_name or callable(value)


_scoring: Check = (
    _is_scoring,
    "None, 'loss', one of sklearn.metrics.get_scorer_names(), or a callable",
)

PARAMETER_CHECKS: dict[str, Check] = {
    "activation": one_of("logistic"),
    "alpha": real(0, closed="neither"),
    "beta": real(0, closed="left"),
    # 2 / u0 is a finite number in float32 too.
    "u0": real(1e-30, closed="left"),
    "rule": _rule,
    "weight_decrement": boolean,
    "init": one_of("scaled", "uniform"),
    "solver": one_of("sgd", "adam"),
    "learning_rate": one_of("constant", "invscaling", "linear", "cosine"),
    "power_t": real(0, closed="left"),
    "weight_decay": either(one_of("auto"), real(0, closed="left")),
    "dropout": either(one_of("auto"), real(0, 1, closed="left")),
    "batch_size": either(one_of("auto"), integer(1)),
    "max_iter": either(one_of("auto"), integer(1)),
    "shuffle": boolean,
    "tol": either(one_of("auto"), real(0, closed="left")),
    "verbose": verbosity,
    "warm_start": boolean,
    "momentum": real(0, 1, closed="left"),
    "early_stopping": either(boolean, one_of("auto", "out_of_fold")),
    "validation_fraction": real(0, 1, closed="neither"),
    "scoring": _scoring,
    "beta_1": real(0, 1, closed="left"),
    "beta_2": real(0, 1, closed="left"),
    "epsilon": real(0, closed="neither"),
    "n_members": either(one_of("auto"), integer(1)),
    "scale_inputs": boolean,
    "recent_rows": either(nothing, integer(1)),
    "replay": integer(0),
    "memory_size": integer(1),
    "n_jobs": jobs,
    "n_iter_no_change": either(integer(1), infinity),
}


_Init = TypeVar("_Init", bound=Callable[..., None])


def explain_alpha(init: _Init) -> _Init:
    """Decorate `__init__`: refuse MLPClassifier's name of the learning rate by naming ours."""

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        if "learning_rate_init" in kwargs:
            raise TypeError(
                f"{type(self).__name__} has no parameter 'learning_rate_init': the learning "
                "rate is 'alpha'."
            )
        init(self, *args, **kwargs)

    return cast("_Init", checked)


def make_rule(rule: Any, weight_decrement: bool) -> Rule:
    """The rule object that the parameters stand for."""
    if rule == "error_diffusion":
        return ErrorDiffusion(weight_decrement=bool(weight_decrement))
    if isinstance(rule, str):
        return RULES[rule]()
    checked: Rule = rule
    return checked
