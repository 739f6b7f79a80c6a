"""Finding plugins: no code runs, a broken one is a record, archives are opened with suspicion."""

from __future__ import annotations

import json
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aqah_desktop.errors import PluginError, StorageError
from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.archive import build_archive, file_hashes, install_archive
from aqah_desktop.plugins.loader import Places, PluginOrigin, discover, load, register
from aqah_desktop.plugins.settings import read_settings, set_enabled
from aqah_desktop.processing.registry import Registry

MakePlugin = Callable[..., Path]
ZONE = bundled_plugins_folder() / "aqah_action_low_emission_zone"
#: Would stop the tests if it were ever run by the host.
EXPLOSIVE = "raise SystemExit('code of a plugin ran in the program')\n"


def _places(tmp_path: Path, **others: object) -> Places:
    return Places(None, tmp_path / "plugins", tmp_path / "settings" / "extensions.json", installed=False)


def _key_in_both_languages(error: PluginError) -> str:
    for language in LANGUAGES:
        text = Catalogue(language).error(error)
        assert text.message and text.cause and text.remedy
        assert "plugins." not in text.message and "{" not in text.as_lines()
    return error.key.removeprefix("plugins.")


def test_the_bundled_plugins_are_found_and_registered_without_running() -> None:
    before = set(sys.modules)
    found = discover()
    assert [p.id for p in found.plugins if p.origin is PluginOrigin.BUNDLED] == [
        "aqah-action-low-emission-zone"
    ]
    registry = Registry()
    disposers, failures = register(found, registry)
    assert failures == []
    assert registry.entry("aqah.action.low_emission_zone").origin == "aqah-action-low-emission-zone"
    assert not any("low_emission_zone" in name for name in set(sys.modules) - before)
    for dispose in disposers:
        dispose()
    assert registry.entries() == ()
    _, twice = register(type(found)(found.plugins * 2), registry)
    assert [_key(f.error) for f in twice] == ["processing.registered_twice"]


def _key(error: object) -> str:
    return str(getattr(error, "key", ""))


def test_a_broken_plugin_is_a_record_and_the_others_load(make_plugin: MakePlugin, tmp_path: Path) -> None:
    make_plugin("good", EXPLOSIVE)
    make_plugin("broken_syntax", "def (:\n")
    make_plugin("imports_inside", "import json\nfrom aqah_desktop.storage import pack\n")
    make_plugin("imports_inside_too", "from aqah_desktop import records\n")
    no_entry = make_plugin("no_entry", EXPLOSIVE)
    (no_entry / "no_entry.py").unlink()
    (make_plugin("native", EXPLOSIVE) / "fast.so").write_bytes(b"\x7fELF")
    (make_plugin("no_manifest", EXPLOSIVE) / "aqah-plugin.toml").unlink()
    old = make_plugin("old_contract", EXPLOSIVE) / "aqah-plugin.toml"
    old.write_text(old.read_text().replace('contract = "1"', 'contract = "0"'))
    found = discover(_places(tmp_path))
    assert [p.id for p in found.plugins] == ["hostile-good"]
    assert {f.id: _key_in_both_languages(f.error) for f in found.failures} == {  # type: ignore[arg-type]
        "broken_syntax": "syntax_error",
        "imports_inside": "internal_import",
        "imports_inside_too": "internal_import",
        "native": "native",
        "no_entry": "no_entry_file",
        "no_manifest": "no_manifest",
        "old_contract": "wrong_contract",
    }
    located = next(f.error for f in found.failures if f.id == "imports_inside")
    assert (located.params["file"], located.params["line"]) == ("imports_inside.py", 2)


def test_folders_that_cannot_be_read_are_said(
    make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plugin("good", EXPLOSIVE)
    real = Path.iterdir

    def refused(self: Path) -> object:
        if self.name == "plugins":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "iterdir", refused)
    found = discover(_places(tmp_path))
    assert found.plugins == () and [_key(f.error) for f in found.failures] == ["storage.no_permission"]


