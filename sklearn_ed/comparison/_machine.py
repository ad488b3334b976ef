"""What a comparison ran on: versions, processor, threads."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from .. import __version__, _compiled
from ._conditions import tensorflow_threads

_VERSIONED = ("numpy", "scipy", "sklearn", "pandas", "keras", "tensorflow")


def machine() -> dict[str, Any]:
    """Versions of what is loaded, processor, threads of BLAS, and the time of day."""
    versions = {
        name: str(getattr(sys.modules[name], "__version__", "?"))
        for name in _VERSIONED
        if sys.modules.get(name) is not None
    }
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "blas": sorted({f"{p['internal_api']} {p['version']}" for p in pools}),
        "blas_threads": max((pool["num_threads"] for pool in pools), default=None),
        "tensorflow_threads": tensorflow_threads(),
        "compiled_kernels": bool(_compiled.batch and _compiled.online),
        "versions": {
            "python": platform.python_version(),
            "sklearn_ed": __version__,
            **versions,
        },
    }


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
