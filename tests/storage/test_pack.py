"""Packs: cheap to open, read by territory, loud about anything missing, altered or foreign."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aqah_desktop.errors import AqahError, IntegrityError, StorageError, UnknownItemError
from aqah_desktop.records import Confidence, Pollutant
from aqah_desktop.storage import pack_archive
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.pack_archive import unpack, write_pack
from aqah_desktop.storage.pack_manifest import MANIFEST, SIGNATURE, SignatureState, sign

from .conftest import GRID, write_manifest


@pytest.fixture
def pack(pack_folder: Path) -> Pack:
    return Pack.open(pack_folder)


@pytest.fixture
def archive(pack_folder: Path, tmp_path: Path) -> Path:
    write_pack(pack_folder, tmp_path / "essai.aqahpack")
    return tmp_path / "essai.aqahpack"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AQAH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --------------------------------------------------------------------------- content


def test_records_are_there_without_opening_any_data(pack_folder: Path) -> None:
    for name in ("vectors.gpkg", "rasters/no2_2019.tif"):
        (pack_folder / name).unlink()
    pack = Pack.open(pack_folder)
    assert pack.manifest.id == "essai"
    assert pack.territory("200000001").commune_codes == ("59001", "59002")
    assert pack.layer("no2_2019").measure is not None
    assert pack.dataset_of("no2_2019").evidence["rmse_ug_m3"] == 2.5
    with pytest.raises(IntegrityError) as caught:
        pack.read_vector("communes")
    assert caught.value.key == "storage.pack_member_missing"
    assert caught.value.params["member"] == "vectors.gpkg"


def test_rows_of_a_territory_by_commune_by_own_code_and_by_place(pack: Pack) -> None:
    epci, department, region = (pack.territory(code) for code in ("200000001", "62", "32"))
    assert list(pack.read_vector("communes", epci)["commune_code"]) == ["59001", "59002"]
    assert list(pack.read_vector("communes", department)["commune_code"]) == ["62001"]
    assert len(pack.read_vector("communes", region)) == len(pack.read_vector("communes")) == 4
    assert list(pack.read_vector("ecoles", epci)["site_id"]) == ["1", "3"]  # the unplaced one stays
    assert list(pack.read_vector("rivers", epci)["name"]) == ["within", "across"]
    assert list(pack.read_vector("rivers", region)["name"]) == ["within", "across", "outside"]


def test_tables_and_thresholds(pack: Pack) -> None:
    assert pack.read_table("thresholds")["framework"][0] == "OMS 2021"
    assert "geometry" not in pack.read_table("ecoles").columns
    thresholds = pack.thresholds("no2")
    assert [t.id for t in thresholds] == ["who_2021", "eu_2030"]
    assert thresholds[1].value_ug_m3 == 20
    assert thresholds[0].confidence is Confidence.PUBLISHED
    assert thresholds[0].pollutant is Pollutant.NO2
    assert pack.thresholds("pm10") == []


def test_sites_of_some_kinds_without_the_invented_ones(pack: Pack) -> None:
    sites = pack.sites(["ecole", "hospital"])
    assert sorted(sites["site_id"]) == ["1", "2", "3", "9"]
    assert sites.crs.to_epsg() == 2154
    assert sites.set_index("site_id").loc["9", "layer_id"] == "hospitals"
    assert list(pack.sites(["ecole"], pack.territory("62"))["site_id"]) == ["2"]
    assert len(pack.sites(["hospital"], pack.territory("200000001"))) == 0  # known, but none there
    with pytest.raises(UnknownItemError) as caught:
        pack.sites(["ecole", "casino"])
    assert caught.value.params == {"kinds": ["casino"], "known": ["ecole", "hospital"]}


def test_rasters_are_opened_and_concentrations_found(pack: Pack) -> None:
    assert pack.concentration("no2", 2013).id == "no2_2013"
    assert pack.concentration(Pollutant.NO2, 2019).id == "no2_2019"
    with pack.open_raster("no2_2019") as raster:
        assert raster.grid == GRID
        assert np.nanmax(raster.read()[0]) <= 30
    with pytest.raises(UnknownItemError) as caught:
        pack.open_raster("ecoles")
    assert caught.value.key == "storage.not_a_raster"


@pytest.mark.parametrize(
    ("call", "key", "known"),
    [
        (lambda p: p.concentration("no2", 2015), "no_concentration_year", ["2013", "2019"]),
        (lambda p: p.concentration("o3", 2019), "no_concentration_pollutant", ["no2"]),
        (lambda p: p.territory("999"), "unknown_territory", ["200000001", "32", "62"]),
        (lambda p: p.layer("nothing"), "unknown_layer", None),
        (lambda p: p.dataset_of("nothing"), "unknown_layer", None),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(pack: Pack, call, key: str, known) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownItemError) as caught:
        call(pack)
    assert caught.value.key == f"storage.{key}"
    assert caught.value.exit_code == 2
    if known:
        assert caught.value.params["known"] == known


def test_opening_reads_no_heavy_library(pack_folder: Path) -> None:
    import subprocess

    program = (
        "import sys; from pathlib import Path; from aqah_desktop.storage.pack import Pack;"
        " Pack.open(Path(sys.argv[1]));"
        " print(sorted({'pandas', 'numpy', 'rasterio', 'pyogrio', 'shapely', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(pack_folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --------------------------------------------------------------------------- wrong packs


def test_verify_names_what_was_altered_or_removed(pack: Pack) -> None:
    assert [(p.parameter, p.severity) for p in pack.verify()] == [("", "warning")]  # unsigned
    (pack.folder / "rasters/no2_2013.tif").unlink()
    with (pack.folder / "vectors.gpkg").open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"x")
    problems = {p.parameter: p.text.key for p in pack.verify() if p.severity == "error"}
    assert problems == {
        "rasters/no2_2013.tif": "storage.verify_missing",
        "vectors.gpkg": "storage.verify_altered",
    }


@pytest.mark.parametrize("name", ["layers.json", "datasets.json", "territories.json"])
def test_an_altered_list_of_records_is_refused_when_opening(pack_folder: Path, name: str) -> None:
    data = (pack_folder / name).read_bytes()
    (pack_folder / name).write_bytes(data.replace(b"59", b"95", 1) + b" ")
    with pytest.raises(IntegrityError) as caught:
        Pack.open(pack_folder)
    assert caught.value.key == "storage.pack_member_altered"
    (pack_folder / name).unlink()
    with pytest.raises(IntegrityError) as caught:
        Pack.open(pack_folder)
    assert caught.value.key == "storage.pack_member_missing"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"format": "aqah-pack/2"}, "storage.pack_newer"),
        ({"minimum_app": "99.0"}, "storage.pack_newer"),
        ({"format": "other/1"}, "storage.not_a_pack"),
        ({"format": "aqah-pack"}, "storage.not_a_pack"),
        ({"members": []}, "storage.bad_record"),
        ({"id": None}, "storage.bad_record"),
    ],
)
def test_a_manifest_that_is_not_ours(pack_folder: Path, change: dict[str, object], key: str) -> None:
    manifest = json.loads((pack_folder / MANIFEST).read_text(encoding="utf-8"))
    (pack_folder / MANIFEST).write_text(json.dumps(manifest | change), encoding="utf-8")
    with pytest.raises(StorageError) as caught:
        Pack.open(pack_folder)
    assert caught.value.key == key


def test_a_folder_or_file_that_is_no_pack(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.aqahpack").write_text("bonjour")
    (tmp_path / "nothing.aqahpack").touch()
    with zipfile.ZipFile(tmp_path / "foreign.aqahpack", "w") as foreign:
        foreign.writestr("readme.txt", "x")
    cases = {
        "absent": "missing_file", "empty": "not_a_pack", "text.aqahpack": "not_a_pack",
        "nothing.aqahpack": "not_a_pack", "foreign.aqahpack": "not_a_pack",
    }  # fmt: skip
    for name, key in cases.items():
        with pytest.raises(StorageError) as caught:
            Pack.open(tmp_path / name)
        assert caught.value.key == f"storage.{key}", name


def test_a_record_cannot_lead_out_of_the_pack(pack_folder: Path) -> None:
    layers = (pack_folder / "layers.json").read_text(encoding="utf-8")
    (pack_folder / "layers.json").write_text(layers.replace("rasters/no2_2019.tif", "../secret.tif"))
    (pack_folder.parent / "secret.tif").write_bytes(b"x")
    write_manifest(pack_folder)
    with pytest.raises(IntegrityError) as caught:
        Pack.open(pack_folder).open_raster("no2_2019")
    assert caught.value.key == "storage.pack_foreign_path"


# --------------------------------------------------------------------------- archives


def test_an_archive_is_the_same_each_time_and_unpacked_once(
    pack_folder: Path, archive: Path, tmp_path: Path, home: Path
) -> None:
    write_pack(pack_folder, tmp_path / "again.aqahpack")
    assert (tmp_path / "again.aqahpack").read_bytes() == archive.read_bytes()
    pack = Pack.open(archive)
    assert pack.folder.is_relative_to(home)
    assert len(pack.read_vector("communes")) == 4
    stamp = (pack.folder / "vectors.gpkg").stat().st_mtime_ns
    assert Pack.open(archive).folder == pack.folder
    assert (pack.folder / "vectors.gpkg").stat().st_mtime_ns == stamp
    assert [p.name for p in pack.folder.parent.iterdir()] == [pack.folder.name]


def test_a_new_version_does_not_replace_the_old_one(archive: Path, pack_folder: Path, tmp_path: Path) -> None:
    write_manifest(pack_folder, "1.1.0")
    write_pack(pack_folder, tmp_path / "newer.aqahpack")
    first, second = Pack.open(archive), Pack.open(tmp_path / "newer.aqahpack")
    assert first.folder != second.folder
    assert (first.manifest.version, second.manifest.version) == ("1.0.0", "1.1.0")
    assert first.verify()[0].severity == "warning"


def test_an_unpacked_pack_that_lost_a_file_is_unpacked_again(archive: Path) -> None:
    folder = Pack.open(archive).folder
    (folder / "vectors.gpkg").unlink()
    assert len(Pack.open(archive).read_vector("communes")) == 4


@pytest.mark.parametrize("share", [0.001, 0.2, 0.6, 0.999])
def test_a_truncated_archive_leaves_nothing_behind(archive: Path, home: Path, share: float) -> None:
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(IntegrityError) as caught:
        Pack.open(archive)
    assert caught.value.key == "storage.pack_truncated"
    assert not (home / "data" / "packs").exists() or list((home / "data" / "packs").iterdir()) == []


def rebuilt(archive: Path, target: Path, changes: dict[str, bytes | None]) -> Path:
    """Copy an archive, replacing members (``None`` removes one) without touching the manifest."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as sink:
        for info in source.infolist():
            content = changes.get(info.filename, source.read(info))
            if content is not None:
                sink.writestr(info.filename, content)
        for name, content in changes.items():
            if name not in source.namelist() and content is not None:
                sink.writestr(name, content)
    return target


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"vectors.gpkg": b"altered"}, "pack_member_altered"),
        ({"layers.json": b"[]"}, "pack_member_altered"),
        ({"vectors.gpkg": None}, "pack_member_missing"),
        ({MANIFEST: None}, "not_a_pack"),
        ({MANIFEST: b"{"}, "bad_record"),
        ({"extra.txt": b"x"}, "pack_unsafe"),
        ({"../outside.txt": b"x"}, "pack_unsafe"),
        ({"/absolute.txt": b"x"}, "pack_unsafe"),
        ({"a/../../b.txt": b"x"}, "pack_unsafe"),
        ({"C:/windows.txt": b"x"}, "pack_unsafe"),
        ({"a\\b.txt": b"x"}, "pack_unsafe"),
        ({"con.txt": b"x"}, "pack_unsafe"),
        ({"LAYERS.JSON": b"x"}, "pack_unsafe"),
        ({"trailing. ": b"x"}, "pack_unsafe"),
    ],
)
def test_archives_that_were_tampered_with(
    archive: Path, tmp_path: Path, home: Path, changes: dict[str, bytes | None], key: str
) -> None:
    with pytest.raises(StorageError) as caught:
        Pack.open(rebuilt(archive, tmp_path / "bad.aqahpack", changes))
    assert caught.value.key == f"storage.{key}"
    assert not (home / "data" / "packs").exists() or list((home / "data" / "packs").iterdir()) == []
    assert not (tmp_path / "outside.txt").exists()
    assert not (home / "data" / "outside.txt").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_members_are_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("layers.json", b"[]")
    with pytest.raises(IntegrityError) as caught:
        Pack.open(archive)
    assert caught.value.key == "storage.pack_unsafe"


