"""Work off the GUI thread, answers on it: the only file of the window with threads and queued signals.

Inputs are frozen by the caller, computed elsewhere, and applied on the GUI thread; an answer that a newer
request replaced is dropped. A request ends in exactly one of *done*, *failed* or *dropped*.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

LOG = logging.getLogger(__name__)


class Ticket:
    """One request: says whether it is still wanted. Passed to the work, which may stop early."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._dropped = threading.Event()

    def drop(self) -> None:
        """Say that nobody waits for the answer any more."""
        self._dropped.set()

    def dropped(self) -> bool:
        """Whether the answer is no longer wanted."""
        return self._dropped.is_set()


class Dispatcher(QObject):
    """Runs functions on worker threads and delivers their answers on the thread that made it."""

    _deliver = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aqah")
        self._latest: dict[str, Ticket] = {}
        self._open: set[Ticket] = set()
        self._closed = False
        self._deliver.connect(self._on_deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[[Ticket], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        key: str = "",
    ) -> Ticket:
        """Run ``work`` on a worker thread; then ``done`` or ``failed`` on the GUI thread.

        Parameters
        ----------
        work : callable
            Receives the :class:`Ticket`; must not touch widgets.
        done, failed : callable
            Called with the answer or the exception, unless the ticket was dropped meanwhile.
            Without ``failed`` an exception goes to the interpreter's hook (the notification centre).
        key : str
            Requests of the same non-empty key replace each other: only the newest is answered.
        """
        ticket = Ticket(key)
        if self._closed:
            ticket.drop()
            return ticket
        if key:
            older = self._latest.get(key)
            if older is not None:
                older.drop()
            self._latest[key] = ticket
        self._open.add(ticket)
        self._pool.submit(self._run, ticket, work, done, failed)
        return ticket

    def call(self, function: Callable[[], None]) -> None:
        """Run ``function`` on the GUI thread soon, from any thread."""
        if not self._closed:
            self._deliver.emit(function)

    def busy(self) -> bool:
        """Whether any request has not been answered yet."""
        return bool(self._open)

    def on_owner_thread(self) -> bool:
        """Whether the caller is on the GUI thread."""
        return QThread.currentThread() is self.thread()

    def close(self) -> None:
        """Drop every open request and wait for the threads; nothing is delivered afterwards."""
        self._closed = True
        for ticket in self._open:
            ticket.drop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._open.clear()
        self._latest.clear()

    def _run(
        self,
        ticket: Ticket,
        work: Callable[[Ticket], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None,
    ) -> None:
        answer: Any = None
        error: Exception | None = None
        if not ticket.dropped():
            try:
                answer = work(ticket)
            except Exception as caught:
                error = caught
        if not self._closed:
            self._deliver.emit(lambda: self._finish(ticket, answer, error, done, failed))

    def _finish(
        self,
        ticket: Ticket,
        answer: Any,
        error: Exception | None,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None,
    ) -> None:
        self._open.discard(ticket)
        if self._latest.get(ticket.key) is ticket:
            del self._latest[ticket.key]
        if ticket.dropped():
            if error is not None:
                LOG.debug("a dropped request failed: %s", error)
            return
        if error is None:
            done(answer)
        elif failed is not None:
            failed(error)
        else:
            raise error

    @Slot(object)
    def _on_deliver(self, function: Callable[[], None]) -> None:
        if not self._closed:
            function()
