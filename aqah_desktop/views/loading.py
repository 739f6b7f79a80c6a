"""Libraries that take long to load, loaded on a worker before the main thread needs them."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def with_charts(answer: T) -> T:
    """Return ``answer`` once the chart library is loaded; for the end of work done on a worker thread.

    Loaded on the main thread it stops the window for half a second; on another thread for some 30 ms.
    """
    import aqah_desktop.views.charts  # noqa: F401

    return answer
