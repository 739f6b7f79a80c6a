"""The one message catalogue: texts, numbers, dates, units, in French and English, without Qt.

Texts stand in ``resources/translations/<language>/LC_MESSAGES/<domain>.po``, one domain per room; the
message id is a symbolic key that begins with its domain (``storage.raster_no_crs.message``).
``make`` and the wheel compile them to ``.mo``; a checkout without ``.mo`` reads the ``.po``.
"""

from __future__ import annotations

import gettext
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aqah_desktop.errors import AqahError
from aqah_desktop.locations import resource_folder
from aqah_desktop.records import Interval, LocalText, Text

LANGUAGES = ("fr", "en")
NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
#: ``{name}`` and doubled braces; nothing else of ``str.format``: the texts of a plugin reach neither the
#: attributes of a value nor a width that fills the memory.
_FIELD = re.compile(r"{{|}}|{(\w+)}")


@dataclass(frozen=True, slots=True)
class ErrorText:
    """An error as a user reads it."""

    message: str
    cause: str
    remedy: str

    def as_lines(self) -> str:
        """The three parts, one a line."""
        return "\n".join(part for part in (self.message, self.cause, self.remedy) if part)


class Catalogue:
    """Texts and number formats of one language.

    Parameters
    ----------
    language : str
        ``"fr"`` or ``"en"``; anything else falls back to French.
    folder : Path, optional
        Folder holding ``<language>/LC_MESSAGES/*.po``; the program's own by default.
    extra : iterable of Path
        Folders of plugins, asked for domains the first one does not have.
    """

    def __init__(self, language: str = "fr", folder: Path | None = None, extra: Iterable[Path] = ()) -> None:
        self.language = language if language in LANGUAGES else "fr"
        self._folders = (folder or resource_folder() / "translations", *extra)
        self._domains: dict[str, gettext.NullTranslations | None] = {}

    def has(self, key: str) -> bool:
        """Whether the key has a text in this language."""
        return self._lookup(key) is not None

    def text(self, key: str | Text, /, **params: Any) -> str:
        """Return the text of ``key`` with its parameters filled in; the key itself when missing."""
        if isinstance(key, Text):
            return self.text(key.key, **{**key.params, **params})
        template = self._lookup(key)
        if template is None:
            return key
        values = {name: self._plain(value) for name, value in params.items()}
        return _FIELD.sub(lambda found: _filled(found, values), template)

    def error(self, error: AqahError) -> ErrorText:
        """Return what happened, why, and what to do."""
        parts = (self.text(f"{error.key}.{part}", **error.params) for part in ("message", "cause", "remedy"))
        return ErrorText(*parts)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """``1 234,5`` (fr) or ``1,234.5`` (en); an em dash for missing values."""
        if value is None or not math.isfinite(value):
            return "—"
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        text = text.replace("-", "−")
        if self.language == "fr":
            return text.replace(",", NARROW_SPACE).replace(".", ",")
        return text

    def quantity(self, value: float | None, unit: str, decimals: int = 1) -> str:
        """A number and its unit, joined by a no-break space."""
        return (
            f"{self.number(value, decimals)}{NO_BREAK_SPACE}{unit}" if unit else self.number(value, decimals)
        )

    def interval(self, interval: Interval, unit: str, decimals: int = 1) -> str:
        """``12,3 µg/m³ [10,1 ; 14,2]``: the central value, then its bounds in ascending order."""
        low, high = sorted((interval.low, interval.high))
        separator = " ; " if self.language == "fr" else "; "
        bounds = separator.join(self.number(v, decimals) for v in (low, high))
        return f"{self.quantity(interval.central, unit, decimals)} [{bounds}]"

    def day(self, value: date | datetime) -> str:
        """``23/11/2026`` (fr) or ``2026-11-23`` (en)."""
        return value.strftime("%d/%m/%Y" if self.language == "fr" else "%Y-%m-%d")

    def _plain(self, value: Any) -> Any:
        value = _revived(value)
        if isinstance(value, Text):
            return self.text(value)
        if isinstance(value, LocalText):
            return value.in_language(self.language)
        if isinstance(value, float):
            return self.number(value, 0 if value.is_integer() else 2)
        if isinstance(value, (list, tuple)):
            return ", ".join(str(self._plain(v)) for v in value)
        return value

    def _lookup(self, key: str) -> str | None:
        domain = key.split(".", 1)[0]
        if domain not in self._domains:
            loaded = (_load(folder, self.language, domain) for folder in self._folders)
            self._domains[domain] = next((found for found in loaded if found is not None), None)
        translations = self._domains[domain]
        if translations is None:
            return None
        found = translations.gettext(key)
        return None if found == key else found


def _filled(found: re.Match[str], params: dict[str, Any]) -> str:
    return found[0][0] if found[1] is None else str(params[found[1]])


def _revived(value: Any) -> Any:
    """A text that was plain JSON data meanwhile is a text again."""
    if isinstance(value, dict) and set(value) == {"fr", "en"}:
        return LocalText(**value)
    if isinstance(value, dict) and set(value) == {"key", "params"}:
        return Text(**value)
    return value


@cache
def _load(folder: Path, language: str, domain: str) -> gettext.NullTranslations | None:
    """Compiled catalogue when it is not older than its source, else the source itself."""
    source = folder / language / "LC_MESSAGES" / f"{domain}.po"
    compiled = source.with_suffix(".mo")
    if compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime):
        with compiled.open("rb") as stream:
            return gettext.GNUTranslations(stream)
    if not source.is_file():
        return None
    return gettext.GNUTranslations(io.BytesIO(compile_po(source)))


def compile_po(source: Path) -> bytes:
    """Return the compiled form of one ``.po`` file."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalogue = read_po(stream)
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()
