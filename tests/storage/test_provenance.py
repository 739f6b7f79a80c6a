"""The document that exports carry: complete, and without the machine it was made on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aqah_desktop.storage.provenance import as_rows, build_provenance, without_paths
from aqah_desktop.storage.records_json import canonical_json

from .conftest import dataset
from .test_records_json import RUN

PATHS = [
    "/home/marie/étude/écoles.csv",
    "C:\\Users\\Marie\\écoles.csv",
    "\\\\serveur\\partage\\écoles.csv",
    "~/écoles.csv",
    "file:///home/marie/écoles.csv",
]


def test_the_document_names_run_data_licences_and_hashes_in_a_stable_order() -> None:
    document = build_provenance(
        run=RUN, datasets=[dataset("b"), dataset("a"), dataset("a")], content_hashes={"z": "1", "c": "2"},
        pack={"id": "hdf", "version": "1"},
    )  # fmt: skip
    assert document["format"] == "aqah-provenance/1"
    assert document["run"]["algorithm_id"] == "aqah.exposure.sites"
    assert [d["id"] for d in document["datasets"]] == ["a", "b"]
    assert document["licences"][0] == {
        "dataset": "a",
        "publisher": "INSEE",
        "licence": "Licence Ouverte 2.0",
        "attribution": "Source : INSEE",
    }
    assert list(document["content_hashes"]) == ["c", "z"]
    assert canonical_json(document) == canonical_json(json.loads(json.dumps(document)))


@pytest.mark.parametrize("path", PATHS)
def test_no_path_of_the_machine_is_handed_on(path: str) -> None:
    run = replace(RUN, parameters=canonical_json({"sites_file": path, "radius_m": 200, "list": [path]}))
    document = build_provenance(run=run, content_hashes={"x": "sha256:ab"})
    cleaned = without_paths(document)
    text = canonical_json(cleaned)
    for secret in ("arie", "serveur", "home", "Users", "~"):
        assert secret not in text
    assert json.loads(cleaned["run"]["parameters"])["sites_file"] == "écoles.csv"
    assert json.loads(cleaned["run"]["parameters"])["radius_m"] == 200
    assert cleaned["run"]["messages"] == []
    assert path in json.loads(document["run"]["parameters"]).values()  # the original is untouched
    assert document["run"]["messages"] == ["une", "deux"]


def test_sources_and_units_are_not_mistaken_for_paths() -> None:
    cleaned = without_paths(build_provenance(datasets=[dataset("a")]))
    assert cleaned["datasets"][0]["origin"]["source"] == "https://example.org"
    assert without_paths({"unit": "µg/m³", "span": "2013/2019"}) == {"unit": "µg/m³", "span": "2013/2019"}


def test_the_document_can_be_laid_out_in_rows() -> None:
    rows = dict(as_rows(build_provenance(run=RUN, datasets=[dataset("a")])))
    assert rows["run.algorithm_id"] == "aqah.exposure.sites"
    assert rows["licences.1.publisher"] == "INSEE"
    assert rows["run.seed"] == "7"
