"""Drawing of geographic things on a picture: rasters, polygons, lines, hatching, symbols.

Lines and fills are drawn as masks at three times the size and reduced, which gives clean edges without a
graphics library beyond Pillow; colours are then laid through the mask. Nothing here knows about pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from aqah_desktop.reporting.maprequest import Extent, Outlines, Surface, Symbols
from aqah_desktop.reporting.resampling import resample
from aqah_desktop.reporting.style import (
    NO_DATA,
    ColourScale,
    FillStyle,
    LineStyle,
    SymbolStyle,
    symbol_for,
)
from aqah_desktop.reporting.tokens import RGB, Theme

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_SUPERSAMPLING = 3
_SPRITE_SUPERSAMPLING = 8

#: Square logical pixels of map per symbol from which symbols have their full size, and the smallest
#: share of it they take on crowded maps.
_ROOM_PER_SYMBOL = 4_000.0
_SMALLEST_SYMBOL = 0.68


def fit_extent(extent: Extent, width: float, height: float, margin: float = 0.05) -> Extent:
    """Grow an extent to the shape of the map, with a margin as a share of its size."""
    x0, y0, x1, y1 = extent
    span_x, span_y = max(x1 - x0, 1.0) * (1 + 2 * margin), max(y1 - y0, 1.0) * (1 + 2 * margin)
    if span_x / span_y < width / height:
        span_x = span_y * width / height
    else:
        span_y = span_x * height / width
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return (cx - span_x / 2, cy - span_y / 2, cx + span_x / 2, cy + span_y / 2)


class MapCanvas:
    """The map itself, without page.

    Parameters
    ----------
    extent : tuple of float
        ``(x_min, y_min, x_max, y_max)``, m; must have the shape of the picture.
    size : tuple of int
        Width and height in real pixels.
    ratio : float
        Real pixels per logical pixel.
    theme : Theme
        Colours.
    """

    def __init__(self, extent: Extent, size: tuple[int, int], ratio: float, theme: Theme) -> None:
        self.extent, self.size, self.ratio, self.theme = extent, size, ratio, theme
        self.image = Image.new("RGB", size, theme.colour("sea"))

    @property
    def metres_per_pixel(self) -> float:
        """Ground size of a real pixel, m."""
        return (self.extent[2] - self.extent[0]) / self.size[0]

    def project(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ground coordinates (m) → real pixels of the picture."""
        x0, _, _, y1 = self.extent
        scale = 1 / self.metres_per_pixel
        return (np.asarray(x) - x0) * scale, (y1 - np.asarray(y)) * scale

    # ------------------------------------------------------------------ rasters

    def raster(self, surface: Surface) -> None:
        """Lay a raster; cells without data show the "no data" colour on land."""
        shape = (self.size[1], self.size[0])
        values = resample(surface.values, surface.grid, self.extent, shape, surface.smooth)
        self._paint_classes(surface.scale, surface.scale.classify(values))
        if surface.weak is not None:
            weak = resample(surface.weak.astype(np.float32), surface.grid, self.extent, shape, smooth=False)
            self.hatch(np.nan_to_num(weak) > 0.5)

    def _paint_classes(self, scale: ColourScale, classes: np.ndarray) -> None:
        picture = Image.fromarray(scale.lookup()[classes], "RGBA")
        self.image.paste(picture, (0, 0), picture)

    def hatch(self, where: np.ndarray) -> None:
        """Draw fine diagonal lines where ``where`` (rows, columns) is true."""
        period, width = 9.0 * self.ratio, 1.1 * self.ratio
        rows, columns = np.ogrid[: where.shape[0], : where.shape[1]]
        distance = np.abs(((rows + columns) / np.sqrt(2)) % period - period / 2)
        coverage = np.clip(width / 2 + 0.5 - distance, 0, 1) * np.where(where, 0.55, 0)
        self._lay(self.theme.colour("ink"), Image.fromarray((coverage * 255).astype(np.uint8)))

    # ------------------------------------------------------------------ polygons and lines

    def fill(self, geometries: Iterable[BaseGeometry], style: FillStyle, outside: bool = False) -> None:
        """Fill polygons, or everything but them."""
        mask = self._reduced(self._polygon_mask(geometries))
        if outside:
            mask = mask.point([255 - v for v in range(256)])
        self._lay(self.theme.colour(style.colour), _fade(mask, style.opacity))

    def stroke(self, geometries: Sequence[BaseGeometry], style: LineStyle) -> None:
        """Draw lines or the outlines of polygons, over a pale casing when the style has one."""
        lines = self._clipped_lines(geometries)
        if style.casing:
            mask = self._line_mask(lines, style.casing)
            self._lay(self.theme.colour("halo"), _fade(mask, 0.7 * style.opacity))
        self._lay(self.theme.colour(style.colour), _fade(self._line_mask(lines, style.width), style.opacity))

    def outlines(self, group: Outlines) -> None:
        """Fill (when asked) and stroke a group."""
        if group.fill:
            self.fill(group.geometries, group.fill)
        self.stroke(group.geometries, group.style)

    def _scale(self) -> float:
        return _SUPERSAMPLING / self.metres_per_pixel

    def _blank(self) -> Image.Image:
        return Image.new("L", (self.size[0] * _SUPERSAMPLING, self.size[1] * _SUPERSAMPLING), 0)

    def _pixels(self, coordinates: np.ndarray) -> list[float]:
        moved = (coordinates - [self.extent[0], self.extent[3]]) * [self._scale(), -self._scale()]
        return [float(v) for v in moved.ravel()]

    def _window(self, margin_px: float) -> Extent:
        margin = margin_px * self.ratio * self.metres_per_pixel
        x0, y0, x1, y1 = self.extent
        return (x0 - margin, y0 - margin, x1 + margin, y1 + margin)

    def _polygon_mask(self, geometries: Iterable[BaseGeometry]) -> Image.Image:
        import shapely

        mask = self._blank()
        draw = ImageDraw.Draw(mask)
        clipped = shapely.clip_by_rect(np.asarray(list(geometries), dtype=object), *self._window(4))
        parts = shapely.get_parts(shapely.get_parts(clipped))
        polygons = [p for p in parts if p.geom_type == "Polygon" and not p.is_empty]
        # Largest first: an island drawn after the polygon whose hole it lies in is not wiped out.
        for polygon in sorted(polygons, key=lambda p: p.envelope.area, reverse=True):
            draw.polygon(self._pixels(shapely.get_coordinates(polygon.exterior)), fill=255)
            for hole in polygon.interiors:
                draw.polygon(self._pixels(shapely.get_coordinates(hole)), fill=0)
        return mask

    def _clipped_lines(self, geometries: Sequence[BaseGeometry]) -> list[list[float]]:
        import shapely

        shapes = np.asarray(list(geometries), dtype=object)
        polygonal = shapely.get_dimensions(shapes) == 2
        shapes[polygonal] = shapely.boundary(shapes[polygonal])
        parts = shapely.get_parts(shapely.get_parts(shapely.clip_by_rect(shapes, *self._window(8))))
        return [self._pixels(shapely.get_coordinates(part)) for part in parts if not part.is_empty]

    def _line_mask(self, lines: list[list[float]], width: float) -> Image.Image:
        mask = self._blank()
        draw = ImageDraw.Draw(mask)
        real_width = max(1, round(width * self.ratio * _SUPERSAMPLING))
        # Rounded joints cost a loop per vertex and only show on wide lines.
        joint = "curve" if real_width > 4 else None
        for line in lines:
            draw.line(line, fill=255, width=real_width, joint=joint)
        return self._reduced(mask)

    @staticmethod
    def _reduced(mask: Image.Image) -> Image.Image:
        return mask.reduce(_SUPERSAMPLING)

    def _lay(self, colour: RGB, mask: Image.Image) -> None:
        self.image.paste(colour, (0, 0, *self.size), mask)

    # ------------------------------------------------------------------ symbols

    def symbols(self, symbols: Symbols) -> None:
        """Draw points, the highest class last so that it stays visible; smaller where they crowd."""
        classes = symbol_classes(symbols)
        room = self.size[0] * self.size[1] / self.ratio**2 / max(len(symbols.x), 1)
        size = min(max((room / _ROOM_PER_SYMBOL) ** 0.5, _SMALLEST_SYMBOL), 1.0)
        xs, ys = self.project(symbols.x, symbols.y)
        for i in np.lexsort((np.arange(len(xs)), classes)):
            if not (0 <= xs[i] < self.size[0] and 0 <= ys[i] < self.size[1]):
                continue
            colour = symbol_colour(symbols, int(classes[i]), self.theme)
            style = symbol_for(symbols.kinds[i])
            style = SymbolStyle(style.shape, style.size * size)
            stamp(self.image, (xs[i], ys[i]), style, colour, self.ratio)


