"""What an algorithm is: one declaration, ``check`` before ``run``, one feedback, named outputs.

Dialog, command line, batch, history, report paragraph and documentation page come from the
:class:`~aqah_desktop.records.AlgorithmSpec`. An algorithm never opens a file named by the user: the
host opens it and hands the content over, and it never writes one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aqah_desktop.errors import JobCancelledError
from aqah_desktop.records import (
    AlgorithmSpec,
    EmissionChange,
    Grid,
    Measure,
    Problem,
    Quality,
    ReceptorChange,
    Standing,
    Text,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

Params = dict[str, Any]


class Feedback:
    """Progress, messages and cancellation of one run; silent unless a child class says otherwise."""

    def progress(self, fraction: float, text: Text | None = None) -> None:
        """Report progress from 0 to 1 and, optionally, what is being done."""

    def log(self, text: Text) -> None:
        """Record a message kept with the run."""

    def warn(self, text: Text) -> None:
        """Record a warning that the user must see."""

    def cancelled(self) -> bool:
        """Whether the work should stop."""
        return False

    def check(self) -> None:
        """Raise :class:`JobCancelledError` when the work should stop."""
        if self.cancelled():
            raise JobCancelledError("processing.cancelled")

    def child(self, start: float, end: float) -> Feedback:
        """Feedback for one step: its 0..1 is ``start``..``end`` of this one."""
        return _ScaledFeedback(self, start, end)


class _ScaledFeedback(Feedback):
    def __init__(self, parent: Feedback, start: float, end: float) -> None:
        self._parent, self._start, self._span = parent, start, end - start

    def progress(self, fraction: float, text: Text | None = None) -> None:
        self._parent.progress(self._start + self._span * min(max(fraction, 0.0), 1.0), text)

    def log(self, text: Text) -> None:
        self._parent.log(text)

    def warn(self, text: Text) -> None:
        self._parent.warn(text)

    def cancelled(self) -> bool:
        return self._parent.cancelled()


class OnlyStopping(Feedback):
    """Passes on nothing but the wish to stop: for questions whose progress nobody shows."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled

    def cancelled(self) -> bool:
        """Whether the answer is no longer wanted."""
        return self._cancelled()


@dataclass(frozen=True)
class Context:
    """What a run may read: the open pack, layers made by the user, the seed. Never a window."""

    pack: Pack
    #: Files the user named, already opened and validated by the host: parameter name → content.
    inputs: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    language: str = "fr"
    #: Says whether a question put before the run (``check``, published effects) still matters.
    asking: Feedback = field(default_factory=Feedback)


@dataclass(frozen=True)
class RasterResult:
    """A raster: ``values`` is ``(ny, nx) float32`` in ``measure.unit``, NaN = no data."""

    values: np.ndarray
    grid: Grid
    measure: Measure
    title: Text


@dataclass(frozen=True)
class TableResult:
    """A table; with a geometry column it is a vector layer."""

    frame: pd.DataFrame | gpd.GeoDataFrame
    title: Text


@dataclass(frozen=True)
class Results:
    """What a run returns: outputs by declared name, their standing, the words that go with them."""

    standing: Standing
    rasters: dict[str, RasterResult] = field(default_factory=dict)
    tables: dict[str, TableResult] = field(default_factory=dict)
    #: Plain numbers, texts and intervals for reports (JSON data).
    figures: dict[str, Any] = field(default_factory=dict)
    emission_changes: tuple[EmissionChange, ...] = ()
    receptor_changes: tuple[ReceptorChange, ...] = ()
    #: Sentences shown with the result: method, limits, warnings.
    notes: tuple[Text, ...] = ()


class Algorithm(Protocol):
    """The contract every algorithm keeps, bundled or third-party.

    One more method is optional: ``layers_read(params, pack)``, see :func:`layers_read`.
    """

    @property
    def spec(self) -> AlgorithmSpec:
        """The declaration; a class attribute is enough."""
        ...

    def check(self, params: Params, context: Context) -> list[Problem]:
        """Explain what is wrong with ``params`` before anything runs; empty when nothing is."""
        ...

    def run(self, params: Params, context: Context, feedback: Feedback) -> Results:
        """Compute. ``params`` passed ``check``; progress within 1 s, stop within 2 s of cancel."""
        ...


def layers_read(algorithm: Algorithm, params: Params, pack: Pack) -> tuple[str, ...]:
    """Return the layers of the pack a run reads: its record holds their hashes, its exports their sources.

    Asked of the algorithm's own ``layers_read(params, pack)`` where it has one; else those named in
    ``spec.inputs`` by id or, fictitious ones aside, by role.
    """
    own = getattr(algorithm, "layers_read", None)
    if own is not None:
        return tuple(layer for layer in dict.fromkeys(own(params, pack)) if layer in pack.layers)
    inputs = algorithm.spec.inputs
    return tuple(
        layer.id
        for layer in pack.layers.values()
        if layer.id in inputs
        or (layer.role in inputs and pack.dataset_of(layer.id).standing.quality is not Quality.FICTITIOUS)
    )
