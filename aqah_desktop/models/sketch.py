"""An outline being drawn on the map: vertices, what is wrong with them, the place they make."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psygnal import Signal

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.places import check_polygon
from aqah_desktop.records import Place, Territory

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

Point = tuple[float, float]

#: More vertices than this no hand draws.
_MOST = 500
#: Smallest outline, m²: a quarter of a cell of the maps (200 m).
SMALLEST_M2 = 10_000.0


class Sketch:
    """Vertices in EPSG:2154, m, in the order they were set; closed by :meth:`close`.

    Parameters
    ----------
    pack : Pack
        Its region is where an outline may be.
    territory : Territory or None
        The open territory: an outline must meet it.
    """

    #: Vertices changed.
    changed = Signal()

    def __init__(self, pack: Pack, territory: Territory | None = None) -> None:
        self._pack, self._territory = pack, territory
        self._vertices: list[Point] = []

    @property
    def vertices(self) -> tuple[Point, ...]:
        """Vertices set so far."""
        return tuple(self._vertices)

    def add(self, x: float, y: float) -> None:
        """Set a vertex; one on the same spot as the last is left out (the second half of a double click)."""
        if len(self._vertices) < _MOST and (
            not self._vertices or math.dist(self._vertices[-1], (x, y)) > 1.0
        ):
            self._vertices.append((x, y))
            self.changed.emit()

    def take_back(self) -> None:
        """Remove the last vertex."""
        if self._vertices:
            self._vertices.pop()
            self.changed.emit()

    def clear(self) -> None:
        """Begin anew."""
        self._vertices.clear()
        self.changed.emit()

    def closes(self, x: float, y: float, reach_m: float) -> bool:
        """Whether a click there means the first vertex, hence the end."""
        return len(self._vertices) >= 3 and math.dist(self._vertices[0], (x, y)) <= reach_m

    def problem(self) -> BadInputError | None:
        """What stands against closing the outline now; None when nothing does."""
        try:
            self.close()
        except BadInputError as error:
            return error
        return None

    def close(self) -> Place:
        """Return the place drawn.

        Raises
        ------
        BadInputError
            ``forms.sketch_few``, ``forms.sketch_crosses``, ``forms.sketch_small``,
            ``forms.sketch_elsewhere``, or what :func:`check_polygon` says of a place outside the region.
        """
        import shapely

        if len(set(self._vertices)) < 3:
            raise BadInputError("forms.sketch_few", count=len(set(self._vertices)))
        shape = shapely.Polygon(self._vertices)
        if not shape.is_valid:
            # Collinear vertices make no surface; everything else invalid crosses or touches itself.
            key = "forms.sketch_small" if shape.convex_hull.area < 1.0 else "forms.sketch_crosses"
            raise BadInputError(key, area="0")
        if shape.area < SMALLEST_M2:
            raise BadInputError("forms.sketch_small", area=f"{shape.area:.0f}")
        if self._territory is not None and not shape.intersects(shapely.box(*self._territory.extent)):
            raise BadInputError("forms.sketch_elsewhere", territory=self._territory.name)
        return Place(polygon_wkt=check_polygon("", shape.wkt, self._pack))


def rings_of_place(place: Place) -> list[list[Point]]:
    """Rings of a drawn place, to be shown on the map; empty when it cannot be read."""
    import shapely

    shape = shapely.from_wkt(place.polygon_wkt, on_invalid="ignore") if place.polygon_wkt else None
    if shape is None:
        return []
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return [[(float(x), float(y)) for x, y in ring.coords] for ring in rings]
