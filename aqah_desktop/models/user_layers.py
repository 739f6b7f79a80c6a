"""A file of the user becomes a layer: what it holds, what must be asked, the entry that is added.

Nothing is guessed in silence: a missing or impossible coordinate system is asked for, with the systems
under which the file would fall in the region first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aqah_desktop.errors import AqahError, BadInputError, StorageError
from aqah_desktop.models.layer_watch import stamp_of
from aqah_desktop.records import Text

if TYPE_CHECKING:
    from aqah_desktop.storage.file_facts import RasterFacts, TableFacts

Extent = tuple[float, float, float, float]
Kind = Literal["vector", "raster", "picture", "table"]
Verdict = Literal["region", "france", "elsewhere"]

PROJECT_SUFFIX = ".aqah"
PACK_SUFFIX = ".aqahpack"
#: Files that belong to another one, dropped with it.
COMPANIONS = frozenset(
    (".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix", ".qmd", ".tfw", ".tifw", ".jgw", ".pgw",
     ".wld", ".ovr", ".msk", ".xml", ".aux")
)  # fmt: skip
_RASTERS = frozenset(
    (".tif", ".tiff", ".vrt", ".mbtiles", ".asc", ".nc", ".hdf", ".h5", ".img", ".jp2", ".png", ".jpg",
     ".jpeg", ".hgt", ".bil", ".xyz")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """One table or raster of a file that could become a layer.

    ``extent`` is in the file's own system (``crs``, empty when it names none); ``error`` says why it
    cannot be a layer at all, ``notes`` what the user should know.
    """

    kind: Kind
    name: str
    crs: str
    crs_name: str
    extent: Extent | None
    geometry_type: str = ""
    rows: int = 0
    fields: tuple[tuple[str, str], ...] = ()
    size: tuple[int, int] = (0, 0)
    cell: tuple[float, float] = (0.0, 0.0)
    bands: int = 1
    dtype: str = ""
    nodata: float | None = None
    can_be_picture: bool = False
    notes: tuple[Text, ...] = ()
    error: AqahError | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file holds; ``stamp`` is its size and date when it was looked at."""

    path: Path
    candidates: tuple[Candidate, ...]
    stamp: str

    @property
    def usable(self) -> tuple[Candidate, ...]:
        """Candidates that can become a layer."""
        return tuple(c for c in self.candidates if c.error is None)


@dataclass(frozen=True, slots=True)
class SystemChoice:
    """A coordinate system and where the data would lie under it."""

    code: str
    verdict: Verdict
    declared: bool = False


def probe(path: Path) -> Probe:
    """Look at what a file holds, without reading its data. Call it from a worker.

    Raises
    ------
    StorageError
        Missing, unreadable, or no map layer (``user_layers.not_a_layer``).
    BadInputError
        ``user_layers.is_pack``; ``user_layers.nothing_to_show`` when nothing in it can be placed.
    """
    from aqah_desktop.storage import gdal_env
    from aqah_desktop.storage.mosaics import is_mosaic

    if path.suffix.lower() == PACK_SUFFIX:
        raise BadInputError("user_layers.is_pack", path=path.name)
    if is_mosaic(path):
        return Probe(path, (_mosaic(path),), stamp_of(path))
    gdal_env.check_path(path)
    candidates = _candidates(path)
    if all(c.error is not None for c in candidates):
        raise next(c.error for c in candidates if c.error is not None)
    return Probe(path, tuple(candidates), stamp_of(path))


def systems_for(candidate: Candidate) -> tuple[SystemChoice, ...]:
    """Return the systems that could be those of a candidate, likeliest first.

    The declared one comes first when the data then lie in France; else those under which they lie in the
    region, then in France, then the others.
    """
    from aqah_desktop.storage.crs import candidate_systems, placement

    if candidate.extent is None:
        return (SystemChoice(candidate.crs, "region", declared=True),) if candidate.crs else ()
    order = ("region", "france", "elsewhere")
    codes = dict.fromkeys([*([candidate.crs] if candidate.crs else []), *candidate_systems()])
    choices = [
        SystemChoice(code, placement(candidate.extent, code), declared=code == candidate.crs)  # type: ignore[arg-type]
        for code in codes
    ]
    return tuple(sorted(choices, key=lambda c: (order.index(c.verdict), not c.declared)))


def needs_system(candidate: Candidate) -> bool:
    """Whether the user must say which coordinate system the data are in.

    A declared system is doubted only when the data lie elsewhere and another one would bring them home.
    """
    if not candidate.crs:
        return candidate.extent is not None
    choices = systems_for(candidate)
    declared = next(c for c in choices if c.declared)
    better = "region" in {c.verdict for c in choices}
    return declared.verdict == "elsewhere" or (declared.verdict == "france" and better)


def is_obvious(found: Probe) -> bool:
    """Whether there is nothing to ask: one candidate, its system declared and plausible, no remark."""
    if len(found.usable) != 1 or len(found.candidates) != 1:
        return False
    only = found.candidates[0]
    return not needs_system(only) and not only.notes and (only.kind != "raster" or only.bands == 1)


