"""The manifest: a good one is read without running code, a bad one says file, field and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from aqah_desktop.errors import PluginError
from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.manifest import DEFAULT_LIMITS, is_safe_name, read_manifest

GOOD = """\
id = "author-action-thing"
kind = "action"
version = "1.2.0"
contract = "1"
app = ">=0.1,<1"
entry = "thing:Thing"
title = { fr = "Chose", en = "Thing" }
author = "An author"
licence = "EUPL-1.2"
algorithms = ["author.action.thing"]
"""
TABLES = '[limits]\nseconds = 5\nmemory_mb = 128\n\n[files]\n"thing.py" = "sha256:' + "0" * 64 + '"\n'


def _read(text: str) -> object:
    return read_manifest(text.encode(), "x/aqah-plugin.toml")


def test_a_complete_manifest() -> None:
    manifest = read_manifest(
        (GOOD + 'effects = ["low_emission_zone"]\nlocales = "locales"\n' + TABLES).encode(), "x"
    )
    assert (manifest.id, manifest.module, manifest.algorithms) == (
        "author-action-thing",
        "thing",
        ("author.action.thing",),
    )
    assert manifest.limits.seconds == 5 and manifest.limits.memory_mb == 128
    assert manifest.limits.output_mb == DEFAULT_LIMITS.output_mb
    assert manifest.files == {"thing.py": "0" * 64}
    assert manifest.title.fr == "Chose" and manifest.effects == ("low_emission_zone",)


def test_a_byte_order_mark_is_forgiven() -> None:
    assert read_manifest(b"\xef\xbb\xbf" + GOOD.encode(), "x").id == "author-action-thing"


@pytest.mark.parametrize("path", sorted(bundled_plugins_folder().glob("*/aqah-plugin.toml")), ids=str)
def test_bundled_manifests_are_valid(path: Path) -> None:
    assert read_manifest(path.read_bytes(), str(path)).licence == "EUPL-1.2"


@pytest.mark.parametrize(
    ("old", "new", "key", "field"),
    [
        ('id = "author-action-thing"', "", "manifest_missing_field", "id"),
        ('id = "author-action-thing"', 'id = "Thing!"', "manifest_wrong_field", "id"),
        ('id = "author-action-thing"', "id = 3", "manifest_wrong_field", "id"),
        ('kind = "action"', 'kind = "panel"', "manifest_wrong_field", "kind"),
        ('version = "1.2.0"', 'version = "one"', "manifest_wrong_field", "version"),
        ('app = ">=0.1,<1"', 'app = "any"', "manifest_wrong_field", "app"),
        ('app = ">=0.1,<1"', 'app = ">=99"', "wrong_app", None),
        ('contract = "1"', 'contract = "2"', "wrong_contract", None),
        ('contract = "1"', "contract = 1", "manifest_wrong_field", "contract"),
        ('entry = "thing:Thing"', 'entry = "os.system(1)"', "manifest_wrong_field", "entry"),
        ('title = { fr = "Chose", en = "Thing" }', 'title = "Thing"', "manifest_wrong_field", "title"),
        (
            'title = { fr = "Chose", en = "Thing" }',
            'title = { fr = "Chose" }',
            "manifest_missing_field",
            "en",
        ),
        ('["author.action.thing"]', "[]", "manifest_wrong_field", "algorithms"),
        ('["author.action.thing"]', '["a.b.c", "a.b.d"]', "manifest_wrong_field", "algorithms"),
        ('["author.action.thing"]', '["thing"]', "manifest_wrong_field", "algorithms"),
        ('author = "An author"', 'autor = "An author"', "manifest_unknown_field", "autor"),
        ("licence", 'locales = "../up"\nlicence', "manifest_wrong_field", "locales"),
        ("licence", "limits = { seconds = 1e9 }\nlicence", "manifest_wrong_field", "limits.seconds"),
        ("licence", "limits = { cores = 2 }\nlicence", "manifest_wrong_field", "limits.cores"),
        ("licence", "limits = { seconds = true }\nlicence", "manifest_wrong_field", "limits.seconds"),
        ("licence", 'files = { "../x.py" = "0" }\nlicence', "manifest_wrong_field", "files.../x.py"),
        ("licence", 'files = { "x.py" = "short" }\nlicence', "manifest_wrong_field", "files.x.py"),
        ("licence", "files = 3\nlicence", "manifest_wrong_field", "files"),
        ("licence", "effects = [1]\nlicence", "manifest_wrong_field", "effects"),
        ('id = "author-action-thing"', "id = ", "manifest_not_toml", None),
    ],
)
def test_what_is_wrong_is_located(old: str, new: str, key: str, field: str | None) -> None:
    assert old in GOOD
    with pytest.raises(PluginError) as caught:
        _read(GOOD.replace(old, new))
    assert caught.value.key == f"plugins.{key}"
    assert caught.value.params.get("field") == field
    for language in LANGUAGES:
        text = Catalogue(language).error(caught.value)
        assert "x/aqah-plugin.toml" in text.as_lines()
        assert text.remedy and "plugins." not in text.message


def test_bytes_that_are_not_text_and_endless_files() -> None:
    for content in (b"\xff\xfe\x00", b"# " + b"x" * 1024**2):
        with pytest.raises(PluginError, match="manifest_not_toml"):
            read_manifest(content, "x")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("thing.py", True), ("locales/fr/LC_MESSAGES/thing.po", True), ("../up.py", False), ("/etc/x", False),
        ("a/../../b", False), ("C:/x.py", False), ("a\\b.py", False), ("", False), ("a//b", False),
        ("trailing.", False), ("trailing ", False), ("nul\0byte", False), ("./a", False),
    ],
)  # fmt: skip
def test_safe_names(name: str, safe: bool) -> None:
    assert is_safe_name(name) is safe
