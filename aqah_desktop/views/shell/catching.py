"""What nobody caught: from the interpreter, a thread or Qt, to the journal and one calm message.

Installed by the wiring for the life of the program, never by a window: tests must see their failures.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from aqah_desktop.errors import AqahError
from aqah_desktop.models.eventlog import log_file, record_failure, start_logging

LOG = logging.getLogger("aqah_desktop.qt")
_SERIOUS = (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)


class UnexpectedError(AqahError):
    """Something the program did not foresee; the traceback is in the journal."""

    exit_code = 1


class Catcher:
    """Hands what nobody caught to ``tell``, which may be called from any thread."""

    def __init__(self, tell: Callable[[AqahError], None]) -> None:
        self._tell = tell
        start_logging()
        self._inside = threading.local()
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self.on_exception, self._on_thread
        self._qt_before = qInstallMessageHandler(self._on_qt)

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._before
        qInstallMessageHandler(self._qt_before)

    def on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """The interpreter's hook."""
        if issubclass(kind, (KeyboardInterrupt, SystemExit)) or getattr(self._inside, "busy", False):
            self._before[0](kind, error, trace)
            return
        # A failure while telling a failure must not go round in circles.
        self._inside.busy = True
        try:
            self._take(error)
        finally:
            self._inside.busy = False

    def _take(self, error: BaseException) -> None:
        record_failure(error)
        if isinstance(error, AqahError):
            self._tell(error)
        else:
            self._tell(UnexpectedError("shell.unexpected", kind=type(error).__name__, path=str(log_file())))

    def _on_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _on_qt(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind in _SERIOUS:
            LOG.error("%s", text)
            self._tell(UnexpectedError("shell.unexpected", kind="Qt", path=str(log_file())))
        else:
            LOG.log(logging.WARNING if kind == QtMsgType.QtWarningMsg else logging.DEBUG, "%s", text)
