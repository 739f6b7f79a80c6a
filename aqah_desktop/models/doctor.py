"""``aqah doctor``: is everything there, unaltered, isolated, offline?"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from pathlib import Path
from typing import Any

from aqah_desktop import __version__
from aqah_desktop.errors import AqahError
from aqah_desktop.locations import user_folders
from aqah_desktop.messages import Catalogue
from aqah_desktop.storage.pack import Pack

_LIBRARIES = ("geopandas", "rasterio", "pyogrio", "shapely", "numpy", "scipy", "pandas", "typst", "pyside6")


def examine(pack_path: Path | None, language: str) -> list[dict[str, Any]]:
    """Rows ``what, status (ok | warning | error), detail``."""
    catalogue = Catalogue(language)
    rows = [_row("program", "ok", f"AQAH Desktop {__version__} · Python {platform.python_version()}")]
    rows += [_library(name) for name in _LIBRARIES]
    rows += _pack(pack_path, catalogue)
    rows += _plugins(catalogue)
    rows.append(_network(catalogue))
    folders = user_folders()
    rows.append(_row("folders", "ok", f"{folders.settings} · {folders.data}"))
    rows.append(_row("system", "ok", f"{platform.system()} {platform.release()} · {sys.platform}"))
    return rows


def _row(what: str, status: str, detail: str) -> dict[str, Any]:
    return {"what": what, "status": status, "detail": detail}


def _library(name: str) -> dict[str, Any]:
    try:
        return _row(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return _row(name, "error", "—")


def _pack(path: Path | None, catalogue: Catalogue) -> list[dict[str, Any]]:
    try:
        pack = Pack.open(path)
        problems = pack.verify()
    except AqahError as error:
        return [_row("pack", "error", catalogue.error(error).as_lines().replace("\n", " "))]
    found = [_row(f"pack {p.parameter}".strip(), p.severity, catalogue.text(p.text)) for p in problems]
    if any(problem.severity == "error" for problem in problems):
        return found
    detail = catalogue.text(
        "cli.doctor.pack", name=pack.manifest.id, version=pack.manifest.version, count=len(pack.layers)
    )
    return [_row("pack", "ok", detail), *found]


def _plugins(catalogue: Catalogue) -> list[dict[str, Any]]:
    from aqah_desktop.plugins.isolation import containment_level
    from aqah_desktop.plugins.loader import discover

    found = discover()
    rows = [_row(f"plugin {p.id}", "ok", p.manifest.version) for p in found.plugins]
    rows += [_row(f"plugin {f.id}", "error", catalogue.error(f.error).message) for f in found.failures]
    level = containment_level()
    parts = {
        name: catalogue.text("cli.yes" if getattr(level, name) else "cli.no")
        for name in ("memory", "files", "network", "processes")
    }
    detail = catalogue.text("cli.doctor.isolation", mechanisms=" + ".join(level.mechanisms) or "—", **parts)
    rows.append(_row("isolation", "ok" if level.full else "warning", detail))
    return rows


def _network(catalogue: Catalogue) -> dict[str, Any]:
    from aqah_desktop.storage.gdal_env import state

    closed = state()
    detail = catalogue.text(
        "cli.doctor.network", raster=len(closed["raster_drivers"]), vector=len(closed["vector_drivers"])
    )
    return _row("network", "error" if closed["proj_network"] else "ok", detail)
