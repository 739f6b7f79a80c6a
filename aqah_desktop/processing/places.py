"""Places named by the user, made whole before a run: the territory's communes, or an outline from a file.

After this a place is commune codes or a polygon, so the run record holds the place itself and not the
name of a file that may change.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.contract import Params
from aqah_desktop.processing.registry import near_matches
from aqah_desktop.processing.values import WHOLE_TERRITORY
from aqah_desktop.records import AlgorithmSpec, Place, Territory

if TYPE_CHECKING:
    import shapely

    from aqah_desktop.storage.pack import Pack

#: Coordinates are kept to a metre: finer than any outline drawn for an action, and a stable text.
_PRECISION_M = 1.0


def resolve_places(spec: AlgorithmSpec, params: Params, pack: Pack) -> Params:
    """Return ``params`` with every place made of commune codes or one polygon in EPSG:2154.

    Parameters
    ----------
    spec : AlgorithmSpec
        Declaration.
    params : dict
        Typed values; ``params["territory"]`` is used for a whole territory. Doing it twice is harmless.
    pack : Pack
        Territories and communes.

    Raises
    ------
    BadInputError
        ``processing.place_*``: unknown commune, polygon not valid or outside, file without polygon.
    UnknownItemError, StorageError
        Unknown territory; a file that cannot be read.
    """
    resolved = dict(params)
    for parameter in spec.parameters:
        value = params.get(parameter.name)
        if value is None:
            continue
        if parameter.kind == "place":
            resolved[parameter.name] = _resolve(parameter.name, value, params, pack)
        elif parameter.kind == "communes":
            _check_communes(parameter.name, value, pack)
    return resolved


def _resolve(name: str, value: Any, params: Params, pack: Pack) -> Place:
    if isinstance(value, Path):
        return Place(polygon_wkt=_outline_of_file(name, value, pack))
    place = value if isinstance(value, Place) else Place(**value)
    if place.communes == (WHOLE_TERRITORY,):
        territory = params.get("territory")
        if territory is None:
            raise BadInputError("processing.place_no_territory", name=name)
        return Place(communes=pack.territory(str(territory)).commune_codes)
    if place.polygon_wkt:
        return Place(polygon_wkt=check_polygon(name, place.polygon_wkt, pack))
    _check_communes(name, place.communes, pack)
    return place


def _check_communes(name: str, codes: tuple[str, ...], pack: Pack) -> None:
    known = {code for territory in pack.territories.values() for code in territory.commune_codes}
    for code in codes:
        if code not in known:
            raise BadInputError(
                "processing.place_unknown_commune", name=name, code=code, near=near_matches(code, known)
            )


def check_polygon(name: str, wkt: str, pack: Pack) -> str:
    """Return a polygon in EPSG:2154 as normal text, rounded to a metre.

    Raises
    ------
    BadInputError
        ``processing.place_bad_polygon`` (not a valid polygon) or ``processing.place_outside``.
    """
    import shapely

    shape = shapely.from_wkt(wkt, on_invalid="ignore")
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadInputError("processing.place_bad_polygon", name=name, value=wkt[:80])
    return _normal(name, shape, pack)


def _normal(name: str, shape: shapely.Geometry, pack: Pack) -> str:
    import shapely

    valid = shapely.make_valid(shape)
    # Before rounding: degrees given as metres would round to nothing and hide what is wrong.
    if not valid.is_empty and not valid.intersects(shapely.box(*_extent(pack))):
        x, y = (f"{value:.0f}" for value in valid.centroid.coords[0])
        raise BadInputError("processing.place_outside", name=name, x=x, y=y)
    rounded = shapely.get_parts(shapely.set_precision(valid, _PRECISION_M))
    whole = shapely.normalize(shapely.union_all([p for p in rounded if p.geom_type == "Polygon"]))
    if whole.is_empty or whole.area < _PRECISION_M**2:
        raise BadInputError("processing.place_bad_polygon", name=name, value=shape.wkt[:80])
    return str(shapely.to_wkt(whole, rounding_precision=0))


def _extent(pack: Pack) -> tuple[float, float, float, float]:
    boxes = [territory.extent for territory in pack.territories.values()]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _outline_of_file(name: str, path: Path, pack: Pack) -> str:
    from aqah_desktop.storage.vectors import read_vector

    shapes = [s for s in read_vector(path).geometry if s is not None and "Polygon" in s.geom_type]
    if not shapes:
        raise BadInputError("processing.place_no_polygon", name=name, path=str(path))
    import shapely

    return _normal(name, shapely.union_all(shapes), pack)


def territory_of(params: Params, pack: Pack) -> Territory:
    """Return the territory a run is about."""
    return pack.territory(str(params["territory"]))
