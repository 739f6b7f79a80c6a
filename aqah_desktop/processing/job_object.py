"""Windows Job Object: one handle that limits the memory of a child and ends all it started.

Windows has no process groups to kill and no ``setrlimit``; this is its equivalent. The structures are
those of ``winnt.h`` (JOBOBJECT_EXTENDED_LIMIT_INFORMATION). Importable everywhere, used on Windows only.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_KILL_ON_JOB_CLOSE = 0x2000
_JOB_MEMORY = 0x0200
_DIE_ON_UNHANDLED_EXCEPTION = 0x0400
_EXTENDED_LIMIT_INFORMATION = 9


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def limits(memory_mb: int | None) -> ExtendedLimits:
    """Return limits that end every process with the job and, if given, cap their memory together."""
    wanted = ExtendedLimits()
    wanted.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE | _DIE_ON_UNHANDLED_EXCEPTION
    if memory_mb is not None:
        wanted.BasicLimitInformation.LimitFlags |= _JOB_MEMORY
        wanted.JobMemoryLimit = memory_mb * 1024**2
    return wanted


class JobObject:
    """Handle of one job; every process in it ends when the handle is closed."""

    def __init__(self, kernel: Any, handle: int) -> None:
        self._kernel, self._handle = kernel, handle

    @classmethod
    def create(cls, memory_mb: int | None) -> JobObject | None:
        """Return a job with its limits set; ``None`` where the system refuses or has none."""
        if sys.platform == "win32":
            kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            kernel.CreateJobObjectW.restype = ctypes.c_void_p
            handle = kernel.CreateJobObjectW(None, None)
            return cls(kernel, handle)._limited(memory_mb) if handle else None
        return None

    def _limited(self, memory_mb: int | None) -> JobObject | None:
        wanted = limits(memory_mb)
        accepted = self._kernel.SetInformationJobObject(
            ctypes.c_void_p(self._handle),
            _EXTENDED_LIMIT_INFORMATION,
            ctypes.byref(wanted),
            ctypes.sizeof(wanted),
        )
        if accepted:
            return self
        self.close()
        return None

    def assign(self, process: Any) -> bool:
        """Put a started process into the job; says whether the system agreed."""
        handle = ctypes.c_void_p(int(process._handle))  # the only way to the handle of a Popen
        return bool(self._kernel.AssignProcessToJobObject(ctypes.c_void_p(self._handle), handle))

    def terminate(self) -> None:
        """End every process of the job."""
        if self._handle:
            self._kernel.TerminateJobObject(ctypes.c_void_p(self._handle), 1)

    def close(self) -> None:
        """Close the handle, which also ends what is still running."""
        if self._handle:
            self._kernel.CloseHandle(ctypes.c_void_p(self._handle))
            self._handle = 0
