"""Every text the room can ask for exists in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.records import Flag, Measure, Method, Pollutant, Quality, Standing, Statistic
from aqah_desktop.reporting import style, words

ENUMS = {"quality": Quality, "method": Method, "flag": Flag, "statistic": Statistic}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_records_has_a_text(language: str) -> None:
    catalogue = Catalogue(language)
    keys = [f"reporting.{name}.{value.value}" for name, kind in ENUMS.items() for value in kind]
    keys += [f"reporting.pollutant.{p.value}.{what}" for p in Pollutant for what in ("name", "symbol")]
    keys += [f"reporting.framework.{name}" for name in style.FRAMEWORKS]
    assert [key for key in keys if not catalogue.has(key)] == []


def messages(checkout: Path, language: str) -> dict[str, str]:
    path = checkout / "resources" / "translations" / language / "LC_MESSAGES" / "reporting.po"
    with path.open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream) if m.id}


def test_both_languages_have_the_same_keys_and_parameters(checkout: Path) -> None:
    french, english = (messages(checkout, language) for language in LANGUAGES)
    assert set(french) == set(english)
    for key, text in french.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", english[key])), key


def test_french_typography(checkout: Path) -> None:
    for key, text in messages(checkout, "fr").items():
        assert not re.search(r"[^\u00a0\u202f{][;:?!»]", text.replace("://", "")), key
        assert not re.search(r" [;:?!»%]|« ", text), key
        assert "'" not in text, key


def test_standing_tells_method_quality_and_every_flag() -> None:
    standing = Standing(Quality.INDICATIVE, Method.MODELLED, (Flag.PROXY, Flag.TO_BE_VERIFIED))
    told = words.standing_words(standing, Catalogue("fr"))
    assert told == "modélisé — indicatif · donnée de substitution · à vérifier"


def test_titles_of_maps() -> None:
    french = Catalogue("fr")
    mean = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.PM25, (2013, 2019))
    assert words.map_title("x", mean, french) == "Particules fines PM2,5 en 2013–2019"
    assert words.map_title("Population", None, french) == "Population"
    assert words.legend_title("x", mean, french) == "PM2,5, moyenne annuelle"
