"""What the benchmarks of long runs measure: latencies in bins, resident memory."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np


class LatencyCounts:
    """Counts of latencies in bins one percent wide, from 1 us to 1000 s: a fixed memory."""

    WIDTH, LEAST, MOST = 1.01, 1e-6, 1e3

    def __init__(self) -> None:
        n_bins = int(np.log(self.MOST / self.LEAST) / np.log(self.WIDTH)) + 2
        self._edges = self.LEAST * self.WIDTH ** np.arange(n_bins)
        self._counts = np.zeros(n_bins, np.int64)
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        place = min(int(self._edges.searchsorted(seconds)), self._counts.size - 1)
        self._counts[place] += 1
        self.longest = max(self.longest, seconds)

    def quantiles(
        self, shares: Sequence[float] = (0.5, 0.99, 0.999)
    ) -> dict[str, float | None]:
        """Seconds by the name of the quantile, and the longest latency; None without any."""
        total = self._counts.cumsum()
        found: dict[str, float | None] = {}
        for share in shares:
            edge = float(self._edges[total.searchsorted(share * total[-1])])
            found[f"p{100 * share:g}"] = min(edge, self.longest) if total[-1] else None
        return {**found, "max": self.longest if total[-1] else None}


def resident_memory(process: str = "self") -> int:
    """Bytes of a process in memory: now on Linux, elsewhere the most that this one has had."""
    # Windows has no such module.
    import resource

    statm = Path("/proc", process, "statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
