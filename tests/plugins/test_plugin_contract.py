"""Every bundled plugin keeps the contract of algorithms, and ids that were given stay given."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.hosting import HostedPlugin, host_algorithm
from aqah_desktop.plugins.loader import PluginOrigin, load
from aqah_desktop.processing.contract import Context


def _contract() -> ModuleType:
    path = Path(__file__).parents[1] / "processing" / "algorithm_contract.py"
    spec = importlib.util.spec_from_file_location("algorithm_contract", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


contract = _contract()
FOLDERS = sorted(path.parent for path in bundled_plugins_folder().glob("*/aqah-plugin.toml"))
#: Values of required parameters, by plugin.
EXAMPLES: dict[str, dict[str, Any]] = {
    "aqah-action-low-emission-zone": {
        "share_concerned_percent": 30,
        "reduction_low_percent": 10,
        "reduction_central_percent": 20,
        "reduction_high_percent": 30,
    }
}


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def hosted(request: pytest.FixtureRequest) -> HostedPlugin:
    algorithm = host_algorithm(load(request.param, PluginOrigin.BUNDLED))
    assert isinstance(algorithm, HostedPlugin)
    return algorithm


@pytest.fixture
def catalogues(hosted: HostedPlugin) -> list[Catalogue]:
    extra = [hosted.plugin.locales] if hosted.plugin.locales else []
    return [Catalogue(language, extra=extra) for language in LANGUAGES]


@pytest.fixture
def params(hosted: HostedPlugin) -> dict[str, Any]:
    given = {"territory": "200000001", **EXAMPLES[hosted.plugin.id]}
    return dict(contract.params_of(hosted, given))


def test_the_ids_stay() -> None:
    ids = {load(folder).manifest.algorithms[0] for folder in FOLDERS}
    assert {"aqah.action.low_emission_zone"} <= ids


def test_declaration(hosted: HostedPlugin, catalogues: list[Catalogue]) -> None:
    contract.check_declaration(hosted.spec, catalogues)
    contract.check_defaults(hosted.spec)
    assert hosted.spec.version == hosted.plugin.manifest.version
    assert hosted.spec.parameters[0].kind == "territory"


def test_check_explains_an_unknown_territory(
    hosted: HostedPlugin, context: Context, params: dict[str, Any]
) -> None:
    # With the program's own catalogue: what is kept must be readable without the plugin.
    program = [Catalogue(language) for language in LANGUAGES]
    contract.check_problems_have_texts(hosted, {**params, "territory": "999999999"}, context, program)


def test_run_and_its_texts(hosted: HostedPlugin, context: Context, params: dict[str, Any]) -> None:
    program = [Catalogue(language) for language in LANGUAGES]
    contract.check_run(hosted, params, context, program)


def test_determinism(hosted: HostedPlugin, context: Context, params: dict[str, Any]) -> None:
    contract.check_determinism(hosted, params, context)


def test_cancel_at_every_step(hosted: HostedPlugin, context: Context, params: dict[str, Any]) -> None:
    contract.check_cancel(hosted, params, context, most=6)


def test_every_bundled_plugin_has_an_example() -> None:
    assert {load(folder).id for folder in FOLDERS} == set(EXAMPLES)
