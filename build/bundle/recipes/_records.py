"""Dataset and layer records of the recipes made from figures, read from ``sources/records/<recipe>.toml``.

Texts stand there rather than in code: a record is edited without touching a recipe.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pandas as pd
from describe import column, raster_product, vector_product
from framework import Content, Product, RasterContent, Workspace
from recipes._figures import worst_confidence

from aqah_desktop.records import (
    Confidence,
    Coverage,
    Dataset,
    Flag,
    Lineage,
    LocalText,
    Measure,
    Method,
    Origin,
    Quality,
    Standing,
    Statistic,
)

#: Places named in many records.
SPACES = {
    "territories": LocalText("Les sept territoires AQAH", "The seven AQAH territories"),
    "region": LocalText("Hauts-de-France", "Hauts-de-France"),
}
#: Declared type → type written: an empty column of texts stays a column of texts.
DTYPES = {"text": "str", "integer": "Int64", "real": "float64", "boolean": "bool"}
_NARROW = re.compile(r" ([:;?!%»])")


def products(
    work: Workspace,
    contents: dict[str, Content],
    evidence: dict[str, dict[str, Any]] | None = None,
) -> list[Product]:
    """Join each content with the records of its layer; check that the stated confidence is the worst.

    Parameters
    ----------
    contents
        Layer id → content, with exactly the columns the record declares.
    evidence
        Dataset id → numbers about the data, kept in its record.
    """
    with work.source(f"records/{work.recipe}.toml").open("rb") as stream:
        records = tomllib.load(stream)
    evidence = evidence or {}
    datasets = {
        key: _dataset(key, record, evidence.get(key, {})) for key, record in records["datasets"].items()
    }
    made = []
    for layer_id, record in records["layers"].items():
        content, dataset = contents[layer_id], datasets[record["dataset"]]
        if isinstance(content, RasterContent):
            made.append(_raster(layer_id, dataset, record, content))
            continue
        _check_confidence(work, layer_id, content, dataset)
        columns = tuple(column(*fields) for fields in record["columns"])
        content = content.astype(
            {field.name: DTYPES[field.type] for field in columns if field.name in content}
        )
        title = _text(record["title"])
        made.append(
            vector_product(layer_id, dataset, title, role=record["role"], content=content, columns=columns)
        )
    return made


def french(sentence: str) -> str:
    """Put no-break spaces where French typography wants them."""
    return _NARROW.sub("\u00a0\\1", sentence.replace("« ", "«\u00a0")).replace("'", "’")


def _check_confidence(work: Workspace, layer_id: str, content: pd.DataFrame, dataset: Dataset) -> None:
    if "confidence" not in content:
        return
    order, worst = list(Confidence), worst_confidence(content)
    stated = dataset.standing.confidence
    good = order.index(stated) >= order.index(worst)
    work.check(f"{layer_id}: the record states a confidence no better than its rows", good, [stated, worst])


def _dataset(dataset_id: str, record: dict[str, Any], evidence: dict[str, Any]) -> Dataset:
    space = record["space"]
    return Dataset(
        id=dataset_id,
        version=record["version"],
        title=_text(record["title"]),
        origin=Origin(
            record["publisher"], record["licence"], french(record["attribution"]), record["source"],
            record.get("redistributable", True),
        ),
        coverage=Coverage(
            SPACES[space] if isinstance(space, str) else _text(space),
            record["time"], _text(record["resolution"]), record["crs"], record["vintage"],
        ),
        lineage=Lineage(parents=tuple(record.get("parents", ()))),
        standing=Standing(
            Quality(record["quality"]), Method(record["method"]),
            tuple(Flag(flag) for flag in record.get("flags", ())),
            Confidence(record["confidence"]), _text(record["limits"]),
        ),
        evidence=evidence,
    )  # fmt: skip


def _raster(layer_id: str, dataset: Dataset, record: dict[str, Any], content: RasterContent) -> Product:
    title, measure = _text(record["title"]), _measure(record["measure"])
    return raster_product(layer_id, dataset, title, role=record["role"], content=content, measure=measure)


def _measure(record: dict[str, Any]) -> Measure:
    first, last = record["years"]
    return Measure(record["unit"], Statistic(record["statistic"]), years=(first, last))


def _text(both: dict[str, str]) -> LocalText:
    return LocalText(french(" ".join(both["fr"].split())), " ".join(both["en"].split()))
