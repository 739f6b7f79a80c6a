"""Runs one operation of a plugin in a fresh process and turns every way it can fail into a PluginError."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from aqah_desktop.errors import JobCancelledError, PluginError
from aqah_desktop.plugins.containment import Containment
from aqah_desktop.plugins.loader import Plugin
from aqah_desktop.plugins.manifest import DEFAULT_LIMITS
from aqah_desktop.plugins.settings import settings_file
from aqah_desktop.processing.children import Caps, Child, ChildFailure, child_command
from aqah_desktop.processing.contract import Feedback
from aqah_desktop.processing.conversation import converse
from aqah_desktop.records import RunLimits

_MODULE = "aqah_desktop.plugins.child"
_CAPS = Caps(line=8 * 1024**2, total=16 * 1024**2, printed=4 * 1024**2)
#: ``describe``, ``check`` and ``references`` must be quick whatever a run may take, s.
_QUICK_S = 20.0
_SHORT = 300

_BY_REASON = {
    "time": "plugins.too_slow",
    "folder": "plugins.wrote_too_much",
    "printed": "plugins.printed_too_much",
    "line": "plugins.sent_too_much",
    "total": "plugins.sent_too_much",
    "garbage": "plugins.spoke_garbage",
    "exit": "plugins.exited",
}
_BY_KIND = {
    "SyntaxError": "plugins.broken_source",
    "MemoryError": "plugins.out_of_memory",
    "ArrayMemoryError": "plugins.out_of_memory",
    "SystemExit": "plugins.exited",
    "MissingEntryError": "plugins.missing_entry",
    "WrongResultError": "plugins.wrong_result",
}
_OWN_KINDS = ("MissingEntryError", "WrongResultError")
_DISK_FULL = (errno.EFBIG, errno.ENOSPC)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder of one run; gone afterwards with all the plugin left in it."""
    folder = Path(tempfile.mkdtemp(prefix="aqah-plugin-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(
    plugin: Plugin,
    operation: str,
    *,
    scratch: Path,
    feedback: Feedback | None = None,
    **data: Any,
) -> dict[str, Any]:
    """Run one operation of a plugin in a new process; the process is gone when this returns.

    Parameters
    ----------
    plugin : Plugin
        From the loader.
    operation : str
        ``"describe"``, ``"check"``, ``"references"`` or ``"run"``.
    scratch : Path
        From :func:`scratch_folder`.
    feedback : Feedback, optional
        Told of progress, asked for cancellation.
    **data
        Plain JSON data: ``params``, ``context``.

    Returns
    -------
    dict
        What the child sent, not yet validated beyond being JSON.

    Raises
    ------
    PluginError
        Which plugin, what it did, what to do.
    JobCancelledError
        The user stopped it; the process was ended within about a second.
    """
    limits = _limits_for(plugin, operation)
    request = {
        "type": "request",
        "op": operation,
        "folder": str(plugin.folder.resolve()),
        "entry": plugin.manifest.entry,
        "scratch": str(scratch),
        "limits": asdict(limits),
        **data,
    }
    try:
        answer = _converse(request, scratch, limits, feedback or Feedback())
    except ChildFailure as failure:
        raise _broke_off(plugin, failure, limits) from failure
    if answer["type"] == "error":
        raise _reported(plugin, answer, limits)
    return answer


def _limits_for(plugin: Plugin, operation: str) -> RunLimits:
    wanted = plugin.manifest.limits
    if operation == "run":
        return wanted
    return RunLimits(min(_QUICK_S, wanted.seconds), wanted.memory_mb, wanted.output_mb)


def _converse(
    request: dict[str, Any], scratch: Path, limits: RunLimits, feedback: Feedback
) -> dict[str, Any]:
    child = Child(child_command(_MODULE), scratch, _CAPS, limits.memory_mb)
    try:
        answer = converse(child, request, feedback, limits, scratch)
    except JobCancelledError:
        child.stop()
        raise
    finally:
        child.kill()
    return answer


def _broke_off(plugin: Plugin, failure: ChildFailure, limits: RunLimits) -> PluginError:
    key = _BY_REASON[failure.reason]
    if failure.reason == "exit" and "MemoryError" in failure.tail:
        key = "plugins.out_of_memory"
    return _error(plugin, key, limits, failure.detail, failure.tail)


def _reported(plugin: Plugin, answer: dict[str, Any], limits: RunLimits) -> PluginError | JobCancelledError:
    kind = str(answer.get("kind", ""))
    if kind == "JobCancelledError":
        return JobCancelledError("processing.cancelled")
    summary = str(answer.get("summary") or answer.get("key") or kind)
    key = _BY_KIND.get(kind, "plugins.raised")
    if answer.get("errno") in _DISK_FULL:
        key = "plugins.wrote_too_much"
    elif kind in _OWN_KINDS:  # a sentence of ours: without the name of our class before it
        summary = summary.partition(": ")[2] or summary
    return _error(plugin, key, limits, summary, str(answer.get("details", "")))


def _error(plugin: Plugin, key: str, limits: RunLimits, detail: str, tail: str) -> PluginError:
    return PluginError(
        key,
        plugin=plugin.id,
        version=plugin.manifest.version,
        author=plugin.manifest.author,
        settings=str(settings_file()),
        detail=detail[:_SHORT],
        last_words=_last_line(tail)[:_SHORT],
        seconds=limits.seconds,
        memory_mb=limits.memory_mb,
        output_mb=limits.output_mb,
    )


def _last_line(tail: str) -> str:
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return lines[-1] if lines else "—"


@cache
def containment_level() -> Containment:
    """Start a contained process that tries what must not work; return what was really refused.

    Takes a child start (about 0.1 s) the first time.
    """
    limits = DEFAULT_LIMITS
    with scratch_folder() as scratch, scratch_folder() as elsewhere:
        outside = elsewhere / "outside"
        outside.touch()
        request = {
            "type": "request",
            "op": "probe",
            "outside": str(outside),
            "scratch": str(scratch),
            "limits": asdict(limits),
        }
        try:
            answer = _converse(request, scratch, limits, Feedback())
        except ChildFailure as failure:
            raise PluginError(
                "plugins.probe_failed", detail=f"{failure.reason} {failure.detail}"
            ) from failure
    refused = answer.get("refused", {})
    return Containment(
        separate_process=True,
        time=True,
        memory=bool(refused.get("memory")),
        files=bool(refused.get("files")),
        network=bool(refused.get("network")),
        processes=bool(refused.get("processes")),
        mechanisms=tuple(answer.get("mechanisms", ())),
    )
