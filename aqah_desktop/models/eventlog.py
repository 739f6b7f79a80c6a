"""The journal of events: where tracebacks go, so that the user never meets one."""

from __future__ import annotations

import logging
import logging.handlers
import traceback
from pathlib import Path

from aqah_desktop.locations import user_folders

_NAME = "aqah.log"
_LIMIT_BYTES = 1_000_000


def log_file() -> Path:
    """Path of the journal of events."""
    return user_folders().logs / _NAME


def start_logging() -> None:
    """Send the program's log records to the journal (kept small, two generations)."""
    path = log_file()
    root = logging.getLogger("aqah_desktop")
    # Tracebacks belong in the journal: never on the user's terminal.
    root.propagate = False
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    if any(isinstance(h, logging.handlers.RotatingFileHandler) for h in root.handlers):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LIMIT_BYTES, backupCount=1, encoding="utf-8"
        )
    except OSError:
        # No place to write: the program works without its journal.
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def record_failure(error: BaseException) -> Path:
    """Write the traceback of an unexpected failure to the journal; return its path."""
    start_logging()
    logging.getLogger("aqah_desktop").error("".join(traceback.format_exception(error)))
    return log_file()
