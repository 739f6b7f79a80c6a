"""One-page A4 briefing: content as plain records → PDF through typst.

All texts reach the template as JSON data, never as typst source, so nothing a file or a user wrote is
executed. No network: the template imports no package, fonts are the bundled ones. The same content gives
the same bytes (the date of the page is the date of the content).
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from aqah_desktop.errors import BadInputError
from aqah_desktop.locations import resource_folder
from aqah_desktop.messages import Catalogue
from aqah_desktop.records import Interval
from aqah_desktop.reporting.mapimage import render_map
from aqah_desktop.reporting.maprequest import MapPage, MapRequest
from aqah_desktop.reporting.tokens import theme

#: Rows of the table tried in turn until everything stands on one page.
_TABLE_ROWS = (8, 6, 4)

#: Below this height, points, the map is no longer worth printing and the content is refused.
_SMALLEST_MAP_PT = 170.0

#: The map of the page: logical pixels across, and real pixels per logical one (about 280 dpi).
_MAP_WIDTH = 1000
_MAP_PIXEL_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number with its unit and its interval, or the sentence saying why there is none.

    ``note`` says what the interval is, or why it is missing; ``decimals`` is how many are printed.
    """

    label: str
    value: float
    unit: str
    note: str
    interval: Interval | None = None
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: ``width`` is a share of the free width, 0 = as wide as its content."""

    header: str
    width: float = 0.0
    right: bool = False


@dataclass(frozen=True, slots=True)
class BriefingTable:
    """A small table of texts, best rows first; ``note`` stands below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Callout:
    """A box of a few sentences; ``alarm`` for fictitious data."""

    title: str
    lines: tuple[str, ...]
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """One line of an action's result; ``change`` is after − before, with its interval."""

    label: str
    before: float
    after: float
    unit: str
    change: Interval | None = None
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action would change: where and how much (``sentence``), then before and after."""

    title: str
    sentence: str
    rows: tuple[BeforeAfter, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """The top of the page. ``alarm`` marks fictitious data; ``verdict`` is what the maps do not tell."""

    territory: str
    title: str
    sentences: tuple[str, ...]
    quality: str
    verdict: str
    produced: date
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A short titled text of the foot of the page: method, limits, sources."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class MapPicture:
    """The map, its title for screen readers, its caption.

    The page of ``request`` is set when the room left on the sheet is known.
    """

    request: MapRequest
    title: str
    caption: str


@dataclass(frozen=True, slots=True)
class BriefingContent:
    """Everything on the page, in one language."""

    heading: Heading
    picture: MapPicture
    figures: tuple[KeyFigure, ...]
    table: BriefingTable
    callouts: tuple[Callout, ...] = ()
    action: ActionResult | None = None
    passages: tuple[Passage, ...] = ()
    language: str = field(default="fr")


def build_briefing(content: BriefingContent) -> bytes:
    """Make the one-page PDF.

    Parameters
    ----------
    content : BriefingContent
        Texts in ``content.language``.

    Returns
    -------
    bytes
        PDF, one A4 page; identical for identical content.

    Raises
    ------
    BadInputError
        ``reporting.briefing_too_long`` when the texts leave no room for the map on one page, even with
        the table cut to four rows.
    """
    with tempfile.TemporaryDirectory(prefix="aqah-briefing-") as name:
        folder = Path(name)
        template = folder / "briefing.typ"
        template.write_bytes((resource_folder() / "templates" / "briefing.typ").read_bytes())
        for rows in _TABLE_ROWS:
            shorter = _with_rows(content, rows)
            compiler = _compiler(template, shorter)
            room = _map_room(compiler, folder)
            if room is not None:
                picture = replace(shorter.picture.request, page=_map_page(room, content.language))
                (folder / "map.png").write_bytes(render_map(picture))
                return _pdf(compiler, content.heading.produced)
    raise BadInputError("reporting.briefing_too_long", territory=content.heading.territory)


def _with_rows(content: BriefingContent, rows: int) -> BriefingContent:
    return replace(content, table=replace(content.table, rows=content.table.rows[:rows]))


def _compiler(template: Path, content: BriefingContent) -> Any:
    import typst

    return typst.Compiler(
        str(template),
        root=str(template.parent),
        font_paths=[str(resource_folder() / "fonts")],
        ignore_system_fonts=True,
        sys_inputs={
            "content": json.dumps(as_data(content), ensure_ascii=False, sort_keys=True),
            "theme": json.dumps(theme("light").colours, sort_keys=True),
        },
    )


def _map_room(compiler: Any, folder: Path) -> tuple[float, float] | None:
    """Width and height (points) that the page leaves for the map; None when it is not enough."""
    Image.new("RGB", (16, 8)).save(folder / "map.png")
    pages = int(json.loads(compiler.query("<page-count>", field="value", one=True)))
    width, height = json.loads(compiler.query("<map-room>", field="value", one=True))
    return (float(width), float(height)) if pages == 1 and height >= _SMALLEST_MAP_PT else None


def _map_page(room: tuple[float, float], language: str) -> MapPage:
    """A page of the shape of the room; 1,000 logical pixels on 182 mm make its texts 7 to 8 points."""
    height = round(_MAP_WIDTH * room[1] / room[0])
    return MapPage(_MAP_WIDTH, height, _MAP_PIXEL_RATIO, header=False, footer=False, language=language)


def _pdf(compiler: Any, produced: date) -> bytes:
    moment = datetime.combine(produced, datetime.min.time(), tzinfo=UTC)
    return bytes(compiler.compile(format="pdf", timestamp=moment))


def as_data(content: BriefingContent) -> dict[str, Any]:
    """The content as the template reads it: texts only, numbers already in the reader's format."""
    catalogue = Catalogue(content.language)
    heading = content.heading
    return {
        "language": content.language,
        "territory": heading.territory,
        "title": heading.title,
        "sentences": list(heading.sentences),
        "quality": heading.quality,
        "verdict": heading.verdict,
        "alarm": heading.alarm,
        "date": catalogue.day(heading.produced),
        "map_title": content.picture.title,
        "map_caption": content.picture.caption,
        "figures": [_figure_data(figure, catalogue) for figure in content.figures],
        "table": asdict(content.table),
        "callouts": [asdict(callout) for callout in content.callouts],
        "action": _action_data(content.action, catalogue) if content.action else None,
        "method": [asdict(passage) for passage in content.passages],
        "footer": heading.verdict,
        "words": {word: catalogue.text(f"reporting.briefing.{word}") for word in _WORDS},
    }