def test_a_file_that_cannot_be_read_is_said(
    make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plugin("good", EXPLOSIVE)
    real = Path.read_bytes

    def refused(self: Path) -> bytes:
        if self.suffix == ".py":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", refused)
    [failure] = discover(_places(tmp_path)).failures
    assert _key(failure.error) == "storage.no_permission"


@pytest.mark.parametrize("source", ["(" * 5000 + ")" * 5000, "-" * 200_000 + "1"], ids=["brackets", "signs"])
def test_absurdly_nested_source_is_a_syntax_error(make_plugin: MakePlugin, source: str) -> None:
    with pytest.raises(PluginError, match="syntax_error"):
        load(make_plugin("nested", source))


def test_how_to_disable_works_as_it_says(make_plugin: MakePlugin, tmp_path: Path) -> None:
    make_plugin("broken_syntax", "def (:\n")
    make_plugin("good", EXPLOSIVE)
    places = _places(tmp_path)
    [failure] = discover(places).failures
    text = Catalogue("fr").text("plugins.how_to_disable", plugin=failure.id, settings=failure.settings)
    assert failure.settings in text and failure.id in text
    settings = Path(failure.settings)
    settings.parent.mkdir()
    settings.write_text(json.dumps({"disabled": [failure.id, "hostile-good"]}))
    found = discover(places)
    assert found.failures == () and found.plugins == ()
    assert set(found.disabled) == {"broken_syntax", "hostile-good"}
    set_enabled(settings, "hostile-good", True)
    assert [p.id for p in discover(places).plugins] == ["hostile-good"]


def test_settings_that_cannot_be_read_are_said_and_everything_stays_on(
    make_plugin: MakePlugin, tmp_path: Path
) -> None:
    make_plugin("good", EXPLOSIVE)
    places = _places(tmp_path)
    places.settings.parent.mkdir()
    for content in ("{", '{"disabled": 3}', '["x"]', '{"disabled": [3]}'):
        places.settings.write_text(content)
        found = discover(places)
        assert [p.id for p in found.plugins] == ["hostile-good"]
        assert [_key(f.error) for f in found.failures] == ["plugins.bad_settings"]
    with pytest.raises(StorageError):
        read_settings(places.settings)


def test_a_developer_folder_hides_the_installed_plugin(make_plugin: MakePlugin, tmp_path: Path) -> None:
    folder = make_plugin("good", EXPLOSIVE)
    places = _places(tmp_path)
    work = tmp_path / "work" / "good"
    work.mkdir(parents=True)
    for path in folder.iterdir():
        (work / path.name).write_bytes(path.read_bytes())
    places.settings.parent.mkdir()
    places.settings.write_text(json.dumps({"developer_folder": str(work)}))
    found = discover(places)
    assert [(p.folder, p.origin) for p in found.plugins] == [(work, PluginOrigin.DEVELOPER)]
    assert [_key(f.error) for f in found.failures] == ["plugins.twice"]


def test_an_installed_wheel_is_found_by_its_list_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    package = site / "their_plugin"
    package.mkdir(parents=True)
    for name in ("aqah-plugin.toml", "low_emission_zone.py"):
        text = (ZONE / name).read_text(encoding="utf-8")
        (package / name).write_text(text.replace("aqah-action-low", "their-action-low"), encoding="utf-8")
    info = site / "their_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-plugin\nVersion: 1.0\n")
    (info / "RECORD").write_text("their_plugin/aqah-plugin.toml,,\ntheir_plugin/low_emission_zone.py,,\n")
    monkeypatch.syspath_prepend(str(site))
    found = discover(Places(None, None, tmp_path / "none.json"))
    assert [(p.id, p.origin) for p in found.plugins] == [
        ("their-action-low-emission-zone", PluginOrigin.INSTALLED)
    ]
    assert "their_plugin" not in sys.modules


# ----------------------------------------------------------------------------- archives


def test_a_wheel_file_installs_by_its_list(tmp_path: Path) -> None:
    wheel = tmp_path / "their_plugin-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("aqah-plugin.toml", "low_emission_zone.py"):
            archive.writestr(f"their_plugin/{name}", (ZONE / name).read_bytes())
        archive.writestr("their_plugin-1.0.dist-info/METADATA", "Name: their-plugin")
    folder = install_archive(wheel, tmp_path / "plugins")
    assert sorted(p.name for p in folder.iterdir()) == ["aqah-plugin.toml", "low_emission_zone.py"]
    assert load(folder, PluginOrigin.USER).id == "aqah-action-low-emission-zone"


def test_an_archive_is_the_same_bytes_each_time_and_installs(tmp_path: Path) -> None:
    first = build_archive(ZONE, tmp_path / "a.aqahplugin")
    second = build_archive(ZONE, tmp_path / "b.aqahplugin")
    assert first.read_bytes() == second.read_bytes()
    folder = install_archive(first, tmp_path / "plugins")
    plugin = load(folder, PluginOrigin.USER)
    assert plugin.id == "aqah-action-low-emission-zone" and len(plugin.manifest.files) == len(
        file_hashes(ZONE)
    )
    assert sorted(p.name for p in (tmp_path / "plugins").iterdir()) == ["aqah-action-low-emission-zone"]


