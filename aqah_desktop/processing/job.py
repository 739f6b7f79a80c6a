"""One run from its request to its record: exactly one of done, failed, cancelled.

A job may be looked at from any thread. What ends it first decides: results that come after a
cancellation are dropped, whoever brings them.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from aqah_desktop import __version__
from aqah_desktop.errors import AqahError, JobCancelledError
from aqah_desktop.processing.contract import Algorithm, Context, Feedback, Params, Results
from aqah_desktop.processing.params import canonical_params
from aqah_desktop.records import Outcome, RunLimits, RunRecord, Text

#: Messages of one run that are kept; a run that says more says it to nobody.
_MOST_MESSAGES = 500
#: Least time between two progress events, s.
_PROGRESS_EVERY_S = 0.05


class Lane(StrEnum):
    """Where a run happens."""

    #: Worker threads, for vectorised code that returns in a moment.
    THREAD = "thread"
    #: The pre-warmed trusted process, for longer work of the program itself.
    PROCESS = "process"
    #: A thread that watches a fresh killable process, one per plugin run.
    PLUGIN = "plugin"


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


#: What changed, told to listeners.
Change = Literal["state", "progress", "message"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something a run said: ``level`` is ``"log"``, ``"warn"`` or ``"error"``."""

    level: Literal["log", "warn", "error"]
    text: Text

    def as_json(self) -> str:
        """Return the form kept in the run record; the text is made in the reader's language later."""
        from aqah_desktop.storage.records_json import to_json

        return to_json({"level": self.level, "text": self.text})

    @staticmethod
    def from_json(line: str) -> Message:
        """Read what :meth:`as_json` wrote."""
        from aqah_desktop.storage.records_json import from_json

        return from_json(Message, line)


@dataclass(frozen=True)
class RunRequest:
    """What to run, on what, where.

    Parameters
    ----------
    algorithm : Algorithm
        From the registry.
    params : dict
        Typed values, see :func:`aqah_desktop.processing.params.parse_params`.
    context : Context
        Pack, opened files, seed.
    lane : Lane, optional
        Chosen by the runner when absent.
    limits : RunLimits, optional
        For runs in the trusted process; a plugin's own come from its manifest.
    inputs : dict of str to str
        Layer or dataset id → content hash, for the record.
    slot : str
        A newer run with the same non-empty slot supersedes this one.
    """

    algorithm: Algorithm
    params: Params
    context: Context
    lane: Lane | None = None
    limits: RunLimits | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    slot: str = ""


