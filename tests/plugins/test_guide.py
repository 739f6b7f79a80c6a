"""The plugin guide is true: its code is taken from the page, checked and run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.plugin_api import CONTRACT
from aqah_desktop.plugins.actions import HostedAction
from aqah_desktop.plugins.check import check_plugin
from aqah_desktop.plugins.containment import Containment
from aqah_desktop.plugins.hosting import PLUGIN_KINDS
from aqah_desktop.plugins.loader import load
from aqah_desktop.plugins.manifest import DEFAULT_LIMITS, HIGHEST_LIMITS, read_manifest
from aqah_desktop.plugins.sources import HOST_LIBRARIES
from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.processing.params import parse_params

GUIDE = Path(__file__).parents[2] / "docs" / "plugins.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, language
    return str(found[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "speed_limit"
    folder.mkdir()
    (folder / "speed_limit.py").write_text(_block("python"), encoding="utf-8")
    (folder / "aqah-plugin.toml").write_text(_block("toml"), encoding="utf-8")
    for language in ("fr", "en"):
        path = folder / "locales" / language / "LC_MESSAGES" / "speed_limit.po"
        path.parent.mkdir(parents=True)
        path.write_text(_block(f"po-{language}"), encoding="utf-8")
    return folder


def test_the_example_is_as_short_as_it_says() -> None:
    assert len([line for line in _block("python").splitlines() if line.strip()]) <= 30


def test_the_example_passes_the_check(folder: Path) -> None:
    verdict = check_plugin(folder)
    assert verdict.accepted, [(s.title.key, s.error, s.details) for s in verdict.steps if s.level == "error"]
    assert verdict.plugin_id == "example-speed-limit"


def test_the_example_runs(folder: Path, context: Context) -> None:
    action = HostedAction(load(folder))
    params = parse_params(action.spec, {"territory": "200000001", "low": "2", "central": "5 %", "high": "9"})
    assert action.check(params, context) == []
    [change] = action.changes(params, context, Feedback()).emission_changes
    assert (change.factor.low, change.factor.central, change.factor.high) == pytest.approx(
        (-0.02, -0.05, -0.09)
    )
    assert change.place.communes == ("59001", "59002")
    french = Catalogue("fr", extra=[folder / "locales"])
    assert french.text(action.spec.title) == "Limitation de vitesse"


def test_the_figures_of_the_guide_are_those_of_the_program() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+ \| [^|]+) \|", TEXT, re.MULTILINE))
    default, highest = rows["temps d'un calcul"].split(" | ")
    assert (default, highest) == (
        f"{DEFAULT_LIMITS.seconds:g} s",
        "3 600 s",
    ) and HIGHEST_LIMITS.seconds == 3600
    default, highest = rows["mémoire"].split(" | ")
    assert (default, highest) == ("1 024 Mo", "8 192 Mo")
    assert (DEFAULT_LIMITS.memory_mb, HIGHEST_LIMITS.memory_mb) == (1024, 8192)
    default, highest = rows["fichiers écrits"].split(" | ")
    assert (default, highest) == ("64 Mo", "2 048 Mo")
    assert (DEFAULT_LIMITS.output_mb, HIGHEST_LIMITS.output_mb) == (64, 2048)
    assert set(Containment.__dataclass_fields__) >= {"memory", "files", "network", "processes"}


def test_the_lists_of_the_guide_are_those_of_the_program() -> None:
    kinds = TEXT.split("Genres : ")[1].split("Le territoire")[0]
    assert set(re.findall(r"`(\w+)`", kinds)) == set(PLUGIN_KINDS)
    libraries = TEXT.split("Bibliothèques disponibles")[1].split("Pas de")[0]
    assert set(re.findall(r"`(\w+)`", libraries)) == HOST_LIBRARIES
    assert read_manifest(_block("toml").encode(), "guide").contract == CONTRACT
