"""From layers and their contents to what is painted: the one table from kind of layer to drawing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Measure, Statistic
from aqah_desktop.reporting.style import (
    LINES,
    SURROUNDINGS,
    TERRITORY_LINE,
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
    PictureDrawing,
    PointDrawing,
    RasterDrawing,
    VeilDrawing,
)
from aqah_desktop.views.map.surroundings import Ground, Names

if TYPE_CHECKING:
    from aqah_desktop.storage.drawing_files import Points

_PLAIN_LINE = LineStyle("ink_soft", 1.2, 0.9)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What every drawing may depend on: theme, annual values, the surface sites are classed by."""

    theme: Theme
    marks: tuple[Mark, ...] = ()
    surface: ArraySource | None = None
    ground: Ground = field(default_factory=Ground)

    @property
    def sites(self) -> SiteScale:
        """Colour classes of sites."""
        return site_scale(self.marks)


def drawings_of(
    entries: tuple[LayerEntry, ...], contents: dict[str, LayerContent], around: Surroundings
) -> list[Drawing]:
    """Drawings of the visible layers, from the bottom up, with the ground below and the names on top.

    Layers are drawn in the order of the tree; pictures stay below everything else.
    """
    theme, land = around.theme, around.ground.land
    drawn: list[Drawing] = []
    for entry in reversed(entries):
        content = contents.get(entry.id)
        if content is not None and entry.visible:
            drawn += _layer(entry, content, around)
    pictures = [d for d in drawn if isinstance(d, PictureDrawing)]
    layers: list[Drawing] = [d for d in drawn if not isinstance(d, PictureDrawing)]
    # Under a surface, ground without value has the colour the legend gives to it.
    bare = any(isinstance(d, RasterDrawing) for d in layers)
    ground: list[Drawing] = []
    if land is not None:
        ground.append(AreaDrawing(land, fill=theme.colour("no_data" if bare else "land")))
    return [*ground, *pictures, *_framed(layers, around), *_names(around.ground.names, theme)]


def _layer(entry: LayerEntry, content: LayerContent, around: Surroundings) -> list[Drawing]:
    found: list[Drawing] = []
    if content.picture is not None:
        found.append(PictureDrawing(content.picture, entry.opacity))
    if content.raster is not None:
        found.append(_raster(entry, content, around.theme))
    if content.outlines is not None and len(content.outlines):
        found.append(_areas(entry, content.outlines, around.theme))
    if content.points is not None:
        found.append(_points(entry, content.points, around))
    return found


def _framed(layers: list[Drawing], around: Surroundings) -> list[Drawing]:
    """Put the veil above the topmost surface, and the limits of the territory below the first points."""
    theme, territory, departments = around.theme, around.ground.territory, around.ground.departments
    above = 1 + max((i for i, d in enumerate(layers) if isinstance(d, RasterDrawing)), default=-1)
    points = [i for i, d in enumerate(layers) if isinstance(d, PointDrawing) and i >= above]
    place = points[0] if points else len(layers)
    veil: list[Drawing] = []
    limits: list[Drawing] = []
    if departments is not None:
        # Without its casing: the map is calmer, and wide lines are what takes longest to draw.
        limits.append(_line(departments, replace(LINES["departments"], casing=0.0), theme))
    if territory is not None:
        veil.append(VeilDrawing(territory, theme.colour(SURROUNDINGS.colour), SURROUNDINGS.opacity))
        limits.append(_line(territory, TERRITORY_LINE, theme))
    return [*layers[:above], *veil, *layers[above:place], *limits, *layers[place:]]


def scale_of(measure: Measure | None, content: LayerContent | None) -> ColourScale:
    """Colour scale of a raster layer; one without fixed classes takes them from its values."""
    values = None
    if content is not None and isinstance(content.raster, ArraySource):
        values = content.raster.values
    elif content is not None:
        values = content.sample
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


def _raster(entry: LayerEntry, content: LayerContent, theme: Theme) -> RasterDrawing:
    assert content.raster is not None
    scale = scale_of(entry.layer.measure, content)
    smooth = entry.layer.measure is not None and entry.layer.measure.statistic is not Statistic.COUNT
    ink = theme.colour("ink")
    return RasterDrawing(content.raster, scale, entry.opacity, smooth, content.weak, ink)


def _line(outlines: OutlineSet, style: LineStyle, theme: Theme, opacity: float = 1.0) -> AreaDrawing:
    return AreaDrawing(
        outlines,
        theme.colour(style.colour),
        style.width,
        opacity=style.opacity * opacity,
        casing=theme.colour("halo") if style.casing else None,
        casing_width=style.casing,
    )


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
        sizes=tuple(s.size for s in symbols) or (8.0,),
        ring=theme.colour("halo"),
        opacity=entry.opacity,
        faint=around.ground.outside(points.communes),
    )


def _names(names: Names | None, theme: Theme) -> list[Drawing]:
    if names is None:
        return []
    return [
        LabelDrawing(
            names.texts,
            names.x,
            names.y,
            names.weights,
            theme.colour("ink"),
            theme.colour("halo"),
            names.inside,
            theme.colour("ink_faint"),
        )
    ]
