"""A project's state in its file: what is written on saving, what is read on opening."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError, IntegrityError
from aqah_desktop.models.layer_watch import with_status
from aqah_desktop.models.state import LayerEntry, ProjectState, Scenario
from aqah_desktop.records import (
    Layer,
    LayerStatus,
    LocalText,
    Measure,
    RasterShape,
    Text,
    VectorShape,
)
from aqah_desktop.storage.project_file import ProjectFile
from aqah_desktop.storage.records_json import from_plain, to_plain

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.services import Finished
    from aqah_desktop.storage.pack import Pack

_ITEM = "project"


def write_state(file: ProjectFile, state: ProjectState, pack: Pack, folder: Path | None = None) -> None:
    """Put a state into an open project file (not yet on disk: call ``file.save()``).

    ``folder`` is where the file will be saved, by default where it is: files below it are named from there.
    """
    bare = replace(state, runs=(), scenarios=())
    file.put("state", _ITEM, _relative(to_plain(bare), folder or file.path.parent))
    file.put_all("scenarios", {s.id: to_plain(s) for s in state.scenarios})
    file.put_all("runs", {r.id: to_plain(r) for r in state.runs})
    used = {e.layer.id: e.layer.content_hash for e in state.layers if e.origin == "pack"}
    manifest = pack.manifest
    file.put_all("packs", {manifest.id: {"version": manifest.version, "layers": used}})


def read_state(file: ProjectFile, pack: Pack) -> tuple[ProjectState, list[Text]]:
    """Read the state of an open project file, and what the user should know about it.

    A layer of the pack is taken from the pack that is open: its record may be newer than when the project
    was saved, which is said. A layer whose file is gone is kept and marked missing. An item that cannot
    be read is left out and named.
    """
    problems = [p.text for p in file.problems]
    plain = file.get_all("state").get(_ITEM)
    state = ProjectState()
    if plain is not None:
        try:
            state = from_plain(ProjectState, _absolute(plain, file.path.parent))
        except AqahError as error:
            problems.append(Text("models.state_unreadable", {"detail": str(error)[:200]}))
    scenarios = _readable(file.get_all("scenarios"), Scenario, problems)
    runs = tuple(file.runs().values())
    own = file.layers()
    saved_hashes = _saved_hashes(file, pack)
    entries = []
    for entry in state.layers:
        refreshed = _refresh(entry, own, pack, saved_hashes, problems)
        if refreshed is not None:
            entries.append(refreshed)
    state = replace(state, layers=tuple(entries), scenarios=tuple(scenarios), runs=runs)
    if state.territory and state.territory not in pack.territories:
        raise IntegrityError("models.project_of_other_pack", territory=state.territory, pack=pack.manifest.id)
    return state, problems


def keep_results(file: ProjectFile, finished: Finished, catalogue: Catalogue) -> tuple[LayerEntry, ...]:
    """Store the layers and tables of a run in the project; return the entries to show.

    Rasters named ``…low`` and ``…high`` and tables without geometry are kept and hidden.
    """
    entries = []
    short = finished.record.id[:8]
    for name, raster in finished.results.rasters.items():
        shape = RasterShape(raster.grid, "float32", None)
        layer = _result_layer(f"{name}_{short}", raster.title, shape, finished, catalogue, raster.measure)
        kept = file.add_raster(layer, raster.values, raster.grid)
        entries.append(LayerEntry(kept, "project", visible=name.endswith("central"), group="results"))
    for name, table in finished.results.tables.items():
        frame = table.frame
        has_geometry = "geometry" in frame.columns
        extent = tuple(float(v) for v in frame.total_bounds) if has_geometry and len(frame) else (0.0,) * 4
        shape_v = VectorShape("Geometry" if has_geometry else "None", "EPSG:2154", extent)  # type: ignore[arg-type]
        layer = _result_layer(f"{name}_{short}", table.title, shape_v, finished, catalogue)
        kept = file.add_vector(layer, frame)
        if has_geometry:
            entries.append(LayerEntry(kept, "project", visible=False, group="results"))
    return tuple(entries)


def _result_layer(
    layer_id: str,
    title: Text,
    shape: RasterShape | VectorShape,
    finished: Finished,
    catalogue: Catalogue,
    measure: Measure | None = None,
) -> Layer:
    from aqah_desktop.messages import Catalogue as Texts
    from aqah_desktop.records import Source

    other = Texts("en" if catalogue.language == "fr" else "fr")
    words = {catalogue.language: catalogue.text(title), other.language: other.text(title)}
    role = "change" if layer_id.startswith("delta") else "result"
    return Layer(
        id=layer_id,
        dataset_id="",  # its run says what it was made from: no one dataset stands behind it
        title=LocalText(words["fr"], words["en"]),
        role=role,
        shape=shape,
        source=Source("project", layer_id),
        measure=measure,
        run_id=finished.record.id,
    )


def _saved_hashes(file: ProjectFile, pack: Pack) -> dict[str, str]:
    kept = file.get_all("packs").get(pack.manifest.id)
    hashes = kept.get("layers", {}) if isinstance(kept, dict) else {}
    return {str(k): str(v) for k, v in hashes.items()} if isinstance(hashes, dict) else {}


def _refresh(
    entry: LayerEntry, own: dict[str, Layer], pack: Pack, hashes: dict[str, str], problems: list[Text]
) -> LayerEntry | None:
    title = entry.layer.title
    if entry.origin == "project":
        layer = own.get(entry.id)
        if layer is None:
            problems.append(Text("models.layer_lost", {"title": title}))
            return None
        return replace(entry, layer=layer)
    if entry.origin == "pack":
        current = pack.layers.get(entry.id)
        if current is None:
            problems.append(Text("models.layer_not_in_pack", {"title": title}))
            return None
        if hashes.get(entry.id, current.content_hash) != current.content_hash:
            problems.append(Text("models.layer_renewed", {"title": title}))
        return replace(entry, layer=current)
    entry = with_status(entry)
    if entry.layer.status is LayerStatus.MISSING:
        problems.append(Text("models.layer_missing", {"title": title, "path": str(entry.path)}))
    elif entry.layer.status is LayerStatus.STALE:
        problems.append(Text("models.layer_changed", {"title": title, "path": str(entry.path)}))
    return entry


def _readable(items: dict[str, Any], kind: type[Any], problems: list[Text]) -> list[Any]:
    good = []
    for key, plain in items.items():
        try:
            good.append(from_plain(kind, plain))
        except AqahError:
            problems.append(Text("models.item_unreadable", {"name": key}))
    return good


def _relative(plain: dict[str, Any], folder: Path) -> dict[str, Any]:
    """User files below the project's folder are named relative to it, so that both move together."""
    for entry in plain["layers"]:
        if str(entry["origin"]).startswith("file:"):
            path = Path(entry["origin"].removeprefix("file:")).absolute()
            if path.is_relative_to(folder.absolute()):
                entry["origin"] = f"file:./{path.relative_to(folder.absolute()).as_posix()}"
    return plain


def _absolute(plain: Any, folder: Path) -> Any:
    if isinstance(plain, dict) and isinstance(plain.get("layers"), list):
        for entry in plain["layers"]:
            origin = str(entry.get("origin", "")) if isinstance(entry, dict) else ""
            if origin.startswith("file:./"):
                entry["origin"] = f"file:{(folder / origin.removeprefix('file:./')).absolute()}"
    return plain
