"""A page being drawn: the picture, the writer, soft boxes, and where the furniture went."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from PIL import Image, ImageDraw

from aqah_desktop.messages import Catalogue
from aqah_desktop.reporting.maprequest import MapPage
from aqah_desktop.reporting.tokens import RGB, theme
from aqah_desktop.reporting.typography import Box, Ink, Writer

_SUPERSAMPLING = 4

#: Logical pixels below which a page with title and sources is drawn smaller instead of tighter.
_ROOMY = (1_000, 700)


class Page:
    """The whole page in logical pixels.

    Attributes
    ----------
    places : dict of str to Box
        Where each piece of furniture stands (``"legend_bar"``, ``"scale_bar"``…), logical pixels.
    """

    def __init__(self, settings: MapPage) -> None:
        size = (round(settings.width * settings.pixel_ratio), round(settings.height * settings.pixel_ratio))
        self.settings = settings = roomy(settings)
        self.theme = theme(settings.theme)
        self.catalogue = Catalogue(settings.language)
        self.image = Image.new("RGB", size, self.theme.colour("paper"))
        self.writer = Writer(self.image, settings.pixel_ratio)
        self.places: dict[str, Box] = {}

    @property
    def ratio(self) -> float:
        """Real pixels per logical pixel."""
        return self.settings.pixel_ratio

    def text(self, key: str, **params: object) -> str:
        """A text of the ``reporting`` domain in the language of the page."""
        return self.catalogue.text(f"reporting.{key}", **params)

    def ink(self, size: str, colour: str = "ink", weight: int = 400) -> Ink:
        """Text setting from tokens."""
        return Ink(weight, self.theme.size("type", size), self.theme.colour(colour))

    def rectangle(self, box: Box, colour: RGB) -> None:
        """Fill a rectangle with sharp edges."""
        x0, y0, x1, y1 = self.real(box)
        ImageDraw.Draw(self.image).rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), fill=colour)

    def card(
        self, box: Box, colour: RGB, radius: float, opacity: float = 1.0, edge: RGB | None = None
    ) -> None:
        """Fill a rectangle with round corners, with an optional hairline edge."""
        x0, y0, x1, y1 = self.real(box)
        size = (x1 - x0, y1 - y0)
        whole = _rounded(size, radius * self.ratio)
        if edge is not None:
            self.image.paste(edge, (x0, y0, x1, y1), whole)
            inset = max(1, round(self.ratio))
            inner_size = (size[0] - 2 * inset, size[1] - 2 * inset)
            inner = _rounded(inner_size, max(radius * self.ratio - inset, 1))
            self.image.paste(colour, (x0 + inset, y0 + inset, x1 - inset, y1 - inset), inner)
            return
        faded = whole.point([round(v * opacity) for v in range(256)])
        self.image.paste(colour, (x0, y0, x1, y1), faded)

    def absorb(self, other: Page, at: tuple[float, float]) -> None:
        """Paste a page drawn apart (at any scale), with its places and text boxes."""
        x, y = round(at[0] * self.ratio), round(at[1] * self.ratio)
        self.image.paste(other.image, (x, y))
        factor = other.ratio / self.ratio
        for name, box in other.places.items():
            x0, y0, x1, y1 = (edge * factor for edge in box)
            moved = (x0 + at[0], y0 + at[1], x1 + at[0], y1 + at[1])
            self.places.setdefault(name, moved)
        self.writer.boxes += [text.moved(x, y) for text in other.writer.boxes]

    def real(self, box: Box) -> tuple[int, int, int, int]:
        """Logical box → whole real pixels."""
        x0, y0, x1, y1 = (round(edge * self.ratio) for edge in box)
        return x0, y0, x1, y1


def roomy(settings: MapPage) -> MapPage:
    """The same page, drawn as a larger one made smaller, when title, legend and sources need the room."""
    if not (settings.header or settings.footer):
        return settings
    factor = max(_ROOMY[0] / settings.width, _ROOMY[1] / settings.height, 1.0)
    return replace(
        settings,
        width=round(settings.width * factor),
        height=round(settings.height * factor),
        pixel_ratio=settings.pixel_ratio / factor,
    )


@cache
def _rounded(size: tuple[int, int], radius: float) -> Image.Image:
    mask = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING), 0)
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius * _SUPERSAMPLING, fill=255)
    return mask.reduce(_SUPERSAMPLING)
