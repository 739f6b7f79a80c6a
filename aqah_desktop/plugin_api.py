"""Everything a plugin may import, and the only module of the program it may import.

A plugin runs in its own process, without network, with limits on time, memory and output. It gets a
small context, says what changes, and the program does the rest: dispersion, exposure, maps, report.
Names here are frozen for contract ``"1"``: they may be added to, never changed. See ``docs/plugins.md``.

Two kinds:

- **action**: a class with the methods of :class:`ActionPlugin`; ``run`` returns
  :class:`EmissionChange` and :class:`ReceptorChange` objects;
- **algorithm**: a class with the methods of :class:`AlgorithmPlugin`; ``run`` returns
  :class:`ArrayOutput` and :class:`TableOutput` objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aqah_desktop.processing.contract import Feedback
from aqah_desktop.records import (
    AlgorithmSpec,
    Confidence,
    EmissionChange,
    FieldSchema,
    Grid,
    Interval,
    LocalText,
    Output,
    Parameter,
    Place,
    Pollutant,
    Problem,
    ReceptorChange,
    Sector,
    Statistic,
    Text,
)

if TYPE_CHECKING:
    import numpy as np

#: Version of this contract; a manifest names the one it was written for.
CONTRACT = "1"

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of the territory: code, name, legal population."""

    code: str
    name: str
    population: int = 0


@dataclass(frozen=True, slots=True)
class PublishedEffect:
    """A published effect of an action, as its source gives it.

    ``low``, ``central`` and ``high`` are in ``unit`` (usually %), ``None`` where the source gives none.
    ``effect_type`` tells an ``"emission"`` effect from a ``"concentration"`` effect: the second never
    stands in for the first. Only ``Confidence.PUBLISHED`` was read in the source itself.
    """

    id: str
    action: LocalText
    sector: str
    pollutant: str
    effect_type: str
    low: float | None
    central: float | None
    high: float | None
    unit: str
    context: LocalText
    note: LocalText
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Reference:
    """A published effect shown beside the parameters, and what may be made of it.

    ``usable`` says whether its figure may guide the user's assumption; ``caveat`` says why (not).
    """

    effect: PublishedEffect
    usable: bool
    caveat: Text


@dataclass(frozen=True, slots=True)
class LegalStatus:
    """State of the law on the day ``as_of`` (``YYYY-MM-DD``); shown as to be verified by default."""

    text: Text
    as_of: str
    source_url: str = ""
    to_be_verified: bool = True


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may know.

    Parameters
    ----------
    territory_code, territory_name : str
        Where the scenario is.
    communes : tuple of Commune
        Its communes; places of the changes must be among them, or a polygon.
    base_year : int
        Year of the emissions the factors apply to.
    effects : tuple of PublishedEffect
        Rows of the published table for the actions named in the manifest.
    language : str
        ``"fr"`` or ``"en"``.
    """

    territory_code: str
    territory_name: str
    communes: tuple[Commune, ...]
    base_year: int
    effects: tuple[PublishedEffect, ...] = ()
    language: str = "fr"


class ActionPlugin:
    """Base of an action. Set ``spec``; write ``run``; write ``check`` and the others where needed."""

    spec: AlgorithmSpec

    def check(self, params: Params, context: ActionContext) -> list[Problem]:  # noqa: ARG002
        """Say what is wrong with parameters that the declaration alone cannot tell."""
        return []

    def references(self, context: ActionContext) -> list[Reference]:  # noqa: ARG002
        """Return the published effects to show beside the parameters."""
        return []

    def legal_status(self, context: ActionContext) -> LegalStatus | None:  # noqa: ARG002
        """Return the state of the law, where the law moves."""
        return None

    def run(
        self, params: Params, context: ActionContext, feedback: Feedback
    ) -> Sequence[EmissionChange | ReceptorChange]:
        """Return what the action changes.

        Call ``feedback.progress(0..1)`` about once a second and ``feedback.check()`` in loops: it
        raises when the user has cancelled.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class LayerInput:
    """A raster layer given to an algorithm: ``values`` is ``(ny, nx) float32``, ``unit``; NaN = no data."""

    layer: str
    values: np.ndarray
    grid: Grid
    unit: str


@dataclass(frozen=True)
class AlgorithmContext:
    """What an algorithm may know: the layers named in ``spec.inputs``, cut to the territory."""

    territory_code: str
    territory_name: str
    communes: tuple[Commune, ...]
    layers: dict[str, LayerInput] = field(default_factory=dict)
    seed: int = 0
    language: str = "fr"


@dataclass(frozen=True)
class ArrayOutput:
    """A raster output on the grid of ``layer``: ``values`` is ``(ny, nx)``, NaN = no data."""

    name: str
    values: np.ndarray
    layer: str


@dataclass(frozen=True)
class TableOutput:
    """A table output: equally long lists by column name, columns as declared in ``spec.outputs``."""

    name: str
    columns: dict[str, list[Any]]


class AlgorithmPlugin:
    """Base of an algorithm. Set ``spec``; write ``run``."""

    spec: AlgorithmSpec

    def check(self, params: Params, context: AlgorithmContext) -> list[Problem]:  # noqa: ARG002
        """Say what is wrong with parameters that the declaration alone cannot tell."""
        return []

    def run(
        self, params: Params, context: AlgorithmContext, feedback: Feedback
    ) -> Sequence[ArrayOutput | TableOutput]:
        """Return the declared outputs."""
        raise NotImplementedError


__all__ = [
    "CONTRACT",
    "ActionContext",
    "ActionPlugin",
    "AlgorithmContext",
    "AlgorithmPlugin",
    "AlgorithmSpec",
    "ArrayOutput",
    "Commune",
    "Confidence",
    "EmissionChange",
    "Feedback",
    "FieldSchema",
    "Grid",
    "Interval",
    "LayerInput",
    "LegalStatus",
    "LocalText",
    "Output",
    "Parameter",
    "Params",
    "Place",
    "Pollutant",
    "Problem",
    "PublishedEffect",
    "ReceptorChange",
    "Reference",
    "Sector",
    "Statistic",
    "TableOutput",
    "Text",
]
