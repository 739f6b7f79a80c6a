"""The one feature the user is looking at: chosen on the map, in a list or in the table, shown in all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from psygnal import Signal

#: Layer of the pack that holds the sites of each kind.
LAYER_OF_KIND = {
    "ecole": "ecoles",
    "college": "colleges_lycees",
    "lycee": "colleges_lycees",
    "hospital": "hospitals",
    "ehpad": "ehpad",
    "social_centre": "social_centres",
    "fictitious_house": "training_houses",
    "fictitious_school": "training_houses",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a layer: by its ``code`` where the layer has one, else by its ``index``.

    ``index`` counts the features of the layer that have a geometry, −1 when it is not known. ``x, y`` is
    a place on it (EPSG:2154, m), NaN when it has none.
    """

    layer_id: str
    code: str = ""
    index: int = -1
    name: str = ""
    x: float = math.nan
    y: float = math.nan

    @property
    def placed(self) -> bool:
        """Whether it can be shown on the map."""
        return math.isfinite(self.x) and math.isfinite(self.y)

    def same_as(self, other: Feature | None) -> bool:
        """Whether both are the same feature, by code when both have one."""
        if other is None or self.layer_id != other.layer_id:
            return False
        if self.code and other.code:
            return self.code == other.code
        return self.index >= 0 and self.index == other.index


class Selection:
    """What is selected in the window. Used from the thread that owns it."""

    #: The feature or ``None``, and who chose it: ``"map"``, ``"exposure"``, ``"table"``, ``"sheet"``…
    changed = Signal(object, str)

    def __init__(self) -> None:
        self._feature: Feature | None = None

    @property
    def feature(self) -> Feature | None:
        """What is selected."""
        return self._feature

    def choose(self, feature: Feature | None, by: str) -> None:
        """Select a feature, or nothing; the same one again is not announced."""
        if feature is None and self._feature is None:
            return
        if feature is not None and feature == self._feature:
            return
        self._feature = feature
        self.changed.emit(feature, by)
