"""From layers and their contents to what is painted: the one table from kind of layer to drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Measure, Statistic
from aqah_desktop.reporting.style import (
    LINES,
    ColourScale,
    LineStyle,
    Mark,
    SiteScale,
    scale_for,
    site_scale,
    symbol_for,
)
from aqah_desktop.reporting.tokens import RGB, Theme
from aqah_desktop.views.map.contents import LayerContent
from aqah_desktop.views.map.outlines import OutlineSet
from aqah_desktop.views.map.scene import (
    AreaDrawing,
    ArraySource,
    Drawing,
    LabelDrawing,
    PointDrawing,
    RasterDrawing,
    VeilDrawing,
)

if TYPE_CHECKING:
    from aqah_desktop.storage.drawing_files import Points

_PLAIN_LINE = LineStyle("ink_soft", 1.2, 0.9)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What every drawing may depend on: theme, annual values, the surface sites are classed by."""

    theme: Theme
    marks: tuple[Mark, ...] = ()
    surface: ArraySource | None = None
    territory: OutlineSet | None = None
    land: OutlineSet | None = None
    departments: OutlineSet | None = None
    places: Points | None = None

    @property
    def sites(self) -> SiteScale:
        """Colour classes of sites."""
        return site_scale(self.marks)


def drawings_of(
    entries: tuple[LayerEntry, ...], contents: dict[str, LayerContent], around: Surroundings
) -> list[Drawing]:
    """Drawings of the visible layers, from the bottom up, with the ground below and the names on top."""
    theme = around.theme
    below: list[Drawing] = []
    above: list[Drawing] = []
    if around.land is not None:
        below.append(AreaDrawing(around.land, fill=theme.colour("land")))
    for entry in reversed(entries):
        content = contents.get(entry.id)
        if content is None or not entry.visible:
            continue
        if content.raster is not None:
            below.append(_raster(entry, content))
        elif content.outlines is not None:
            above.append(_areas(entry, content.outlines, theme))
        elif content.points is not None:
            above.append(_points(entry, content.points, around))
    frame: list[Drawing] = []
    if around.territory is not None:
        frame.append(VeilDrawing(around.territory, theme.colour("paper"), 0.55))
    if around.departments is not None:
        frame.append(_line(around.departments, LINES["departments"], theme))
    if around.territory is not None:
        frame.append(
            AreaDrawing(around.territory, theme.colour("territory"), 2.2, casing=theme.colour("halo"))
        )
    lines = [d for d in above if isinstance(d, AreaDrawing)]
    points = [d for d in above if isinstance(d, PointDrawing)]
    names: list[Drawing] = [_names(around.places, theme)] if around.places is not None else []
    return [*below, *frame[:1], *lines, *frame[1:], *points, *names]


def scale_of(measure: Measure | None, content: LayerContent | None) -> ColourScale:
    """Colour scale of a raster layer; one without fixed classes takes them from its values."""
    values = None
    if content is not None and isinstance(content.raster, ArraySource):
        values = content.raster.values
    return scale_for(measure, values)


def sample(source: ArraySource, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Value of the cell under each point, NaN outside."""
    grid = source.grid
    column = np.floor((x - grid.x_min) / grid.cell_m).astype(np.int64)
    row = np.floor((grid.y_max - y) / grid.cell_m).astype(np.int64)
    inside = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    found = np.full(len(x), np.nan, np.float32)
    found[inside] = source.values[row[inside], column[inside]]
    return found


def _raster(entry: LayerEntry, content: LayerContent) -> RasterDrawing:
    assert content.raster is not None
    scale = scale_of(entry.layer.measure, content)
    smooth = entry.layer.measure is not None and entry.layer.measure.statistic is not Statistic.COUNT
    return RasterDrawing(content.raster, scale, entry.opacity, smooth)


def _line(outlines: OutlineSet, style: LineStyle, theme: Theme, opacity: float = 1.0) -> AreaDrawing:
    return AreaDrawing(outlines, theme.colour(style.colour), style.width, opacity=style.opacity * opacity)


def _areas(entry: LayerEntry, outlines: OutlineSet, theme: Theme) -> AreaDrawing:
    style = LINES.get(entry.id)
    if style is not None:
        return _line(outlines, style, theme, entry.opacity)
    colour: RGB = theme.colour("accent")
    return AreaDrawing(
        outlines, colour, _PLAIN_LINE.width, fill=colour, fill_opacity=0.25, opacity=entry.opacity
    )


def _points(entry: LayerEntry, points: Points, around: Surroundings) -> PointDrawing:
    theme, scale = around.theme, around.sites
    kinds = points.kinds if any(points.kinds) else (entry.layer.role,) * len(points.x)
    names = sorted(set(kinds))
    index = {name: i for i, name in enumerate(names)}
    symbols = [symbol_for(name.rstrip("s") if name not in ("ecole",) else name) for name in names]
    classed = entry.layer.role == "sites" and around.surface is not None and bool(around.marks)
    if classed:
        assert around.surface is not None
        classes = scale.classify(sample(around.surface, points.x, points.y)).astype(np.int64)
        palette = scale.colours
    else:
        classes = np.zeros(len(points.x), np.int64)
        palette = (theme.colour("accent"),)
    return PointDrawing(
        x=points.x,
        y=points.y,
        classes=classes,
        palette=palette,
        no_value=scale.no_value,
        shapes=tuple(s.shape for s in symbols),
        shape_index=np.array([index[k] for k in kinds], np.int64),
        size=max((s.size for s in symbols), default=8.0),
        ring=theme.colour("halo"),
        opacity=entry.opacity,
    )


def _names(places: Points, theme: Theme) -> LabelDrawing:
    return LabelDrawing(
        places.names, places.x, places.y, places.weights, theme.colour("ink"), theme.colour("halo")
    )
