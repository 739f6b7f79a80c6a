"""The run that exports carry: complete, and without the machine it was made on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aqah_desktop.storage.provenance import without_paths
from aqah_desktop.storage.records_json import canonical_json, to_plain

from .test_records_json import RUN

PATHS = [
    "/home/marie/étude/écoles.csv",
    "C:\\Users\\Marie\\écoles.csv",
    "\\\\serveur\\partage\\écoles.csv",
    "~/écoles.csv",
    "file:///home/marie/écoles.csv",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_of_the_machine_is_handed_on(path: str) -> None:
    run = replace(RUN, parameters=canonical_json({"sites_file": path, "radius_m": 200, "list": [path]}))
    told = without_paths(run)
    text = canonical_json(told)
    for secret in ("arie", "serveur", "home", "Users", "~"):
        assert secret not in text
    assert json.loads(told["parameters"]) == {
        "sites_file": "écoles.csv", "radius_m": 200, "list": ["écoles.csv"]
    }  # fmt: skip
    assert told["messages"] == []


def test_the_rest_of_the_run_is_whole() -> None:
    run = replace(RUN, parameters='{"span":"2013/2019","unit":"µg/m³"}')
    assert without_paths(run) == {**to_plain(run), "messages": []}


def test_parameters_that_are_no_json_are_left_out() -> None:
    assert without_paths(replace(RUN, parameters="/home/marie/x"))["parameters"] == ""
