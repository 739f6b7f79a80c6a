"""The identity sheet of a feature as data: title, facts, what the map says there, measured years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError, UnknownItemError
from aqah_desktop.messages import Catalogue, ErrorText
from aqah_desktop.models.frames import FrameStore, feature_at, missing, name_of, row_of
from aqah_desktop.models.layer_records import dataset_of
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Interval, Quality, VectorShape
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import Mark

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a sheet."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value against one annual value; ``unsure`` when that value lies inside the interval."""

    mark: Mark
    above: bool
    unsure: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What the map says at the feature, µg/m³."""

    title: str
    value: Interval
    comparisons: tuple[Comparison, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Measured years that may be joined by a line; ``estimated`` tells which are not direct means."""

    years: tuple[int, ...]
    values: tuple[float, ...]
    estimated: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Measured annual means of one pollutant, µg/m³. Parts are never joined to each other.

    ``break_year`` is the first year of another measuring method, 0 without one.
    """

    pollutant: str
    parts: tuple[Part, ...]
    marks: tuple[Mark, ...]
    break_year: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Everything the panel shows of one feature."""

    feature: Feature
    kind: str
    title: str
    place: str = ""
    fictitious: bool = False
    reading: Reading | None = None
    facts: tuple[Fact, ...] = ()
    series: tuple[Series, ...] = ()
    notes: tuple[str, ...] = ()
    quality: str = ""
    source: str = ""
    #: Why the map could not be read here, when it could not.
    trouble: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Pollutant and year looked at."""

    pollutant: str
    year: int


@dataclass(frozen=True)
class Desk:
    """What every kind of sheet is written from."""

    pack: Pack
    frames: FrameStore
    catalogue: Catalogue
    moment: Moment

    def t(self, key: str, **params: Any) -> str:
        """Text of the domain of sheets."""
        return self.catalogue.text(f"sheet.{key}", **params)

    def choice(self, group: str, value: Any) -> str:
        """Word of a coded value (``position_good``…); the code itself without one, empty when missing."""
        if missing(value):
            return ""
        key = f"sheet.{group}_{value}"
        return self.catalogue.text(key) if self.catalogue.has(key) else str(value)

    def facts(self, *pairs: tuple[str, str]) -> tuple[Fact, ...]:
        """Facts with a value: (key of the label, value)."""
        return tuple(Fact(self.t(key), value) for key, value in pairs if value)

    def commune_name(self, code: Any) -> str:
        """Name of a commune; its code, or nothing, where it is not known."""
        if missing(code):
            return ""
        frame = self.frames.frame(LayerEntry(self.pack.layer("communes")))
        found = frame.loc[frame["commune_code"] == str(code), "name"]
        return str(found.iloc[0]) if len(found) else str(code)


Body = Callable[[Desk, "pd.Series", Feature], dict[str, Any]]


class SheetWriter:
    """Writes sheets; usable from any thread.

    Parameters
    ----------
    pack : Pack
        Open pack.
    frames : FrameStore
        Tables of the layers.
    catalogue : Catalogue
        Texts and numbers.
    """

    def __init__(self, pack: Pack, frames: FrameStore, catalogue: Catalogue) -> None:
        self._pack, self._frames, self._catalogue = pack, frames, catalogue

    def write(self, entry: LayerEntry, feature: Feature, moment: Moment) -> Sheet:
        """Write the sheet of a feature of a layer.

        Raises
        ------
        UnknownItemError
            ``sheet.gone``: the layer no longer has this feature.
        AqahError
            When the table of the layer cannot be read.
        """
        from aqah_desktop.models import sheet_kinds

        frame = self._frames.frame(entry)
        row = row_of(frame, feature)
        if row is None:
            raise UnknownItemError("sheet.gone", title=entry.layer.title)
        record, found = frame.iloc[row], feature_at(frame, entry.id, row)
        desk = Desk(self._pack, self._frames, self._catalogue, moment)
        body: Body | None = sheet_kinds.body_of(entry)
        dataset = dataset_of(entry, self._pack)
        content = body(desk, record, found) if body else {"facts": attributes(entry, record, self._catalogue)}
        fictitious = dataset is not None and dataset.standing.quality is Quality.FICTITIOUS
        return Sheet(
            feature=found,
            fictitious=fictitious,
            **{
                "kind": self._catalogue.text("sheet.kind_layer", title=entry.layer.title),
                "title": name_of(record) or found.code or self._catalogue.text("sheet.unnamed"),
                "quality": words.standing_words(dataset.standing, self._catalogue) if dataset else "",
                "source": dataset.origin.attribution if dataset else "",
                **content,
            },
        )

    def name(self, entry: LayerEntry, feature: Feature) -> str:
        """What a feature is called, and in which layer: ``Lille · Communes``."""
        frame = self._frames.frame(entry)
        row = row_of(frame, feature)
        name = feature.name if row is None else name_of(frame.iloc[row])
        layer = entry.layer.title.in_language(self._catalogue.language)
        return f"{name} · {layer}" if name else layer


def attributes(entry: LayerEntry, record: pd.Series, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Every filled column of a row, with the labels of the layer where it has some."""
    fields = entry.layer.shape.fields if isinstance(entry.layer.shape, VectorShape) else ()
    labels = {f.name: (f.label.in_language(catalogue.language), f.unit) for f in fields}
    facts = []
    for name, value in record.items():
        if name == "geometry" or missing(value):
            continue
        label, unit = labels.get(str(name), (str(name), ""))
        facts.append(Fact(label, plain_text(value, catalogue, unit)))
    return tuple(facts)


def plain_text(value: Any, catalogue: Catalogue, unit: str = "") -> str:
    """A cell as a reader expects it: numbers with the decimals they have (at most three), yes or no."""
    import numbers

    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return catalogue.text("sheet.yes" if value else "sheet.no")
    if isinstance(value, numbers.Real):
        number = float(value)
        decimals = next((d for d in range(3) if abs(number - round(number, d)) < 1e-9), 3)
        return catalogue.quantity(number, unit, decimals)
    return str(value)


def reading_of(title: str, value: Interval, marks: Sequence[Mark], note: str = "") -> Reading:
    """A value with its place among the annual values."""
    compared = tuple(
        Comparison(
            mark,
            value.central > mark.value,
            value.level is not None and value.low <= mark.value < value.high,
        )
        for mark in marks
    )
    return Reading(title, value, compared, note)


@dataclass
class Trouble:
    """Collects why the map could not be read, so that the rest of the sheet is still shown."""

    catalogue: Catalogue
    text: ErrorText | None = field(default=None)

    def attempt(self, work: Callable[[], Reading | None]) -> Reading | None:
        """Return what ``work`` returns, or keep its error."""
        try:
            return work()
        except AqahError as error:
            self.text = self.catalogue.error(error)
            return None
