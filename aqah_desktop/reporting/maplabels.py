"""Placing names on a map without collisions: greedy, the heaviest name first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aqah_desktop.reporting.maprequest import PlaceName
from aqah_desktop.reporting.typography import Box

#: Offsets tried in turn, in units of the label's half size plus a gap: centre, above, below, right, left.
_OFFSETS = ((0.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.62, -0.55), (-0.62, -0.55), (0.62, 0.55), (-0.62, 0.55))

#: Free space kept around a name, logical pixels.
GAP = 5.0


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name and its centre, logical pixels of the map."""

    name: PlaceName
    x: float
    y: float
    box: Box


def place_names(
    names: Sequence[tuple[PlaceName, float, float]],
    measure: Callable[[PlaceName], tuple[float, float]],
    area: Box,
    taken: Sequence[Box] = (),
    avoid: Sequence[Box] = (),
    limit: int = 50,
) -> list[PlacedName]:
    """Choose which names are written and where.

    Parameters
    ----------
    names : sequence of (PlaceName, x, y)
        Names with their anchor in logical pixels.
    measure : callable
        Width and height of a name, logical pixels.
    area : Box
        Where names must stay whole.
    taken : sequence of Box
        Places already used (scale bar, north arrow).
    avoid : sequence of Box
        Places better left free (symbols): the position that hides fewest of them is taken.
    limit : int
        Most names to place.

    Returns
    -------
    list of PlacedName
        In the order of their weight; no two boxes overlap, none leaves ``area``.
    """
    boxes, soft = list(taken), np.asarray(avoid, float).reshape(-1, 4)
    placed: list[PlacedName] = []
    for name, x, y in sorted(names, key=lambda n: (-n[0].weight, n[0].text)):
        if len(placed) >= limit:
            break
        found = _free_place(x, y, *measure(name), area, boxes, soft)
        if found is not None:
            boxes.append(found)
            placed.append(PlacedName(name, (found[0] + found[2]) / 2, (found[1] + found[3]) / 2, found))
    return placed


def _free_place(
    x: float, y: float, width: float, height: float, area: Box, boxes: list[Box], soft: np.ndarray
) -> Box | None:
    """The free position that covers fewest symbols, the first of them in the order of ``_OFFSETS``."""
    if not (area[0] <= x <= area[2] and area[1] <= y <= area[3]):
        return None
    taken = np.asarray(boxes, float).reshape(-1, 4)
    best: tuple[int, Box] | None = None
    for dx, dy in _OFFSETS:
        cx, cy = x + dx * (width / 2 + GAP), y + dy * (height / 2 + GAP + 4)
        box = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
        inside = box[0] >= area[0] and box[1] >= area[1] and box[2] <= area[2] and box[3] <= area[3]
        if not inside or _hits(box, taken, GAP):
            continue
        hidden = _hits(box, soft, 0.0)
        if best is None or hidden < best[0]:
            best = (hidden, box)
    return best[1] if best else None


def _hits(box: Box, others: np.ndarray, gap: float) -> int:
    """How many of ``others`` (n, 4) come nearer than ``gap`` to the box."""
    apart = (
        (others[:, 0] >= box[2] + gap)
        | (others[:, 2] <= box[0] - gap)
        | (others[:, 1] >= box[3] + gap / 2)
        | (others[:, 3] <= box[1] - gap / 2)
    )
    return int((~apart).sum())
