"""The failure of an algorithm that nobody foresaw."""

from __future__ import annotations

from aqah_desktop.errors import AqahError


class AlgorithmFailedError(AqahError, RuntimeError):
    """An algorithm of the program broke: not the user's input, so the exit code is 1."""

    exit_code = 1


def unexpected(algorithm_id: str, summary: str) -> AlgorithmFailedError:
    """Return the error for an exception nobody foresaw; ``summary`` is its own last line."""
    return AlgorithmFailedError("processing.algorithm_failed", algorithm=algorithm_id, summary=summary)
