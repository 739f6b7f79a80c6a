"""``aqah plugin check``: a verdict an author can act on, whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.check import Verdict, check_plugin

MakePlugin = Callable[..., Path]

SOURCE = """
{imports}
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec, Parameter

class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.checked", "1", "{title}", "hostile.summary", ({parameter}), ())
"""


def _verdict(make_plugin: MakePlugin, **parts: str) -> Verdict:
    given = {"imports": "", "title": "hostile.title", "parameter": "", **parts}
    return check_plugin(make_plugin("checked", SOURCE.format(**given)))


def _levels(verdict: Verdict) -> dict[str, str]:
    return {step.title.key.removeprefix("plugins.check_"): step.level for step in verdict.steps}


def _assert_readable(verdict: Verdict) -> None:
    for language in LANGUAGES:
        catalogue = Catalogue(language)
        for step in verdict.steps:
            assert catalogue.text(step.title) != step.title.key
            for detail in step.details:
                assert "{" not in catalogue.text(detail) and catalogue.text(detail) != detail.key
            if step.error is not None:
                assert catalogue.error(step.error).remedy


def test_missing_texts_and_readme(make_plugin: MakePlugin) -> None:
    verdict = _verdict(make_plugin)
    assert not verdict.accepted
    assert _levels(verdict) == {
        "manifest": "ok", "imports": "ok", "description": "ok", "texts": "error", "domain": "ok",
        "parameters": "ok", "readme": "advice", "hashes": "advice",
    }  # fmt: skip
    [detail] = next(s for s in verdict.steps if s.title.key == "plugins.check_texts").details
    assert "hostile.title (fr)" in detail.params["keys"]
    _assert_readable(verdict)


@pytest.mark.parametrize(
    ("parts", "step", "level"),
    [
        ({"imports": "import requests"}, "imports", "error"),
        ({"imports": "import json, numpy, shapely.geometry"}, "imports", "ok"),
        ({"title": "storage.title"}, "domain", "error"),
        ({"parameter": 'Parameter("n", "number", "hostile.n"),'}, "parameters", "advice"),
        (
            {"parameter": 'Parameter("n", "number", "hostile.n", unit="%", default="3 km"),'},
            "parameters",
            "error",
        ),
        ({"parameter": 'Parameter("f", "file", "hostile.f"),'}, "description", "error"),
        ({"parameter": 'Parameter("territory", "text", "hostile.f"),'}, "description", "error"),
        ({"parameter": 'Parameter("n", "colour", "hostile.f"),'}, "description", "error"),
        ({"parameter": 'Parameter("n", "text", "a"), Parameter("n", "text", "a"),'}, "description", "error"),
        ({"parameter": "1,"}, "description", "error"),
        ({"parameter": "1 / 0,"}, "description", "error"),
    ],
)
def test_each_fault_is_found_at_its_step(
    make_plugin: MakePlugin, parts: dict[str, str], step: str, level: str
) -> None:
    verdict = _verdict(make_plugin, **parts)
    assert _levels(verdict)[step] == level
    _assert_readable(verdict)


@pytest.mark.parametrize(
    "source",
    [
        "def (",
        "x = 1",
        "Plugin = 3",
        "class Plugin: pass",
        "from aqah_desktop.models import state",
        "while True: pass",
    ],
)
def test_a_plugin_that_cannot_be_loaded_gets_a_verdict_too(make_plugin: MakePlugin, source: str) -> None:
    verdict = check_plugin(make_plugin("checked", source, seconds=0.5))
    assert not verdict.accepted
    _assert_readable(verdict)


def test_a_folder_that_is_no_plugin(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        verdict = check_plugin(folder)
        assert not verdict.accepted and len(verdict.steps) == 1
        _assert_readable(verdict)


@pytest.mark.parametrize("content", [b"\xde\x12\x04\x95", b"garbage", b""])
def test_compiled_texts_that_are_damaged_are_found(make_plugin: MakePlugin, content: bytes) -> None:
    folder = make_plugin("checked", SOURCE.format(imports="", title="hostile.title", parameter=""))
    manifest = folder / "aqah-plugin.toml"
    manifest.write_text(manifest.read_text() + 'locales = "locales"\n')
    for language in LANGUAGES:
        path = folder / "locales" / language / "LC_MESSAGES" / "hostile.mo"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    verdict = check_plugin(folder)
    assert _levels(verdict)["description"] == "error"
    _assert_readable(verdict)


def test_a_label_with_a_brace_is_found(make_plugin: MakePlugin) -> None:
    folder = make_plugin("checked", SOURCE.format(imports="", title="hostile.title", parameter=""))
    manifest = folder / "aqah-plugin.toml"
    manifest.write_text(manifest.read_text() + 'locales = "locales"\n')
    for language in LANGUAGES:
        path = folder / "locales" / language / "LC_MESSAGES" / "hostile.po"
        path.parent.mkdir(parents=True)
        path.write_text('msgid "hostile.title"\nmsgstr "A {missing} word"\n', encoding="utf-8")
    verdict = check_plugin(folder)
    assert _levels(verdict)["description"] == "error"
    _assert_readable(verdict)
