"""The one root of every error a user may read: what happened, why, and what to do.

An error carries a message key and its parameters, never a finished sentence: the text is made at
the edge (window, command line, log) by :class:`aqah_desktop.messages.Catalogue` in the reader's
language. The catalogue holds three entries per key: ``<key>.message``, ``<key>.cause`` and
``<key>.remedy``.

Children are also the standard exception a caller expects, so that ``except ValueError`` works.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AqahError(Exception):
    """An error with a key in the message catalogue.

    Parameters
    ----------
    key : str
        Message key without its ``.message`` / ``.cause`` / ``.remedy`` ending,
        e.g. ``"storage.raster_no_crs"``.
    **params
        Values named in the three texts; plain data only (they cross process boundaries as JSON).
    """

    #: What the command line exits with: 2 = usage or bad input, 1 = failure.
    exit_code: ClassVar[int] = 2

    def __init__(self, key: str, /, **params: Any) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.key}({details})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.key, self.params))


def _rebuild(kind: type[AqahError], key: str, params: dict[str, Any]) -> AqahError:
    return kind(key, **params)


class BadInputError(AqahError, ValueError):
    """A value, a parameter or the content of a file is not acceptable."""


class UnknownItemError(AqahError, LookupError):
    """A territory, pollutant, year, layer or algorithm that does not exist."""


class StorageError(AqahError, OSError):
    """A file cannot be read or written: missing, truncated, locked, no permission, disk full."""


class IntegrityError(StorageError):
    """A pack or project was altered, or is not what its manifest says."""


class PluginError(AqahError, RuntimeError):
    """A plugin raised, hung, exited, exceeded a limit or returned something unusable."""

    exit_code = 1


class JobCancelledError(AqahError):
    """The user, or the program on the user's behalf, stopped the work."""

    exit_code = 1
