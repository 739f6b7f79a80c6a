"""Where a result comes from, as one JSON document that every export carries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import aqah_desktop
from aqah_desktop.records import Dataset, RunRecord
from aqah_desktop.storage.records_json import canonical_json, to_plain

FORMAT = "aqah-provenance/1"
#: Name of the tag or property under which files carry the document.
TAG = "AQAH_PROVENANCE"
#: How an absolute path of either system, or one below the home folder, begins.
_PATH = re.compile(r"(?:file:|[A-Za-z]:[\\/]|\\\\|~[\\/]|/)", re.IGNORECASE)


def build_provenance(
    *,
    run: RunRecord | None = None,
    datasets: Iterable[Dataset] = (),
    content_hashes: Mapping[str, str] | None = None,
    pack: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    run : RunRecord, optional
        How the result was made.
    datasets : iterable of Dataset
        What it was made from.
    content_hashes : mapping, optional
        Layer id → hash of the layers written with it.
    pack : mapping, optional
        ``id`` and ``version`` of the pack.

    Returns
    -------
    dict
        JSON data: ``format``, ``application``, ``run``, ``datasets``, ``licences``,
        ``content_hashes``, ``pack``.
    """
    records = sorted({dataset.id: dataset for dataset in datasets}.values(), key=lambda d: d.id)
    return {
        "format": FORMAT,
        "application": {"name": "AQAH Desktop", "version": aqah_desktop.__version__},
        "run": to_plain(run) if run is not None else None,
        "datasets": [to_plain(dataset) for dataset in records],
        "licences": [
            {
                "dataset": dataset.id,
                "publisher": dataset.origin.publisher,
                "licence": dataset.origin.licence,
                "attribution": dataset.origin.attribution,
            }
            for dataset in records
        ],
        "content_hashes": dict(sorted((content_hashes or {}).items())),
        "pack": dict(pack or {}),
    }


def without_paths(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy to hand on: absolute paths are cut to the file's name, messages left out.

    What a colleague needs to judge or redo the result stays; what says whose machine it was goes.
    """
    cleaned = _clean(dict(document))
    run = cleaned.get("run")
    if isinstance(run, dict):
        run["messages"] = []
    result: dict[str, Any] = cleaned
    return result


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _clean_parameters(item) if key == "parameters" else _clean(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str) and _PATH.match(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value


def _clean_parameters(value: Any) -> Any:
    """Parameters of a run are JSON within JSON."""
    if not isinstance(value, str):
        return _clean(value)
    try:
        return canonical_json(_clean(json.loads(value)))
    except ValueError:
        return _clean(value)


def as_rows(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the document flattened to ``(name, text)`` rows, for a sheet or a table of a report."""
    rows: list[tuple[str, str]] = []
    _flatten("", document, rows)
    return rows


def _flatten(name: str, value: Any, rows: list[tuple[str, str]]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(f"{name}.{key}" if name else str(key), item, rows)
    elif isinstance(value, list):
        for position, item in enumerate(value, start=1):
            _flatten(f"{name}.{position}", item, rows)
    elif value not in (None, ""):
        rows.append((name, str(value)))
