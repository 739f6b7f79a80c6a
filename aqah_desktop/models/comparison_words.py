"""Titles and figures of a comparison, in words."""

from __future__ import annotations

import numpy as np

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.comparison import Surface
from aqah_desktop.models.history import when_in_words
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Measure, Statistic
from aqah_desktop.reporting.style import Mark

Extent = tuple[float, float, float, float]


def titles_of(every: tuple[LayerEntry, ...], state: ProjectState, catalogue: Catalogue) -> dict[str, str]:
    """Title of each map; the time of its run is added when another run has a map of the same title."""
    plain = {e.id: e.layer.title.in_language(catalogue.language) for e in every}
    counts: dict[str, int] = {}
    for title in plain.values():
        counts[title] = counts.get(title, 0) + 1
    started = {run.id: run.started for run in state.runs}
    return {
        e.id: catalogue.text(
            "compare.title_of_run",
            title=plain[e.id],
            when=when_in_words(started[e.layer.run_id], catalogue),
        )
        if counts[plain[e.id]] > 1 and e.layer.run_id in started
        else plain[e.id]
        for e in every
    }


def summary_of(change: Surface, unit: str, around: Extent | None, catalogue: Catalogue) -> tuple[str, str]:
    """Smallest and largest difference inside an extent, short and at length; empty where there is none."""
    values = _inside(change, around)
    known = values[np.isfinite(values)]
    if not known.size:
        return "", ""
    low, high, median = float(known.min()), float(known.max()), float(np.median(known))
    decimals = 2 if max(abs(low), abs(high)) < 10 else 1
    words = {
        "low": catalogue.number(low, decimals),
        "high": catalogue.quantity(high, unit, decimals),
        "median": catalogue.quantity(median, unit, decimals),
    }
    short = catalogue.text("compare.summary", low=words["low"], high=words["high"])
    return short, catalogue.text("compare.summary_help", **words)


def reading_of(a: float, b: float, unit: str, catalogue: Catalogue) -> str:
    """Values of both maps at a place and their difference; empty where one has none."""
    if not (np.isfinite(a) and np.isfinite(b)):
        return ""
    change = catalogue.quantity(b - a, unit, 2)
    return catalogue.text("compare.hover", a=catalogue.number(a, 1), b=catalogue.number(b, 1), change=change)


def marks_in_words(
    measure: Measure | None, marks: tuple[Mark, ...], catalogue: Catalogue
) -> tuple[tuple[float, str], ...]:
    """Annual values for the legend of an annual mean; none for anything else."""
    if measure is None or measure.statistic is not Statistic.ANNUAL_MEAN:
        return ()
    return tuple((m.value, catalogue.text(f"reporting.framework.{m.framework}")) for m in marks)


def _inside(change: Surface, around: Extent | None) -> np.ndarray:
    """Cells of a raster that meet an extent."""
    if around is None:
        return change.values
    grid = change.grid
    left = max(int((around[0] - grid.x_min) // grid.cell_m), 0)
    right = max(int((around[2] - grid.x_min) // grid.cell_m) + 1, 0)
    top = max(int((grid.y_max - around[3]) // grid.cell_m), 0)
    bottom = max(int((grid.y_max - around[1]) // grid.cell_m) + 1, 0)
    return change.values[top:bottom, left:right]
