"""Runs asked for in the window: prepared, queued, run, stored in the project as one undoable step.

Lives on the main thread. Work is handed to ``submit`` and comes back on the main thread; without a
window both happen in the calling thread.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import AddRun
from aqah_desktop.models.jobs import Deliver, JobQueue, at_once
from aqah_desktop.models.parameter_words import with_labels
from aqah_desktop.processing.job import Job, JobState, RunRequest
from aqah_desktop.records import RunRecord, Text

if TYPE_CHECKING:
    from aqah_desktop.models.keeper import Keeper
    from aqah_desktop.models.services import Finished, Services
    from aqah_desktop.models.state import LayerEntry

_LOG = logging.getLogger(__name__)

#: Runs that are over and stay known: their results for undo and redo, their records for the history.
_KEPT = 20

Submit = Callable[[Callable[[Any], Any], Callable[[Any], None], Callable[[Exception], None]], object]


def in_this_thread(
    work: Callable[[Any], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
) -> None:
    """Do the work at once: what a program without window does."""
    try:
        answer = work(None)
    except AqahError as error:
        failed(error)
    else:
        done(answer)


class Stage(StrEnum):
    """Where a run is, from the click to the project."""

    PREPARING = "preparing"
    QUEUED = "queued"
    RUNNING = "running"
    KEEPING = "keeping"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self in (Stage.DONE, Stage.FAILED, Stage.CANCELLED)


@dataclass(eq=False)
class Run:
    """One run asked for; changed by the desk only."""

    algorithm_id: str
    title: str
    given: dict[str, Any]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stage: Stage = Stage.PREPARING
    fraction: float = 0.0
    text: Text | None = None
    error: AqahError | None = None
    finished: Finished | None = None
    entries: tuple[LayerEntry, ...] = ()
    record: RunRecord | None = None
    #: The user asked to stop: whatever still comes is dropped.
    unwanted: bool = False


@dataclass(eq=False)
class _Live:
    """What belongs to a run until its job has ended."""

    request: RunRequest
    close: Callable[[], None]
    job: Job | None = None


class RunDesk:
    """Starts runs, follows them, keeps what they return.

    Parameters
    ----------
    services : Services
        Algorithms and runner.
    keeper : Keeper
        Stores results; its project gets the step.
    submit : callable
        ``submit(work, done, failed)``: see :mod:`aqah_desktop.views.qt_dispatch`.
    deliver : callable
        Calls a function on the main thread, from any thread.
    """

    started = Signal(Run)
    #: Stage, progress or words of a run changed.
    changed = Signal(Run)
    #: What a run returned is in the project's file and is about to be added to the project.
    stored = Signal(Run)
    #: A run is over; once for each.
    ended = Signal(Run)

    def __init__(
        self,
        services: Services,
        keeper: Keeper,
        submit: Submit = in_this_thread,
        deliver: Deliver = at_once,
    ) -> None:
        self._services, self._keeper, self._submit, self._deliver = services, keeper, submit, deliver
        self._queue: JobQueue | None = None
        self._runs: dict[str, Run] = {}
        self._live: dict[str, _Live] = {}
        # What was asked for in one project is not stored in another.
        keeper.project.replaced.connect(self.cancel_all)

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs of this session, oldest first; those long over are forgotten."""
        return tuple(self._runs.values())

    @property
    def active(self) -> tuple[Run, ...]:
        """Runs that are not over."""
        return tuple(run for run in self.runs if not run.stage.over)

    def finished(self, record_id: str) -> Finished | None:
        """What a run of this session returned, by the id of its record."""
        return next((r.finished for r in self.runs if r.record and r.record.id == record_id), None)

    def start(self, algorithm_id: str, given: Mapping[str, Any], title: str) -> Run:
        """Start a run; what is wrong with its parameters ends it as failed."""
        run = Run(algorithm_id, title, dict(given))
        self._runs[run.id] = run
        self.started.emit(run)
        self._submit(
            lambda _: self._services.request(algorithm_id, run.given),
            lambda answer: self._on_prepared(run, *answer),
            lambda error: self._on_error(run, error),
        )
        return run

    def cancel(self, run: Run) -> None:
        """Stop a run: over within two seconds, and nothing of it is kept."""
        if run.stage.over:
            return
        run.unwanted = True
        live = self._live.get(run.id)
        if live is not None and live.job is not None:
            self._jobs().cancel(live.job)
        else:
            self._end(run, Stage.CANCELLED)

    def cancel_all(self) -> None:
        """Stop everything: the project is closed or another one opened."""
        for run in self.active:
            self.cancel(run)

    # ------------------------------------------------------------------ following a run

    def _jobs(self) -> JobQueue:
        if self._queue is None:
            self._queue = JobQueue(self._services.runner, self._deliver)
            self._queue.changed.connect(self._on_changed)
            self._queue.ended.connect(self._on_ended)
        return self._queue

    def _run_of(self, job: Job) -> Run | None:
        found = next((key for key, live in self._live.items() if live.request is job.request), "")
        return self._runs.get(found)

    def _on_prepared(self, run: Run, request: RunRequest, close: Callable[[], None]) -> None:
        if run.stage.over:
            close()
            return
        live = self._live[run.id] = _Live(request, close)
        self._become(run, Stage.QUEUED)
        live.job = self._jobs().submit(request)

    def _on_changed(self, job: Job) -> None:
        run = self._run_of(job)
        if run is None or run.stage.over or job.state.ended:
            return
        run.fraction, run.text = job.fraction, job.text
        self._become(run, Stage.RUNNING if job.state is JobState.RUNNING else Stage.QUEUED)

    def _on_ended(self, job: Job) -> None:
        run = self._run_of(job)
        if run is None:
            return
        self._live.pop(run.id).close()
        run.record = job.record
        if run.unwanted or job.state is JobState.CANCELLED:
            self._end(run, Stage.CANCELLED)
        elif job.state is JobState.DONE:
            self._keep(run, job)
        else:
            run.error = self._spoken(job)
            self._end(run, Stage.FAILED)

    def _spoken(self, job: Job) -> AqahError | None:
        """The error of a job in the words of its form: titles and labels instead of names of the code."""
        if job.error is None:
            return None
        catalogue, spec = self._services.catalogue, job.request.algorithm.spec
        return type(job.error)(job.error.key, **with_labels(job.error.params, spec, catalogue))

    def _keep(self, run: Run, job: Job) -> None:
        run.fraction = 1.0
        self._become(run, Stage.KEEPING)

        def store(_: Any) -> tuple[Finished, tuple[LayerEntry, ...]]:
            finished = self._services.finished(job)
            return finished, self._keeper.store(finished, self._services.catalogue)

        self._submit(store, lambda kept: self._on_kept(run, *kept), lambda error: self._on_error(run, error))

    def _on_kept(self, run: Run, finished: Finished, entries: tuple[LayerEntry, ...]) -> None:
        if run.stage.over:  # cancelled while it was written
            self._submit(lambda _: self._keeper.discard(finished.record.id), lambda _: None, _say_left)
            return
        run.finished, run.entries = finished, entries
        self.stored.emit(run)
        self._keeper.project.do(AddRun(finished.record, entries))
        self._end(run, Stage.DONE)

    def _on_error(self, run: Run, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        if not run.stage.over:
            run.error = error
            self._end(run, Stage.FAILED)

    def _become(self, run: Run, stage: Stage) -> None:
        run.stage = stage
        self.changed.emit(run)

    def _end(self, run: Run, stage: Stage) -> None:
        run.stage = stage
        self.changed.emit(run)
        self.ended.emit(run)
        over = [r for r in self.runs if r.stage.over]
        for old in over[: max(len(over) - _KEPT, 0)]:
            del self._runs[old.id]


def _say_left(error: Exception) -> None:
    """Nobody waits any more: what could not be removed goes with the working copy, and the log says so."""
    _LOG.warning("bytes of a cancelled run were left in the working copy: %s", error)
