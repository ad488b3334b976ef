"""Where a figure was measured: versions, processor, threads, compiled kernels."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

_PARTS = ("sklearn_ed", "numpy", "scipy", "sklearn", "pandas", "skrub", "keras", "tensorflow")


def describe_environment() -> dict[str, Any]:
    """Versions of what is imported, processor, threads of BLAS, date; ready for JSON."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "blas": sorted({f"{p['internal_api']} {p['version']}" for p in pools}),
        "blas_threads": max((pool["num_threads"] for pool in pools), default=None),
        "tensorflow_threads": tensorflow_threads(),
        "compiled_kernels": uses_kernels(),
        "versions": {"python": platform.python_version(), **versions()},
    }


def versions() -> dict[str, str]:
    """Those of this package and of what it computes with, as far as it is imported."""
    return {
        name: str(getattr(sys.modules[name], "__version__", "?"))
        for name in _PARTS
        if sys.modules.get(name) is not None
    }


def uses_kernels() -> bool:
    """Whether the compiled kernels are the default."""
    return bool(loaded_kernels()) and os.environ.get("SKLEARN_ED_COMPILED", "1") != "0"


def loaded_kernels() -> list[str]:
    """The package's extension modules that are imported; none where NumPy does the work."""
    return sorted(
        name
        for name, module in sys.modules.items()
        if name.startswith("sklearn_ed.")
        and str(getattr(module, "__file__", "")).endswith(tuple(EXTENSION_SUFFIXES))
    )


def usable_cores() -> int:
    """Cores that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def cpu_model() -> str:
    """Name of the processor."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def tensorflow_threads() -> int | None:
    """Threads of one TensorFlow operation, 0 if TensorFlow chooses; None if not imported."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return None
    return tensorflow.config.threading.get_intra_op_parallelism_threads()