def test_an_altered_installed_plugin_is_refused(tmp_path: Path) -> None:
    folder = install_archive(build_archive(ZONE, tmp_path / "a.aqahplugin"), tmp_path / "plugins")
    original = (folder / "low_emission_zone.py").read_bytes()
    (folder / "low_emission_zone.py").write_bytes(original + b"\n")
    with pytest.raises(PluginError, match="files_differ"):
        load(folder, PluginOrigin.USER)
    (folder / "low_emission_zone.py").write_bytes(original)
    (folder / "tests").mkdir()
    (folder / "tests" / "added.py").write_text("x = 1")
    with pytest.raises(PluginError, match="files_differ"):
        load(folder, PluginOrigin.USER)


def test_a_newer_archive_replaces_and_a_bad_one_leaves_the_old(tmp_path: Path) -> None:
    archive = build_archive(ZONE, tmp_path / "a.aqahplugin")
    folder = install_archive(archive, tmp_path / "plugins")
    (folder / "low_emission_zone.py").write_text("broken")
    install_archive(archive, tmp_path / "plugins")
    assert load(folder, PluginOrigin.USER).id == "aqah-action-low-emission-zone"
    tampered = tmp_path / "tampered.aqahplugin"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(tampered, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name) + (b"# more\n" if name.endswith(".py") else b""))
    with pytest.raises(PluginError, match="files_differ"):
        install_archive(tampered, tmp_path / "plugins")
    assert load(folder, PluginOrigin.USER).id == "aqah-action-low-emission-zone"
    assert sorted(p.name for p in (tmp_path / "plugins").iterdir()) == ["aqah-action-low-emission-zone"]


def _archive(path: Path, members: dict[str | zipfile.ZipInfo, bytes]) -> Path:
    manifest = (ZONE / "aqah-plugin.toml").read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("aqah-plugin.toml", manifest)
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"../escape.py": b""}, "archive_unsafe"),
        ({"/absolute.py": b""}, "archive_unsafe"),
        ({"a/../../b.py": b""}, "archive_unsafe"),
        ({"CON.py": b""}, "archive_unsafe"),
        ({"x.py": b"", "X.PY": b""}, "archive_unsafe"),
        ({_link(): b"/etc/passwd"}, "archive_unsafe"),
        ({"fast.pyd": b"MZ"}, "archive_native"),
        ({"x.pyc": b""}, "archive_native"),
        ({"bomb.txt": bytes(65 * 1024**2)}, "archive_too_large"),
        ({f"f{n}.txt": b"" for n in range(501)}, "archive_too_large"),
        ({"other/aqah-plugin.toml": b""}, "archive_no_manifest"),
        ({"low_emission_zone.py": b""}, "archive_no_hashes"),
    ],
    ids=[
        "up", "absolute", "up inside", "reserved", "twice", "link", "native", "byte code", "bomb", "too many",
        "two manifests", "no hashes",
    ],
)  # fmt: skip
def test_suspicious_archives(members: dict[str | zipfile.ZipInfo, bytes], key: str, tmp_path: Path) -> None:
    archive = _archive(tmp_path / "x.aqahplugin", members)
    with pytest.raises(PluginError) as caught:
        install_archive(archive, tmp_path / "plugins")
    assert _key_in_both_languages(caught.value) == key
    left = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert left == [archive]


@pytest.mark.parametrize("damage", ["not a zip", "cut", "changed"])
def test_damaged_archives(damage: str, tmp_path: Path) -> None:
    path = build_archive(ZONE, tmp_path / "a.aqahplugin")
    content = path.read_bytes()
    middle = len(content) // 3
    path.write_bytes(
        {
            "not a zip": b"hello",
            "cut": content[: len(content) // 2],
            "changed": content[:middle] + bytes(64) + content[middle + 64 :],
        }[damage]
    )
    with pytest.raises(PluginError) as caught:
        install_archive(path, tmp_path / "plugins")
    assert _key_in_both_languages(caught.value) in ("archive_unreadable", "archive_unsafe", "files_differ")
    with pytest.raises(StorageError):
        install_archive(tmp_path / "absent.aqahplugin", tmp_path / "plugins")
