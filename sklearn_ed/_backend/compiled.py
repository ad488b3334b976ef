"""The compiled kernels, or None where NumPy has to do their work.

``SKLEARN_ED_COMPILED=0`` in the environment leaves them out on purpose.
"""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import Any

batch: Any = None
online: Any = None
if os.environ.get("SKLEARN_ED_COMPILED", "1") != "0":
    try:
        kernels = [import_module(f"{__package__}.{name}") for name in ("_batch", "_online")]
    except ImportError as error:
        warnings.warn(
            f"The compiled kernels are missing ({error}): NumPy does their work, slower, above "
            "all online. Install sklearn_ed again with GCC or Clang at hand, or set "
            "SKLEARN_ED_COMPILED=0 if that is meant.",
            RuntimeWarning,
            stacklevel=2,
        )
    else:
        batch, online = kernels
