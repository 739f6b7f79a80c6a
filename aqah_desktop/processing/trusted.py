"""Host side of the trusted process: one interpreter kept warm for the program's own long work.

Cancelling asks first; a child that does not stop in time is killed and a new one is warmed, so a
cancelled run never delays the next by more than a start.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from aqah_desktop import errors
from aqah_desktop.errors import AqahError, JobCancelledError
from aqah_desktop.processing.children import COOPERATE_S, Caps, Child, ChildFailure, child_command
from aqah_desktop.processing.contract import Algorithm, Context, Feedback, Params, Results
from aqah_desktop.processing.conversation import converse
from aqah_desktop.processing.exchange import Folder, transferable
from aqah_desktop.processing.failures import AlgorithmFailedError, unexpected
from aqah_desktop.processing.params import plain_params
from aqah_desktop.records import RunLimits

_MODULE = "aqah_desktop.processing.trusted_child"


def runs_apart(algorithm: Algorithm, context: Context) -> bool:
    """Whether the trusted process can run it: a class of the program, and no open file among its inputs."""
    kind = type(algorithm)
    ours = kind.__module__.split(".")[0] == "aqah_desktop" and kind.__init__ is object.__init__
    return ours and all(transferable(value) for value in context.inputs.values())


class TrustedProcess:
    """One pre-warmed child; one run at a time, others wait.

    Parameters
    ----------
    scratch : Path
        Folder under which each run gets its own.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._child: Child | None = None

    def command(self) -> list[str]:
        """Return the command of the child."""
        return child_command(_MODULE)

    def warm(self) -> None:
        """Start the child if there is none; returns at once, it warms up by itself."""
        with self._starting:  # warming ahead and a first run may come together
            if self._child is None or not self._child.running():
                home = self._scratch / "trusted"
                home.mkdir(parents=True, exist_ok=True)
                self._child = Child(self.command(), home, Caps())

    def run(
        self, algorithm: Algorithm, params: Params, context: Context, feedback: Feedback, limits: RunLimits
    ) -> Results:
        """Run ``algorithm`` in the child and return its results.

        Raises
        ------
        AqahError
            What the algorithm raised.
        AlgorithmFailedError
            ``processing.child_failed``: the process broke off or exceeded a limit.
        JobCancelledError
            ``feedback`` asked to stop.
        """
        with self._lock:
            feedback.check()
            self.warm()
            folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._scratch))
            try:
                answer = self._ask(
                    self._request(algorithm, params, context, folder), feedback, limits, folder
                )
                if answer["type"] == "error":
                    raise _error_of(answer, algorithm.spec.id)
                return Folder(folder / "out").take_results(answer["results"])
            except ChildFailure as failure:
                self._drop()
                raise AlgorithmFailedError(
                    "processing.child_failed",
                    algorithm=algorithm.spec.id,
                    reason=failure.reason,
                    detail=failure.detail,
                ) from failure
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Stop the child."""
        self._drop()

    def _request(
        self, algorithm: Algorithm, params: Params, context: Context, folder: Path
    ) -> dict[str, Any]:
        store = Folder(folder)
        kind = type(algorithm)
        return {
            "type": "request",
            "module": kind.__module__,
            "name": kind.__qualname__,
            "params": plain_params(params),
            "pack": None if context.pack is None else str(context.pack.folder),
            "inputs": {name: store.put(value) for name, value in context.inputs.items()},
            "seed": context.seed,
            "language": context.language,
            "scratch": str(folder),
        }

    def _ask(
        self, request: dict[str, Any], feedback: Feedback, limits: RunLimits, folder: Path
    ) -> dict[str, Any]:
        assert self._child is not None
        try:
            return converse(self._child, request, feedback, limits, folder)
        except JobCancelledError:
            self._settle(self._child)
            raise

    def _settle(self, child: Child) -> None:
        """Wait a little for a cancelled run to answer, which keeps the child warm; else replace it."""
        child.send({"type": "cancel"})
        end = time.monotonic() + COOPERATE_S
        with contextlib.suppress(ChildFailure):
            while time.monotonic() < end:
                message = child.receive(0.02)
                if message is not None and message["type"] in ("result", "error"):
                    return
        self._drop()
        self.warm()

    def _drop(self) -> None:
        if self._child is not None:
            self._child.stop(cooperate_s=0.0)
            self._child = None


def _error_of(answer: dict[str, Any], algorithm_id: str) -> AqahError:
    kind = getattr(errors, str(answer.get("kind")), None)
    if "key" in answer and isinstance(kind, type) and issubclass(kind, AqahError):
        return kind(str(answer["key"]), **answer.get("params", {}))
    return unexpected(algorithm_id, str(answer.get("summary", "")))
