"""How a result was made, as it may be handed on: without the machine it was made on."""

from __future__ import annotations

import json
import re
from typing import Any

from aqah_desktop.records import RunRecord
from aqah_desktop.storage.records_json import canonical_json, to_plain

#: How an absolute path of either system, or one below the home folder, begins.
_PATH = re.compile(r"(?:file:|[A-Za-z]:[\\/]|\\\\|~[\\/]|/)", re.IGNORECASE)


def without_paths(run: RunRecord) -> dict[str, Any]:
    """Return a run as plain JSON data: absolute paths are cut to the file's name, messages left out.

    What a colleague needs to judge or redo the result stays; what says whose machine it was goes.
    """
    plain: dict[str, Any] = to_plain(run)
    plain["parameters"] = _clean_json(run.parameters)
    plain["messages"] = []
    return plain


def _clean_json(text: str) -> str:
    try:
        return canonical_json(_clean(json.loads(text)))
    except ValueError:  # a project written by another hand
        return ""


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str) and _PATH.match(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value
