"""One request to a child and everything until its answer: progress, limits, cancellation."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from aqah_desktop.processing.children import Child, ChildFailure, folder_bytes
from aqah_desktop.processing.contract import Feedback
from aqah_desktop.records import RunLimits, Text

#: How often limits and cancellation are looked at, s.
_TICK_S = 0.05
_FOLDER_EVERY_S = 0.25
_MOST_MESSAGES = 200
_LONGEST_TEXT = 2000


def converse(
    child: Child, request: dict[str, Any], feedback: Feedback, limits: RunLimits, scratch: Path
) -> dict[str, Any]:
    """Send ``request`` and return the child's ``result`` or ``error`` message.

    The child is left alive after an answer; whoever started it stops it.

    Parameters
    ----------
    child : Child
        Running child.
    request : dict
        Plain JSON data.
    feedback : Feedback
        Told of progress and messages; asked for cancellation every 50 ms.
    limits : RunLimits
        ``seconds`` of wall time and ``output_mb`` of the scratch folder are watched here.
    scratch : Path
        The child's folder.

    Raises
    ------
    ChildFailure
        The child exited or exceeded a limit.
    JobCancelledError
        ``feedback`` asked to stop.
    """
    child.send(request)
    started = time.monotonic()
    next_look = started + _FOLDER_EVERY_S
    relay = _Relay(feedback)
    while True:
        feedback.check()
        message = child.receive(_TICK_S)
        if message is not None and message["type"] in ("result", "error"):
            _check_folder(scratch, limits)
            return message
        if message is not None:
            relay.pass_on(message)
        now = time.monotonic()
        if now - started > limits.seconds:
            raise ChildFailure("time", f"{limits.seconds:g}", child.tail)
        if now >= next_look:
            _check_folder(scratch, limits)
            next_look = now + _FOLDER_EVERY_S


def _check_folder(scratch: Path, limits: RunLimits) -> None:
    most = limits.output_mb * 1024**2
    if folder_bytes(scratch, most) > most:
        raise ChildFailure("folder", str(limits.output_mb))


class _Relay:
    """Passes progress and messages of a child to the host's feedback, validated and counted."""

    def __init__(self, feedback: Feedback) -> None:
        self._feedback, self._count = feedback, 0

    def pass_on(self, message: dict[str, Any]) -> None:
        kind, text = message["type"], read_text(message.get("text"))
        if kind == "progress":
            fraction = message.get("fraction")
            if isinstance(fraction, int | float) and math.isfinite(fraction):
                self._feedback.progress(min(max(float(fraction), 0.0), 1.0), text)
        elif kind in ("log", "warn") and text is not None and self._count < _MOST_MESSAGES:
            self._count += 1
            (self._feedback.log if kind == "log" else self._feedback.warn)(text)


def read_text(data: Any) -> Text | None:
    """Return ``{"key": …, "params": {…}}`` of a child as a text; ``None`` when it is not one."""
    if not isinstance(data, dict) or not isinstance(data.get("key"), str):
        return None
    params = data.get("params", {})
    if not isinstance(params, dict) or len(data["key"]) > _LONGEST_TEXT:
        return None
    plain = {str(k): _short(v) for k, v in list(params.items())[:40]}
    return Text(data["key"], plain)


def _short(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list):
        return [_short(item) for item in value[:100] if not isinstance(item, list | dict)]
    return str(value)[:_LONGEST_TEXT]


def write_text(text: Text | None) -> dict[str, Any] | None:
    """Return a text as plain data for a message line."""
    return None if text is None else {"key": text.key, "params": text.params}


class SpeakingFeedback(Feedback):
    """Child side: sends progress and messages as lines, at most twenty progress lines a second.

    Parameters
    ----------
    send : callable
        Takes one message.
    is_cancelled : callable
        Whether a cancel line has come.
    """

    def __init__(self, send: Any, is_cancelled: Any) -> None:
        self._send, self._is_cancelled, self._last = send, is_cancelled, -math.inf

    def progress(self, fraction: float, text: Text | None = None) -> None:
        """Send progress; dropped when the last was less than 50 ms ago, except the end."""
        now = time.monotonic()
        if now - self._last >= 0.05 or fraction >= 1:
            self._last = now
            self._send({"type": "progress", "fraction": float(fraction), "text": write_text(text)})

    def log(self, text: Text) -> None:
        """Send a message."""
        self._send({"type": "log", "text": write_text(text)})

    def warn(self, text: Text) -> None:
        """Send a warning."""
        self._send({"type": "warn", "text": write_text(text)})

    def cancelled(self) -> bool:
        """Whether the host asked to stop."""
        return bool(self._is_cancelled())
