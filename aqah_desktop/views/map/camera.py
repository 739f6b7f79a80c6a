"""Where the map looks: a centre and a scale, changed by pan and zoom within the limits of the region."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aqah_desktop.views.map.outlines import Extent

#: The whole region with a margin: nothing is shown further out.
WORLD: Extent = (500000.0, 6780000.0, 870000.0, 7190000.0)
#: The narrowest view, m.
CLOSEST_M = 250.0


@dataclass(frozen=True)
class Camera:
    """A view on the ground.

    Parameters
    ----------
    x, y : float
        Centre, m (EPSG:2154).
    metres_per_pixel : float
        Scale, m per logical pixel, > 0.
    width, height : int
        Size of the view, logical pixels.
    """

    x: float = (WORLD[0] + WORLD[2]) / 2
    y: float = (WORLD[1] + WORLD[3]) / 2
    metres_per_pixel: float = 400.0
    width: int = 100
    height: int = 100

    @property
    def extent(self) -> Extent:
        """What is seen, m."""
        half_x = self.width * self.metres_per_pixel / 2
        half_y = self.height * self.metres_per_pixel / 2
        return (self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y)

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Position of a place, logical pixels from the upper left corner."""
        x0, _, _, y1 = self.extent
        return (x - x0) / self.metres_per_pixel, (y1 - y) / self.metres_per_pixel

    def to_ground(self, column: float, row: float) -> tuple[float, float]:
        """Place under a position of the view."""
        x0, _, _, y1 = self.extent
        return x0 + column * self.metres_per_pixel, y1 - row * self.metres_per_pixel

    def resized(self, width: int, height: int) -> Camera:
        """The same centre and scale in a view of another size."""
        return replace(self, width=max(width, 1), height=max(height, 1)).limited()

    def fitted(
        self, extent: Extent, margin: float, insets: tuple[int, int, int, int] = (0, 0, 0, 0)
    ) -> Camera:
        """An extent seen whole, with a margin as a share of its size.

        ``insets`` (left, top, right, bottom; logical pixels) are covered by something else.
        """
        x0, y0, x1, y1 = extent
        left, top, right, bottom = insets
        width, height = max(self.width - left - right, 1), max(self.height - top - bottom, 1)
        scale = max((x1 - x0) / width, (y1 - y0) / height, 1e-9) * (1 + 2 * margin)
        scale = _clamp(scale, *self._scales())
        x = (x0 + x1) / 2 - (left - right) / 2 * scale
        y = (y0 + y1) / 2 + (top - bottom) / 2 * scale
        return replace(self, x=x, y=y, metres_per_pixel=scale).limited()

    def zoomed(self, factor: float, column: float | None = None, row: float | None = None) -> Camera:
        """``factor`` < 1 comes closer; the place under ``column, row`` (the centre) stays where it is."""
        column = self.width / 2 if column is None else column
        row = self.height / 2 if row is None else row
        x, y = self.to_ground(column, row)
        scale = _clamp(self.metres_per_pixel * factor, *self._scales())
        moved = replace(
            self,
            x=x - (column - self.width / 2) * scale,
            y=y + (row - self.height / 2) * scale,
            metres_per_pixel=scale,
        )
        return moved.limited()

    def moved(self, right_px: float, down_px: float) -> Camera:
        """The ground moved with the mouse by so many logical pixels."""
        step = self.metres_per_pixel
        return replace(self, x=self.x - right_px * step, y=self.y + down_px * step).limited()

    def limited(self) -> Camera:
        """Scale and centre within the limits."""
        scale = _clamp(self.metres_per_pixel, *self._scales())
        half_x, half_y = self.width * scale / 2, self.height * scale / 2
        return replace(
            self,
            x=_within(self.x, half_x, WORLD[0], WORLD[2]),
            y=_within(self.y, half_y, WORLD[1], WORLD[3]),
            metres_per_pixel=scale,
        )

    def _scales(self) -> tuple[float, float]:
        closest = CLOSEST_M / max(self.width, self.height)
        furthest = max((WORLD[2] - WORLD[0]) / self.width, (WORLD[3] - WORLD[1]) / self.height)
        return closest, furthest


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _within(centre: float, half: float, low: float, high: float) -> float:
    """The centre nearest to the wanted one from which nothing beyond the limits is seen."""
    if 2 * half >= high - low:
        return (low + high) / 2
    return _clamp(centre, low + half, high - half)
