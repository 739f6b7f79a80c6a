"""Shapefiles as people send them: without index, without encoding."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_COMPANIONS = (".dbf", ".prj", ".cpg")
_PEEK_BYTES = 1_000_000


@contextlib.contextmanager
def with_index(path: Path) -> Iterator[Path]:
    """Yield ``path``, or a copy with a rebuilt ``.shx`` when a shapefile came without one.

    The copy goes to a temporary folder: nothing is ever written beside the user's file.
    """
    if path.suffix.lower() != ".shp" or _sibling(path, ".shx"):
        yield path.absolute()
        return
    import pyogrio

    with tempfile.TemporaryDirectory(prefix="aqah-shapefile-") as folder:
        copy = Path(folder) / f"{path.stem}.shp"
        shutil.copyfile(path, copy)
        for suffix in _COMPANIONS:
            if companion := _sibling(path, suffix):
                shutil.copyfile(companion, copy.with_suffix(suffix))
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        try:
            yield copy
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})


def declared_encoding(path: Path, info: dict[str, Any]) -> str | None:
    """Encoding to read a shapefile's texts with; ``None`` leaves it to the file's declaration.

    A table without ``.cpg`` is UTF-8 when its bytes are valid UTF-8 with accents, else
    Windows-1252, what French offices write.
    """
    if info.get("driver") != "ESRI Shapefile" or _sibling(path, ".cpg"):
        return None
    table = path if path.suffix.lower() == ".dbf" else _sibling(path, ".dbf")
    if table is None:
        return None
    with table.open("rb") as stream:
        data = stream.read(_PEEK_BYTES)
    start = int.from_bytes(data[8:10], "little")
    body = data[start:]
    if body.isascii():
        return None
    with contextlib.suppress(UnicodeDecodeError):
        # The end of what was read may cut a character.
        body[: max(len(body) - 4, 0)].decode("utf-8")
        return "UTF-8"
    return "CP1252"


def _sibling(path: Path, suffix: str) -> Path | None:
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None
