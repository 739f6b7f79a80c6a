"""What a plugin process gives up before any of its code is loaded, and what that is really worth here.

Applied by the child to itself. Nothing is promised: :func:`containment_level` starts a child that tries
what must not work and reports what happened.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_OPEN_FILES = 256


@dataclass(frozen=True, slots=True)
class Containment:
    """What was seen to hold for plugin processes on this computer.

    ``separate_process`` and ``time`` hold everywhere: the program watches and kills. ``memory`` is a
    limit of the system; ``files`` means writing outside the scratch folder was refused; ``network``
    that no socket could be made; ``processes`` that no process could be started. ``mechanisms`` names
    what brings it about.
    """

    separate_process: bool
    time: bool
    memory: bool
    files: bool
    network: bool
    processes: bool
    mechanisms: tuple[str, ...]

    @property
    def full(self) -> bool:
        """Whether every measure holds."""
        return self.memory and self.files and self.network and self.processes


def apply(scratch: Path, seconds: float, memory_mb: int, output_mb: int) -> list[str]:
    """Give up rights and set limits in this process; return the names of what was put in force.

    Must be called while the process has one thread.

    Parameters
    ----------
    scratch : Path
        The only folder that stays writable, where the system can tell.
    seconds, memory_mb, output_mb : float, int, int
        Limits of the run.
    """
    if os.name == "nt":
        return ["job object"]  # set from outside by the host
    done = _set_limits(seconds, memory_mb, output_mb)
    if sys.platform != "linux":
        return done
    from aqah_desktop.plugins import landlock, seccomp

    libc = ctypes.CDLL(None, use_errno=True)
    if any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET)):
        done.append("network namespace")
    if landlock_version := landlock.apply(scratch):
        done.append(f"landlock {landlock_version}")
    if seccomp.apply():
        done.append("seccomp")
    return done


def _set_limits(seconds: float, memory_mb: int, output_mb: int) -> list[str]:
    import resource

    wanted = {
        resource.RLIMIT_AS: memory_mb * 1024**2,
        resource.RLIMIT_FSIZE: output_mb * 1024**2,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        # Wall time is watched by the host; this ends a process whose host is gone.
        resource.RLIMIT_CPU: int(seconds) + 5,
    }
    done = []
    for limit, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(limit)
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (most, most))
            done.append(limit)
    return ["resource limits"] if resource.RLIMIT_AS in done else []


def attempt_everything(outside: Path, memory_mb: int, mechanisms: list[str]) -> dict[str, Any]:
    """Try, in a contained process, what must not work; return what was refused.

    Parameters
    ----------
    outside : Path
        An existing file outside the scratch folder; nothing is written to it, it is only opened.
    memory_mb : int
        The memory limit; twice as much is asked for, and not touched.
    mechanisms : list of str
        What :func:`apply` returned.
    """
    return {
        "memory": _refused(lambda: _take_memory(2 * memory_mb)),
        "files": _refused(lambda: outside.open("ab").close()),
        "network": _refused(lambda: _reach_network("network namespace" in mechanisms)),
        "processes": _refused(_start_process),
    }


def _refused(attempt: Any) -> bool:
    try:
        attempt()
    except (OSError, MemoryError):
        return True
    return False


def _take_memory(megabytes: int) -> None:
    import mmap

    mmap.mmap(-1, megabytes * 1024**2).close()


def _reach_network(own_namespace: bool) -> None:
    """Pass when there is a way out; raise when the system refuses one."""
    import socket

    # Never an internet socket, not even here: the filter refuses every family by the same rule.
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).close()
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    if own_namespace and all(line.split(":")[0].strip() == "lo" for line in lines):
        raise PermissionError("only a loopback interface, and it is down")


def _start_process() -> None:
    import subprocess

    subprocess.run([sys.executable, "-I", "-c", ""], check=False, timeout=10)
