"""Parameters of a run in words a reader understands: "tout le territoire", "20 %", "2025-2030"."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.values import WHOLE_TERRITORY
from aqah_desktop.records import AlgorithmSpec, Parameter

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: More communes than this are counted, not listed.
_LISTED = 3


@dataclass(frozen=True)
class Gazetteer:
    """Names of communes and territories by code, for words about places."""

    communes: dict[str, str] = field(default_factory=dict)
    territories: dict[str, str] = field(default_factory=dict)
    #: Communes of each territory.
    members: dict[str, frozenset[str]] = field(default_factory=dict)

    def name(self, code: str) -> str:
        """Name of a commune or territory; the code itself when unknown."""
        return self.communes.get(code) or self.territories.get(code) or code


def read_gazetteer(pack: Pack) -> Gazetteer:
    """Read the names of a pack (a table: call it off the main thread)."""
    table = pack.read_table("communes")
    communes = dict(zip(table["commune_code"].astype(str), table["name"].astype(str), strict=True))
    territories = pack.territories.values()
    return Gazetteer(
        communes,
        {t.code: t.name for t in territories},
        {t.code: frozenset(t.commune_codes) for t in territories},
    )


def with_whole_territory(
    spec: AlgorithmSpec | None, plain: Mapping[str, Any], members: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """Parameters of a record with "the whole territory" where a place holds every commune of theirs.

    A record names the communes one by one, so that it stays true when a territory changes.
    """
    whole = members.get(str(plain.get("territory", "")), frozenset())
    places = {p.name for p in spec.parameters if p.kind == "place"} if spec is not None else set()
    return {
        name: {"communes": [WHOLE_TERRITORY], "polygon_wkt": ""}
        if name in places and isinstance(value, Mapping) and whole and set(value.get("communes", ())) == whole
        else value
        for name, value in plain.items()
    }


def with_labels(
    params: Mapping[str, Any], spec: AlgorithmSpec | None, catalogue: Catalogue
) -> dict[str, Any]:
    """Parameters of a text with the title of the algorithm and the label of the field it is about."""
    spoken = dict(params)
    if spec is None:
        return spoken
    labels = {p.name: p.label for p in spec.parameters}
    if spoken.get("name") in labels:
        spoken["name"] = catalogue.text(labels[spoken["name"]])
    if spoken.get("algorithm") == spec.id:
        spoken["algorithm"] = catalogue.text(spec.title)
    return spoken


def parameters_in_words(
    spec: AlgorithmSpec | None, plain: Mapping[str, Any], catalogue: Catalogue, names: Gazetteer
) -> list[tuple[str, str]]:
    """Label and words of every parameter that has a value, in the order of the declaration.

    Parameters
    ----------
    spec : AlgorithmSpec or None
        ``None`` when the algorithm is no longer there: names and plain values are shown.
    plain : mapping
        Parameters as a run record keeps them.
    catalogue : Catalogue
        Texts of the program and of its plugins.
    names : Gazetteer
        Names of places.
    """
    plain = with_whole_territory(spec, plain, names.members)
    if spec is None:
        return [(name, _plain_words(value, catalogue)) for name, value in plain.items() if _given(value)]
    return [
        (catalogue.text(p.label), value_in_words(p, plain[p.name], catalogue, names))
        for p in spec.parameters
        if _given(plain.get(p.name))
    ]


def parameters_in_a_line(pairs: Iterable[tuple[str, str]], catalogue: Catalogue) -> str:
    """Labels and words of :func:`parameters_in_words` in one line."""
    return " · ".join(catalogue.text("forms.pair", name=name, value=value) for name, value in pairs)


def value_in_words(parameter: Parameter, value: Any, catalogue: Catalogue, names: Gazetteer) -> str:
    """One plain value in words; its unit always."""
    writers: dict[str, Callable[[], str]] = {
        "number": lambda: number_in_words(float(value), parameter.unit, catalogue),
        "integer": lambda: number_in_words(float(value), parameter.unit, catalogue),
        "boolean": lambda: catalogue.text("forms.yes" if value else "forms.no"),
        "place": lambda: place_in_words(value, catalogue, names),
        "communes": lambda: communes_in_words(value, catalogue, names),
        "territory": lambda: names.name(str(value)),
        "choice": lambda: choice_in_words(parameter, str(value), catalogue),
        "choices": lambda: ", ".join(choice_in_words(parameter, str(v), catalogue) for v in value),
        "pollutant": lambda: choice_in_words(parameter, str(value), catalogue),
        "years": lambda: years_in_words(value),
        "text": f"{value} {parameter.unit}".strip,
        "file": lambda: str(value).rsplit("/", 1)[-1],
    }
    return writers.get(parameter.kind, lambda: str(value))()


def number_in_words(value: float, unit: str, catalogue: Catalogue) -> str:
    """A number with the decimals it needs, at most four, and its unit."""
    return catalogue.quantity(value, unit, decimals_of(value))


def decimals_of(value: float) -> int:
    """Decimals a value needs, at most four: 20 → 0, 12.5 → 1."""
    if not math.isfinite(value):
        return 0
    return next((d for d in range(4) if math.isclose(value, round(value, d), abs_tol=1e-9)), 4)


def choice_in_words(parameter: Parameter, value: str, catalogue: Catalogue) -> str:
    """Text of a choice: the declaration's own, else the program's word for it, else the value."""
    stem = parameter.label.removesuffix(".label")
    keys = (
        f"{stem}.choice.{value}",
        f"forms.choice.{stem.rpartition('.')[2]}.{value.replace(':', '_').lower()}",
        f"reporting.pollutant.{value}.symbol",
        f"reporting.kind.{value}",
    )
    return next((catalogue.text(key) for key in keys if catalogue.has(key)), value)


def place_in_words(value: Any, catalogue: Catalogue, names: Gazetteer) -> str:
    """A place: the whole territory, communes, a drawn outline with its area, or a file."""
    if isinstance(value, str):
        return value.rsplit("/", 1)[-1]
    communes, outline = tuple(value.get("communes", ())), str(value.get("polygon_wkt", ""))
    if communes == (WHOLE_TERRITORY,):
        return catalogue.text("forms.place_territory")
    if outline:
        import shapely

        shape = shapely.from_wkt(outline, on_invalid="ignore")
        area_km2 = 0.0 if shape is None else shape.area / 1e6
        words = catalogue.quantity(area_km2, "km²", 1 if area_km2 < 100 else 0)
        return catalogue.text("forms.place_drawn", area=words)
    return communes_in_words(communes, catalogue, names)


def communes_in_words(codes: Any, catalogue: Catalogue, names: Gazetteer) -> str:
    """Names of communes; beyond three, how many and the first ones."""
    listed = sorted(names.name(str(code)) for code in codes)
    if len(listed) <= _LISTED:
        return ", ".join(listed)
    first = ", ".join(listed[:_LISTED])
    return catalogue.text("forms.communes_many", count=len(listed), first=first)


def years_in_words(value: Any) -> str:
    """``2025`` or ``2025-2030``."""
    first, last = (value[0], value[-1]) if isinstance(value, list | tuple) else (value, value)
    return str(first) if first == last else f"{first}-{last}"


def _given(value: Any) -> bool:
    return value not in (None, "", [], ())


def _plain_words(value: Any, catalogue: Catalogue) -> str:
    if isinstance(value, dict):
        return place_in_words(value, catalogue, Gazetteer())
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return catalogue.number(float(value), decimals_of(float(value)))
