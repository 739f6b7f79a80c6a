"""QGIS as a peer, when the system's Python has it (Debian: ``qgis python3-qgis``); else "not this run"."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

#: Interpreter that can ``import qgis``; another one may be named in this variable.
_VARIABLE = "AQAH_BENCH_QGIS_PYTHON"
_SCRIPT = Path(__file__).with_name("qgis_worker.py")
_JOBS = {"sample_100", "sample_25", "within_20", "within_150", "nearest", "zonal_100", "zonal_25"}


def _python() -> str | None:
    return os.environ.get(_VARIABLE) or shutil.which("python3", path="/usr/bin")


@functools.cache
def version() -> str:
    """Version of QGIS, empty when it is not installed."""
    python = _python()
    if python is None:
        return ""
    code = "from qgis.core import Qgis; print(Qgis.QGIS_VERSION)"
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, env=_environment()
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def can_do(job: str) -> bool:
    """Whether QGIS is here and has this job."""
    return job in _JOBS and bool(version())


def measured(job: str, folder: Path, repeats: int) -> dict[str, Any]:
    """Measure in a process of QGIS's own Python, as :mod:`benchmarks.measure` does for the others."""
    command = [str(_python()), str(_SCRIPT), job, str(folder.resolve()), str(repeats)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=1800, env=_environment()
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _environment() -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
