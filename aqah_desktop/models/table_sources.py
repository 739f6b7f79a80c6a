"""What the table can show: the tables of the newest exposure runs, the attributes of any vector layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.exposure_words import kind_name
from aqah_desktop.models.frames import FrameStore, id_column, name_of, placed_rows
from aqah_desktop.models.latest import LatestRuns, RunKind
from aqah_desktop.models.layer_records import dataset_of
from aqah_desktop.models.selection import LAYER_OF_KIND, Feature
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.models.table_data import Column, Indices, TableData, column_of
from aqah_desktop.records import RasterShape, VectorShape
from aqah_desktop.reporting import words
from aqah_desktop.reporting.provenance import Provenance, ProvenanceWords

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.models.services import Finished, Services

#: Tables of a run, in the order they are offered.
_RUN_TABLES = {RunKind.SITES: ("sites", "kinds"), RunKind.FARMS: ("parcels", "farms", "sites")}
_FIRST = (
    "rank",
    "name",
    "kind",
    "commune",
    "crop_label",
    "area_ha",
    "value_ug_m3",
    "mean_ug_m3",
    "std_ug_m3",
    "who_2021_exceeded",
    "eu_2030_exceeded",
    "eu_2008_exceeded",
    "pupils",
    "nearest_site_m",
    "status",
)


@dataclass(frozen=True, slots=True)
class TableSource:
    """One table that can be shown: of a run (``kind`` and ``table``) or of a layer (``layer_id``)."""

    title: str
    kind: RunKind | None = None
    table: str = ""
    layer_id: str = ""

    @property
    def key(self) -> str:
        """What makes two sources the same."""
        return f"{self.kind}/{self.table}" if self.kind is not None else f"layer/{self.layer_id}"


def sources(latest: LatestRuns, state: ProjectState, catalogue: Catalogue) -> tuple[TableSource, ...]:
    """Return what can be shown now: tables of runs first, then the vector layers from the top down."""
    found = []
    for kind, names in _RUN_TABLES.items():
        finished = latest.get(kind)
        for name in names if finished is not None else ():
            table = finished.results.tables.get(name) if finished is not None else None
            if table is not None and len(table.frame):
                found.append(TableSource(catalogue.text(f"table.run_{kind.value}_{name}"), kind, name))
    for entry in state.layers:
        if not isinstance(entry.layer.shape, RasterShape):
            title = entry.layer.title.in_language(catalogue.language)
            found.append(TableSource(catalogue.text("table.layer", title=title), layer_id=entry.id))
    return tuple(found)


def run_table(services: Services, finished: Finished, table: str, title: str) -> TableData:
    """Make a table of a run ready to be shown. Call it from a worker.

    Raises
    ------
    AqahError
        When the pack can no longer be read.
    """
    frame = _with_communes(finished.results.tables[table].frame, services)
    results = finished.results
    spec = services.algorithm(finished.record.algorithm_id).spec
    provenance = Provenance(finished.record, results.standing, finished.datasets, results.notes, spec)
    headers = ProvenanceWords(provenance, services.catalogue)
    names = _ordered([str(c) for c in frame.columns if c != "geometry"])
    commune = services.catalogue.text("table.commune")
    titles = [commune if name == "commune" else headers.header(name, table) for name in names]
    columns = _columns(frame, names, titles, services.catalogue)
    standing = words.standing_words(results.standing, services.catalogue)
    layers = _layers_of_rows(frame, finished, table)
    return _table(frame, title, columns, layers, standing)


def layer_table(services: Services, frames: FrameStore, entry: LayerEntry, title: str) -> TableData:
    """Make the attributes of a layer ready to be shown. Call it from a worker.

    Raises
    ------
    AqahError
        When the file behind the layer cannot be read.
    """
    frame, catalogue = frames.frame(entry), services.catalogue
    shape = entry.layer.shape
    fields = {f.name: f for f in shape.fields} if isinstance(shape, VectorShape) else {}
    names = [str(c) for c in frame.columns if c != "geometry"]
    titles = []
    for name in names:
        field = fields.get(name)
        label = field.label.in_language(catalogue.language) if field else name
        titles.append(f"{label} ({field.unit})" if field and field.unit else label)
    dataset = dataset_of(entry, services.pack)
    standing = words.standing_words(dataset.standing, catalogue) if dataset else ""
    if dataset and dataset.origin.attribution:
        standing = f"{standing} · {dataset.origin.attribution}"
    columns = _columns(frame, names, titles, catalogue)
    layers = np.full(len(frame), entry.id, dtype=object)
    return _table(frame, title, columns, layers, standing, of_layer=True)


def rows_of_sites(data_frame: pd.DataFrame, kind: str, above: str, missing: bool) -> Indices:
    """Rows of the exposure table of a kind: above an annual value, or those without value."""
    chosen = np.ones(len(data_frame), dtype=bool)
    if kind:
        chosen &= (data_frame["kind"].astype(object) == kind).to_numpy(dtype=bool)
    known = data_frame["value_ug_m3"].notna().to_numpy(dtype=bool)
    if missing:
        return np.flatnonzero(chosen & ~known)
    chosen &= known
    if above:
        chosen &= data_frame[f"{above}_exceeded"].fillna(value=False).to_numpy(dtype=bool)
    return np.flatnonzero(chosen)


# --------------------------------------------------------------------------- parts


def _columns(
    frame: pd.DataFrame, names: list[str], titles: list[str], catalogue: Catalogue
) -> tuple[Column, ...]:
    yes_no = (catalogue.text("sheet.yes"), catalogue.text("sheet.no"))
    return tuple(
        column_of(frame[name], title, _words_of(name, catalogue), yes_no)
        for name, title in zip(names, titles, strict=True)
    )


def _words_of(name: str, catalogue: Catalogue) -> Callable[[str], str] | None:
    """What turns the codes of a column into words."""
    prefixes = {
        "quality": "reporting.quality.",
        "status": "table.status_",
        "position_quality": "sheet.position_",
        "typology": "sheet.typology_",
        "influence": "sheet.influence_",
    }
    if name == "kind":
        return lambda code: kind_name(code, catalogue)
    if name == "pollutant":
        return lambda code: words.pollutant_symbol(code, catalogue)
    prefix = prefixes.get(name)
    if prefix is None:
        return None

    def word(code: str) -> str:
        for key in (f"{prefix}{code}", f"sheet.{name}_{code}"):
            if catalogue.has(key):
                return catalogue.text(key)
        return code

    return word


def _ordered(names: list[str]) -> list[str]:
    """What one looks for first, then the rest as it came."""
    first = [name for name in _FIRST if name in names]
    return [*first, *(name for name in names if name not in first)]


def _with_communes(frame: pd.DataFrame, services: Services) -> pd.DataFrame:
    if "commune_code" not in frame or "communes" not in services.pack.layers:
        return frame
    communes = services.pack.read_table("communes")
    by_code = dict(zip(communes["commune_code"].astype(str), communes["name"], strict=True))
    return frame.assign(commune=frame["commune_code"].map(by_code))


def _layers_of_rows(frame: pd.DataFrame, finished: Finished, table: str) -> np.ndarray[Any, Any]:
    """Layer each row of a run stands in; empty for those of a user's file."""
    training = finished.results.figures.get("dataset") == "training"
    if table == "farms":
        return np.full(len(frame), "training_farm" if training else "farms", dtype=object)
    if table == "parcels":
        return np.full(len(frame), "training_parcels" if training else "", dtype=object)
    kinds = frame["kind"].astype(object) if "kind" in frame else [""] * len(frame)
    return np.array([LAYER_OF_KIND.get(str(kind), "") for kind in kinds], dtype=object)


