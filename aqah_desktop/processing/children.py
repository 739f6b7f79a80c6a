"""A supervised child process: JSON lines in and out, hard caps, and an end that always comes.

Used by the pre-warmed trusted process and by every plugin run. Nothing is forked and nothing is
pickled: the child is a fresh interpreter, its stdin carries requests, its stdout carries one JSON
object a line. What is printed goes to stderr and is kept only as a tail. Stopping is a request, then
``terminate``, then ``kill`` of the whole process group.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from aqah_desktop.processing.job_object import JobObject

#: Seconds a child has to stop by itself, then after ``terminate``, before it is killed.
COOPERATE_S = 0.6
TERMINATE_S = 0.4
_CHUNK = 65536
_TAIL_CHARS = 4000
#: Variables a child needs to start at all on one system or another; the rest is not handed over.
_KEPT_VARIABLES = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "LD_LIBRARY_PATH", "TZ")
_BOOT = "import sys; sys.path.append(sys.argv[1]); from {module} import main; sys.exit(main())"
#: First argument of the frozen program when it is to be a child; followed by the module's last name.
FROZEN_FLAG = "--aqah-child"
CHILD_MODULES = ("aqah_desktop.processing.trusted_child", "aqah_desktop.plugins.child")


@dataclass(frozen=True, slots=True)
class Caps:
    """Most bytes a child may send: one line, all lines together, and what it prints."""

    line: int = 16 * 1024**2
    total: int = 64 * 1024**2
    printed: int = 4 * 1024**2


class ChildFailure(Exception):  # noqa: N818 - what happened to a child, turned into an AqahError by its owner
    """A child broke off.

    ``reason`` is ``exit``, ``garbage``, ``line``, ``total``, ``printed``, ``time`` or ``folder``;
    ``tail`` the last characters it printed.
    """

    def __init__(self, reason: str, detail: str = "", tail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail, self.tail = reason, detail, tail


def child_command(module: str) -> list[str]:
    """Return the command that runs ``main()`` of ``module`` in a fresh interpreter.

    ``-I`` ignores the user's environment and site folder, ``-B`` writes no byte code.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG, module]
    root = Path(__file__).resolve().parents[2]
    return [sys.executable, "-I", "-B", "-X", "utf8", "-c", _BOOT.format(module=module), str(root)]


def run_as_child(arguments: list[str]) -> int | None:
    """Be a child when the frozen program was started as one; ``None`` when it was not.

    The entry point of the program calls this first, with ``sys.argv[1:]``. Only the program's own two
    child modules are known: the command line is no way to import anything else.
    """
    if arguments[:1] != [FROZEN_FLAG]:
        return None
    if arguments[1:] not in ([module] for module in CHILD_MODULES):
        return 2
    return int(importlib.import_module(arguments[1]).main())