class Job:
    """Handle of one run. Made by the runner; read and cancelled by anyone."""

    def __init__(
        self, request: RunRequest, lane: Lane, listener: Callable[[Job, Change], None] | None
    ) -> None:
        self.id = uuid.uuid4().hex
        self.request, self.lane = request, lane
        self.state = JobState.QUEUED
        self.fraction = 0.0
        self.text: Text | None = None
        self.messages: list[Message] = []
        self.results: Results | None = None
        self.error: AqahError | None = None
        self.record: RunRecord | None = None
        self._started = _now()
        self._listener = listener
        self._lock = threading.RLock()
        self._cancel = threading.Event()
        self._ended = threading.Event()

    # ------------------------------------------------------------------ for everyone

    def cancel(self) -> None:
        """Ask to stop; the result, if one still comes, is dropped. Does nothing after the end."""
        self._cancel.set()

    @property
    def cancel_requested(self) -> bool:
        """Whether someone asked to stop."""
        return self._cancel.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; says whether it came."""
        return self._ended.wait(timeout_s)

    def value(self) -> Results:
        """Return the results of a job that is done.

        Raises
        ------
        AqahError
            Why it failed, or :class:`JobCancelledError`.
        """
        if self.error is not None:
            raise self.error
        if self.results is None:
            raise JobCancelledError("processing.cancelled")
        return self.results

    # ------------------------------------------------------------------ for the runner

    def begin(self) -> bool:
        """Pass from queued to running; false when it was ended before its turn."""
        with self._lock:
            if self.state is not JobState.QUEUED:
                return False
            self.state = JobState.RUNNING
            self._started = _now()
        self._tell("state")
        return True

    def say(self, level: Literal["log", "warn", "error"], text: Text) -> None:
        """Keep a message."""
        with self._lock:
            if self.state.ended or len(self.messages) >= _MOST_MESSAGES:
                return
            self.messages.append(Message(level, text))
        self._tell("message")

    def advance(self, fraction: float, text: Text | None) -> None:
        """Take progress; it never goes back."""
        with self._lock:
            if self.state is not JobState.RUNNING:
                return
            self.fraction = max(self.fraction, min(max(fraction, 0.0), 1.0))
            self.text = text or self.text
        self._tell("progress")

    def end(
        self,
        results: Results | None,
        error: AqahError | None,
        outputs: dict[str, str] | None = None,
        sink: Callable[[RunRecord], None] | None = None,
    ) -> bool:
        """End once: cancelled if that was asked, else failed, else done. False when it had ended.

        ``sink`` gets the record before anyone who waits wakes up.
        """
        with self._lock:
            if self.state.ended:
                return False
            cancelled = self.cancel_requested or isinstance(error, JobCancelledError)
            if cancelled:
                self.state, self.results, self.error = JobState.CANCELLED, None, None
            elif error is not None:
                self.state, self.error = JobState.FAILED, error
                self.messages.append(Message("error", Text(f"{error.key}.message", dict(error.params))))
            else:
                self.state, self.results, self.fraction = JobState.DONE, results, 1.0
            self.record = self._make_record(outputs or {})
        try:
            if sink is not None:
                sink(self.record)
        finally:
            self._ended.set()
            self._tell("state")
        return True

    def _make_record(self, outputs: dict[str, str]) -> RunRecord:
        request, spec = self.request, self.request.algorithm.spec
        return RunRecord(
            id=self.id,
            algorithm_id=spec.id,
            algorithm_version=spec.version,
            parameters=canonical_params(request.params),
            inputs=dict(sorted(request.inputs.items())),
            seed=request.context.seed if spec.seeded else None,
            limits=limits_of(request, self.lane),
            started=self._started,
            finished=_now(),
            outcome=Outcome(self.state.value),
            messages=tuple(message.as_json() for message in self.messages),
            app_version=__version__,
            outputs=outputs if self.state is JobState.DONE else {},
            standing=None if self.results is None else self.results.standing,
        )

    def _tell(self, change: Change) -> None:
        if self._listener is not None:
            self._listener(self, change)


def limits_of(request: RunRequest, lane: Lane) -> RunLimits | None:
    """Return the limits a run is under: none in a thread, a plugin's own, else as asked or usual."""
    if lane is Lane.THREAD:
        return None
    own = getattr(request.algorithm, "limits", None)
    if lane is Lane.PLUGIN and isinstance(own, RunLimits):
        return own
    return request.limits or RunLimits()


class JobFeedback(Feedback):
    """Feedback of one job; progress events are thinned, the last one always passes."""

    def __init__(self, job: Job) -> None:
        self._job, self._last = job, float("-inf")

    def progress(self, fraction: float, text: Text | None = None) -> None:
        """Pass progress on, at most twenty times a second."""
        now = time.monotonic()
        if now - self._last >= _PROGRESS_EVERY_S or fraction >= 1:
            self._last = now
            self._job.advance(fraction, text)

    def log(self, text: Text) -> None:
        """Keep a message with the run."""
        self._job.say("log", text)

    def warn(self, text: Text) -> None:
        """Keep a warning with the run."""
        self._job.say("warn", text)

    def cancelled(self) -> bool:
        """Whether the run should stop."""
        return self._job.cancel_requested or self._job.state.ended


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