def _table(
    frame: pd.DataFrame,
    title: str,
    columns: tuple[Column, ...],
    layers: np.ndarray[Any, Any],
    standing: str,
    of_layer: bool = False,
) -> TableData:
    """``of_layer``: the rows are those of the layer, so that their place among the drawn is known."""
    column = id_column(frame)
    codes = frame[column].astype(str).to_numpy(dtype=object) if column else None
    x, y = _places(frame)
    placed = placed_rows(frame)
    index = np.full(len(frame), -1, np.intp)
    if of_layer:
        index[placed] = np.arange(len(placed))

    def feature(row: int) -> Feature:
        code = str(codes[row]) if codes is not None else ""
        name = name_of(frame.iloc[row])
        return Feature(str(layers[row]), code, int(index[row]), name, float(x[row]), float(y[row]))

    def row_of(wanted: Feature) -> int | None:
        if codes is not None and wanted.code:
            rows = np.flatnonzero(codes == wanted.code)
        else:
            rows = np.flatnonzero((index == wanted.index) & (index >= 0))
        return next((int(row) for row in rows if layers[row] in ("", wanted.layer_id)), None)

    return TableData(title, columns, len(frame), feature, row_of, standing)


def _places(frame: pd.DataFrame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if "geometry" not in frame:
        nowhere = np.full(len(frame), np.nan)
        return nowhere, nowhere
    import shapely

    points: Any = shapely.point_on_surface(np.asarray(frame["geometry"]))
    return shapely.get_x(points), shapely.get_y(points)
