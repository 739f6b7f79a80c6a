"""Landlock on Linux: a plugin process may read what it could, but writes only in its own folder.

Source: Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH, _PR_SET_NO_NEW_PRIVS = 1, 1, 38
_WRITE_FILE = 1 << 1
#: Rights that change something: write, remove and make of every kind; later versions add the last three.
_RIGHTS_BY_VERSION = {
    1: _WRITE_FILE | 0x1FF0,  # remove_dir … make_sym: bits 4 to 12
    2: 1 << 13,  # refer
    3: 1 << 14,  # truncate
    5: 1 << 15,  # ioctl_dev
}
_ALL_NETWORK = 0b11  # bind and connect over TCP, since version 4
_ALL_SCOPES = 0b11  # abstract Unix sockets and signals outside, since version 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version(libc: ctypes.CDLL | None = None) -> int:
    """Return the Landlock version of the kernel, 0 when there is none."""
    libc = libc or ctypes.CDLL(None, use_errno=True)
    return max(
        int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))), 0
    )


def apply(writable: Path) -> int:
    """Restrict this thread and all it starts; return the version in force, 0 when refused.

    Parameters
    ----------
    writable : Path
        The only folder in which files may be made or changed; ``/dev/null`` may be written too.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    found = version(libc)
    if found == 0:
        return 0
    rights = sum(right for since, right in _RIGHTS_BY_VERSION.items() if found >= since)
    wanted = _Ruleset(rights, _ALL_NETWORK if found >= 4 else 0, _ALL_SCOPES if found >= 6 else 0)
    size = 8 if found < 4 else 16 if found < 6 else 24
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return 0
    try:
        _allow(libc, ruleset, writable, rights)
        with contextlib.suppress(OSError):
            _allow(libc, ruleset, Path(os.devnull), _WRITE_FILE)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return 0
        return found if libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathRule(rights, parent)
        libc.syscall(_ADD_RULE, ruleset, ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(parent)
