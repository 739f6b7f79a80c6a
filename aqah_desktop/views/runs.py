"""One run at a time of one kind: asked off the GUI thread, heard on it; the newest request wins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from aqah_desktop.errors import AqahError, JobCancelledError
from aqah_desktop.views.context import ViewContext

if TYPE_CHECKING:
    from aqah_desktop.processing.job import Change, Job, RunRequest
    from aqah_desktop.views.shell.work import WorkLine


class BackgroundRun(QObject):
    """Runs of one algorithm for one panel.

    Parameters
    ----------
    context : ViewContext
        Services and dispatcher.
    work : WorkLine
        Where progress is shown when the run lasts.
    slot : str
        Name of this kind of run; a newer run of the same slot supersedes the older one.
    """

    #: Something was asked and is under way.
    started = Signal()
    #: The :class:`~aqah_desktop.models.services.Finished` of the newest request.
    finished = Signal(object)
    #: The :class:`AqahError` that ended the newest request.
    failed = Signal(object)
    #: The user cancelled.
    cancelled = Signal()

    def __init__(self, context: ViewContext, work: WorkLine, slot: str) -> None:
        super().__init__()
        self._context, self._work, self._slot = context, work, slot
        self._turn = 0
        self._job: Job | None = None
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a request has not been answered yet."""
        return self._busy

    def start(self, algorithm_id: str, given: Mapping[str, Any], text: str) -> None:
        """Ask for a run; ``text`` names it in the foot. An older one is superseded."""
        self.drop()
        self._turn += 1
        turn, services = self._turn, self._context.services
        self._busy = True
        self._work.begin(self._slot, text, self.cancel)
        self.started.emit()
        self._context.dispatcher.submit(
            lambda _: services.request(algorithm_id, given),
            lambda answer: self._on_request(turn, *answer),
            lambda error: self._on_refused(turn, error),
        )

    def cancel(self) -> None:
        """Stop at the user's wish."""
        if self._busy:
            self.drop()
            self.cancelled.emit()

    def drop(self) -> None:
        """Forget the run under way, if any; nothing more is heard of it."""
        self._turn += 1
        if self._job is not None:
            self._context.services.runner.cancel(self._job)
        self._rest()

    def _rest(self) -> None:
        self._job, self._busy = None, False
        self._work.end(self._slot)

    def _on_request(self, turn: int, request: RunRequest, close: Callable[[], None]) -> None:
        if turn != self._turn:
            close()
            return
        files = _Once(close)

        def heard(job: Job, change: Change) -> None:  # on worker threads
            if job.state.ended:
                files.close()
            self._context.dispatcher.call(lambda: self._on_change(turn, job, change))

        self._job = self._context.services.runner.start(replace(request, slot=self._slot), heard)

    def _on_change(self, turn: int, job: Job, change: Change) -> None:
        if turn != self._turn or not self._busy:
            return
        if change == "progress":
            text = self._context.t(job.text) if job.text is not None else ""
            self._work.progress(self._slot, job.fraction, text)
        elif job.state.ended:
            self._on_end(job)

    def _on_end(self, job: Job) -> None:
        self._rest()
        try:
            finished = self._context.services.finished(job)
        except JobCancelledError:
            self.cancelled.emit()
        except AqahError as error:
            self.failed.emit(error)
        else:
            self.finished.emit(finished)

    def _on_refused(self, turn: int, error: Exception) -> None:
        if turn != self._turn:
            return
        self._rest()
        if not isinstance(error, AqahError):
            raise error
        self.failed.emit(error)


class _Once:
    """Closes the files of a run once, from whichever thread ends it."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close: Callable[[], None] | None = close
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            close, self._close = self._close, None
        if close is not None:
            close()
