"""What travels with an exported figure: standing, notice, sources, the run that made it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.records import (
    AlgorithmSpec,
    Dataset,
    FieldSchema,
    LocalText,
    Measure,
    RunRecord,
    Standing,
    Text,
)
from aqah_desktop.reporting import words

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where exported figures come from.

    ``notes`` are the sentences of the result (method, limits, warnings); ``spec``, when known, gives
    the labels and units of columns.
    """

    record: RunRecord
    standing: Standing
    datasets: tuple[Dataset, ...] = ()
    notes: tuple[Text, ...] = ()
    spec: AlgorithmSpec | None = None


class ProvenanceWords:
    """A :class:`Provenance` in the reader's language, as sheets, tags and JSON.

    Parameters
    ----------
    provenance : Provenance
        What to tell.
    catalogue : Catalogue
        Language, and the texts of ``notes``.
    """

    def __init__(self, provenance: Provenance, catalogue: Catalogue) -> None:
        self.provenance, self.catalogue = provenance, catalogue

    @property
    def notice(self) -> str:
        """The sentence every table carries: what these maps do not tell."""
        return self._text("export.no_verdict")

    def quality(self) -> str:
        """``modélisé — indicatif`` and flags."""
        return words.standing_words(self.provenance.standing, self.catalogue)

    # ------------------------------------------------------------------ columns

    def field(self, column: str, output: str = "") -> FieldSchema:
        """Label and unit of a column: the declared output's, else the catalogue's, else its bare name."""
        outputs = self.provenance.spec.outputs if self.provenance.spec else ()
        for declared in outputs:
            for candidate in declared.fields if declared.name == output else ():
                if candidate.name == column:
                    return candidate
        key = f"reporting.column.{column}"
        label = self.catalogue.text(key) if self.catalogue.has(key) else column
        return FieldSchema(column, "text", LocalText(label, label), _unit_of(column, self.catalogue.language))

    def header(self, column: str, output: str = "") -> str:
        """Readable header with its unit: ``Moyenne annuelle (µg/m³)``."""
        found = self.field(column, output)
        label = found.label.in_language(self.catalogue.language) or column
        return f"{label} ({found.unit})" if found.unit and f"({found.unit})" not in label else label

    def headers(self, columns: list[str], output: str = "") -> list[str]:
        """Headers of a table; two columns with one label keep their names beside it."""
        labels = [self.header(c, output) for c in columns]
        return [
            label if labels.count(label) == 1 else f"{label} [{column}]"
            for label, column in zip(labels, columns, strict=True)
        ]

    # ------------------------------------------------------------------ sheets

    def sheets(self) -> dict[str, pd.DataFrame]:
        """The explanatory sheets of a workbook, by their name."""
        return {
            self._text("export.sheet_readme"): self._pairs(self._readme()),
            self._text("export.sheet_sources"): self._sources(),
            self._text("export.sheet_provenance"): self._pairs(self._run_rows()),
        }

    def _readme(self) -> list[tuple[str, str]]:
        provenance = self.provenance
        rows = [
            (self._text("export.what"), self._algorithm_title()),
            (self._text("export.quality"), self.quality()),
            (self._text("export.warning"), self.notice),
        ]
        limits = provenance.standing.limits.in_language(self.catalogue.language)
        rows += [(self._text("export.limits"), limits)] if limits else []
        rows += [(self._text("export.note"), self.catalogue.text(note)) for note in provenance.notes]
        return rows

    def _algorithm_title(self) -> str:
        spec, record = self.provenance.spec, self.provenance.record
        title = self.catalogue.text(spec.title) if spec else record.algorithm_id
        return f"{title} ({record.algorithm_id} {record.algorithm_version})"

    def _sources(self) -> pd.DataFrame:
        import pandas as pd

        language = self.catalogue.language
        names = ("source", "publisher", "licence", "quality", "vintage", "resolution", "limits")
        rows = [
            (
                dataset.title.in_language(language),
                dataset.origin.publisher,
                dataset.origin.licence,
                words.standing_words(dataset.standing, self.catalogue),
                dataset.coverage.vintage,
                dataset.coverage.resolution.in_language(language),
                dataset.standing.limits.in_language(language),
            )
            for dataset in self.provenance.datasets
        ]
        return pd.DataFrame(rows, columns=[self._text(f"export.{name}") for name in names])

    def _run_rows(self) -> list[tuple[str, str]]:
        return [
            (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for name, value in self._run().items()
            if value not in (None, "", [], {})
        ]

    def _pairs(self, rows: list[tuple[str, str]]) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(rows, columns=[self._text("export.item"), self._text("export.content")])

    # ------------------------------------------------------------------ JSON and tags

    def as_json(self) -> dict[str, Any]:
        """Plain JSON data: run record, standing, sources, notice and notes."""
        from aqah_desktop.storage.records_json import to_plain

        provenance = self.provenance
        return {
            "program": "AQAH Desktop",
            "notice": self.notice,
            "quality": self.quality(),
            "standing": to_plain(provenance.standing),
            "notes": [self.catalogue.text(note) for note in provenance.notes],
            "run": self._run(),
            "datasets": to_plain(list(provenance.datasets)),
        }

    def table_json(self, file_name: str, columns: list[str], output: str = "") -> dict[str, Any]:
        """Companion of a CSV file: its columns and :meth:`as_json`."""
        described = []
        for column in columns:
            found = self.field(column, output)
            label = found.label.in_language(self.catalogue.language)
            described.append({"name": column, "label": label, "unit": found.unit})
        told = self.as_json()
        # What the recipes proved about each dataset stands once, in the run's own file.
        datasets = [
            {name: value for name, value in dataset.items() if name != "evidence"}
            for dataset in told["datasets"]
        ]
        return {"file": file_name, "columns": described, **told, "datasets": datasets}

    def tags(self, title: str, measure: Measure, companion: str = "") -> dict[str, str]:
        """Metadata of a GeoTIFF; ``companion`` is the file of the standard deviation."""
        from aqah_desktop.storage.records_json import canonical_json

        provenance = self.provenance
        standing = provenance.standing
        tags = {
            "TIFFTAG_SOFTWARE": "AQAH Desktop",
            "TIFFTAG_IMAGEDESCRIPTION": title,
            "AQAH_TITLE": title,
            "AQAH_UNIT": measure.unit,
            "AQAH_STATISTIC": measure.statistic.value,
            "AQAH_POLLUTANT": measure.pollutant.value if measure.pollutant else "",
            "AQAH_YEARS": words.years_words(measure),
            "AQAH_QUALITY": standing.quality.value,
            "AQAH_METHOD": standing.method.value,
            "AQAH_FLAGS": ",".join(flag.value for flag in standing.flags),
            "AQAH_NOTICE": self.notice,
            "AQAH_SOURCES": " · ".join(words.attributions(provenance.datasets, self.catalogue)),
            "AQAH_UNCERTAINTY": companion,
            "AQAH_RUN": canonical_json(self._run()),
        }
        return {name: value for name, value in tags.items() if value}

    def _run(self) -> dict[str, Any]:
        from aqah_desktop.storage.provenance import without_paths

        return without_paths(self.provenance.record)

    def _text(self, key: str) -> str:
        return self.catalogue.text(f"reporting.{key}")


def _unit_of(column: str, language: str) -> str:
    """Unit that a column's name carries; empty when it carries none, as a count within so many metres."""
    if "_within_" in column:
        return "ha" if column.startswith("ha_") else ""
    per_year = "t/an" if language == "fr" else "t/yr"
    units = {"_ug_m3": "µg/m³", "_t_per_year": per_year, "_ha": "ha", "_m": "m", "_percent": "%"}
    return next((unit for ending, unit in units.items() if column.endswith(ending)), "")
