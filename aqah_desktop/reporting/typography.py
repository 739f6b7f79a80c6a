"""Text on map pages: bundled fonts, measuring, wrapping, and a ledger of every text drawn.

The ledger (:attr:`Writer.boxes`) is what proves that nothing is cut: each text is recorded with its box
and the area in which it had to stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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


@cache
def font(weight: int, size: float) -> ImageFont.FreeTypeFont:
    """Bundled font of a weight (400, 500, 600, 700) and a size in real pixels."""
    # The path is absolute and inside the program: no system font is ever looked up.
    path = resource_folder() / "fonts" / _FILES[weight]
    return ImageFont.truetype(str(path), size)


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
        """Whether the box lies inside the area."""
        x0, y0, x1, y1 = self.box
        a0, b0, a1, b1 = self.area
        return x0 >= a0 and y0 >= b0 and x1 <= a1 and y1 <= b1


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
        self._draw = ImageDraw.Draw(image)

    def width(self, text: str, ink: Ink) -> float:
        """Width of one line, logical pixels."""
        return float(self._font(ink).getlength(text)) / self.ratio

    def line(self, at: tuple[float, float], text: str, ink: Ink, area: Box, anchor: str = "ls") -> None:
        """Write one line; ``anchor`` as Pillow (``ls`` = left baseline). Coordinates are logical."""
        x, y = at[0] * self.ratio, at[1] * self.ratio
        font_ = self._font(ink)
        self._draw.text((x, y), text, font=font_, fill=ink.colour, anchor=anchor)
        box = self._draw.textbbox((x, y), text, font=font_, anchor=anchor)
        self._record(text, box, area)

    def label(self, at: tuple[float, float], text: str, ink: Ink, halo: RGB) -> None:
        """Write one centred line with a halo (map labels)."""
        x, y = at[0] * self.ratio, at[1] * self.ratio
        self._draw.text(
            (x, y),
            text,
            font=self._font(ink),
            fill=ink.colour,
            anchor="mm",
            stroke_width=1.6 * self.ratio,
            stroke_fill=halo,
        )

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
        return font(ink.weight, ink.size * self.ratio)

    def _record(self, text: str, box: tuple[float, ...], area: Box) -> None:
        real = (box[0], box[1], box[2], box[3])
        a0, b0, a1, b1 = (edge * self.ratio for edge in area)
        self.boxes.append(TextBox(text, real, (a0, b0, a1, b1)))
