"""A map page without a window: :class:`.maprequest.MapRequest` → PNG.

The same styles as on screen (:mod:`.style`), drawn with Pillow. A page of 1600 × 1100 takes well under a
second and a half; nothing is read from disk but the bundled fonts.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aqah_desktop.reporting.mapdraw import MapCanvas, fit_extent, has_no_data
from aqah_desktop.reporting.maplabels import place_names
from aqah_desktop.reporting.maplegend import draw_legend
from aqah_desktop.reporting.mappage import Page
from aqah_desktop.reporting.maprequest import Extent, MapRequest, PlaceName, Symbols
from aqah_desktop.reporting.style import SURROUNDINGS, TERRITORY_LINE, FillStyle, nice_step
from aqah_desktop.reporting.typography import LINE_HEIGHT, Box, Ink, font

_HEADER = 134.0
_MARGIN = 40.0
_CHIP_OPACITY = 0.86

#: From here on a title takes two lines.
_SMALLEST_TITLE = 22.0

#: Share of the page that limits and sources may take before their letters shrink, and how far.
_TALLEST_FOOTER = 0.06
_SMALLEST_NOTE = 10.0

#: One name per so many square logical pixels at most: a map with more is not read any more.
_AREA_PER_NAME = 20_000


def render_map(request: MapRequest) -> bytes:
    """Draw a map page.

    Parameters
    ----------
    request : MapRequest
        What to show; coordinates in EPSG:2154, m.

    Returns
    -------
    bytes
        PNG, sRGB, ``page.width × page.pixel_ratio`` pixels wide. The same request gives the same bytes.
    """
    target = io.BytesIO()
    dpi = round(96 * request.page.pixel_ratio)
    compose_page(request).image.save(target, "PNG", dpi=(dpi, dpi))
    return target.getvalue()


def compose_page(request: MapRequest) -> Page:
    """Draw a map page and keep where everything went (:attr:`Page.places`, ``writer.boxes``)."""
    page = Page(request.page)
    request = replace(request, page=page.settings)
    width, height = float(request.page.width), float(request.page.height)
    top = _HEADER if request.page.header else 0.0
    bottom = height - (_footer_height(page, request) if request.page.footer else 0.0)
    panel_width = min(max(width * 0.2, 236.0), 320.0)
    map_box = (0.0, top, width - panel_width, bottom)
    page.places["map"] = map_box
    request = _on_page(request, page, map_box)
    _draw_map(page, request, map_box)
    draw_legend(page, request, (map_box[2], top, width, bottom))
    if request.page.header:
        _draw_header(page, request, (0.0, 0.0, width, top))
    if request.page.footer:
        _draw_footer(page, request, (0.0, bottom, width, height))
    return page


# --------------------------------------------------------------------------- the map


def _on_page(request: MapRequest, page: Page, box: Box) -> MapRequest:
    """Leave out the points that lie beside the map: the legend counts those one sees."""
    x0, y0, x1, y1 = page.real(box)
    extent = fit_extent(request.basemap.extent, x1 - x0, y1 - y0)
    symbols = _inside(request.symbols, extent) if request.symbols is not None else None
    return replace(request, symbols=symbols, points=tuple(_inside(p, extent) for p in request.points))


def _inside(symbols: Symbols, extent: Extent) -> Symbols:
    x, y = np.asarray(symbols.x), np.asarray(symbols.y)
    there = (x >= extent[0]) & (x <= extent[2]) & (y >= extent[1]) & (y <= extent[3])
    if there.all():
        return symbols
    kinds = tuple(kind for kind, kept in zip(symbols.kinds, there, strict=True) if kept)
    values = None if symbols.values is None else np.asarray(symbols.values)[there]
    return replace(symbols, x=x[there], y=y[there], kinds=kinds, values=values)


def _draw_map(page: Page, request: MapRequest, box: Box) -> None:
    x0, y0, x1, y1 = page.real(box)
    size = (x1 - x0, y1 - y0)
    extent = fit_extent(request.basemap.extent, *size)
    canvas = MapCanvas(extent, size, page.ratio, page.theme)
    if request.surface is not None and has_no_data(request.surface, extent):
        page.places["no_data"] = box
    _draw_ground(canvas, request)
    if request.texts.watermark:
        _watermark(canvas, request.texts.watermark)
    for symbols in (*request.points, *((request.symbols,) if request.symbols is not None else ())):
        canvas.symbols(symbols)
    page.image.paste(canvas.image, (x0, y0))
    chips = [_scale_bar(page, box, canvas), _north(page, box)]
    _draw_names(page, request, box, canvas, chips)


def _draw_ground(canvas: MapCanvas, request: MapRequest) -> None:
    from shapely import box

    base = request.basemap
    ground = "no_data" if request.surface is not None else "land"
    if base.land:
        if base.known is not None:
            canvas.fill([box(*base.known)], FillStyle("wash"), outside=True)
        canvas.fill(base.land, FillStyle(ground))
    else:
        canvas.image.paste(canvas.theme.colour(ground), (0, 0, *canvas.size))
    if request.surface is not None:
        canvas.raster(request.surface)
    for group in base.lines:
        canvas.outlines(group)
    for group in request.outlines:
        canvas.outlines(group)
    if base.focus is not None:
        canvas.fill([base.focus], SURROUNDINGS, outside=True)
        canvas.stroke([base.focus], TERRITORY_LINE)


def _draw_names(page: Page, request: MapRequest, box: Box, canvas: MapCanvas, chips: list[Box]) -> None:
    names = request.basemap.names
    xs, ys = canvas.project(np.array([n.x for n in names]), np.array([n.y for n in names]))
    anchored = [
        (name, float(x) / page.ratio + box[0], float(y) / page.ratio + box[1])
        for name, x, y in zip(names, xs, ys, strict=True)
    ]

    def measure(name: PlaceName) -> tuple[float, float]:
        ink = _name_ink(page, name)
        return page.writer.width(name.text, ink) + 4, ink.size * 1.15

    inset = (box[0] + 10, box[1] + 10, box[2] - 10, box[3] - 10)
    limit = round((box[2] - box[0]) * (box[3] - box[1]) / _AREA_PER_NAME)
    symbols = _symbol_boxes(page, request, box, canvas)
    for placed in place_names(anchored, measure, inset, chips, symbols, limit):
        page.writer.label(
            (placed.x, placed.y), placed.name.text, _name_ink(page, placed.name), page.theme.colour("halo")
        )
        page.places[f"name:{placed.name.text}"] = placed.box


def _symbol_boxes(page: Page, request: MapRequest, box: Box, canvas: MapCanvas) -> list[Box]:
    if request.symbols is None:
        return []
    xs, ys = canvas.project(request.symbols.x, request.symbols.y)
    xs, ys = xs / page.ratio + box[0], ys / page.ratio + box[1]
    return [(x - 6, y - 6, x + 6, y + 6) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def _name_ink(page: Page, name: PlaceName) -> Ink:
    if name.strong:
        return page.ink("heading", "ink", 700)
    if name.inside:
        return page.ink("small", "ink", 600)
    return page.ink("small", "ink_faint", 500)


def _scale_bar(page: Page, box: Box, canvas: MapCanvas) -> Box:
    """A bar of a round length with its figure, bottom left."""
    metres_per_px = canvas.metres_per_pixel * page.ratio
    length_m = nice_step(metres_per_px * 75)
    length = length_m / metres_per_px
    unit, figure = ("km", length_m / 1000) if length_m >= 1000 else ("m", length_m)
    ink = page.ink("small", "ink", 500)
    half, whole = (page.catalogue.number(v, 0 if v == int(v) else 1) for v in (figure / 2, figure))
    chip = (box[0] + 20, box[3] - 70, box[0] + 20 + length + 66, box[3] - 20)
    page.card(chip, page.theme.colour("paper"), 8, _CHIP_OPACITY)
    x, y = chip[0] + 18, chip[3] - 16
    line = page.theme.colour("ink")
    page.rectangle((x, y - 3, x + length, y), line)
    page.rectangle((x + length / 2, y - 2, x + length - 1, y - 1), page.theme.colour("paper"))
    for at in (0.0, 0.5, 1.0):
        page.rectangle((x + at * length - 0.75, y - 8, x + at * length + 0.75, y), line)
    for at, text in ((0.0, "0"), (0.5, half), (1.0, f"{whole} {unit}")):
        page.writer.line((x + at * length, y - 13), text, ink, chip, "ms")
    page.places["scale_bar"] = (x, y - 8, x + length, y)
    return chip


def _north(page: Page, box: Box) -> Box:
    """A small arrow, top left: the grid's north is up."""
    chip = (box[0] + 20, box[1] + 20, box[0] + 64, box[1] + 80)
    page.card(chip, page.theme.colour("paper"), 8, _CHIP_OPACITY)
    factor = 4
    width, height = (round(v * page.ratio) for v in (18, 24))
    arrow = Image.new("L", (width * factor, height * factor), 0)
    w, h = arrow.size
    ImageDraw.Draw(arrow).polygon([(w / 2, 0), (w - 1, h - 1), (w / 2, h * 0.74), (0, h - 1)], fill=255)
    x, y, _, _ = page.real((chip[0] + 13, chip[1] + 9, chip[2], chip[3]))
    page.image.paste(page.theme.colour("ink"), (x, y, x + width, y + height), arrow.reduce(factor))
    page.writer.line(
        ((chip[0] + chip[2]) / 2, chip[3] - 9),
        page.text("map.north"),
        page.ink("small", "ink", 700),
        chip,
        "ms",
    )
    page.places["north"] = chip
    return chip


