"""From a chosen table or raster of a file to the entry of the layer tree, with its dataset record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.models.layer_tree import BACKGROUND_GROUP, OWN_GROUP
from aqah_desktop.models.layer_watch import stamp_of
from aqah_desktop.models.state import LayerEntry, UserFile
from aqah_desktop.models.user_layers import Candidate, Probe, layer_id_of, probe
from aqah_desktop.records import (
    Coverage,
    Dataset,
    FieldSchema,
    Flag,
    Grid,
    Layer,
    Lineage,
    LocalText,
    Measure,
    Method,
    Origin,
    Pollutant,
    Quality,
    RasterShape,
    Source,
    Standing,
    Statistic,
    VectorShape,
)

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue

#: Files up to this size are hashed when they are added (about a second).
_HASHED_BYTES = 300_000_000
_FIELD_TYPES = {"int": "integer", "uin": "integer", "flo": "real", "boo": "boolean", "dat": "date"}
MEASURED = (Pollutant.NO2, Pollutant.PM10, Pollutant.PM25)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user said of a file; empty where nothing was said.

    ``crs`` only when it is not the declared one. ``pollutant`` and ``year`` make a raster an annual mean
    in µg/m³. ``replaces`` is the id of the layer of the pack the file is meant to replace.
    """

    title: str
    crs: str = ""
    band: int = 1
    as_picture: bool = False
    publisher: str = ""
    licence: str = ""
    vintage: str = ""
    pollutant: Pollutant | None = None
    year: int | None = None
    replaces: str = ""


def make_entry(
    found: Probe,
    candidate: Candidate,
    choice: Choice,
    taken: set[str],
    catalogues: tuple[Catalogue, Catalogue],
) -> LayerEntry:
    """Return the entry of a new layer. Reads the file once for its hash: call it from a worker.

    Parameters
    ----------
    found, candidate : Probe, Candidate
        The file and what was chosen in it.
    choice : Choice
        What the user said.
    taken : set of str
        Layer ids already in the project.
    catalogues : tuple of Catalogue
        French and English.

    Raises
    ------
    BadInputError
        ``user_layers.no_system``, ``user_layers.bad_place``, ``user_layers.year_range``; what is wrong
        with a system the user typed (``storage.bad_crs``).
    """
    layer_id = layer_id_of(found.path, candidate, choice.band, taken)
    return _entry(found, candidate, choice, layer_id, catalogues)


def renewed(
    entry: LayerEntry, path: Path, catalogues: tuple[Catalogue, Catalogue]
) -> tuple[Layer, str, UserFile]:
    """Return layer, origin and file of an entry read again, from ``path``. Call it from a worker.

    Raises
    ------
    AqahError
        When the file cannot be read, or no longer holds the table or raster.
    """
    assert entry.file is not None
    found = probe(path)
    old = entry.file
    name = old.inside or entry.layer.source.table
    matching = [c for c in found.usable if c.name == name] or (
        list(found.usable) if len(found.usable) == 1 else []
    )
    if not matching:
        raise BadInputError("user_layers.not_inside_any_more", path=path.name, name=name)
    dataset, measure = old.dataset, entry.layer.measure
    choice = Choice(
        title=entry.layer.title.fr,
        crs=old.crs if old.crs_forced else "",
        band=old.band,
        as_picture=entry.layer.role == BACKGROUND,
        publisher=dataset.origin.publisher,
        licence=dataset.origin.licence,
        vintage=dataset.coverage.vintage,
        pollutant=measure.pollutant if measure else None,
        year=measure.years[1] if measure and measure.years else None,
        replaces=dataset.lineage.replaces[0] if dataset.lineage.replaces else "",
    )
    fresh = _entry(found, matching[0], choice, entry.id, catalogues)
    assert fresh.file is not None
    return fresh.layer, fresh.origin, fresh.file


def _entry(
    found: Probe,
    candidate: Candidate,
    choice: Choice,
    layer_id: str,
    catalogues: tuple[Catalogue, Catalogue],
) -> LayerEntry:
    code = _system(candidate, choice, found.path)
    picture = candidate.kind == "picture" or (choice.as_picture and candidate.can_be_picture)
    stamp = stamp_of(found.path)
    title = choice.title.strip() or found.path.stem
    layer = Layer(
        id=layer_id,
        dataset_id=layer_id,
        title=LocalText(title, title),
        role=BACKGROUND if picture else "user",
        shape=_shape(candidate, code, found.path),
        source=Source(found.path.name, candidate.name if candidate.kind == "vector" else ""),
        measure=None if picture else _measure(candidate, choice),
        content_hash=f"stamp:{stamp}",
    )
    forced = bool(choice.crs) and choice.crs != candidate.crs
    file = UserFile(
        dataset=_dataset(found, candidate, choice, layer, (code, forced), catalogues),
        crs=code,
        crs_forced=forced,
        inside=candidate.name if candidate.kind != "vector" else "",
        band=choice.band,
        stamp=stamp,
    )
    group = BACKGROUND_GROUP if picture else OWN_GROUP
    return LayerEntry(layer, f"file:{found.path.absolute()}", group=group, file=file)


