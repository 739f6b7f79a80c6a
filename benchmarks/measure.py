"""Times one implementation of one job in a process of its own, so that peaks of memory are its own.

``python -m benchmarks.measure JOB IMPLEMENTATION FOLDER REPEATS`` prints one line of JSON. The first
run warms the page cache and the libraries and is told apart; the median is of the others.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.jobs import JOBS


def peak_mb() -> float:
    """Largest resident memory of this process so far, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def measure(job: str, implementation: str, folder: Path, repeats: int) -> dict[str, Any]:
    """Run and describe: ``first_s``, ``median_s``, ``best_s``, ``peak_mb``, ``answer``."""
    work = JOBS[job].implementations[implementation](folder)
    before = peak_mb()
    times = []
    answer: Any = None
    for _ in range(repeats + 1):
        started = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - started)
    return {
        "first_s": times[0],
        "median_s": statistics.median(times[1:] or times),
        "best_s": min(times),
        "repeats": repeats,
        "inputs_mb": round(before, 1),
        "peak_mb": round(peak_mb(), 1),
        "answer": answer,
    }


if __name__ == "__main__":
    _, name, who, where, count = sys.argv
    print(json.dumps(measure(name, who, Path(where), int(count))))
