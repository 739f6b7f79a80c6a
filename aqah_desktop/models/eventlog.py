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


def read_log(most_bytes: int = 200_000) -> str:
    """Return the end of the journal, whole lines only; empty when there is none."""
    try:
        with log_file().open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(size - most_bytes, 0))
            data = stream.read()
    except OSError:
        return ""
    text = data.decode("utf-8", errors="replace")
    return text if size <= most_bytes else text.partition("\n")[2]
