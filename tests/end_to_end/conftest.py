"""The command line as its users run it: a process of its own, on the bundled pack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MEL = "200093201"
DUNKERQUE = "245900428"
Aqah = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aqah(tmp_path: Path) -> Aqah:
    """Run ``aqah`` with arguments; ``prefix`` puts another command before it."""

    def run(
        *arguments: Any, prefix: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = [*prefix, sys.executable, "-m", "aqah_desktop", *(str(a) for a in arguments)]
        variables = {**os.environ, "AQAH_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=280,
            env=variables | environment,
            check=False,
            cwd=tmp_path,
        )

    return run


def answer_of(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON a command answered."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str], key: str = "") -> str:
    """Check that a command refused bad input as it should; return what it said."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    said = done.stderr.strip()
    if key:
        found = json.loads(said.splitlines()[-1])["error"]
        assert found["key"] == key, found
        assert all(
            found[part] and found[part] != f"{key}.{part}" for part in ("message", "cause", "remedy")
        ), found
    return said