#: Fixed words of the template, keys of the catalogue below ``reporting.briefing.``.
_WORDS = ("kind", "program", "before", "after", "change")


def _figure_data(figure: KeyFigure, catalogue: Catalogue) -> dict[str, str]:
    return {
        "label": figure.label,
        "value": catalogue.number(figure.value, figure.decimals),
        "unit": figure.unit,
        "interval": _bounds(figure.interval, figure.decimals, catalogue),
        "note": figure.note,
    }


def _action_data(action: ActionResult, catalogue: Catalogue) -> dict[str, Any]:
    rows = [
        {
            "label": f"{row.label} ({row.unit})" if row.unit else row.label,
            "before": catalogue.number(row.before, row.decimals),
            "after": catalogue.number(row.after, row.decimals),
            "change": _signed(row.change.central if row.change else row.after - row.before, row, catalogue),
            "interval": _bounds(row.change, row.decimals, catalogue),
        }
        for row in action.rows
    ]
    return {"title": action.title, "sentence": action.sentence, "note": action.note, "rows": rows}


def _signed(value: float, row: BeforeAfter, catalogue: Catalogue) -> str:
    text = catalogue.number(value, row.decimals)
    return f"+{text}" if round(value, row.decimals) > 0 else text


def _bounds(interval: Interval | None, decimals: int, catalogue: Catalogue) -> str:
    if interval is None:
        return ""
    low, high = (catalogue.number(v, decimals) for v in sorted((interval.low, interval.high)))
    return catalogue.text("reporting.briefing.interval", low=low, high=high)
