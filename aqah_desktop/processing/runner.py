"""Runs algorithms in three lanes: worker threads, one warm trusted process, one fresh process per plugin run.

Nothing here depends on ``fork``: children are new interpreters, the same on every system.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from aqah_desktop.errors import AqahError, JobCancelledError
from aqah_desktop.processing.contract import OnlyStopping, Results
from aqah_desktop.processing.failures import unexpected
from aqah_desktop.processing.job import Change, Job, JobFeedback, Lane, RunRequest
from aqah_desktop.processing.params import refuse_problems
from aqah_desktop.processing.trusted import TrustedProcess, runs_apart
from aqah_desktop.records import RunLimits, RunRecord

#: A cancelled job is over for everyone after this long, even if its thread still winds down, s.
STOP_WITHIN_S = 1.8
_HASH_DECIMALS = 4
_log = logging.getLogger(__name__)

Listener = Callable[[Job, Change], None]


class Runner:
    """Starts jobs and makes sure each of them ends.

    Parameters
    ----------
    threads : int
        Workers of the thread lane.
    plugin_runs : int
        Plugin children at the same time.
    sink : callable, optional
        Receives the :class:`RunRecord` of every ended job, whatever its outcome, once.
    """

    def __init__(
        self, *, threads: int = 2, plugin_runs: int = 2, sink: Callable[[RunRecord], None] | None = None
    ) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="aqah-runs-"))
        self._trusted = TrustedProcess(self._scratch)
        self._sink = sink
        self._lock = threading.Lock()
        self._jobs: dict[str, tuple[Job, Future[None]]] = {}
        sizes = {Lane.THREAD: threads, Lane.PROCESS: 1, Lane.PLUGIN: plugin_runs}
        self._pools = {
            lane: ThreadPoolExecutor(n, thread_name_prefix=lane.value) for lane, n in sizes.items()
        }

    def warm_up(self) -> None:
        """Start the trusted process ahead of its first use; returns at once."""
        self._trusted.warm()

    def start(self, request: RunRequest, listener: Listener | None = None) -> Job:
        """Queue a run and return its job at once.

        Parameters
        ----------
        request : RunRequest
            What to run. A run with the same slot that has not ended is cancelled: it is superseded.
        listener : callable, optional
            Called as ``listener(job, change)`` from worker threads.
        """
        job = Job(request, request.lane or choose_lane(request), self._wrap(listener))
        with self._lock:
            older = [j for j, _ in self._jobs.values() if request.slot and j.request.slot == request.slot]
            future = self._pools[job.lane].submit(self._work, job)
            self._jobs[job.id] = job, future
        for superseded in older:
            self.cancel(superseded)
        return job

    def run(self, request: RunRequest, listener: Listener | None = None) -> Job:
        """Run and wait for the end; an interrupt from the keyboard cancels the run and goes on up."""
        job = self.start(request, listener)
        try:
            job.wait()
        except KeyboardInterrupt:
            self.cancel(job)
            job.wait(STOP_WITHIN_S + 1)
            raise
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job: at once when it waits, within two seconds when it runs."""
        job.cancel()
        if job.state.ended:
            return
        with self._lock:
            future = self._jobs[job.id][1] if job.id in self._jobs else None
        if future is not None and future.cancel():
            self._finish(job, None, None)
            return
        # Threads cannot be killed: past this moment the job is over and what it returns is dropped.
        timer = threading.Timer(STOP_WITHIN_S, self._finish, (job, None, None))
        timer.daemon = True
        timer.start()

    def jobs(self) -> tuple[Job, ...]:
        """Return the jobs that have not ended."""
        with self._lock:
            return tuple(job for job, _ in self._jobs.values())

    def close(self) -> None:
        """Cancel everything, stop the trusted process, remove the scratch folder."""
        for job in self.jobs():
            self.cancel(job)
        for job in self.jobs():
            job.wait(STOP_WITHIN_S + 1)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._trusted.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # ------------------------------------------------------------------ parts

    def _work(self, job: Job) -> None:
        if not job.begin():
            return
        results: Results | None = None
        error: AqahError | None = None
        outputs: dict[str, str] = {}
        try:
            results = self._compute(job)
            outputs = output_hashes(results) if not job.cancel_requested else {}
        except AqahError as caught:
            error = caught
        except (Exception, SystemExit) as caught:
            # The boundary of every run: the user gets a sentence, the log the whole story.
            _log.exception("run %s of %s failed", job.id, job.request.algorithm.spec.id)
            error = unexpected(job.request.algorithm.spec.id, f"{type(caught).__name__}: {caught}"[:500])
        self._finish(job, results, error, outputs)

    def _compute(self, job: Job) -> Results:
        request, feedback = job.request, JobFeedback(job)
        feedback.check()
        asking = replace(request.context, asking=OnlyStopping(feedback.cancelled))
        problems = request.algorithm.check(request.params, asking)
        for problem in problems:
            if problem.severity == "warning":
                job.say("warn", problem.text)
        refuse_problems(request.algorithm.spec, problems)
        feedback.check()
        if job.lane is not Lane.PROCESS:
            return request.algorithm.run(request.params, request.context, feedback)
        limits = request.limits or RunLimits()
        return self._trusted.run(request.algorithm, request.params, request.context, feedback, limits)

    def _finish(
        self,
        job: Job,
        results: Results | None,
        error: AqahError | None,
        outputs: dict[str, str] | None = None,
    ) -> None:
        if results is None and error is None:
            error = JobCancelledError("processing.cancelled")
        with self._lock:
            self._jobs.pop(job.id, None)
        job.end(results, error, outputs, self._sink)

    def _wrap(self, listener: Listener | None) -> Listener | None:
        if listener is None:
            return None

        def guarded(job: Job, change: Change) -> None:
            try:
                listener(job, change)
            except Exception:
                # A listener that breaks must not decide how the run ends.
                _log.exception("listener of run %s failed", job.id)

        return guarded


def choose_lane(request: RunRequest) -> Lane:
    """Return the lane an algorithm asks for, else the trusted process for work of minutes, else a thread."""
    wanted = getattr(request.algorithm, "lane", None)
    if wanted is not None:
        return Lane(wanted)
    if request.algorithm.spec.cost == "minutes" and runs_apart(request.algorithm, request.context):
        return Lane.PROCESS
    return Lane.THREAD


def output_hashes(results: Results) -> dict[str, str]:
    """Return the content hash of every output by name."""
    from aqah_desktop.storage.records_json import hash_array, hash_bytes, hash_frame, to_json

    hashes = {name: hash_array(raster.values, _HASH_DECIMALS) for name, raster in results.rasters.items()}
    hashes |= {name: hash_frame(table.frame) for name, table in results.tables.items()}
    if results.figures:
        hashes["figures"] = hash_bytes(to_json(results.figures).encode("utf-8"))
    return hashes