def test_a_member_that_unpacks_to_more_than_announced_is_stopped(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = rebuilt(archive, tmp_path / "bomb.aqahpack", {"vectors.gpkg": bytes(50 * 1024**2)})
    with pytest.raises(IntegrityError) as caught:
        Pack.open(bomb)
    assert caught.value.key == "storage.pack_member_altered"
    monkeypatch.setattr(pack_archive, "MAX_BYTES", 10 * 1024**2)
    with pytest.raises(IntegrityError) as caught:
        Pack.open(bomb)
    assert caught.value.key == "storage.pack_unsafe"


def test_a_size_that_lies_in_the_directory_is_noticed(archive: Path) -> None:
    """The central directory announces a small file; the data are larger."""
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as opened:
        size = opened.getinfo("vectors.gpkg").file_size
    position = data.rfind(b"vectors.gpkg") - 46 + 24
    assert struct.unpack_from("<I", data, position)[0] == size
    struct.pack_into("<I", data, position, 10)
    archive.write_bytes(data)
    with pytest.raises(IntegrityError):
        Pack.open(archive)


def test_a_folder_that_is_not_what_its_manifest_says_is_not_packed(pack_folder: Path, tmp_path: Path) -> None:
    (pack_folder / "vectors.gpkg").write_bytes(b"altered")
    with pytest.raises(IntegrityError) as caught:
        write_pack(pack_folder, tmp_path / "a.aqahpack")
    assert caught.value.key == "storage.pack_member_altered"
    assert not (tmp_path / "a.aqahpack").exists()


def test_a_pack_is_unpacked_where_nothing_can_be_written(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as caught:
        unpack(archive, tmp_path / "file" / "packs")
    assert isinstance(caught.value, AqahError)


# --------------------------------------------------------------------------- signatures


def test_signed_packs_are_told_from_unsigned_and_altered_ones(pack_folder: Path, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert Pack.open(pack_folder).signature() is SignatureState.UNSIGNED
    public = sign(pack_folder, key).public_key
    write_pack(pack_folder, tmp_path / "signed.aqahpack")
    pack = Pack.open(tmp_path / "signed.aqahpack")
    assert pack.signature({public: "maintainers"}) is SignatureState.TRUSTED
    assert pack.verify({public: "maintainers"}) == []
    assert pack.signature() is SignatureState.UNKNOWN_KEY
    assert [p.text.key for p in pack.verify()] == ["storage.verify_unknown_key"]
    write_manifest(pack_folder, "6.6.6")  # the signature stays, the manifest changed
    assert Pack.open(pack_folder).signature({public: "maintainers"}) is SignatureState.INVALID
    assert [p.severity for p in Pack.open(pack_folder).verify()] == ["error"]


@pytest.mark.parametrize("content", ["{}", "not json", '{"public_key": "zz", "signature": "00"}', ""])
def test_a_broken_signature_is_invalid_not_a_crash(pack_folder: Path, content: str) -> None:
    (pack_folder / SIGNATURE).write_text(content)
    assert Pack.open(pack_folder).signature() is SignatureState.INVALID


def test_the_bundled_pack_is_whole() -> None:
    try:
        pack = Pack.open()
    except StorageError:
        pytest.skip("no bundled pack in this checkout yet")
    assert pack.bundled
    assert sum(t.aqah for t in pack.territories.values()) == 7


def test_thresholds_need_no_library_of_tables(pack: Pack) -> None:
    code = (
        "import sys; from pathlib import Path; from aqah_desktop.storage.pack import Pack;"
        "found = Pack.open(Path(sys.argv[1])).thresholds('no2');"
        "assert found; assert not {'pandas', 'geopandas', 'pyogrio', 'rasterio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(pack.folder)], check=True)


def test_small_tables_say_what_is_wrong(tmp_path: Path) -> None:
    from aqah_desktop.storage.small_tables import read_rows

    damaged = tmp_path / "not é#1?.gpkg"
    damaged.write_bytes(b"not a database" * 100)
    for path, table in ((damaged, "t"), (tmp_path / "absent.gpkg", "t")):
        with pytest.raises(StorageError) as caught:
            read_rows(path, table)
        assert caught.value.key == "storage.vector_unreadable"
    assert not (tmp_path / "absent.gpkg").exists()
