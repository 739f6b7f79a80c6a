"""What the program is made of: its version, the libraries and data it ships, under which licences."""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aqah_desktop import __version__
from aqah_desktop.messages import Catalogue

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

_DISTRIBUTION = "aqah-desktop"


@dataclass(frozen=True, slots=True)
class Library:
    """A library the program ships."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class DataCredit:
    """A data set of the pack: its title, the words its publisher asks for, its licence."""

    title: str
    attribution: str
    licence: str


def version() -> str:
    """Version of the program."""
    return __version__


def libraries() -> list[Library]:
    """Libraries the program needs at run time, as installed here; reads files."""
    try:
        wanted = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    names = {re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line}
    return [library for name in sorted(names, key=str.lower) if (library := _library(name)) is not None]


def data_credits(pack: Pack, catalogue: Catalogue) -> list[DataCredit]:
    """Data sets of the pack in the order of their titles."""
    credits = [
        DataCredit(d.title.in_language(catalogue.language), d.origin.attribution, d.origin.licence)
        for d in pack.datasets.values()
    ]
    return sorted(credits, key=lambda credit: credit.title.lower())


def _library(name: str) -> Library | None:
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    facts = about.json
    classifiers = [str(c) for c in facts.get("classifier", []) if str(c).startswith("License")]
    named = "; ".join(c.rsplit(" :: ", 1)[-1] for c in classifiers)
    licence = str(facts.get("license_expression", "")) or named or str(facts.get("license", ""))
    return Library(about["Name"], about["Version"], licence.splitlines()[0][:80] if licence else "")
