"""A run of the history as the command that gives the same figures in a terminal."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aqah_desktop.models.parameter_words import with_whole_territory
from aqah_desktop.processing.values import WHOLE_TERRITORY
from aqah_desktop.records import AlgorithmSpec, RunRecord

_TERRITORY = "territory"


def command_of(
    record: RunRecord,
    spec: AlgorithmSpec | None = None,
    *,
    out: Path | None = None,
    pack: Path | None = None,
    windows: bool | None = None,
    members: Mapping[str, frozenset[str]] | None = None,
) -> str:
    """Return the ``aqah simulate …`` line of a run, quoted for the shell of this computer.

    Parameters
    ----------
    record : RunRecord
        The run.
    spec : AlgorithmSpec, optional
        Tells a file that holds a place from another file.
    out : Path, optional
        Folder for the results; by default one named after the run, where the command is given.
    pack : Path, optional
        Folder of the pack when it is not the bundled one.
    windows : bool, optional
        Quote for Windows; by default for the system the program runs on.
    members : mapping, optional
        Communes of each territory: all of them are written as one word.
    """
    quote_for_windows = sys.platform == "win32" if windows is None else windows
    words = words_of(record, spec, out=out, pack=pack, members=members)
    return subprocess.list2cmdline(words) if quote_for_windows else shlex.join(words)


def words_of(
    record: RunRecord,
    spec: AlgorithmSpec | None = None,
    *,
    out: Path | None = None,
    pack: Path | None = None,
    members: Mapping[str, frozenset[str]] | None = None,
) -> list[str]:
    """Return the words of the command, unquoted; see :func:`command_of`."""
    arguments = arguments_of(record, spec, members)
    words = ["aqah", "simulate", record.algorithm_id]
    if _TERRITORY in arguments:
        words += ["--territory", arguments.pop(_TERRITORY)]
    for name, value in arguments.items():
        words += ["--param", f"{name}={value}"]
    words += ["--out", str(out or f"aqah-{record.id[:8]}")]
    return [*words, "--pack", str(pack)] if pack is not None else words


def arguments_of(
    record: RunRecord,
    spec: AlgorithmSpec | None = None,
    members: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, str]:
    """Return the parameters of a run as the command line takes them, by name; those with a value."""
    params = with_whole_territory(spec, json.loads(record.parameters), members or {})
    kinds = {p.name: p.kind for p in spec.parameters} if spec is not None else {}
    return {
        name: argument_of(value, kinds.get(name, ""))
        for name, value in sorted(params.items())
        if value is not None
    }


def argument_of(value: Any, kind: str = "") -> str:
    """Return a plain parameter value as the command line takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return str(value.get("polygon_wkt") or "") or ",".join(value.get("communes", ())) or WHOLE_TERRITORY
    if isinstance(value, list | tuple):
        return ",".join(argument_of(item) for item in value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if kind == "place" and isinstance(value, str):
        return f"@{value}"
    return str(value)