def child_environment(scratch: Path) -> dict[str, str]:
    """Return the reduced environment of a child whose only writable folder is ``scratch``."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    folder = str(scratch)
    # One thread per library: the same bytes on every machine, and no thread stacks under a memory limit.
    threads = {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    return {
        **kept,
        **threads,
        "HOME": folder,
        "TMPDIR": folder,
        "TEMP": folder,
        "TMP": folder,
        "LANG": "C.UTF-8",
    }


class Child:
    """One running child process.

    Parameters
    ----------
    command : list of str
        What to run, see :func:`child_command`.
    scratch : Path
        Existing folder: working directory and the only place the child should write.
    caps : Caps
        Limits on what it sends.
    memory_mb : int, optional
        Memory limit set from outside where only that is possible (Windows Job Object).
    """

    def __init__(self, command: list[str], scratch: Path, caps: Caps, memory_mb: int | None = None) -> None:
        self._caps = caps
        self._messages: queue.Queue[dict[str, Any] | ChildFailure] = queue.Queue(maxsize=1000)
        self._tail: deque[str] = deque(maxlen=8)
        self._seen_dead_at: float | None = None
        self._job = JobObject.create(memory_mb) if os.name == "nt" else None
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=scratch,
            env=child_environment(scratch),
            close_fds=True,
            start_new_session=os.name != "nt",
            creationflags=_windows_flags(),
            bufsize=0,
        )
        # Before the first request is sent, so before any code of others is loaded.
        if self._job is not None:
            self._job.assign(self._process)
        self._readers = [
            self._read(self._process.stdout, self._take_lines),
            self._read(self._process.stderr, self._take_prints),
        ]

    @property
    def pid(self) -> int:
        """Process id; also the id of its process group where there are groups."""
        return self._process.pid

    @property
    def tail(self) -> str:
        """The last characters the child printed."""
        return "".join(self._tail)[-_TAIL_CHARS:].strip()

    def running(self) -> bool:
        """Whether the child is alive; does not reap it, so its group id stays ours."""
        if self._process.returncode is not None:
            return False
        if os.name == "nt":
            return self._process.poll() is None
        with contextlib.suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        return False

    def send(self, message: dict[str, Any]) -> None:
        """Send one request; a child that no longer listens is noticed by :meth:`receive`."""
        line = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError, ValueError):
            stdin.write(line)
            stdin.flush()

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next message, ``None`` when none came in time.

        Raises
        ------
        ChildFailure
            The child exited, exceeded a cap or sent something that is not a JSON object.
        """
        try:
            message = self._messages.get(timeout=timeout_s)
        except queue.Empty:
            if self._still_speaking():
                return None
            raise ChildFailure("exit", self._exit_words(), self.tail) from None
        if isinstance(message, ChildFailure):
            message.tail = self.tail
            raise message
        return message

    def stop(self, cooperate_s: float = COOPERATE_S, terminate_s: float = TERMINATE_S) -> None:
        """Ask, terminate, kill; returns when the whole group is gone, within the two times."""
        if self.running():
            self.send({"type": "cancel"})
            self._wait(cooperate_s)
        if self.running():
            self._signal_group(terminate=True)
            self._wait(terminate_s)
        self.kill()

    def kill(self) -> None:
        """Kill the process and whatever it started, and release the pipes."""
        self._signal_group(terminate=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        if self._job is not None:
            self._job.close()
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        for reader in self._readers:
            self._drain(reader)

    # ------------------------------------------------------------------ parts

    def _still_speaking(self) -> bool:
        """Alive, or dead so recently that its last lines may still be on their way."""
        if self.running():
            return True
        if self._seen_dead_at is None:
            self._seen_dead_at = time.monotonic()
        waiting = self._readers[0].is_alive() or not self._messages.empty()
        # Something it started may hold the pipe open: do not wait for that.
        return waiting and time.monotonic() - self._seen_dead_at < 0.5

    def _drain(self, reader: threading.Thread) -> None:
        """Let a reader that waits for room in the queue come to its end."""
        end = time.monotonic() + 0.5
        while reader.is_alive() and time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                self._messages.get_nowait()
            reader.join(timeout=0.01)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.running():
            time.sleep(0.02)

    def _signal_group(self, *, terminate: bool) -> None:
        if os.name == "nt":
            if self._job is not None:
                self._job.terminate()
            with contextlib.suppress(OSError):
                self._process.kill()
            return
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM if terminate else signal.SIGKILL)

    def _exit_words(self) -> str:
        """Exit status or signal name, without reaping: the group must stay killable."""
        if os.name == "nt":
            return str(self._process.poll())
        with contextlib.suppress(ChildProcessError, ValueError):
            end = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            if end is not None:
                killed = end.si_code != os.CLD_EXITED
                return signal.Signals(end.si_status).name if killed else str(end.si_status)
        return str(self._process.returncode)

    def _read(self, stream: IO[bytes] | None, take: Callable[[IO[bytes]], None]) -> threading.Thread:
        assert stream is not None

        def run() -> None:
            with contextlib.suppress(OSError, ValueError), stream:
                take(stream)

        thread = threading.Thread(target=run, name=f"child-{self.pid}", daemon=True)
        thread.start()
        return thread

    def _take_lines(self, stream: IO[bytes]) -> None:
        pending, total = b"", 0
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            *lines, pending = (pending + chunk).split(b"\n")
            too_long = len(pending) > self._caps.line or any(len(line) > self._caps.line for line in lines)
            if too_long or total > self._caps.total:
                self._messages.put(ChildFailure("line" if too_long else "total"))
                return
            for line in lines:
                message = _parse(line)
                self._messages.put(message)
                if isinstance(message, ChildFailure):
                    return

    def _take_prints(self, stream: IO[bytes]) -> None:
        total = 0
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            self._tail.append(chunk.decode("utf-8", "replace")[-_TAIL_CHARS:])
            if total > self._caps.printed:
                self._messages.put(ChildFailure("printed"))
                return


def _parse(line: bytes) -> dict[str, Any] | ChildFailure:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return ChildFailure("garbage", line[:80].decode("utf-8", "replace"))
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return ChildFailure("garbage", line[:80].decode("utf-8", "replace"))
    return message


def _windows_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def folder_bytes(folder: Path, enough: int) -> int:
    """Return the bytes of the files in ``folder``, stopping to count once above ``enough``."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - hot loop
            if total > enough:
                return total
    return total
