"""From the rows of a run to lines of a list: class colour, value, half-width of its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.exposure_view import Z95, Sites
from aqah_desktop.models.exposure_words import UNIT, interval_text, kind_name
from aqah_desktop.reporting.style import Mark, site_scale, symbol_for
from aqah_desktop.reporting.tokens import RGB
from aqah_desktop.views.exposure.ranking import PlaceRow


def class_colours(values: np.ndarray, marks: Sequence[Mark]) -> list[RGB]:
    """Colour of the class of each value, as on the map."""
    scale = site_scale(marks)
    return [scale.colour(int(i)) for i in scale.classify(values)]


def place_row(
    sites: Sites, row: int, rank: int | None, marks: Sequence[Mark], catalogue: Catalogue, note: str = ""
) -> PlaceRow:
    """One line of a list of places."""
    value, std = float(sites.value[row]), float(sites.std[row])
    kind = str(sites.kinds[row])
    name = str(sites.names[row]) or str(sites.ids[row])
    if not note:
        parts = (_capital(kind_name(kind, catalogue)), str(sites.communes[row]))
        note = " · ".join(part for part in parts if part)
    said = ", ".join((name, note, interval_text(sites.interval(row), catalogue)))
    return PlaceRow(
        feature=sites.feature(row),
        rank="" if rank is None else catalogue.number(rank),
        name=name,
        note=note,
        value=catalogue.number(value, 1) if math.isfinite(value) else "—",
        spread=f"± {catalogue.number(Z95 * std, 1)}" if math.isfinite(std) else UNIT,
        colour=class_colours(np.array([value]), marks)[0],
        shape=symbol_for(kind).shape,
        said=said,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
