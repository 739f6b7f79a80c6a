"""A system-call filter for plugin processes on Linux: no sockets, no new processes, no reach for others.

A classic BPF program given to ``prctl(PR_SET_SECCOMP)``; no library needed. It is a list of refusals,
not of permissions: numpy and friends use many calls, and what is refused here is what a plugin that
only computes never needs. Refused calls fail with an ordinary error, they do not kill.
Source: Documentation/userspace-api/seccomp_filter.rst and the system-call tables of the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000

# Architecture token and numbers: (x86_64, aarch64); None where the call does not exist.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
#: Calls whose first argument must be the process itself (``prlimit64`` also takes 0 for that).
_SELF_ONLY = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(error: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | error)


def program(machine: str, pid: int) -> bytes | None:
    """Return the filter for a machine and process, ``None`` for a machine it is not written for.

    Parameters
    ----------
    machine : str
        As :func:`platform.machine` says: ``"x86_64"`` or ``"aarch64"``.
    pid : int
        The process that may signal itself.
    """
    if machine not in _ARCHITECTURES:
        return None
    token, column = _ARCHITECTURES[machine]
    parts = [
        _instruction(_LOAD, _ARCH_AT),
        _instruction(_JUMP_EQUAL, token, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
    ]
    parts.append(_instruction(_LOAD, _NUMBER_AT))
    if machine == "x86_64":  # the second table of numbers of this architecture
        parts += [_instruction(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1), _refuse(errno.ENOSYS)]
    for numbers in _REFUSED.values():
        if numbers[column] is not None:
            parts += [_instruction(_JUMP_EQUAL, int(numbers[column] or 0), 0, 1), _refuse(errno.EPERM)]
    # clone3 hides its flags in memory: the C library falls back to clone, which shows them.
    parts += [_instruction(_JUMP_EQUAL, _CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    parts += [
        _instruction(_JUMP_EQUAL, _CLONE[column], 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT_AT),
        _instruction(_JUMP_SET, _CLONE_THREAD, 1, 0),
        _refuse(errno.EPERM),
        _instruction(_RETURN, _ALLOW),
    ]
    for name, numbers_of in _SELF_ONLY.items():
        own = [_instruction(_JUMP_EQUAL, pid, 1, 0)]
        if name == "prlimit64":
            own = [_instruction(_JUMP_EQUAL, 0, 2, 0), _instruction(_JUMP_EQUAL, pid, 1, 0)]
        body = [
            _instruction(_LOAD, _FIRST_ARGUMENT_AT),
            *own,
            _refuse(errno.EPERM),
            _instruction(_RETURN, _ALLOW),
        ]
        parts += [_instruction(_JUMP_EQUAL, numbers_of[column], 0, len(body)), *body]
    parts.append(_instruction(_RETURN, _ALLOW))
    return b"".join(parts)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def apply() -> bool:
    """Install the filter in this thread and all it starts; says whether the kernel took it."""
    code = program(platform.machine(), os.getpid())
    if code is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code, len(code))
    wanted = _Program(len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0) == 0)
