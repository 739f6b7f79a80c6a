"""``.aqahplugin`` archives and wheels: made with hashes, unpacked without trusting anything inside."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from aqah_desktop.errors import PluginError
from aqah_desktop.plugins.manifest import MANIFEST_NAME, Manifest, is_safe_name, read_manifest
from aqah_desktop.plugins.sources import NATIVE_SUFFIXES
from aqah_desktop.storage.atomic import atomic_path, storage_error

ARCHIVE_SUFFIX = ".aqahplugin"
_MOST_FILES = 500
_MOST_BYTES = 64 * 1024**2
#: Left out of an archive; only the first may be there unlisted when a folder is verified.
_LEFT_OUT = ("__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", "tests")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FILES_TABLE = re.compile(r"^\[files\][^\[]*", re.MULTILINE)
_FIXED_TIME = (2020, 1, 1, 0, 0, 0)


def file_hashes(folder: Path, left_out: tuple[str, ...] = _LEFT_OUT) -> dict[str, str]:
    """Return SHA-256 by relative path of every file of a plugin but its manifest and some folders."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST_NAME and path.suffix not in (".pyc", ".mo")
        and not set(left_out) & set(path.relative_to(folder).parts)
    }  # fmt: skip


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare a folder with the hashes of its manifest.

    Raises
    ------
    PluginError
        ``plugins.files_differ``: a file is missing, altered or was added.
    """
    present = file_hashes(folder, _LEFT_OUT[:1])
    for name in sorted({*manifest.files, *present}):
        if manifest.files.get(name) != present.get(name):
            raise PluginError("plugins.files_differ", plugin=manifest.id, file=name)


def build_archive(folder: Path, target: Path) -> Path:
    """Write the plugin in ``folder`` as one archive with the hashes of its files; return ``target``.

    The same folder gives the same bytes.

    Raises
    ------
    PluginError
        The manifest is not valid.
    StorageError
        The archive cannot be written.
    """
    hashes = file_hashes(folder)
    source = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    lines = "\n".join(f'"{name}" = "sha256:{digest}"' for name, digest in hashes.items())
    manifest = _FILES_TABLE.sub("", source).rstrip() + f"\n\n[files]\n{lines}\n"
    read_manifest(manifest.encode("utf-8"), MANIFEST_NAME)
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(MANIFEST_NAME, _FIXED_TIME), manifest)
        for name in hashes:
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), (folder / name).read_bytes())
    return target


def install_archive(source: Path, plugins_folder: Path) -> Path:
    """Unpack an archive or a pure-Python wheel under ``plugins_folder``; return the plugin's folder.

    Either the whole plugin is there afterwards, or what was there before.

    Raises
    ------
    PluginError
        ``plugins.archive_*``: not a zip, no manifest, unsafe or too large content, compiled code, a
        file that differs from its hash.
    StorageError
        The folder cannot be written.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = _safe_members(archive, source)
            prefix = _manifest_prefix(members, source)
            manifest = read_manifest(_read(archive, members[prefix + MANIFEST_NAME]), source.name)
            names = {n.removeprefix(prefix): m for n, m in members.items() if n.startswith(prefix)}
            return _install(archive, names, manifest, plugins_folder, source)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise PluginError("plugins.archive_unreadable", file=source.name, reason=str(error)) from error
    except OSError as error:
        raise storage_error(error, source) from error


def _safe_members(archive: zipfile.ZipFile, source: Path) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for member in archive.infolist():
        name = member.filename
        link = stat.S_ISLNK(member.external_attr >> 16)
        reserved = any(_RESERVED.fullmatch(part) for part in name.split("/"))
        if link or reserved or not is_safe_name(name) or name.casefold() in seen or member.flag_bits & 1:
            raise PluginError("plugins.archive_unsafe", file=source.name, member=name[:200])
        if PurePosixPath(name).suffix.lower() in NATIVE_SUFFIXES:
            raise PluginError("plugins.archive_native", file=source.name, member=name[:200])
        seen.add(name.casefold())
        if not member.is_dir():
            found[name] = member
    if len(found) > _MOST_FILES or sum(m.file_size for m in found.values()) > _MOST_BYTES:
        raise PluginError(
            "plugins.archive_too_large", file=source.name, files=_MOST_FILES, megabytes=_MOST_BYTES // 1024**2
        )
    return found


def _manifest_prefix(members: dict[str, zipfile.ZipInfo], source: Path) -> str:
    """Folder of the manifest inside the archive: a wheel holds it in its package."""
    places = [n.removesuffix(MANIFEST_NAME) for n in members if PurePosixPath(n).name == MANIFEST_NAME]
    if len(places) != 1:
        raise PluginError(
            "plugins.archive_no_manifest", file=source.name, name=MANIFEST_NAME, count=len(places)
        )
    return places[0]


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        # One byte more than announced: a member that lies about its size is cut and then refused.
        content = stream.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile(member.filename)
    return content


def _install(
    archive: zipfile.ZipFile,
    names: dict[str, zipfile.ZipInfo],
    manifest: Manifest,
    plugins_folder: Path,
    source: Path,
) -> Path:
    if not manifest.files and source.suffix != ".whl":
        raise PluginError("plugins.archive_no_hashes", file=source.name, plugin=manifest.id)
    plugins_folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(6)
    fresh = plugins_folder / f".new-{token}"
    old = plugins_folder / f".old-{token}"
    target = plugins_folder / manifest.id
    try:
        for name, member in names.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_read(archive, member))
        if manifest.files:
            verify_files(fresh, manifest)
        _swap(fresh, target, old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return target


def _swap(fresh: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            if old.exists():
                old.rename(target)
        raise