def _system(candidate: Candidate, choice: Choice, path: Path) -> str:
    from aqah_desktop.storage.crs import crs_code, usable_crs

    code = choice.crs or candidate.crs
    if not code:
        raise BadInputError("user_layers.no_system", path=path.name)
    return crs_code(usable_crs(code, path))


def _shape(candidate: Candidate, code: str, path: Path) -> VectorShape | RasterShape:
    """Shape in EPSG:2154, as the layer is drawn."""
    from aqah_desktop.storage.crs import extent_in_work_crs

    extent = extent_in_work_crs(candidate.extent, code) if candidate.extent else None
    if extent is None:
        raise BadInputError("user_layers.bad_place", path=path.name, crs=code)
    if candidate.kind == "vector":
        fields = tuple(
            FieldSchema(name, _FIELD_TYPES.get(kind[:3], "text"), LocalText(name, name))  # type: ignore[arg-type]
            for name, kind in candidate.fields
        )
        return VectorShape(candidate.geometry_type, "EPSG:2154", extent, fields)
    width, height = extent[2] - extent[0], extent[3] - extent[1]
    ny, nx = candidate.size if all(candidate.size) else (1000, max(1, round(1000 * width / height)))
    cell = max(width / nx, height / ny)
    grid = Grid(extent[0], extent[3], cell, max(1, round(width / cell)), max(1, round(height / cell)))
    nodata = (
        candidate.nodata if candidate.nodata is not None and candidate.nodata == candidate.nodata else None
    )
    return RasterShape(grid, candidate.dtype, nodata)


def _measure(candidate: Candidate, choice: Choice) -> Measure | None:
    if candidate.kind != "raster" or choice.pollutant is None:
        return None
    if choice.year is not None and not 1950 <= choice.year <= 2100:
        raise BadInputError("user_layers.year_range", year=choice.year)
    years = (choice.year, choice.year) if choice.year is not None else None
    return Measure("µg/m³", Statistic.ANNUAL_MEAN, choice.pollutant, years)


def _dataset(
    found: Probe,
    candidate: Candidate,
    choice: Choice,
    layer: Layer,
    system: tuple[str, bool],
    catalogues: tuple[Catalogue, Catalogue],
) -> Dataset:
    code, forced = system
    words = _Words(catalogues)
    time = str(choice.year) if choice.year is not None else choice.vintage
    limits = words("user_layers.limits_forced", crs=code) if forced else LocalText("", "")
    return Dataset(
        id=layer.id,
        version="",
        title=layer.title,
        origin=Origin(
            choice.publisher, choice.licence, choice.publisher or found.path.name, found.path.name, False
        ),
        coverage=Coverage(
            LocalText("", ""), time, _resolution(candidate, code, words), code, choice.vintage or time
        ),
        lineage=Lineage(_hash(found.path), replaces=(choice.replaces,) if choice.replaces else ()),
        standing=Standing(
            Quality.USER_SUPPLIED, Method.DECLARED, (Flag.TO_BE_VERIFIED,) if forced else (), limits=limits
        ),
    )


def _resolution(candidate: Candidate, code: str, words: _Words) -> LocalText:
    if candidate.kind == "vector":
        return words("user_layers.resolution_features", count=candidate.rows)
    from aqah_desktop.storage.crs import usable_crs

    width, height = candidate.cell
    unit = "°" if usable_crs(code, "").is_geographic else "m"
    return words("user_layers.resolution_cells", width=f"{width:.4g}", height=f"{height:.4g}", unit=unit)


def _hash(path: Path) -> str:
    from aqah_desktop.storage.pack_archive import file_sha256

    if not path.is_file() or path.stat().st_size > _HASHED_BYTES:
        return ""
    return f"sha256:{file_sha256(path)}"


class _Words:
    """A text of the catalogue in both languages: it belongs to the data from then on."""

    def __init__(self, catalogues: tuple[Catalogue, Catalogue]) -> None:
        self._french, self._english = catalogues

    def __call__(self, key: str, **params: object) -> LocalText:
        return LocalText(self._french.text(key, **params), self._english.text(key, **params))
