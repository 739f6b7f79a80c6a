"""``pack.json``: what a pack is, what it holds, and who signed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop import __version__
from aqah_desktop.errors import IntegrityError, StorageError
from aqah_desktop.records import LocalText
from aqah_desktop.storage.atomic import storage_error, write_text
from aqah_desktop.storage.records_json import from_json, to_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MANIFEST = "pack.json"
SIGNATURE = "pack.sig.json"
FORMAT = "aqah-pack"
#: Newest format this program reads.
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the pack: SHA-256 in hexadecimal and size."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``pack.json`` says. ``format`` is ``"aqah-pack/<version>"``."""

    format: str
    id: str
    version: str
    title: LocalText
    minimum_app: str
    coverage: dict[str, Any]
    members: dict[str, Member]


@dataclass(frozen=True, slots=True)
class Signature:
    """Ed25519 signature of the bytes of ``pack.json``, key and signature in hexadecimal."""

    public_key: str
    signature: str
    algorithm: str = "ed25519"


class SignatureState(StrEnum):
    """What the signature of a pack is worth."""

    UNSIGNED = "unsigned"
    #: Signed by a key the caller trusts.
    TRUSTED = "trusted"
    #: Whole and unaltered, but by a key nobody vouches for.
    UNKNOWN_KEY = "unknown_key"
    #: The manifest or the signature was altered.
    INVALID = "invalid"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a pack folder and check that this program can read the pack.

    Raises
    ------
    StorageError
        ``storage.not_a_pack``, ``storage.missing_file``, ``storage.bad_record``.
    IntegrityError
        ``storage.pack_newer``.
    """
    path = folder / MANIFEST
    if not path.is_file():
        key = "storage.not_a_pack" if folder.exists() else "storage.missing_file"
        raise StorageError(key, path=str(folder), folder=str(folder.parent))
    try:
        text = path.read_bytes()
    except OSError as error:
        raise storage_error(error, path) from error
    return parse_manifest(text, folder)


def parse_manifest(text: bytes, source: Path) -> Manifest:
    """Read a manifest; ``source`` is the pack named in errors.

    Raises
    ------
    StorageError, IntegrityError
        As :func:`read_manifest`.
    """
    manifest = from_json(Manifest, text)
    name, _, version = manifest.format.partition("/")
    if name != FORMAT or not version.isdigit():
        raise StorageError("storage.not_a_pack", path=str(source))
    if int(version) > FORMAT_VERSION or _numbers(manifest.minimum_app) > _numbers(__version__):
        raise IntegrityError(
            "storage.pack_newer", path=str(source), minimum_app=manifest.minimum_app, app=__version__
        )
    return manifest


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


# --------------------------------------------------------------------------- signature


def sign(folder: Path, private_key: Ed25519PrivateKey) -> Signature:
    """Sign the manifest of a pack folder; the signature is written beside it.

    Raises
    ------
    StorageError
        ``storage.not_a_pack``; the folder cannot be written.
    """
    read_manifest(folder)
    signature = Signature(
        public_key=private_key.public_key().public_bytes_raw().hex(),
        signature=private_key.sign((folder / MANIFEST).read_bytes()).hex(),
    )
    write_text(folder / SIGNATURE, to_json(signature, indent=1))
    return signature


def signature_state(folder: Path, trusted_keys: Mapping[str, str] | None = None) -> SignatureState:
    """Check the signature of a pack folder.

    Parameters
    ----------
    folder : Path
        Unpacked pack.
    trusted_keys : mapping, optional
        Public key in hexadecimal → who holds it.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    path = folder / SIGNATURE
    if not path.is_file():
        return SignatureState.UNSIGNED
    try:
        signature = from_json(Signature, path.read_bytes())
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.public_key))
        key.verify(bytes.fromhex(signature.signature), (folder / MANIFEST).read_bytes())
    except (StorageError, ValueError, InvalidSignature):
        return SignatureState.INVALID
    known = signature.public_key.lower() in {key.lower() for key in trusted_keys or {}}
    return SignatureState.TRUSTED if known else SignatureState.UNKNOWN_KEY
