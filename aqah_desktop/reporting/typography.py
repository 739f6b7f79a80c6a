"""Text on map pages: bundled fonts, measuring, wrapping, and a ledger of every text drawn.

The ledger (:attr:`Writer.boxes`) is what proves that nothing is cut: each text is recorded with its box
and the area in which it had to stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from aqah_desktop.locations import resource_folder
from aqah_desktop.reporting.tokens import RGB

Box = tuple[float, float, float, float]

_FILES = {
    400: "Inter_400Regular.ttf",
    500: "Inter_500Medium.ttf",
    600: "Inter_600SemiBold.ttf",
    700: "Inter_700Bold.ttf",
}

LINE_HEIGHT = 1.32

#: How many times larger letters are set before they are reduced.
_FINENESS = 4


@cache
def font(weight: int, size: float) -> ImageFont.FreeTypeFont:
    """Bundled font of a weight (400, 500, 600, 700) and a size in real pixels."""
    # The path is absolute and inside the program: no system font is ever looked up.
    path = resource_folder() / "fonts" / _FILES[weight]
    return ImageFont.truetype(str(path), size)


@lru_cache(maxsize=20_000)
def _length(weight: int, size: float, text: str) -> float:
    """Width of a text in the font's own pixels; the same words are measured again and again."""
    return float(font(weight, size).getlength(text))


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text is set: weight, size in logical pixels, colour."""

    weight: int
    size: float
    colour: RGB


@dataclass(frozen=True, slots=True)
class TextBox:
    """A text as drawn, its box and the area it had to stay in, real pixels."""

    text: str
    box: Box
    area: Box

    def moved(self, x: float, y: float) -> TextBox:
        """The same text after its page was pasted at ``(x, y)``."""
        box, area = ((b[0] + x, b[1] + y, b[2] + x, b[3] + y) for b in (self.box, self.area))
        return TextBox(self.text, box, area)

    @property
    def fits(self) -> bool:
        """Whether the box lies inside the area, to a pixel: a *j* hangs out of its line by a part of it."""
        x0, y0, x1, y1 = self.box
        a0, b0, a1, b1 = self.area
        return x0 >= a0 - 1 and y0 >= b0 - 1 and x1 <= a1 + 1 and y1 <= b1 + 1


class Writer:
    """Writes on an image in logical pixels.

    Parameters
    ----------
    image : Image
        The page, in real pixels.
    ratio : float
        Real pixels per logical pixel.
    """

    def __init__(self, image: Image.Image, ratio: float) -> None:
        self.ratio = ratio
        self.boxes: list[TextBox] = []
        self._image = image

    def width(self, text: str, ink: Ink) -> float:
        """Width of one line, logical pixels."""
        return _length(ink.weight, ink.size * self.ratio * _FINENESS, text) / (self.ratio * _FINENESS)

    def line(self, at: tuple[float, float], text: str, ink: Ink, area: Box, anchor: str = "ls") -> None:
        """Write one line; ``anchor`` as Pillow (``ls`` = left baseline). Coordinates are logical."""
        x, y = at[0] * self.ratio, at[1] * self.ratio
        box = self._typeset(x, y, text, ink, anchor)
        self._record(text, box, area)

    def label(self, at: tuple[float, float], text: str, ink: Ink, halo: RGB) -> None:
        """Write one centred line with a halo (map labels)."""
        x, y = at[0] * self.ratio, at[1] * self.ratio
        self._typeset(x, y, text, Ink(ink.weight, ink.size, halo), "mm", stroke=1.6 * self.ratio)
        self._typeset(x, y, text, ink, "mm")

    def paragraph(self, at: tuple[float, float], text: str, ink: Ink, area: Box) -> float:
        """Write a wrapped text from its top-left corner; return the y below it (logical)."""
        x, y = at
        step = ink.size * LINE_HEIGHT
        for row in self.wrap(text, ink, area[2] - x):
            self.line((x, y + ink.size), row, ink, area)
            y += step
        return y

    def paragraph_height(self, text: str, ink: Ink, width: float) -> float:
        """Height that :meth:`paragraph` takes, logical pixels."""
        return len(self.wrap(text, ink, width)) * ink.size * LINE_HEIGHT

    def wrap(self, text: str, ink: Ink, width: float) -> list[str]:
        """Lines no wider than ``width``; breaks at ordinary spaces, inside a word when it is alone."""
        rows: list[str] = []
        for block in text.splitlines():
            row = ""
            for word in block.split(" "):
                candidate = f"{row} {word}" if row else word
                if self.width(candidate, ink) <= width:
                    row = candidate
                    continue
                if row:
                    rows.append(row)
                row = self._split_long(word, ink, width, rows)
            rows.append(row)
        return rows

    def fit(self, text: str, ink: Ink, width: float, smallest: float) -> Ink:
        """The largest size from ``ink.size`` down to ``smallest`` at which one line fits."""
        size = ink.size
        while size > smallest and self.width(text, Ink(ink.weight, size, ink.colour)) > width:
            size -= 1
        return Ink(ink.weight, max(size, smallest), ink.colour)

    def _split_long(self, word: str, ink: Ink, width: float, rows: list[str]) -> str:
        while len(word) > 1 and self.width(word, ink) > width:
            cut = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or self.width(word[:n], ink) <= width)
            rows.append(word[:cut])
            word = word[cut:]
        return word

    def _font(self, ink: Ink) -> ImageFont.FreeTypeFont:
        return font(ink.weight, ink.size * self.ratio * _FINENESS)

    def _typeset(self, x: float, y: float, text: str, ink: Ink, anchor: str, stroke: float = 0.0) -> Box:
        """Draw a text at its origin in real pixels; return its box.

        Letters are set four times as large and reduced: at the size of the page, FreeType rounds each
        advance to a whole pixel and small texts come out unevenly spaced.
        """
        face = self._font(ink)
        origin = (x * _FINENESS, y * _FINENESS)
        width = stroke * _FINENESS
        x0, y0, x1, y1 = (
            edge + origin[i % 2]
            for i, edge in enumerate(face.getbbox(text, anchor=anchor, stroke_width=width))
        )
        left, top = math.floor(x0 / _FINENESS) - 1, math.floor(y0 / _FINENESS) - 1
        size = (math.ceil(x1 / _FINENESS) + 1 - left, math.ceil(y1 / _FINENESS) + 1 - top)
        mask = Image.new("L", (size[0] * _FINENESS, size[1] * _FINENESS), 0)
        at = (origin[0] - left * _FINENESS, origin[1] - top * _FINENESS)
        ImageDraw.Draw(mask).text(at, text, 255, face, anchor, stroke_width=width, stroke_fill=255)
        self._image.paste(ink.colour, (left, top, left + size[0], top + size[1]), mask.reduce(_FINENESS))
        return x0 / _FINENESS, y0 / _FINENESS, x1 / _FINENESS, y1 / _FINENESS

    def _record(self, text: str, box: tuple[float, ...], area: Box) -> None:
        real = (box[0], box[1], box[2], box[3])
        a0, b0, a1, b1 = (edge * self.ratio for edge in area)
        self.boxes.append(TextBox(text, real, (a0, b0, a1, b1)))
