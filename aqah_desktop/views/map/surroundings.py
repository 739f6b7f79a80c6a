"""What lies around the layers of a map: ground, limits of the open territory, names of places."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.records import TerritoryKind
from aqah_desktop.views.map.outlines import OutlineSet

if TYPE_CHECKING:
    from aqah_desktop.records import Territory
    from aqah_desktop.storage.drawing_files import DrawingFiles, Outlines

#: Layer with the outlines of a kind of territory.
_LIMITS = {TerritoryKind.DEPARTMENT: "departments", TerritoryKind.EPCI: "epci"}


@dataclass(frozen=True, eq=False)
class Names:
    """Names of places: ``x, y (n,)`` m, residents, whether they lie in the open territory."""

    texts: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True, eq=False)
class Ground:
    """The same for every theme, year and layer of one territory; any part may be missing."""

    land: OutlineSet | None = None
    departments: OutlineSet | None = None
    territory: OutlineSet | None = None
    names: Names | None = None
    #: Codes of the communes of the open territory; empty when everything counts.
    communes: frozenset[str] = frozenset()

    def outside(self, codes: tuple[str, ...]) -> np.ndarray | None:
        """Which of some places, given by the code of their commune, lie outside the territory."""
        if not self.communes or not any(codes):
            return None
        found: np.ndarray = np.array([bool(code) and code not in self.communes for code in codes], bool)
        return found if found.any() else None


class GroundReader:
    """Reads and keeps the ground of the territory last asked for. Usable from any thread."""

    def __init__(self, prepared: DrawingFiles) -> None:
        self._prepared = prepared
        self._lock = threading.Lock()
        self._code: str | None = None
        self._ground = Ground()

    def read(self, territory: Territory | None) -> Ground:
        """Ground of a territory, of the whole region without one."""
        code = territory.code if territory is not None else ""
        with self._lock:
            if code != self._code:
                self._ground, self._code = self._make(territory), code
            return self._ground

    def _make(self, territory: Territory | None) -> Ground:
        prepared = self._prepared
        departments = prepared.outlines("departments")
        return Ground(
            land=outline_set(prepared.outlines("land") or departments),
            departments=outline_set(departments),
            territory=self._limits(territory),
            names=self._names(territory),
            communes=self._communes(territory),
        )

    @staticmethod
    def _communes(territory: Territory | None) -> frozenset[str]:
        if territory is None or territory.kind is TerritoryKind.REGION:
            return frozenset()
        return frozenset(territory.commune_codes)

    def _limits(self, territory: Territory | None) -> OutlineSet | None:
        lines = self._prepared.outlines(_LIMITS.get(territory.kind, "")) if territory is not None else None
        if territory is None or lines is None or territory.code not in lines.codes:
            return None
        return _feature(lines, lines.codes.index(territory.code))

    def _names(self, territory: Territory | None) -> Names | None:
        """Every commune of the region, and the towns around it."""
        communes, places = self._prepared.points("commune_points"), self._prepared.points("places")
        if communes is None or places is None:
            found = communes or places
            if found is None:
                return None
            return Names(found.names, found.x, found.y, found.weights, np.ones(len(found.x), bool))
        known = set(communes.communes)
        outside = np.array([code not in known for code in places.communes], bool)
        abroad = tuple(name for name, out in zip(places.names, outside, strict=True) if out)
        own = self._communes(territory)
        inside = np.array([not own or code in own for code in communes.communes], bool)
        return Names(
            texts=communes.names + abroad,
            x=np.concatenate([communes.x, places.x[outside]]),
            y=np.concatenate([communes.y, places.y[outside]]),
            weights=np.concatenate([communes.weights, places.weights[outside]]),
            inside=np.concatenate([inside, np.zeros(len(abroad), bool)]),
        )


def outline_set(lines: Outlines | None) -> OutlineSet | None:
    """Prepared outlines as a set to draw."""
    if lines is None:
        return None
    return OutlineSet.from_arrays(lines.coordinates, lines.starts, lines.owner, lines.first)


def _feature(lines: Outlines, index: int) -> OutlineSet:
    """The rings of one feature alone."""
    parts = np.flatnonzero(lines.owner == index)
    pieces = [lines.coordinates[lines.starts[p] : lines.starts[p + 1]] for p in parts]
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return OutlineSet.from_arrays(np.concatenate(pieces), starts, np.zeros(len(pieces), np.int64))
