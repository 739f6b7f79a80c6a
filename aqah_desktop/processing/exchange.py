"""Results and inputs in a folder: arrays as ``.npy``, the rest as JSON. Between two processes of ours.

Nothing is pickled: arrays are read with ``allow_pickle=False`` and, as inputs, memory-mapped, so a
large raster is shared and not copied.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.processing.contract import RasterResult, Results, TableResult
from aqah_desktop.records import EmissionChange, Grid, Measure, ReceptorChange, Standing, Text
from aqah_desktop.storage.records_json import from_plain, to_plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Folder:
    """Writes values to numbered files of one folder and reads them back.

    Parameters
    ----------
    path : Path
        Existing folder.
    mapped : bool
        Read arrays as read-only memory maps (the files must outlive them).
    """

    def __init__(self, path: Path, *, mapped: bool = False) -> None:
        self._path, self._mapped, self._count = path, mapped, 0

    # ------------------------------------------------------------------ any value

    def put(self, value: Any) -> dict[str, Any]:
        """Store an array, a table or plain data; return its description.

        Raises
        ------
        TypeError
            Something else: an open file cannot be handed to another process.
        """
        import numpy as np
        import pandas as pd

        if isinstance(value, np.ndarray):
            return {"array": self._put_array(value)}
        if isinstance(value, pd.DataFrame):
            return {"table": self._put_frame(value)}
        return {"plain": to_plain(value)}

    def take(self, description: dict[str, Any]) -> Any:
        """Read back what :meth:`put` described."""
        if "array" in description:
            return self._take_array(description["array"])
        if "table" in description:
            return self._take_frame(description["table"])
        return description["plain"]

    # ------------------------------------------------------------------ results

    def put_results(self, results: Results) -> dict[str, Any]:
        """Store results; return their description."""
        return {
            "standing": to_plain(results.standing),
            "rasters": {
                name: {
                    "values": self._put_array(raster.values),
                    "grid": to_plain(raster.grid),
                    "measure": to_plain(raster.measure),
                    "title": to_plain(raster.title),
                }
                for name, raster in results.rasters.items()
            },
            "tables": {
                name: {"frame": self._put_frame(table.frame), "title": to_plain(table.title)}
                for name, table in results.tables.items()
            },
            "figures": to_plain(results.figures),
            "emission_changes": to_plain(results.emission_changes),
            "receptor_changes": to_plain(results.receptor_changes),
            "notes": to_plain(results.notes),
        }

    def take_results(self, description: dict[str, Any]) -> Results:
        """Read back what :meth:`put_results` described."""
        rasters = {
            name: RasterResult(
                values=self._take_array(raster["values"]),
                grid=from_plain(Grid, raster["grid"]),
                measure=from_plain(Measure, raster["measure"]),
                title=from_plain(Text, raster["title"]),
            )
            for name, raster in description["rasters"].items()
        }
        tables = {
            name: TableResult(self._take_frame(table["frame"]), from_plain(Text, table["title"]))
            for name, table in description["tables"].items()
        }
        return Results(
            standing=from_plain(Standing, description["standing"]),
            rasters=rasters,
            tables=tables,
            figures=description["figures"],
            emission_changes=tuple(from_plain(list[EmissionChange], description["emission_changes"])),
            receptor_changes=tuple(from_plain(list[ReceptorChange], description["receptor_changes"])),
            notes=tuple(from_plain(list[Text], description["notes"])),
        )

    # ------------------------------------------------------------------ files

    def _new_name(self, suffix: str) -> str:
        self._count += 1
        return f"{self._count:04d}{suffix}"

    def _put_array(self, values: np.ndarray) -> str:
        import numpy as np

        name = self._new_name(".npy")
        np.save(self._path / name, np.ascontiguousarray(values), allow_pickle=False)
        return name

    def _take_array(self, name: str) -> np.ndarray:
        import numpy as np

        values: np.ndarray = np.load(
            self._path / Path(name).name, mmap_mode="r" if self._mapped else None, allow_pickle=False
        )
        return values

    def _put_frame(self, frame: pd.DataFrame) -> dict[str, Any]:
        columns = [{"name": str(name), **self._put_column(frame[name])} for name in frame.columns]
        crs = getattr(frame, "crs", None)
        geometry = [c["name"] for c in columns if c["kind"] == "geometry"]
        active = frame.geometry.name if geometry and hasattr(frame, "geometry") else ""
        return {
            "rows": len(frame),
            "columns": columns,
            "crs": crs.to_string() if crs else "",
            "geometry": active,
        }

    def _put_column(self, column: pd.Series) -> dict[str, Any]:
        import numpy as np
        import shapely

        dtype = str(column.dtype)
        if dtype == "geometry":
            shapes = [b"" if s is None else shapely.to_wkb(s) for s in column]
            lengths = np.array([len(s) for s in shapes], dtype="int64")
            content = np.frombuffer(b"".join(shapes), dtype="uint8")
            return {"kind": "geometry", "file": self._put_array(content), "lengths": self._put_array(lengths)}
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
            return {"kind": "array", "file": self._put_array(column.to_numpy())}
        if dtype.startswith("datetime64"):
            texts = [None if _missing(v) else v.isoformat() for v in column]
            return {"kind": "list", "dtype": dtype, "file": self._put_list(texts)}
        items = [None if _missing(v) else _plain_scalar(v) for v in column.tolist()]
        return {
            "kind": "list",
            "dtype": "object" if dtype == "category" else dtype,
            "file": self._put_list(items),
        }

    def _put_list(self, items: list[Any]) -> str:
        name = self._new_name(".json")
        (self._path / name).write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")
        return name

    def _take_frame(self, description: dict[str, Any]) -> pd.DataFrame:
        import pandas as pd

        data = {c["name"]: self._take_column(c) for c in description["columns"]}
        frame = pd.DataFrame(data, index=pd.RangeIndex(description["rows"]))
        if not description["geometry"]:
            return frame
        import geopandas as gpd

        return gpd.GeoDataFrame(frame, geometry=description["geometry"], crs=description["crs"] or None)

    def _take_column(self, column: dict[str, Any]) -> Any:
        import numpy as np
        import pandas as pd
        import shapely

        if column["kind"] == "array":
            return np.array(self._take_array(column["file"]))
        if column["kind"] == "geometry":
            content, lengths = self._take_array(column["file"]), self._take_array(column["lengths"])
            ends = np.cumsum(lengths)
            parts = [content[e - n : e].tobytes() or None for e, n in zip(ends, lengths, strict=True)]
            return shapely.from_wkb(np.array(parts, dtype=object))
        items = json.loads((self._path / Path(column["file"]).name).read_text(encoding="utf-8"))
        return pd.Series(items, dtype=column["dtype"])


def transferable(value: Any) -> bool:
    """Whether :meth:`Folder.put` can hand ``value`` to another process."""
    import numpy as np
    import pandas as pd

    return value is None or isinstance(value, str | int | float | list | dict | np.ndarray | pd.DataFrame)


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or (not isinstance(value, list | dict) and bool(pd.isna(value)))


def _plain_scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
