"""A layer's attributes as a file to take away: CSV, CSV for Excel or XLSX, with their source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.layer_records import dataset_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.reporting import words
from aqah_desktop.storage.atomic import write_text

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.models.services import Services

#: Formats offered, with the ending of their file.
FORMATS = {"csv": ".csv", "excel": ".csv", "xlsx": ".xlsx"}


def write_layer_table(
    services: Services, entry: LayerEntry, frame: pd.DataFrame, path: Path, *, excel: bool = False
) -> list[Path]:
    """Write every row of a layer's table, without geometry; return the files written.

    Raises
    ------
    BadInputError
        ``models.file_ending`` for another ending than ``.csv`` and ``.xlsx``;
        ``storage.table_too_long`` for XLSX.
    StorageError
        When the file cannot be written.
    """
    from aqah_desktop.storage.tables import write_csv, write_xlsx

    about = describe(services, entry, frame)
    if path.suffix.lower() == ".xlsx":
        import pandas as pd

        text = services.catalogue.text
        columns = [text("reporting.export.item"), text("reporting.export.content")]
        notes = pd.DataFrame(list(about.items()), columns=columns)
        title = entry.layer.title.in_language(services.catalogue.language)
        write_xlsx(path, {_sheet(title): frame, text("reporting.export.sheet_sources"): notes})
        return [path]
    if path.suffix.lower() != ".csv":
        raise BadInputError("models.file_ending", path=str(path), endings=[".csv", ".xlsx"])
    write_csv(path, frame, excel=excel)
    meta = path.with_name(f"{path.name}.meta.json")
    write_text(meta, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    return [path, meta]


def describe(services: Services, entry: LayerEntry, frame: pd.DataFrame) -> dict[str, str]:
    """What must travel with the table: what it is, how far it can be trusted, whose it is."""
    catalogue = services.catalogue
    text, language = catalogue.text, catalogue.language
    about = {
        text("reporting.export.what"): entry.layer.title.in_language(language),
        text("table.rows_label"): str(len(frame)),
    }
    dataset = dataset_of(entry, services.pack)
    if dataset is None:
        return about
    about |= {
        text("reporting.export.quality"): words.standing_words(dataset.standing, catalogue),
        text("reporting.export.source"): dataset.origin.attribution,
        text("reporting.export.publisher"): dataset.origin.publisher,
        text("reporting.export.licence"): dataset.origin.licence,
        text("reporting.export.vintage"): dataset.coverage.vintage,
    }
    limits = dataset.standing.limits.in_language(language)
    if limits:
        about[text("reporting.export.limits")] = limits
    return about


def _sheet(title: str) -> str:
    """A title a workbook accepts as the name of a sheet."""
    return "".join(c for c in title if c not in "[]:*?/\\")[:31] or "table"
