"""Coordinates and scales as people write and read them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.messages import NO_BREAK_SPACE, Catalogue

if TYPE_CHECKING:
    import pyproj

#: Systems proposed: Lambert-93, longitude and latitude, web maps, UTM zone 31 north.
PROPOSED = ("EPSG:2154", "EPSG:4326", "EPSG:3857", "EPSG:32631")
WORK_CRS = "EPSG:2154"
#: Scales proposed, as denominators.
SCALES = (5_000, 10_000, 25_000, 50_000, 100_000, 250_000)
_METRES_PER_INCH = 0.0254
_SCALE_RANGE = (500.0, 5_000_000.0)


@dataclass(frozen=True, eq=False)
class CoordinateSystem:
    """A system the coordinates under the mouse are shown in."""

    code: str
    name: str
    geographic: bool
    unit: str = "m"

    def words(self, x: float, y: float, catalogue: Catalogue) -> str:
        """Words for a place given in EPSG:2154, m; an em dash where the system has no answer."""
        east, north = self._transformed(x, y)
        if not (math.isfinite(east) and math.isfinite(north)):
            return "—"
        if self.geographic:
            return f"{self._degrees(north, 'NS', catalogue)}  {self._degrees(east, 'EO', catalogue)}"
        decimals = 0 if abs(east) >= 1000 or abs(north) >= 1000 else 3
        numbers = (catalogue.number(v, decimals) for v in (east, north))
        return "x{0}{1}  y{0}{2}{0}{3}".format(NO_BREAK_SPACE, *numbers, self.unit)

    def _transformed(self, x: float, y: float) -> tuple[float, float]:
        if self.code == WORK_CRS:
            return x, y
        import numpy as np

        from aqah_desktop.storage.crs import transform_points

        east, north = transform_points(np.array([x]), np.array([y]), WORK_CRS, self.code)
        return float(east[0]), float(north[0])

    @staticmethod
    def _degrees(value: float, sides: str, catalogue: Catalogue) -> str:
        sides = sides if catalogue.language == "fr" else sides.replace("O", "W")
        # EO / EW and NS: the first letter stands for positive values.
        side = sides[0] if value >= 0 else sides[1]
        return f"{catalogue.number(abs(value), 5)}{NO_BREAK_SPACE}°{side}"


LAMBERT = CoordinateSystem(WORK_CRS, "RGF93 / Lambert-93", geographic=False)


def coordinate_system(text: str) -> CoordinateSystem:
    """Return the system of a code as typed: ``2154``, ``EPSG:4326``…

    Raises
    ------
    BadInputError
        ``models.bad_crs_code``: not a code, not known, or one nothing can be transformed to.
    """
    found = re.fullmatch(r"\s*(?:EPSG\s*:?\s*)?(\d{3,6})\s*", text, re.IGNORECASE)
    if found is None:
        raise BadInputError("models.bad_crs_code", code=text.strip()[:40])
    code = f"EPSG:{found.group(1)}"
    if code == WORK_CRS:
        return LAMBERT
    from aqah_desktop.storage.crs import usable_crs

    try:
        crs = usable_crs(code, code)
    except AqahError as error:
        raise BadInputError("models.bad_crs_code", code=code) from error
    return CoordinateSystem(code, crs.name, bool(crs.is_geographic), _unit(crs))


def _unit(crs: pyproj.CRS) -> str:
    unit = crs.axis_info[0].unit_name if crs.axis_info else "metre"
    return "m" if unit == "metre" else unit


def scale_of(metres_per_pixel: float, pixels_per_inch: float) -> float:
    """Denominator of the scale of a map on screen."""
    return metres_per_pixel * pixels_per_inch / _METRES_PER_INCH


def metres_per_pixel(scale: float, pixels_per_inch: float) -> float:
    """Metres per pixel at a scale 1 : ``scale``."""
    return scale * _METRES_PER_INCH / pixels_per_inch


def scale_words(scale: float, catalogue: Catalogue) -> str:
    """``1 : 25 000``, rounded to three figures: a screen knows no better."""
    if not math.isfinite(scale) or scale <= 0:
        return ""
    step = 10 ** max(math.floor(math.log10(scale)) - 2, 0)
    return f"1{NO_BREAK_SPACE}:{NO_BREAK_SPACE}{catalogue.number(round(scale / step) * step)}"


def parse_scale(text: str) -> float:
    """Return the denominator of a scale as typed: ``25000``, ``1:25 000``, ``1/25 000``.

    Raises
    ------
    BadInputError
        ``models.bad_scale``: not a scale, or outside 1 : 500 to 1 : 5 000 000.
    """
    found = re.fullmatch(r"(?:1\s*[:/])?([\d\s.,]+)", text.strip())
    digits = re.sub(r"\D", "", found.group(1)) if found else ""
    if not digits or not _SCALE_RANGE[0] <= float(digits) <= _SCALE_RANGE[1]:
        raise BadInputError("models.bad_scale", text=text.strip()[:40])
    return float(digits)
