"""Wind and stability of a typical year: joint frequencies, calm rule, wind profile.

A :class:`WindStatistics` holds how often the wind blows **from** each sector, in each speed class,
in each Pasquill class. Dispersion needs only the mean of ``frequency / speed`` by sector and
class, which :func:`frequency_over_speed` gives under a stated calm rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from aqah_desktop.errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd

Terrain = Literal["urban", "rural"]

#: Pasquill classes, very unstable to stable.
STABILITIES = ("A", "B", "C", "D", "E", "F")
SECTORS = 16
REFERENCE_HEIGHT_M = 10.0

#: Width given to the open class (above 7 m/s in the bundled table, 7 % of its hours).
OPEN_CLASS_WIDTH_M_S = 3.0

#: Winds below this are raised to it. The Gaussian plume has no meaning in still air and grows as
#: 1/u: 0.5 gives about 25 % more and 1.5 about 15 % less than 1 m/s with the bundled table.
MINIMUM_SPEED_M_S = 1.0

#: Exponents p of u(z) = u(10) (z/10)^p, US EPA ISC3 User's Guide vol. II (EPA-454/B-95-003b, 1995).
PROFILE_EXPONENTS: dict[Terrain, tuple[float, ...]] = {
    "urban": (0.15, 0.15, 0.20, 0.25, 0.30, 0.30),
    "rural": (0.07, 0.07, 0.10, 0.15, 0.35, 0.55),
}

_COLUMNS = ("sector_centre_deg", "speed_low_m_s", "speed_high_m_s", "stability", "frequency")


@dataclass(frozen=True, eq=False)
class WindStatistics:
    """Joint frequency of wind sector, speed class and stability at 10 m.

    Attributes
    ----------
    frequency : (16, n_speed, 6) float64
        Share of the hours; sums to 1. Sector ``k`` is centred on ``k × 22.5°`` clockwise from
        north and is the direction the wind comes **from**.
    speed_bounds_m_s : (n_speed, 2) float64
        Lower and upper bound of each speed class.
    """

    frequency: np.ndarray
    speed_bounds_m_s: np.ndarray

    @property
    def rose(self) -> np.ndarray:
        """``(16,)`` share of the hours by sector."""
        return np.asarray(self.frequency.sum(axis=(1, 2)))

    @property
    def mean_speed_m_s(self) -> float:
        """Mean speed with the middle of each class, m/s."""
        return float(self.frequency.sum(axis=(0, 2)) @ self.speed_bounds_m_s.mean(axis=1))


def wind_statistics(table: pd.DataFrame, season: str | None = None) -> WindStatistics:
    """Build the joint frequency from a long table.

    Parameters
    ----------
    table : DataFrame
        Columns ``sector_centre_deg`` (multiples of 22.5), ``speed_low_m_s``, ``speed_high_m_s``
        (missing = open class), ``stability`` (A…F), ``frequency`` (any non-negative weight: it is
        normalised), and ``season`` when a season is asked for.
    season : str, optional
        Keep this season only; all of them by default.

    Raises
    ------
    BadInputError
        A column is missing, a class is unknown, a frequency is negative or missing, nothing is left.
    """
    missing = [c for c in (*_COLUMNS, *(["season"] if season else [])) if c not in table.columns]
    if missing:
        raise BadInputError("simulation.wind_columns", columns=missing)
    rows = table if season is None else table[table["season"] == season]
    share = rows["frequency"].to_numpy(dtype=float)
    if not len(rows) or not np.isfinite(share).all() or (share < 0).any() or share.sum() <= 0:
        raise BadInputError("simulation.wind_frequency")
    bounds, speed = np.unique(_speed_bounds(rows), axis=0, return_inverse=True)
    frequency = np.zeros((SECTORS, len(bounds), len(STABILITIES)))
    np.add.at(frequency, (_sector_index(rows), speed.ravel(), _stability_index(rows)), share / share.sum())
    return WindStatistics(frequency, bounds)


def mean_inverse_speed(bounds_m_s: np.ndarray, minimum_speed_m_s: float = MINIMUM_SPEED_M_S) -> np.ndarray:
    """Mean of ``1 / max(u, u_min)`` over classes in which every speed is equally likely, s/m.

    The mean of 1/u, not 1 over the mean: what a plume dilutes by. ``bounds_m_s`` is ``(n, 2)``.

    Raises
    ------
    BadInputError
        ``minimum_speed_m_s`` is not a positive number.
    """
    if not (np.isfinite(minimum_speed_m_s) and minimum_speed_m_s > 0):
        raise BadInputError("simulation.minimum_speed", value=float(minimum_speed_m_s))
    low, high = np.asarray(bounds_m_s, dtype=float).T
    raised = np.clip(minimum_speed_m_s - low, 0.0, high - low) / minimum_speed_m_s
    floor = np.clip(low, minimum_speed_m_s, None)
    return np.asarray((raised + np.log(np.maximum(high, floor) / floor)) / (high - low))


def profile_factor(height_m: float, terrain: Terrain) -> np.ndarray:
    """``(6,)`` wind at a release height over wind at 10 m, by stability.

    Below 10 m the 10 m wind is kept (our choice): the plume leaves the first metres at once.
    """
    height = max(height_m, REFERENCE_HEIGHT_M) / REFERENCE_HEIGHT_M
    return np.asarray(height ** np.array(PROFILE_EXPONENTS[terrain]))


def frequency_over_speed(
    wind: WindStatistics,
    *,
    height_m: float,
    terrain: Terrain,
    minimum_speed_m_s: float = MINIMUM_SPEED_M_S,
    speed_factor: float = 1.0,
) -> np.ndarray:
    """``(16, 6)`` sum over speed classes of frequency / wind speed at the release, s/m.

    Calm rule: hours below ``minimum_speed_m_s`` at 10 m keep their recorded direction and get that
    speed. ``speed_factor`` scales every speed after that, so that concentrations go as its inverse:
    local mean speed over the table's mean speed.

    Raises
    ------
    BadInputError
        ``minimum_speed_m_s`` or ``speed_factor`` is not a positive number.
    """
    if not (np.isfinite(speed_factor) and speed_factor > 0):
        raise BadInputError("simulation.speed_factor", value=float(speed_factor))
    inverse = mean_inverse_speed(wind.speed_bounds_m_s, minimum_speed_m_s)
    at_10_m = np.einsum("kjs,j->ks", wind.frequency, inverse)
    return np.asarray(at_10_m / (profile_factor(height_m, terrain) * speed_factor))


def _sector_index(rows: pd.DataFrame) -> np.ndarray:
    position = rows["sector_centre_deg"].to_numpy(dtype=float) / (360 / SECTORS)
    if not np.allclose(position, np.round(position), atol=1e-6):
        raise BadInputError("simulation.wind_class", column="sector_centre_deg")
    return np.asarray(np.round(position).astype(int) % SECTORS)


def _speed_bounds(rows: pd.DataFrame) -> np.ndarray:
    low = rows["speed_low_m_s"].to_numpy(dtype=float)
    high = rows["speed_high_m_s"].to_numpy(dtype=float)
    high = np.where(np.isnan(high), low + OPEN_CLASS_WIDTH_M_S, high)
    if not ((low >= 0) & (low < high)).all():
        raise BadInputError("simulation.wind_class", column="speed_low_m_s")
    return np.column_stack([low, high])


def _stability_index(rows: pd.DataFrame) -> np.ndarray:
    index = rows["stability"].map({name: i for i, name in enumerate(STABILITIES)})
    if index.isna().any():
        raise BadInputError("simulation.wind_class", column="stability")
    return np.asarray(index.to_numpy(dtype=int))