def symbol_classes(symbols: Symbols) -> np.ndarray:
    """Class of each point; zeros when the points carry no value."""
    if symbols.scale is None or symbols.values is None:
        return np.zeros(len(symbols.x), int)
    return symbols.scale.classify(symbols.values)


def symbol_colour(symbols: Symbols, index: int, theme: Theme) -> RGB:
    """Colour of a class of points; the accent when they carry no value."""
    if symbols.scale is None or symbols.values is None:
        return theme.colour("accent")
    return symbols.scale.colour(index)


def stamp(image: Image.Image, at: tuple[float, float], style: SymbolStyle, colour: RGB, ratio: float) -> None:
    """Draw one symbol centred on real pixel coordinates."""
    picture = sprite(style, colour, ratio)
    image.paste(picture, (round(at[0] - picture.width / 2), round(at[1] - picture.height / 2)), picture)


@cache
def sprite(style: SymbolStyle, colour: RGB, ratio: float) -> Image.Image:
    """RGBA picture of a symbol: white ring, dark rim, coloured heart."""
    size = round((style.size + 6) * ratio)
    side = size * _SPRITE_SUPERSAMPLING
    picture = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    for radius, fill in (
        (style.size / 2 + 1.8, (255, 255, 255, 235)),
        (style.size / 2 + 0.4, (22, 33, 43, 255)),
        (style.size / 2 - 0.4, (*colour, 255)),
    ):
        _shape(draw, style.shape, side / 2, radius * ratio * _SPRITE_SUPERSAMPLING, fill)
    return picture.reduce(_SPRITE_SUPERSAMPLING)


