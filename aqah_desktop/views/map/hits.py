"""What lies under the mouse: the nearest point of a layer, the area that contains it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.map.contents import LayerContent
from aqah_desktop.views.map.outlines import OutlineSet

#: A click this close to a symbol means it, px.
REACH_PX = 9.0


@dataclass(frozen=True)
class Hit:
    """A feature of a layer at a place; ``code`` is the id or code of the feature."""

    entry: LayerEntry
    index: int
    code: str
    name: str
    x: float
    y: float


def find_hits(
    entries: tuple[LayerEntry, ...],
    contents: dict[str, LayerContent],
    place: tuple[float, float],
    metres_per_pixel: float,
) -> list[Hit]:
    """Features at ``place`` (EPSG:2154, m), points first, each layer once, from the top down."""
    x, y = place
    points: list[tuple[float, Hit]] = []
    areas: list[Hit] = []
    for entry in entries:
        content = contents.get(entry.id)
        if content is None or not entry.visible:
            continue
        if content.points is not None and len(content.points.x):
            p = content.points
            distance = np.hypot(p.x - x, p.y - y)
            i = int(np.argmin(distance))
            if distance[i] <= REACH_PX * metres_per_pixel:
                hit = Hit(entry, i, _at(p.ids, i), _at(p.names, i), float(p.x[i]), float(p.y[i]))
                points.append((float(distance[i]), hit))
        elif content.outlines is not None:
            owner = area_at(content.outlines, x, y)
            if owner is not None:
                areas.append(Hit(entry, owner, _at(content.codes, owner), "", x, y))
    points.sort(key=lambda pair: pair[0])
    return [hit for _, hit in points] + areas


def area_at(outlines: OutlineSet, x: float, y: float) -> int | None:
    """Index of the feature whose rings contain a place (even-odd rule), or None."""
    inside: dict[int, bool] = {}
    for part in outlines.visible((x, y, x, y)):
        ring = outlines.coordinates[outlines.starts[part] : outlines.starts[part + 1]]
        if len(ring) < 4 or not np.array_equal(ring[0], ring[-1]):
            continue
        x0, y0, x1, y1 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        if np.count_nonzero(crosses & (x < at)) % 2:
            owner = int(outlines.owner[part])
            inside[owner] = not inside.get(owner, False)
    return next((owner for owner, is_in in inside.items() if is_in), None)


def _at(values: tuple[str, ...], index: int) -> str:
    return values[index] if index < len(values) else ""
