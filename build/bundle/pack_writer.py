"""Write a pack folder: only the files whose content changed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from framework import Product, RasterContent
from pack_state import PackState, as_table, read_product, stored
from packages import FOLDER

from aqah_desktop.records import Layer, RasterShape, VectorShape
from aqah_desktop.storage.atomic import write_bytes, write_text
from aqah_desktop.storage.drawing_files import FOLDER as DRAWING
from aqah_desktop.storage.drawing_files import build_drawing_files
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.vectors import write_geopackage

VECTORS = "vectors.gpkg"
LINES_AND_AREAS = ("LineString", "MultiLineString", "Polygon", "MultiPolygon", "Geometry")
#: Read with their table only where they are asked for.
NOT_DRAWN = ("traffic_counts",)


def write_pack(folder: Path, old: PackState, new: PackState, made: dict[str, Product]) -> list[str]:
    """Bring ``folder`` from ``old`` to ``new``; ``made`` holds the products built in this run.

    Returns
    -------
    list of str
        Members written or removed, relative to ``folder``.
    """
    (folder / "rasters").mkdir(parents=True, exist_ok=True)
    (folder / "licences").mkdir(exist_ok=True)
    changed = _write_rasters(folder, old, made)
    changed += _write_vectors(folder, old, new, made)
    documents = new.documents() | {"licences/ATTRIBUTION.md": attribution(new)}
    changed += [name for name, content in documents.items() if _write_if_new(folder / name, content)]
    changed += _remove_orphans(folder, new)
    changed += _write_manifest(folder)
    changed += _write_drawing_files(folder)
    changed += _write_manifest(folder)
    return sorted(set(changed))


def differences(folder: Path, old: PackState, new: PackState) -> list[str]:
    """What a run would change in the pack on disk, in words; empty when nothing."""
    found = []
    for layer_id in sorted(set(old.layers) | set(new.layers)):
        before, after = old.layers.get(layer_id), new.layers.get(layer_id)
        if before is None or after is None:
            found.append(f"layer {layer_id} {'appears' if before is None else 'disappears'}")
        elif before.content_hash != after.content_hash:
            found.append(f"layer {layer_id} has another content")
    documents = new.documents() | {"licences/ATTRIBUTION.md": attribution(new)}
    found += [f"{name} differs" for name, content in documents.items() if _is_new(folder / name, content)]
    return found


def attribution(state: PackState) -> str:
    """Markdown page naming, for each dataset, publisher, licence and the line to cite."""
    lines = ["# Attributions", "", "Made from `datasets.json`; do not edit.", ""]
    for row in as_table(state):
        lines += [
            f"## {row['title']['fr'] if isinstance(row['title'], dict) else row['title'].fr} (`{row['id']}`)",
            "",
            f"- Producteur / publisher : {row['publisher']}",
            f"- Licence : {row['licence']}",
            f"- Mention / attribution : {row['attribution']}",
            f"- Source : {row['source']}",
            "",
        ]
    return "\n".join(lines)


def _write_rasters(folder: Path, old: PackState, made: dict[str, Product]) -> list[str]:
    changed = []
    for layer_id, product in sorted(made.items()):
        content, shape = product.content, product.layer.shape
        if not isinstance(content, RasterContent) or not isinstance(shape, RasterShape):
            continue
        path = folder / product.layer.source.member
        before = old.layers.get(layer_id)
        if before and before.content_hash == product.layer.content_hash and path.is_file():
            continue
        write_raster(path, stored(content), content.grid, scale=content.scale, nodata=shape.nodata)
        changed.append(product.layer.source.member)
    return changed


def _write_vectors(folder: Path, old: PackState, new: PackState, made: dict[str, Product]) -> list[str]:
    path = folder / VECTORS
    wanted = new.vector_hashes()
    if not wanted or (path.is_file() and wanted == old.vector_hashes()):
        return []
    tables = {
        layer_id: made[layer_id].content if layer_id in made else read_product(folder, old, layer_id).content
        for layer_id in sorted(wanted)
    }
    write_geopackage(path, tables)
    return [VECTORS]


def _write_manifest(folder: Path) -> list[str]:
    manifest = json.dumps(_manifest(folder), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return ["pack.json"] if _write_if_new(folder / "pack.json", manifest) else []


def _write_drawing_files(folder: Path) -> list[str]:
    """Arrays of the layers a window draws first; they need the finished pack, manifest included."""
    pack = Pack.open(folder)
    layers = pack.layers.values()
    files = build_drawing_files(
        pack,
        outlines=[x.id for x in layers if _geometry(x) in LINES_AND_AREAS and x.id not in NOT_DRAWN],
        points=[x.id for x in layers if _geometry(x) in ("Point", "MultiPoint")],
        rasters=[x.id for x in layers if x.role in ("concentration", "uncertainty")],
    )
    (folder / DRAWING).mkdir(exist_ok=True)
    changed = []
    for name, content in files.items():
        path = folder / DRAWING / name
        if not path.is_file() or path.read_bytes() != content:
            write_bytes(path, content)
            changed.append(f"{DRAWING}/{name}")
    for path in set((folder / DRAWING).iterdir()) - {folder / DRAWING / name for name in files}:
        path.unlink()
    return changed


def _geometry(layer: Layer) -> str:
    return layer.shape.geometry_type if isinstance(layer.shape, VectorShape) else ""


def _remove_orphans(folder: Path, new: PackState) -> list[str]:
    members = {layer.source.member for layer in new.layers.values()}
    orphans = [p for p in sorted((folder / "rasters").glob("*.tif")) if f"rasters/{p.name}" not in members]
    for path in orphans:
        path.unlink()
    return [f"rasters/{path.name}" for path in orphans]


def _is_new(path: Path, content: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != content


def _write_if_new(path: Path, content: str) -> bool:
    if not _is_new(path, content):
        return False
    write_text(path, content)
    return True


def _manifest(folder: Path) -> dict[str, Any]:
    with (FOLDER / "pack.toml").open("rb") as stream:
        manifest: dict[str, Any] = tomllib.load(stream)
    members = [p for p in folder.rglob("*") if p.is_file() and not _outside_pack(p, folder)]
    manifest["members"] = {
        path.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in sorted(members)
    }
    return manifest


def _outside_pack(path: Path, folder: Path) -> bool:
    relative = path.relative_to(folder)
    return relative.as_posix() == "pack.json" or any(part.startswith(".") for part in relative.parts)
