"""``*.aqahpack`` files: a pack as one zip, unpacked safely, written the same way every time."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from aqah_desktop.errors import IntegrityError, StorageError
from aqah_desktop.locations import user_folders
from aqah_desktop.storage.atomic import atomic_path, storage_error
from aqah_desktop.storage.pack_manifest import (
    MANIFEST,
    SIGNATURE,
    Manifest,
    Member,
    parse_manifest,
    read_manifest,
)

#: Of one archive, unpacked; the bundled pack is 60 MB.
MAX_BYTES = 8 * 1024**3
MAX_MEMBERS = 20_000
#: Manifest and signature are read into memory before anything else is trusted.
_MAX_HEAD_BYTES = 16 * 1024**2
_CHUNK = 1024**2
#: Zip has no date before this one.
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
#: Already compressed inside.
_STORED_SUFFIXES = {".tif", ".npz", ".png"}
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{n}" for n in range(1, 10)),
    *(f"lpt{n}" for n in range(1, 10)),
}
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, without holding it in memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def member_table(folder: Path) -> dict[str, Member]:
    """Return size and hash of every file of a pack folder but manifest, signature and hidden files."""
    members = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.is_file() and not hidden and relative.as_posix() not in (MANIFEST, SIGNATURE):
            members[relative.as_posix()] = Member(file_sha256(path), path.stat().st_size)
    return members


def write_pack(folder: Path, target: Path) -> None:
    """Write a pack folder as one ``*.aqahpack``, atomically; equal packs give equal bytes.

    Raises
    ------
    StorageError
        ``storage.not_a_pack``; as :func:`aqah_desktop.storage.atomic.atomic_path`.
    IntegrityError
        ``storage.pack_member_missing``, ``storage.pack_member_altered``: the folder is not what its
        manifest says.
    """
    manifest = read_manifest(folder)
    names = [MANIFEST, *([SIGNATURE] if (folder / SIGNATURE).is_file() else []), *sorted(manifest.members)]
    for name, member in manifest.members.items():
        path = folder / name
        if not path.is_file():
            raise IntegrityError("storage.pack_member_missing", member=name, path=str(folder))
        if path.stat().st_size != member.bytes or file_sha256(path) != member.sha256:
            raise IntegrityError("storage.pack_member_altered", member=name, path=str(folder))
    with atomic_path(Path(target)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in names:
            _add(archive, folder / name, name)


def unpack(archive: Path, cache: Path | None = None) -> Path:
    """Unpack an ``*.aqahpack`` into the user's folder of packs, once; return that folder.

    The folder is named after the hash of the manifest: another version never overwrites it.

    Parameters
    ----------
    archive : Path
        The file.
    cache : Path, optional
        Folder of unpacked packs; the user's by default.

    Raises
    ------
    StorageError
        Missing file; ``storage.not_a_pack``: another kind of file.
    IntegrityError
        ``storage.pack_truncated``, ``storage.pack_unsafe``, ``storage.pack_member_missing``,
        ``storage.pack_member_altered``, ``storage.pack_newer``. Nothing is left behind.
    """
    cache = cache or user_folders().data / "packs"
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpack(opened, archive, cache)
    except (StorageError, IntegrityError):
        raise
    except zipfile.BadZipFile as error:
        key = "storage.pack_truncated" if _begins_as_zip(archive) else "storage.not_a_pack"
        raise IntegrityError(key, path=str(archive)) from error
    except _ZIP_ERRORS as error:
        raise IntegrityError("storage.pack_truncated", path=str(archive)) from error
    except OSError as error:
        raise storage_error(error, archive) from error


def _unpack(opened: zipfile.ZipFile, archive: Path, cache: Path) -> Path:
    members = _checked_members(opened, archive)
    if MANIFEST not in members:
        raise StorageError("storage.not_a_pack", path=str(archive))
    text = opened.read(MANIFEST)
    manifest = parse_manifest(text, archive)
    folder = cache / f"{_safe_id(manifest.id)}-{hashlib.sha256(text).hexdigest()[:20]}"
    if _is_whole(folder, manifest):
        return folder
    shutil.rmtree(folder, ignore_errors=True)  # somebody removed a file from it
    _compare(members, manifest, archive)
    cache.mkdir(parents=True, exist_ok=True)
    scratch = cache / f".aqah-{secrets.token_hex(8)}"
    try:
        for name in (MANIFEST, *([SIGNATURE] if SIGNATURE in members else []), *manifest.members):
            _extract(opened, name, scratch / name, manifest.members.get(name), archive)
        _publish(scratch, folder)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise storage_error(error, cache, writing=True) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether everything unpacked earlier is still there; contents are :meth:`Pack.verify`'s matter."""
    try:
        return all((folder / name).stat().st_size == m.bytes for name, m in manifest.members.items())
    except OSError:
        return False


def _publish(scratch: Path, folder: Path) -> None:
    """Move into place; another program may have unpacked the same pack meanwhile, which is as good."""
    try:
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _checked_members(opened: zipfile.ZipFile, archive: Path) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in opened.infolist():
        if info.is_dir():
            continue
        name = info.filename
        if not _is_safe(name) or name.lower() in seen or info.flag_bits & 0x1:
            raise IntegrityError("storage.pack_unsafe", path=str(archive), member=name[:100])
        seen.add(name.lower())
        found[name] = info
    total = sum(info.file_size for info in found.values())
    heads = max((found[name].file_size for name in (MANIFEST, SIGNATURE) if name in found), default=0)
    if total > MAX_BYTES or len(found) > MAX_MEMBERS or heads > _MAX_HEAD_BYTES:
        raise IntegrityError("storage.pack_unsafe", path=str(archive), member=f"{total // 1024**2} MB")
    return found


def _is_safe(name: str) -> bool:
    """Whether a member name stays inside its folder on every system."""
    path = PurePosixPath(name)
    if not name or "\\" in name or ":" in name or "\x00" in name or path.is_absolute():
        return False
    if any(part in ("", ".", "..") or part.endswith((".", " ")) for part in name.split("/")):
        return False
    return not any(part.split(".")[0].lower() in _RESERVED for part in path.parts)


def _safe_id(pack_id: str) -> str:
    return "".join(c if (c.isalnum() and c.isascii()) or c in "-_" else "-" for c in pack_id)[:60] or "pack"


def _compare(members: dict[str, zipfile.ZipInfo], manifest: Manifest, archive: Path) -> None:
    expected = set(manifest.members)
    present = set(members) - {MANIFEST, SIGNATURE}
    if missing := sorted(expected - present):
        raise IntegrityError("storage.pack_member_missing", path=str(archive), member=missing[0])
    if foreign := sorted(present - expected):
        raise IntegrityError("storage.pack_unsafe", path=str(archive), member=foreign[0])


def _extract(opened: zipfile.ZipFile, name: str, target: Path, member: Member | None, archive: Path) -> None:
    """Unpack one member, never more bytes than announced, and compare it with the manifest."""
    limit = member.bytes if member else _MAX_HEAD_BYTES
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with opened.open(name) as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise IntegrityError("storage.pack_member_altered", path=str(archive), member=name)
            digest.update(chunk)
            sink.write(chunk)
    if member and (size != member.bytes or digest.hexdigest() != member.sha256):
        raise IntegrityError("storage.pack_member_altered", path=str(archive), member=name)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    info = zipfile.ZipInfo(name, _FIXED_DATE)
    info.create_system = 3  # the same on every system
    info.external_attr = 0o100644 << 16
    stored = path.suffix in _STORED_SUFFIXES
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as sink:
        shutil.copyfileobj(source, sink, _CHUNK)


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"
