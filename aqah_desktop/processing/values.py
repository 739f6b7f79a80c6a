"""One parameter value: from text or plain data to its type, or a problem saying what was expected.

A number is always in the unit the parameter declares. The unit may be written after it ("20 %",
"150 m"); another unit is refused rather than converted, because a silent factor of a hundred is the
error nobody sees. A decimal comma is accepted; "1,234" is therefore 1.234.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.registry import near_matches
from aqah_desktop.records import Parameter, Place, Pollutant

FIRST_YEAR, LAST_YEAR = 1900, 2100
#: Word for the whole territory of the run, as a place.
WHOLE_TERRITORY = "territory"
_WHOLE_WORDS = {WHOLE_TERRITORY, "territoire", "all", "tout"}
_TRUE = {"true", "yes", "1", "oui", "vrai", "on"}
_FALSE = {"false", "no", "0", "non", "faux", "off"}

_SPACES = " \u00a0\u202f\t"
_NUMBER = re.compile(rf"([+-]?(?:\d[\d{_SPACES}]*)?(?:[.,]\d+)?(?:[eE][+-]?\d+)?)[{_SPACES}]*(.*)")
_COMMUNE = re.compile(r"\d[\dAB]\d{3}")
_UNIT_WORDS = {
    "percent": "%", "pct": "%", "pourcent": "%", "pour cent": "%",
    "metre": "m", "metres": "m", "mètre": "m", "mètres": "m", "meter": "m", "meters": "m",
    "year": "yr", "years": "yr", "an": "yr", "ans": "yr",
}  # fmt: skip


def convert(parameter: Parameter, raw: Any) -> Any:
    """Return ``raw`` (text or plain data) as the type of ``parameter.kind``.

    Parameters
    ----------
    parameter : Parameter
        Declaration: kind, unit, range, choices.
    raw : object
        What the user wrote, or a typed value from a dialog or a stored run.

    Returns
    -------
    object
        ``float``, ``int``, ``bool``, ``str``, ``tuple[str, ...]``, :class:`Place`,
        :class:`Pollutant`, ``(first, last)`` years or ``Path``.

    Raises
    ------
    BadInputError
        One of the ``processing.param_*`` errors, naming the parameter and what is expected.
    """
    try:
        converter = _CONVERTERS[parameter.kind]
    except KeyError:
        raise _bad("processing.param_unknown_kind", parameter, kind=parameter.kind) from None
    value = converter(parameter, raw.strip() if isinstance(raw, str) else raw)
    return value


def to_plain(value: Any) -> Any:
    """Return a converted value as plain JSON data, which :func:`convert` reads back."""
    if isinstance(value, Place):
        return {"communes": list(value.communes), "polygon_wkt": value.polygon_wkt}
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, Pollutant):
        return value.value
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


def allowed_range(parameter: Parameter) -> str:
    """Return the accepted range in symbols, e.g. ``"0 … 100 %"``; empty when there is none."""
    low, high = parameter.minimum, parameter.maximum
    unit = f" {parameter.unit}" if parameter.unit else ""
    if low is not None and high is not None:
        return f"{low:g} … {high:g}{unit}"
    if low is not None:
        return f"≥ {low:g}{unit}"
    return f"≤ {high:g}{unit}" if high is not None else ""


def normal_unit(unit: str) -> str:
    """Return a unit in one spelling: ``"ug/m3"``, ``"µg/m³"`` and ``"μg/m3"`` are the same."""
    text = unit.strip().replace("μ", "µ").replace("³", "3").replace("²", "2").replace("^", "")
    text = re.sub(r"^ug\b", "µg", text)
    return _UNIT_WORDS.get(text.casefold(), text)


def _bad(key: str, parameter: Parameter, **params: Any) -> BadInputError:
    return BadInputError(key, name=parameter.name, **params)


def _number(parameter: Parameter, raw: Any) -> float:
    if isinstance(raw, str):
        value = _number_from_text(parameter, raw)
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        value = float(raw)
    else:
        raise _bad("processing.param_not_a_number", parameter, value=str(raw), expected=_expected(parameter))
    if not math.isfinite(value):
        raise _bad("processing.param_not_a_number", parameter, value=str(raw), expected=_expected(parameter))
    low, high = parameter.minimum, parameter.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise _bad(
            "processing.param_out_of_range", parameter, value=str(raw), allowed=allowed_range(parameter)
        )
    return value


def _expected(parameter: Parameter) -> str:
    return allowed_range(parameter) or parameter.unit or "1.5"


def _number_from_text(parameter: Parameter, text: str) -> float:
    match = _NUMBER.fullmatch(text.replace("\u2212", "-"))
    digits = re.sub(rf"[{_SPACES}]", "", match.group(1)).replace(",", ".") if match else ""
    if match is None or not any(c.isdigit() for c in digits) or digits[0] in "eE":
        raise _bad("processing.param_not_a_number", parameter, value=text, expected=_expected(parameter))
    unit = match.group(2)
    if unit and unit[0] in ".,0123456789":
        raise _bad("processing.param_not_a_number", parameter, value=text, expected=_expected(parameter))
    if unit and normal_unit(unit) != normal_unit(parameter.unit):
        key = "processing.param_wrong_unit" if parameter.unit else "processing.param_no_unit"
        raise _bad(key, parameter, value=text, given=unit, unit=parameter.unit, number=digits)
    return float(digits)


def _integer(parameter: Parameter, raw: Any) -> int:
    value = _number(parameter, raw)
    if value != int(value):
        raise _bad("processing.param_not_an_integer", parameter, value=str(raw))
    return int(value)


def _boolean(parameter: Parameter, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).casefold()
    if word not in _TRUE | _FALSE:
        raise _bad("processing.param_not_a_boolean", parameter, value=str(raw))
    return word in _TRUE


def _text(parameter: Parameter, raw: Any) -> str:
    if not isinstance(raw, str):
        raise _bad("processing.param_not_a_text", parameter, value=str(raw))
    if not raw:
        raise _bad("processing.param_empty", parameter)
    return raw


def _choice(parameter: Parameter, raw: Any) -> str:
    word = _text(parameter, raw)
    for choice in parameter.choices:
        if choice.casefold() == word.casefold():
            return choice
    near = near_matches(word, parameter.choices)
    raise _bad(
        "processing.param_not_a_choice", parameter, value=word, near=near, choices=list(parameter.choices)
    )


def _choices(parameter: Parameter, raw: Any) -> tuple[str, ...]:
    found = [_choice(parameter, item) for item in _items(parameter, raw)]
    return tuple(c for c in parameter.choices if c in found)


def _items(parameter: Parameter, raw: Any) -> list[Any]:
    parts = re.split(r"[,;]", raw) if isinstance(raw, str) else raw
    if not isinstance(parts, Iterable) or isinstance(parts, Mapping):
        raise _bad("processing.param_not_a_list", parameter, value=str(raw))
    items = [item.strip() if isinstance(item, str) else item for item in parts]
    kept = [item for item in items if item != ""]
    if not kept:
        raise _bad("processing.param_empty", parameter)
    return kept


def _communes(parameter: Parameter, raw: Any) -> tuple[str, ...]:
    codes = [str(item).upper() for item in _items(parameter, raw)]
    wrong = [code for code in codes if not _COMMUNE.fullmatch(code)]
    if wrong:
        raise _bad("processing.param_not_a_commune", parameter, value=wrong[0])
    return tuple(dict.fromkeys(codes))


def _place(parameter: Parameter, raw: Any) -> Place | Path:
    """A place; a ``Path`` when a file is named, which the host then opens and replaces by its outline."""
    if isinstance(raw, Place | Path):
        return raw
    if isinstance(raw, Mapping):
        return Place(tuple(raw.get("communes", ())), str(raw.get("polygon_wkt", "")))
    text = raw if isinstance(raw, str) else ",".join(str(item) for item in _items(parameter, raw))
    return Path(text[1:]) if text.startswith("@") else _place_from_text(parameter, text)


def _place_from_text(parameter: Parameter, text: str) -> Place:
    if text.casefold() in _WHOLE_WORDS:
        return Place(communes=(WHOLE_TERRITORY,))
    if re.match(r"(MULTI)?POLYGON\b", text, re.IGNORECASE):
        return Place(polygon_wkt=text)
    try:
        return Place(communes=_communes(parameter, text))
    except BadInputError:
        raise _bad("processing.param_not_a_place", parameter, value=text[:80]) from None


def _pollutant(parameter: Parameter, raw: Any) -> Pollutant:
    known = list(parameter.choices) or [p.value for p in Pollutant]
    word = str(raw).casefold().replace(".", "").replace("₂", "2")
    if word not in known:
        raise _bad(
            "processing.param_not_a_choice",
            parameter,
            value=str(raw),
            near=near_matches(word, known),
            choices=known,
        )
    return Pollutant(word)


def _year(parameter: Parameter, raw: Any) -> int:
    value = str(raw).strip()
    low = int(parameter.minimum) if parameter.minimum is not None else FIRST_YEAR
    high = int(parameter.maximum) if parameter.maximum is not None else LAST_YEAR
    if not re.fullmatch(r"\d{4}", value) or not low <= int(value) <= high:
        raise _bad("processing.param_not_a_year", parameter, value=value, first=str(low), last=str(high))
    return int(value)


def _years(parameter: Parameter, raw: Any) -> tuple[int, int]:
    parts = re.split(r"\s*(?:-|–|\.\.|:|,|;)\s*", raw) if isinstance(raw, str) else raw
    if isinstance(parts, int):
        parts = [parts]
    ends = [_year(parameter, part) for part in parts] if isinstance(parts, list | tuple) else []
    if len(ends) not in (1, 2) or ends[0] > ends[-1]:
        raise _bad("processing.param_not_years", parameter, value=str(raw))
    return ends[0], ends[-1]


def _file(parameter: Parameter, raw: Any) -> Path:
    path = Path(_text(parameter, raw) if not isinstance(raw, Path) else raw)
    if not path.is_file():
        raise _bad("processing.param_no_file", parameter, path=str(path))
    return path


_CONVERTERS: dict[str, Callable[[Parameter, Any], Any]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "text": _text,
    "choice": _choice,
    "choices": _choices,
    "territory": _text,
    "communes": _communes,
    "place": _place,
    "layer": _text,
    "pollutant": _pollutant,
    "year": _year,
    "years": _years,
    "file": _file,
}
#: Kinds a parameter may have.
KINDS = tuple(_CONVERTERS)