def default_title(found: Probe, candidate: Candidate) -> str:
    """A title made of the file's name, and of the table when there are several."""
    stem = found.path.name.removesuffix(found.path.suffix)
    name = candidate.name if len(found.candidates) > 1 and candidate.name else stem
    return " ".join(name.replace("_", " ").split()) or stem


def layer_id_of(path: Path, candidate: Candidate, band: int, taken: set[str]) -> str:
    """An id for a new layer, stable for the same data and not yet ``taken``."""
    key = f"{path.absolute().as_posix()}|{candidate.name}|{band}"
    base = f"file_{hashlib.sha256(key.encode()).hexdigest()[:10]}"
    number = 2
    name = base
    while name in taken:
        name = f"{base}_{number}"
        number += 1
    return name


def split_dropped(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return (projects, layer files) among dropped files, without those that belong to another one."""
    projects = [p for p in paths if p.suffix.lower() == PROJECT_SUFFIX]
    stems = {p.with_suffix("").name for p in paths if p.suffix.lower() not in COMPANIONS}
    files = []
    for path in paths:
        suffix = path.suffix.lower()
        companion = suffix in COMPANIONS and path.name.split(".")[0] in {s.split(".")[0] for s in stems}
        if suffix != PROJECT_SUFFIX and not companion:
            files.append(path)
    return projects, files


# --------------------------------------------------------------------------- candidates


def _candidates(path: Path) -> list[Candidate]:
    """Rasters first for files known to be rasters, else tables first; both for a GeoPackage."""
    from aqah_desktop.storage.file_facts import raster_facts, table_facts

    raster_first = path.suffix.lower() in _RASTERS
    found: list[Candidate] = []
    refused: list[AqahError] = []
    for rasters in (raster_first, not raster_first):
        try:
            if rasters:
                found += [_raster(facts, path) for facts in raster_facts(path)]
            else:
                found += [_table(facts, path) for facts in table_facts(path)]
        except AqahError as error:
            refused.append(error)
        if found and path.suffix.lower() != ".gpkg":
            break
    if found:
        return found
    plain = ("storage.raster_unreadable", "storage.vector_unreadable")
    telling = [error for error in refused if error.key not in plain]
    if telling:
        raise telling[0]
    raise StorageError("user_layers.not_a_layer", path=str(path), reason=str(refused[0].params.get("reason")))


def _table(facts: TableFacts, path: Path) -> Candidate:
    error = facts.error
    if error is None and facts.geometry_type == "None":
        error = BadInputError("user_layers.no_geometry", path=path.name, table=facts.name)
    elif error is None and facts.rows == 0:
        error = BadInputError("user_layers.empty_table", path=path.name, table=facts.name)
    elif error is None and facts.extent is None:
        error = BadInputError("user_layers.no_place", path=path.name, table=facts.name)
    return Candidate(
        kind="table" if facts.geometry_type == "None" else "vector",
        name=facts.name,
        crs=facts.crs,
        crs_name=facts.crs_name,
        extent=facts.extent,
        geometry_type=facts.geometry_type,
        rows=facts.rows,
        fields=facts.fields,
        error=error,
    )


def _raster(facts: RasterFacts, path: Path) -> Candidate:
    notes = []
    if not facts.picture and not facts.has_overviews and facts.size[0] * facts.size[1] > 100_000_000:
        notes.append(Text("user_layers.note_no_overviews"))
    error = facts.error
    if error is None and not facts.picture and _known_empty(facts, path):
        error = BadInputError("storage.raster_all_nodata", path=path.name)
    return Candidate(
        kind="picture" if facts.picture else "raster",
        name=facts.inside,
        crs=facts.crs,
        crs_name=facts.crs_name,
        extent=facts.extent,
        size=facts.size,
        cell=facts.cell,
        bands=facts.bands,
        dtype=facts.dtype,
        nodata=facts.nodata,
        can_be_picture=facts.can_be_picture,
        notes=tuple(notes),
        error=error,
    )


def _known_empty(facts: RasterFacts, path: Path) -> bool:
    """Whether no band holds a value, where that can be known in a moment."""
    from aqah_desktop.storage.rasters import open_raster

    if facts.size[0] * facts.size[1] > 30_000_000:
        return False
    with open_raster(path, assume_crs="EPSG:2154", inside=facts.inside) as raster:
        return all(raster.is_all_nodata(band) for band in range(1, raster.bands + 1))


def _mosaic(path: Path) -> Candidate:
    """The picture a mosaic of local files makes; its files must be of one kind."""
    from aqah_desktop.storage.file_facts import raster_facts
    from aqah_desktop.storage.mosaics import tiles_of

    tiles = tiles_of(path)
    first = raster_facts(tiles[0])[0]
    if not first.can_be_picture:
        raise BadInputError("user_layers.mosaic_of_values", path=path.name)
    from aqah_desktop.storage.pictures import Opening, extent_of_picture

    placed = extent_of_picture(Opening(path, first.crs or "EPSG:2154"))
    return Candidate(
        kind="picture",
        name="",
        crs="EPSG:2154" if first.crs else "",
        crs_name=first.crs_name,
        extent=placed or first.extent,
        rows=len(tiles),
        cell=first.cell,
        bands=first.bands,
        dtype=first.dtype,
        can_be_picture=True,
    )
