"""Every algorithm of the program, found through the registry: a new one needs no line here."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.models.services import Services
from aqah_desktop.processing.contract import Algorithm, Context
from aqah_desktop.storage.pack import Pack


def _contract() -> ModuleType:
    path = Path(__file__).with_name("algorithm_contract.py")
    spec = importlib.util.spec_from_file_location("algorithm_contract", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


contract = _contract()
PACK = Pack.open()
ALGORITHMS = {entry.id: entry.algorithm for entry in Services(PACK).registry.entries()}
CATALOGUES = [Catalogue(language) for language in LANGUAGES]
#: What a parameter gets when it has no default; a small territory keeps this quick.
BY_KIND: dict[str, Any] = {"territory": "245900428", "pollutant": "no2", "year": "2019"}


def _example(algorithm: Algorithm) -> dict[str, Any]:
    return {
        p.name: BY_KIND[p.kind]
        for p in algorithm.spec.parameters
        if p.default is None and (p.required or p.kind in BY_KIND)
    }


@pytest.fixture(params=sorted(ALGORITHMS), ids=str)
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    return ALGORITHMS[request.param]


def test_the_ids_stay() -> None:
    """Runs of old projects name them: one may be added, none renamed or taken away."""
    assert {"aqah.exposure.sites", "aqah.exposure.farms"} <= set(ALGORITHMS)
    assert all(re.fullmatch(r"aqah\.[a-z_]+\.[a-z_]+", name) for name in ALGORITHMS)
    assert all(name == algorithm.spec.id for name, algorithm in ALGORITHMS.items())


def test_declaration(algorithm: Algorithm) -> None:
    contract.check_declaration(algorithm.spec, CATALOGUES)
    contract.check_defaults(algorithm.spec)


def test_check_explains_an_unknown_territory(algorithm: Algorithm) -> None:
    params = contract.params_of(algorithm, {**_example(algorithm), "territory": "999999999"})
    contract.check_problems_have_texts(algorithm, params, Context(PACK), CATALOGUES)


def test_run(algorithm: Algorithm) -> None:
    params = contract.params_of(algorithm, _example(algorithm))
    results, _ = contract.check_run(algorithm, params, Context(PACK), CATALOGUES)
    assert results.tables or results.rasters


def test_determinism(algorithm: Algorithm) -> None:
    contract.check_determinism(algorithm, contract.params_of(algorithm, _example(algorithm)), Context(PACK))


def test_cancel_at_every_step(algorithm: Algorithm) -> None:
    contract.check_cancel(algorithm, contract.params_of(algorithm, _example(algorithm)), Context(PACK))
