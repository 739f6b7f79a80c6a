"""Child side of the pipe: a private line to the host, and prints that cannot get into it.

Standard library only: this is loaded at the start of every child.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import IO, Any


class Pipe:
    """JSON lines to and from the host."""

    def __init__(self) -> None:
        # stdout becomes stderr, so that print() and native code cannot mix with the messages.
        private = os.dup(1)
        os.dup2(2, 1)
        self._out: IO[bytes] = os.fdopen(private, "wb", buffering=0)
        self._in: IO[bytes] = os.fdopen(os.dup(0), "rb")
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._requests: list[dict[str, Any]] = []
        self._news = threading.Condition()
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - stays for the process

    def first_request(self) -> dict[str, Any]:
        """Return the first request, read in the calling thread: no thread exists before it."""
        return self._parse(self._in.readline())

    def listen(self) -> None:
        """Read cancel lines and further requests in a thread; a closed pipe ends the process."""
        threading.Thread(target=self._listen, daemon=True, name="host").start()

    def next_request(self) -> dict[str, Any]:
        """Wait for the next request."""
        with self._news:
            self._news.wait_for(lambda: bool(self._requests))
            return self._requests.pop(0)

    def cancelled(self) -> bool:
        """Whether the host asked to stop the present request."""
        return self._cancelled.is_set()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        line = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[self._out.write(view) :]

    def _listen(self) -> None:
        while line := self._in.readline():
            message = self._parse(line)
            if message.get("type") == "cancel":
                self._cancelled.set()
                continue
            with self._news:
                # Here rather than when it is taken: a cancel line may follow at once.
                self._cancelled.clear()
                self._requests.append(message)
                self._news.notify()
        os._exit(0)  # the host is gone: nobody waits for the result

    @staticmethod
    def _parse(line: bytes) -> dict[str, Any]:
        if not line:
            os._exit(0)
        message = json.loads(line)
        return message if isinstance(message, dict) else {}


def serve_errors(send: Callable[[dict[str, Any]], None], error: BaseException) -> None:
    """Send what an exception says: an :class:`AqahError` with its key, another with its last lines."""
    import traceback

    from aqah_desktop.errors import AqahError

    message: dict[str, Any]
    if isinstance(error, AqahError):
        kind = type(error).__name__
        message = {"type": "error", "kind": kind, "key": error.key, "params": _plain(error.params)}
    else:
        text = "".join(traceback.format_exception(error))
        summary = "".join(traceback.format_exception_only(error)).strip()
        message = {
            "type": "error",
            "kind": type(error).__name__,
            "summary": summary[:500],
            "details": text[-4000:],
            "errno": error.errno if isinstance(error, OSError) else None,
        }
    send(message)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(params, default=str))
    return plain
