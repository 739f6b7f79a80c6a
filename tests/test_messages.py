"""The catalogue: every text in both languages, same parameters, French typography, numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.actions import ACTIONS
from aqah_desktop.records import Interval, LocalText, Text

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "resources" / "translations"
DOMAINS = sorted(p.stem for p in (TRANSLATIONS / "fr" / "LC_MESSAGES").glob("*.po"))
PLACEHOLDER = re.compile(r"{(\w+)")


def _texts(language: str, domain: str) -> dict[str, str]:
    with (TRANSLATIONS / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream) if m.id}


def _keys_in_code() -> dict[str, str]:
    """Every string literal of the program that looks like a key of a known domain."""
    pattern = re.compile(rf"^({'|'.join(DOMAINS)})(\.[a-z0-9_]+)+$")
    found: dict[str, str] = {}
    for path in (ROOT / "aqah_desktop").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Keys of requests, as in ``submit(…, key="table.load")``, are no texts.
        requests = {
            id(k.value)
            for n in ast.walk(tree)
            if isinstance(n, ast.Call)
            for k in n.keywords
            if k.arg == "key"
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in requests:
                continue
            # The reporting room writes its keys without the name of its domain.
            key = (
                f"reporting.{node.value}"
                if "reporting" in path.parts and node.value.startswith("map.")
                else node.value
            )
            if pattern.match(key):
                found[key] = path.name
    not_texts = {spec.id for spec in ACTIONS} | {"window.qss", "reporting.map.png"}
    return {
        k: module for k, module in found.items() if k not in not_texts and not k.endswith((".bind", ".frame"))
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_languages_have_the_same_keys_and_parameters(domain: str) -> None:
    french, english = _texts("fr", domain), _texts("en", domain)
    assert set(french) == set(english)
    assert [key for key, text in {**french, **english}.items() if not text.strip()] == []
    for key, text in french.items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(english[key])), key


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_key_used_in_the_program_has_a_text(language: str) -> None:
    catalogue = Catalogue(language)

    def known(key: str) -> bool:
        if key.endswith("_"):  # the beginning of keys completed at run time
            return any(k.startswith(key) for k in _texts(language, key.split(".", maxsplit=1)[0]))
        return catalogue.has(key) or all(catalogue.has(f"{key}.{p}") for p in ("message", "cause", "remedy"))

    assert {key: module for key, module in _keys_in_code().items() if not known(key)} == {}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_error_has_its_three_parts(domain: str, language: str) -> None:
    keys = set(_texts(language, domain))
    stems = {k.rsplit(".", 1)[0] for k in keys if k.endswith((".message", ".cause", ".remedy"))}
    missing = [f"{s}.{p}" for s in stems for p in ("message", "cause", "remedy") if f"{s}.{p}" not in keys]
    assert missing == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_french_typography(domain: str) -> None:
    """A space (no-break or not) stands before double punctuation, and no straight French quotes."""
    bad = {k: t for k, t in _texts("fr", domain).items() if re.search(r"[^\s\u00a0\u202f?!.(][?!;](\s|$)", t)}
    assert bad == {}
    bad = {k: t for k, t in _texts("fr", domain).items() if re.search(r"«\S|\S»", t)}
    assert bad == {}


def test_numbers_in_both_languages() -> None:
    french, english = Catalogue("fr"), Catalogue("en")
    assert french.quantity(1234.56, "µg/m³") == "1\u202f234,6\u00a0µg/m³"
    assert english.quantity(1234.56, "µg/m³") == "1,234.6\u00a0µg/m³"
    assert french.number(float("nan")) == "—"
    assert french.number(-0.04, 1) == "0,0"
    assert french.number(-2.5, 1) == "−2,5"
    assert english.interval(Interval(5.0, 4.0, 3.0), "t", 0) == "4\u00a0t [3; 5]"


def test_texts_of_others_reach_no_attribute_and_no_memory(tmp_path: Path) -> None:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    text = "{{x}} {name} {name.__class__} {name!r} {name:>9999999999}"
    (folder / "hostile.po").write_text(f'msgid "hostile.a"\nmsgstr "{text}"\n', encoding="utf-8")
    catalogue = Catalogue("fr", extra=[tmp_path])
    assert catalogue.text("hostile.a", name="ok") == "{x} ok {name.__class__} {name!r} {name:>9999999999}"
    with pytest.raises(KeyError):
        catalogue.text("hostile.a")


def test_an_unknown_key_is_shown_rather_than_raised() -> None:
    assert Catalogue("fr").text("nothing.here") == "nothing.here"
    error = Catalogue("fr").error(BadInputError("nothing.here", value=3))
    assert error.message == "nothing.here.message"


def test_parameters_may_be_texts_themselves() -> None:
    catalogue = Catalogue("en")
    assert catalogue.text(Text("nothing.here", {"name": LocalText("fr", "en")})) == "nothing.here"
    assert LocalText("Lille", "").in_language("en") == "Lille"
