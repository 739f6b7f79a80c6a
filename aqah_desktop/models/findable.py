"""What the search finds besides actions: territories, communes, places, sites, layers, algorithms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.search import Entry, words_of
from aqah_desktop.models.selection import LAYER_OF_KIND

if TYPE_CHECKING:
    import numpy as np

    from aqah_desktop.models.services import Services
    from aqah_desktop.models.state import LayerEntry
    from aqah_desktop.storage.drawing_files import DrawingFiles, Points
    from aqah_desktop.storage.pack import Pack

#: Layers of the pack whose points have names worth finding.
NAMED_LAYERS = (*dict.fromkeys(LAYER_OF_KIND.values()), "stations", "industrial_sites", "farms")
#: A place this close to a commune of its name is that commune, m.
_SAME_PLACE_M = 6000.0
#: Residents of a place of full weight.
_LARGEST = 1_000_000.0


def territory_entries(pack: Pack, catalogue: Catalogue) -> list[Entry]:
    """Territories one can open, the seven first."""
    return [
        Entry(
            "territory",
            t.code,
            t.name,
            catalogue.text("shell.kind_territory"),
            1.0 if t.aqah else 0.7,
        )
        for t in sorted(pack.territories.values(), key=lambda t: (not t.aqah, t.name))
        if t.aqah or t.kind != "epci"
    ]


def place_entries(pack: Pack, drawings: DrawingFiles, catalogue: Catalogue) -> list[Entry]:
    """Communes, other places and named sites, with where they are. Reads files: not on the main thread."""
    communes = _communes(pack, drawings, catalogue)
    names = {entry.key: entry.title for entry in communes}
    found = [*communes, *_places(drawings.points("places"), communes, catalogue)]
    for layer_id in NAMED_LAYERS:
        points = drawings.points(layer_id)
        if points is not None and layer_id in pack.layers:
            found += _sites(layer_id, points, names, pack, catalogue)
    return found


def layer_entries(layers: Iterable[LayerEntry], catalogue: Catalogue) -> list[Entry]:
    """Layers of the open project."""
    kind = catalogue.text("shell.kind_layer")
    return [Entry("layer", e.id, e.layer.title.in_language(catalogue.language), kind, 0.5) for e in layers]


def algorithm_entries(services: Services) -> list[Entry]:
    """Algorithms and actions of the program and its plugins. May look for plugins: not on the main thread."""
    from aqah_desktop.models.offers import offers

    kind = services.catalogue.text("shell.kind_algorithm")
    return [
        Entry("algorithm", offer.algorithm_id, offer.title, kind, 0.6, offer.summary)
        for offer in offers(services)
        if offer.error is None and offer.algorithm_id
    ]


def commune_extent(drawings: DrawingFiles, code: str) -> tuple[float, float, float, float] | None:
    """Extent of a commune (EPSG:2154, m), None when its outline was not prepared."""
    import numpy as np

    lines = drawings.outlines("communes")
    if lines is None or code not in lines.codes:
        return None
    parts = np.flatnonzero(lines.owner == lines.codes.index(code))
    points = np.concatenate([lines.coordinates[lines.starts[p] : lines.starts[p + 1]] for p in parts])
    low, high = points.min(axis=0), points.max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _communes(pack: Pack, drawings: DrawingFiles, catalogue: Catalogue) -> list[Entry]:
    from aqah_desktop.storage.small_tables import read_rows

    layer = pack.layer("communes")
    rows = read_rows(pack.member(layer.source.member), layer.source.table or layer.id)
    inside = {c: t.name for t in pack.territories.values() if t.kind == "epci" for c in t.commune_codes}
    kind, centres = catalogue.text("shell.kind_commune"), _centres(drawings)
    entries = []
    for row in rows:
        code = str(row["commune_code"])
        x, y = centres.get(code, (math.nan, math.nan))
        words = " · ".join(part for part in (kind, inside.get(code, "")) if part)
        weight = _weight(float(row["population"] or 0))
        entries.append(Entry("commune", code, str(row["name"]), words, weight, x=x, y=y))
    return entries


def _centres(drawings: DrawingFiles) -> dict[str, tuple[float, float]]:
    """Middle of each commune's extent: where the search looks first."""
    import numpy as np

    lines = drawings.outlines("communes")
    if lines is None or not len(lines.owner):
        return {}
    low = np.minimum.reduceat(lines.coordinates, lines.starts[:-1], axis=0)
    high = np.maximum.reduceat(lines.coordinates, lines.starts[:-1], axis=0)
    boxes: dict[int, np.ndarray] = {}
    for part, owner in enumerate(lines.owner):
        box = np.concatenate([low[part], high[part]])
        known = boxes.get(int(owner))
        boxes[int(owner)] = (
            box
            if known is None
            else np.concatenate([np.minimum(known[:2], box[:2]), np.maximum(known[2:], box[2:])])
        )
    return {
        lines.codes[owner]: (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
        for owner, box in boxes.items()
    }


def _places(points: Points | None, communes: list[Entry], catalogue: Catalogue) -> list[Entry]:
    """Places that are not a commune we already have."""
    if points is None:
        return []
    known: dict[str, list[Entry]] = {}
    for entry in communes:
        known.setdefault(" ".join(words_of(entry.title)), []).append(entry)
    kind, entries = catalogue.text("shell.kind_place"), []
    for i, name in enumerate(points.names):
        x, y = float(points.x[i]), float(points.y[i])
        same = known.get(" ".join(words_of(name)), ())
        if any(math.hypot(e.x - x, e.y - y) < _SAME_PLACE_M for e in same):
            continue
        weight = 0.8 * _weight(float(points.weights[i]))
        entries.append(Entry("place", points.ids[i] or name, name, kind, weight, x=x, y=y))
    return entries


def _sites(
    layer_id: str, points: Points, communes: dict[str, str], pack: Pack, catalogue: Catalogue
) -> list[Entry]:
    title = pack.layers[layer_id].title.in_language(catalogue.language)
    entries = []
    for i, name in enumerate(points.names):
        if not name or name.startswith("("):
            continue
        kind = points.kinds[i] if i < len(points.kinds) else ""
        key = f"reporting.kind.{kind}"
        what = catalogue.text(key) if kind and catalogue.has(key) else title
        commune = communes.get(points.communes[i], "") if i < len(points.communes) else ""
        words = " · ".join(part for part in (what, commune) if part)
        code = points.ids[i] if i < len(points.ids) and points.ids[i] else str(i)
        entries.append(
            Entry(
                "site",
                f"{layer_id}/{code}",
                name,
                words,
                0.2,
                commune,
                float(points.x[i]),
                float(points.y[i]),
            )
        )
    return entries


def _weight(residents: float) -> float:
    """0 for a hamlet, 1 for a city of a million."""
    return min(math.log1p(max(residents, 0.0)) / math.log1p(_LARGEST), 1.0)
