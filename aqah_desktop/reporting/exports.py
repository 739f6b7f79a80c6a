"""Results as files to take away: CSV, CSV for Excel, XLSX, GeoPackage, GeoTIFF, run record.

Every file either carries its provenance (XLSX sheets, GeoPackage table, GeoTIFF tags) or has a
``.meta.json`` beside it, so that a CSV stays a clean table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aqah_desktop.messages import Catalogue
from aqah_desktop.records import AlgorithmSpec, Dataset, RunRecord, Statistic
from aqah_desktop.reporting.provenance import Provenance, ProvenanceWords

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.processing.contract import RasterResult, Results

FORMATS = ("csv", "excel", "xlsx", "gpkg", "tif", "json")

T = TypeVar("T")

_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
_STD_ENDING = "_std"


class ResultExporter:
    """Writes the outputs of one run.

    Parameters
    ----------
    results : Results
        What the run returned.
    record : RunRecord
        How it was made.
    datasets : sequence of Dataset
        Sources of its inputs.
    spec : AlgorithmSpec, optional
        Declaration of the algorithm: labels and units of columns.
    catalogue : Catalogue, optional
        Language, and texts of the result's notes and titles; the program's own French by default.
    """

    def __init__(
        self,
        results: Results,
        record: RunRecord,
        datasets: Sequence[Dataset] = (),
        spec: AlgorithmSpec | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._results = results
        self._catalogue = catalogue or Catalogue()
        provenance = Provenance(record, results.standing, tuple(datasets), results.notes, spec)
        self._words = ProvenanceWords(provenance, self._catalogue)

    def write_all(self, folder: Path, formats: Collection[str] = FORMATS) -> list[Path]:
        """Write every output in the wanted formats.

        Parameters
        ----------
        folder : Path
            Created when missing; existing files of the same names are replaced one by one.
        formats : collection of str
            Some of :data:`FORMATS`.

        Returns
        -------
        list of Path
            Files written, in order.

        Raises
        ------
        StorageError
            As :mod:`aqah_desktop.storage.atomic`.
        """
        from aqah_desktop.storage.atomic import make_folder

        make_folder(folder)
        written: list[Path] = []
        for name, output in zip(_named(self._results.tables), self._results.tables, strict=True):
            if "csv" in formats:
                written += self.write_csv(folder / f"{name}.csv", output)
            if "excel" in formats:
                written += self.write_csv(folder / f"{name}_excel.csv", output, excel=True)
        if self._results.tables and "xlsx" in formats:
            written.append(self.write_xlsx(folder / "tables.xlsx"))
        if self._results.tables and "gpkg" in formats:
            written.append(self.write_geopackage(folder / "tables.gpkg"))
        if "tif" in formats:
            written += self._write_rasters(folder)
        if "json" in formats:
            written.append(self.write_record(folder / "run.json"))
        return written

    def write_csv(self, path: Path, output: str, *, excel: bool = False) -> list[Path]:
        """Write the table ``output`` of the result and its ``.meta.json``; return both paths."""
        from aqah_desktop.storage.tables import write_csv

        frame = self._results.tables[output].frame
        write_csv(path, frame, excel=excel)
        columns = [str(c) for c in frame.columns if c != "geometry"]
        meta = path.with_name(f"{path.name}.meta.json")
        _write_json(meta, self._words.table_json(path.name, columns, output))
        return [path, meta]

    def write_xlsx(self, path: Path) -> Path:
        """Write a workbook: one sheet per table with readable headers, then what must be known."""
        from aqah_desktop.storage.tables import write_xlsx

        sheets: dict[str, pd.DataFrame] = {}
        for output, table in self._results.tables.items():
            frame = table.frame.drop(columns="geometry", errors="ignore")
            frame = frame.set_axis(self._words.headers([str(c) for c in frame.columns], output), axis=1)
            sheets[_free_name(self._catalogue.text(table.title), sheets)] = frame
        write_xlsx(path, sheets | self._words.sheets())
        return path

    def write_geopackage(self, path: Path) -> Path:
        """Write every table, as a layer when it has geometry, and a table ``aqah_provenance``."""
        from aqah_desktop.storage.vectors import write_geopackage

        tables = {name: table.frame for name, table in _named(self._results.tables).items()}
        write_geopackage(path, {**tables, "aqah_provenance": self._provenance_table()})
        return path

    def write_raster(self, path: Path, raster: RasterResult, companion: str = "") -> Path:
        """Write one raster with its tags; ``companion`` names the file of its standard deviation."""
        from aqah_desktop.storage.rasters import write_raster

        title = self._catalogue.text(raster.title)
        tags = self._words.tags(title, raster.measure, companion)
        write_raster(path, raster.values, raster.grid, tags=tags)
        return path

    def write_record(self, path: Path) -> Path:
        """Write the run as JSON: record, standing, sources, figures, notes."""
        from aqah_desktop.storage.records_json import to_plain

        _write_json(path, {**self._words.as_json(), "figures": to_plain(self._results.figures)})
        return path

    def _write_rasters(self, folder: Path) -> list[Path]:
        rasters = _named(self._results.rasters)
        written = []
        for name, raster in rasters.items():
            std = rasters.get(f"{name}{_STD_ENDING}")
            has_std = std is not None and std.measure.statistic is Statistic.STANDARD_DEVIATION
            companion = f"{name}{_STD_ENDING}.tif" if has_std else ""
            written.append(self.write_raster(folder / f"{name}.tif", raster, companion))
        return written

    def _provenance_table(self) -> pd.DataFrame:
        import pandas as pd

        plain = self._words.as_json()
        rows = [(key, value if isinstance(value, str) else _json_text(value)) for key, value in plain.items()]
        return pd.DataFrame(rows, columns=["item", "content"])


def _named(items: dict[str, T]) -> dict[str, T]:
    """The same items under names that are good file names, each different."""
    named: dict[str, T] = {}
    for name, item in items.items():
        named[_free_name(safe_name(name), named)] = item
    return named


def safe_name(name: str) -> str:
    """A file name without folder, dots or characters that some system refuses."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:80] or "table"
    return f"{kept}_" if _RESERVED.match(kept) else kept


def _free_name(name: str, used: Collection[str]) -> str:
    candidate, number = name, 2
    while candidate in used:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _json_text(data: object) -> str:
    from aqah_desktop.storage.records_json import canonical_json

    return canonical_json(data)


def _write_json(path: Path, data: object) -> None:
    import json

    from aqah_desktop.storage.atomic import write_text

    write_text(path, json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n")
