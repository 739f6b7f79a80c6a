"""Compile the message catalogues when a wheel (or an editable install) is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogues(BuildHookInterface):  # type: ignore[type-arg]
    """Write each ``.po`` as ``.mo`` beside it; the wheel then needs no Babel at start."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling before files are collected."""
        for source in sorted(Path(self.root).rglob("*.po")):
            with source.open("rb") as stream:
                catalogue = read_po(stream)
            with source.with_suffix(".mo").open("wb") as target:
                write_mo(target, catalogue)
            build_data["artifacts"].append(f"/{source.with_suffix('.mo').relative_to(self.root).as_posix()}")
