"""Records as JSON, and the hashes by which content is compared.

Reading is strict about types (``"12"`` is not a number) and tolerant of fields a newer program
added. Hashes do not depend on row order, on the last digits of a float or on the platform.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, TypeVar

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage.plain import MismatchError, build, to_plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = [
    "canonical_json", "from_json", "from_plain", "hash_array", "hash_bytes", "hash_frame", "to_json",
    "to_plain",
]  # fmt: skip

T = TypeVar("T")

#: Decimals kept of a coordinate in metres when geometry is hashed.
_COORDINATE_DECIMALS = 3
#: How pandas and Python spell a missing value.
_MISSING_TEXTS = ("None", "<NA>", "NaT", "nan")


def to_json(record: Any, *, indent: int | None = None) -> str:
    """Return a record (or a list or dict of records) as JSON text; canonical unless ``indent``."""
    plain = _plain(record)
    if indent is None:
        return canonical_json(plain)
    return _dump(plain, indent=indent, ensure_ascii=False) + "\n"


def _plain(record: Any) -> Any:
    try:
        return to_plain(record)
    except TypeError as error:
        raise BadInputError("storage.not_json", reason=str(error)) from error


def from_json(kind: type[T], text: str | bytes) -> T:
    """Read one record, or ``list[Record]``, from JSON text.

    Raises
    ------
    StorageError
        ``storage.bad_record``: not JSON, a missing field or a wrong type, with the first place where.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        details = {"kind": _name(kind), "place": "-", "reason": str(error)}
        raise StorageError("storage.bad_record", **details) from error
    return from_plain(kind, data)


def from_plain(kind: type[T], data: Any) -> T:
    """Read one record from plain JSON data.

    Raises
    ------
    StorageError
        ``storage.bad_record``.
    """
    try:
        record: T = build(kind, data)
    except MismatchError as error:
        details = {"kind": _name(kind), "place": error.place, "reason": error.reason}
        raise StorageError("storage.bad_record", **details) from error
    return record


def _name(kind: Any) -> str:
    return str(kind) if hasattr(kind, "__args__") else str(getattr(kind, "__name__", kind))


def canonical_json(obj: Any) -> str:
    """Return JSON with sorted keys and no spaces: equal data give equal text.

    Raises
    ------
    BadInputError
        ``storage.not_json``: a value that JSON cannot hold (NaN, infinity, an object).
    """
    return _dump(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _dump(obj: Any, **options: Any) -> str:
    try:
        return json.dumps(obj, allow_nan=False, **options)
    except (TypeError, ValueError) as error:
        raise BadInputError("storage.not_json", reason=str(error)) from error


# --------------------------------------------------------------------------- hashes


def hash_bytes(data: bytes) -> str:
    """Return ``sha256:<hex>`` of ``data``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def hash_array(values: np.ndarray, decimals: int) -> str:
    """Hash an array rounded to ``decimals``; every NaN is the same, −0 is 0.

    Parameters
    ----------
    values : ndarray
        Any shape; numbers below 9e18 / 10**decimals in absolute value.
    decimals : int
        Digits after the point that count.
    """
    import numpy as np

    scaled = np.asarray(values, dtype="float64") * 10.0**decimals
    missing = ~np.isfinite(scaled)
    whole = np.rint(np.where(missing, 0.0, scaled)).astype("<i8")
    whole[missing] = np.iinfo("int64").min
    digest = hashlib.sha256(f"{whole.shape}:{decimals}:".encode())
    digest.update(np.ascontiguousarray(whole).tobytes())
    return "sha256:" + digest.hexdigest()


def hash_frame(frame: pd.DataFrame) -> str:
    """Hash a table or vector layer: columns by name, rows sorted, geometry as rounded WKB.

    Text ``None``, NaN and NaT are one missing value; floats count to 9 significant digits;
    coordinates to a millimetre.
    """
    names = sorted(str(name) for name in frame.columns)
    columns = [_texts(frame[name]) for name in names]
    rows = sorted("\x1f".join(row) for row in zip(*columns, strict=True))
    content = "\x1f".join(names) + "\x1e" + "\x1e".join(rows)
    return hash_bytes(content.encode("utf-8", "surrogatepass"))


def _texts(column: pd.Series) -> list[str]:
    if str(column.dtype) == "geometry":
        return _geometry_texts(column)
    return [_text(value) for value in column.tolist()]


def _geometry_texts(column: pd.Series) -> list[str]:
    import numpy as np
    import shapely

    rounded = shapely.transform(column.to_numpy(), lambda xy: np.round(xy, _COORDINATE_DECIMALS) + 0.0)
    # A file may hold one polygon as a multi-polygon of one: the same content.
    multiple = [_as_multiple(geometry) for geometry in shapely.normalize(rounded)]
    hexes = shapely.to_wkb(multiple, hex=True, output_dimension=2, byte_order=1)
    return [value or "" for value in hexes]


def _as_multiple(geometry: Any) -> Any:
    import shapely

    if geometry is None or geometry.is_empty:
        return None
    if geometry.geom_type == "Polygon":
        return shapely.MultiPolygon([geometry])
    if geometry.geom_type == "LineString":
        return shapely.MultiLineString([geometry])
    return geometry


def _text(value: Any) -> str:
    """One cell; integers, floats and booleans that files turn into each other give one text."""
    if isinstance(value, (bool, int)):
        return str(int(value))
    if isinstance(value, float):
        if math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        return "" if math.isnan(value) else f"{value:.9g}"
    if isinstance(value, (list, dict, tuple)):
        return canonical_json(value)
    text = str(value)
    return "" if text in _MISSING_TEXTS else text.removesuffix("+00:00").removesuffix(" 00:00:00")
