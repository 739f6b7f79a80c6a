"""The list of jobs: what waits, runs and ended, as events. No widget, no thread of its own.

Runs report from worker threads; everything here changes through ``deliver``, which the window sets to
"do this on the main thread" and which, without a window, just does it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from psygnal import Signal

from aqah_desktop.processing.job import Change, Job, JobState, RunRequest
from aqah_desktop.processing.runner import Runner

Deliver = Callable[[Callable[[], None]], None]


def at_once(action: Callable[[], None]) -> None:
    """Deliver without a window: in the calling thread."""
    action()


class JobQueue:
    """Jobs of one session, newest last.

    Parameters
    ----------
    runner : Runner
        Does the work.
    deliver : callable, optional
        Takes a function and calls it once on the thread where listeners live.
    kept : int
        Ended jobs that stay listed.
    """

    #: A job was queued.
    added = Signal(Job)
    #: State, progress or messages of a job changed.
    changed = Signal(Job)
    #: A job ended with a result, an error or neither; once for each job.
    ended = Signal(Job)
    #: An ended job left the list.
    removed = Signal(Job)

    def __init__(self, runner: Runner, deliver: Deliver = at_once, kept: int = 50) -> None:
        self._runner, self._deliver, self._kept = runner, deliver, kept
        self._jobs: dict[str, Job] = {}
        self._lock = threading.RLock()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every listed job, oldest first."""
        with self._lock:
            return tuple(self._jobs.values())

    @property
    def active(self) -> tuple[Job, ...]:
        """Jobs that wait or run."""
        return tuple(job for job in self.jobs if not job.state.ended)

    def submit(self, request: RunRequest) -> Job:
        """Queue a run; one with the same slot that has not ended is superseded."""
        job = self._runner.start(request, self._heard)
        self._deliver(lambda: self._list(job))
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job; its end comes as an event within two seconds."""
        self._runner.cancel(job)

    def cancel_all(self) -> None:
        """Stop everything that waits or runs."""
        for job in self.active:
            self.cancel(job)

    def clear_ended(self) -> None:
        """Take the ended jobs off the list."""
        for job in self.jobs:
            if job.state.ended:
                self._drop(job)

    # ------------------------------------------------------------------ parts

    def _heard(self, job: Job, change: Change) -> None:
        ended = change == "state" and job.state.ended
        self._deliver(lambda: self._tell(job, ended))

    def _list(self, job: Job) -> None:
        """List a job once: its first event may come before :meth:`submit` lists it."""
        with self._lock:
            if job.id in self._jobs:
                return
            self._jobs[job.id] = job
        self.added.emit(job)

    def _tell(self, job: Job, ended: bool) -> None:
        self._list(job)
        self.changed.emit(job)
        if ended:
            self.ended.emit(job)
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        over = [job for job in self.jobs if job.state.ended]
        for job in over[: max(len(over) - self._kept, 0)]:
            self._drop(job)

    def _drop(self, job: Job) -> None:
        with self._lock:
            known = self._jobs.pop(job.id, None)
        if known is not None:
            self.removed.emit(job)


def summary(jobs: JobQueue) -> tuple[int, float]:
    """Return how many jobs are active and their mean progress from 0 to 1, for a status line."""
    active = jobs.active
    running = [job.fraction for job in active if job.state is JobState.RUNNING]
    return len(active), sum(running) / len(active) if active else 0.0
