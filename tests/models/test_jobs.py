"""The job list: events in order, each job once, ended ones forgotten in time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aqah_desktop.models.jobs import JobQueue, summary
from aqah_desktop.processing.contract import Context, Results
from aqah_desktop.processing.job import Job, JobState, RunRequest
from aqah_desktop.processing.runner import Runner
from aqah_desktop.records import AlgorithmSpec, Method, Quality, Standing

SOON_S = 20.0


class Gate:
    """Runs until it is opened or cancelled."""

    spec = AlgorithmSpec("test.jobs.gate", "1", "t", "s", (), ())

    def __init__(self, opened: bool = True) -> None:
        self.event = threading.Event()
        if opened:
            self.event.set()

    def check(self, params: Any, context: Any) -> list[Any]:
        return []

    def run(self, params: Any, context: Any, feedback: Any) -> Results:
        feedback.progress(0.5)
        while not self.event.wait(0.01):
            feedback.check()
        return Results(Standing(Quality.FICTITIOUS, Method.MODELLED))


def _request(algorithm: Gate, slot: str = "") -> RunRequest:
    return RunRequest(algorithm, {}, Context(pack=None), slot=slot)  # type: ignore[arg-type]


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


class Log:
    """Events of a queue, by name and job."""

    def __init__(self, queue: JobQueue) -> None:
        self.events: list[tuple[str, Job]] = []
        self.done = threading.Semaphore(0)
        for name in ("added", "changed", "ended", "removed"):
            getattr(queue, name).connect(self._keep(name))

    def _keep(self, name: str) -> Callable[[Job], None]:
        def keep(job: Job) -> None:
            self.events.append((name, job))
            if name == "ended":
                self.done.release()

        return keep

    def of(self, job: Job) -> list[str]:
        return [name for name, other in self.events if other is job]


def test_a_job_is_added_changes_and_ends_once(runner: Runner) -> None:
    queue = JobQueue(runner)
    log = Log(queue)
    job = queue.submit(_request(Gate()))
    assert log.done.acquire(timeout=SOON_S)
    names = log.of(job)
    assert names[0] == "added" and names.count("added") == 1 and names.count("ended") == 1
    assert queue.jobs == (job,) and queue.active == ()
    assert summary(queue) == (0, 0.0)


def test_cancel_and_summary(runner: Runner) -> None:
    queue = JobQueue(runner)
    log = Log(queue)
    job = queue.submit(_request(Gate(opened=False)))
    while job.fraction < 0.5:
        threading.Event().wait(0.01)
    assert summary(queue) == (1, 0.5)
    queue.cancel_all()
    assert log.done.acquire(timeout=SOON_S)
    assert job.state is JobState.CANCELLED and log.of(job).count("ended") == 1


def test_everything_comes_through_deliver(runner: Runner) -> None:
    """As the window does it: work reports from threads, listeners hear on one."""
    waiting: list[Callable[[], None]] = []
    queue = JobQueue(runner, waiting.append)
    log = Log(queue)
    job = queue.submit(_request(Gate()))
    assert job.wait(SOON_S)
    assert log.events == [] and queue.jobs == ()
    deadline = threading.Event()
    while not log.of(job).count("ended") and not deadline.wait(0.01):
        while waiting:
            waiting.pop(0)()
    assert log.of(job)[0] == "added"


def test_a_superseded_job_ends_as_cancelled_in_the_list(runner: Runner) -> None:
    queue = JobQueue(runner)
    log = Log(queue)
    first = queue.submit(_request(Gate(opened=False), "slider"))
    second = queue.submit(_request(Gate(), "slider"))
    assert log.done.acquire(timeout=SOON_S) and log.done.acquire(timeout=SOON_S)
    assert (first.state, second.state) == (JobState.CANCELLED, JobState.DONE)


def test_old_ended_jobs_leave_the_list(runner: Runner) -> None:
    queue = JobQueue(runner, kept=2)
    log = Log(queue)
    jobs = [queue.submit(_request(Gate())) for _ in range(4)]
    for _ in jobs:
        assert log.done.acquire(timeout=SOON_S)
    while len(queue.jobs) > 2:
        threading.Event().wait(0.01)
    removed = [job for name, job in log.events if name == "removed"]
    assert len(removed) == 2 and set(removed) | set(queue.jobs) == set(jobs)
    queue.clear_ended()
    assert queue.jobs == ()
