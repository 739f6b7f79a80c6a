"""The plugin API: names are frozen for contract 1, importing it is light, nothing else leaks through it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from aqah_desktop import plugin_api
from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.plugins.sources import API, imports

#: Contract 1. A name may be added here; to change or remove one is a new contract.
FROZEN = {
    "CONTRACT", "ActionContext", "ActionPlugin", "AlgorithmContext", "AlgorithmPlugin", "AlgorithmSpec",
    "ArrayOutput", "Commune", "Confidence", "EmissionChange", "Feedback", "FieldSchema", "Grid",
    "Interval", "LayerInput", "LegalStatus", "LocalText", "Output", "Parameter", "Params", "Place",
    "Pollutant", "Problem", "PublishedEffect", "ReceptorChange", "Reference", "Sector", "Statistic",
    "TableOutput", "Text",
}  # fmt: skip
#: Constructor arguments, in order: plugins call them by position.
ARGUMENTS = {
    "EmissionChange": ["sector", "pollutant", "place", "years", "factor"],
    "ReceptorChange": ["sites", "pollutant", "factor"],
    "Interval": ["low", "central", "high", "level"],
    "Place": ["communes", "polygon_wkt"],
    "Problem": ["parameter", "text", "severity"],
    "Text": ["key", "params"],
    "Reference": ["effect", "usable", "caveat"],
    "LegalStatus": ["text", "as_of", "source_url", "to_be_verified"],
    "ArrayOutput": ["name", "values", "layer"],
    "TableOutput": ["name", "columns"],
    "Parameter": [
        "name", "kind", "label", "help", "unit", "minimum", "maximum", "default", "required", "choices",
        "reference",
    ],
    "Output": ["name", "kind", "label", "unit", "crs", "fields"],
    "ActionContext": ["territory_code", "territory_name", "communes", "base_year", "effects", "language"],
}  # fmt: skip


def test_public_names_of_contract_one_are_there() -> None:
    assert plugin_api.CONTRACT == "1"
    assert set(plugin_api.__all__) >= FROZEN
    assert all(hasattr(plugin_api, name) for name in FROZEN)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments_of_contract_one_keep_their_order(name: str) -> None:
    fields = list(getattr(plugin_api, name).__dataclass_fields__)
    assert fields[: len(ARGUMENTS[name])] == ARGUMENTS[name]


def test_methods_a_plugin_may_write() -> None:
    for name in ("check", "references", "legal_status", "run"):
        assert callable(getattr(plugin_api.ActionPlugin, name))
    for name in ("progress", "log", "warn", "cancelled", "check", "child"):
        assert callable(getattr(plugin_api.Feedback, name))


def test_importing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, aqah_desktop.plugin_api\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'rasterio', 'pydantic', 'shapely', 'babel', 'PySide6'}\n"
        "print(sorted(heavy & set(sys.modules))); sys.exit(bool(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_bundled_plugins_import_it_and_nothing_else_of_the_program() -> None:
    folders = [p.parent for p in bundled_plugins_folder().glob("*/aqah-plugin.toml")]
    assert folders
    for folder in folders:
        ours = {i.module for i in imports(folder) if i.module.split(".")[0] == "aqah_desktop"}
        assert ours == {API}


def test_every_public_thing_is_documented() -> None:
    tree = ast.parse(open(plugin_api.__file__, encoding="utf-8").read())  # noqa: PTH123, SIM115
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