def _watermark(canvas: MapCanvas, text: str) -> None:
    """Repeat a text across the map, pale and slanted, so that no crop hides it."""
    size = 26 * canvas.ratio
    face: ImageFont.FreeTypeFont = font(700, size)
    step_x, step_y = int(face.getlength(text) + 90 * canvas.ratio), int(150 * canvas.ratio)
    side = int(np.hypot(*canvas.size))
    layer = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(layer)
    for row in range(side // step_y + 1):
        for x in range(-step_x + (row % 2) * step_x // 2, side, step_x):
            draw.text((x, row * step_y), text, font=face, fill=96)
    layer = layer.rotate(24, Image.Resampling.BICUBIC)
    left, top = (side - canvas.size[0]) // 2, (side - canvas.size[1]) // 2
    mask = layer.crop((left, top, left + canvas.size[0], top + canvas.size[1]))
    canvas.image.paste(canvas.theme.colour("danger"), (0, 0, *canvas.size), mask)


# --------------------------------------------------------------------------- header, footer


def _draw_header(page: Page, request: MapRequest, box: Box) -> None:
    texts, margin = request.texts, _MARGIN
    pill = _quality_pill(page, texts.quality, texts.tone, box[2] - margin, 34)
    room = (pill[0] - 24 if pill else box[2] - margin) - margin
    area = (margin, box[1], margin + room, box[3])
    writer = page.writer
    overline = writer.fit(texts.overline, page.ink("heading", "accent", 600), room, 8)
    writer.line((margin, 42), texts.overline, overline, area)
    _title(page, texts.title, area)
    subtitle_area = (margin, box[1], box[2] - margin, box[3])
    ink = replace(page.ink("heading", "ink_soft"), size=18.0)
    subtitle = writer.fit(texts.subtitle, ink, subtitle_area[2] - margin, 8)
    writer.line((margin, 114), texts.subtitle, subtitle, subtitle_area)


def _title(page: Page, text: str, area: Box) -> None:
    """One large line, or two smaller ones: a long title is never cut."""
    ink = page.ink("display", "ink", 700)
    room = area[2] - area[0]
    ink = page.writer.fit(text, ink, room, _SMALLEST_TITLE)
    if page.writer.width(text, ink) <= room:
        page.writer.line((area[0], 83), text, ink, area)
        return
    rows = page.writer.wrap(text, ink, room)
    while len(rows) > 2:
        ink = replace(ink, size=ink.size - 0.5)
        rows = page.writer.wrap(text, ink, room)
    for i, row in enumerate(rows):
        page.writer.line((area[0], 70 + i * ink.size * 1.15), row, ink, area)


def _quality_pill(page: Page, text: str, tone: str, right: float, top: float) -> Box | None:
    if not text:
        return None
    ink = page.ink("body", tone, 600)
    width = page.writer.width(text, ink) + 32
    box = (right - width, top, right, top + 36)
    page.card(box, page.theme.colour(f"{tone}_wash"), 18)
    page.writer.line(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), text, ink, box, "mm")
    page.places["quality"] = box
    return box


def _footer_ink(page: Page, request: MapRequest) -> Ink:
    """Smaller when limits and sources are many: the foot stays a foot."""
    ink = page.ink("note", "ink_faint")
    width = request.page.width - 2 * _MARGIN
    tallest = _TALLEST_FOOTER * request.page.height
    while ink.size > _SMALLEST_NOTE:
        if page.writer.paragraph_height(request.texts.attribution, ink, width) <= tallest:
            break
        ink = replace(ink, size=ink.size - 0.5)
    return ink


def _footer_height(page: Page, request: MapRequest) -> float:
    width = request.page.width - 2 * _MARGIN
    ink = _footer_ink(page, request)
    return page.writer.paragraph_height(request.texts.attribution, ink, width) + 26


def _draw_footer(page: Page, request: MapRequest, box: Box) -> None:
    ink = _footer_ink(page, request)
    area = (_MARGIN, box[1], box[2] - _MARGIN, box[3])
    page.rectangle((box[0], box[1], box[2], box[1] + 1), page.theme.colour("line"))
    page.writer.paragraph((_MARGIN, box[1] + 12), request.texts.attribution, ink, area)
    page.places["attribution"] = (_MARGIN, box[1] + 12, box[2] - _MARGIN, box[3] - 14 + LINE_HEIGHT)