def _shape(
    draw: ImageDraw.ImageDraw, shape: str, c: float, r: float, fill: tuple[int, int, int, int]
) -> None:
    if shape == "circle":
        draw.ellipse((c - r, c - r, c + r, c + r), fill=fill)
    elif shape == "square":
        s = r * 0.9
        draw.rectangle((c - s, c - s, c + s, c + s), fill=fill)
    elif shape == "diamond":
        draw.polygon([(c, c - r * 1.1), (c + r * 1.1, c), (c, c + r * 1.1), (c - r * 1.1, c)], fill=fill)
    elif shape == "triangle":
        draw.polygon([(c, c - r * 1.1), (c + r * 1.05, c + r * 0.8), (c - r * 1.05, c + r * 0.8)], fill=fill)
    else:
        arm = r * 0.46
        draw.rectangle((c - arm, c - r, c + arm, c + r), fill=fill)
        draw.rectangle((c - r, c - arm, c + r, c + arm), fill=fill)


def _fade(mask: Image.Image, opacity: float) -> Image.Image:
    return mask if opacity >= 1 else mask.point([round(v * opacity) for v in range(256)])


def has_no_data(surface: Surface, extent: Extent) -> bool:
    """Whether a raster leaves cells of the map empty (then the legend says so)."""
    small = resample(surface.values, surface.grid, extent, (120, 160), smooth=False)
    return bool((surface.scale.classify(small) == NO_DATA).any())
