"""Population as a map: smoothed over a few kilometres, no resident lost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid

Floats = npt.NDArray[np.float64]

#: The Gaussian is cut at this many standard deviations (0.006 % of its weight lies beyond).
_TRUNCATE = 4.0


def smooth_population(
    residents: npt.NDArray[np.floating],
    grid: Grid,
    sigma_m: float = 2000.0,
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Spread residents with a Gaussian kernel; the total is conserved.

    Edge rule: what the kernel of a cell would send outside the grid (or outside ``allowed``) is given
    back to the cells inside, in proportion to the same kernel: each source cell is divided by the
    share of its kernel that stays inside.

    Parameters
    ----------
    residents : (ny, nx) float
        Residents per cell, ≥ 0; NaN counts as nobody.
    grid : Grid
        Grid of the array.
    sigma_m : float
        Standard deviation of the Gaussian, m, > 0.
    allowed : (ny, nx) bool, optional
        Cells where people may be; a resident standing elsewhere is refused.

    Returns
    -------
    (ny, nx) float64
        Residents per cell after smoothing, same total.

    Raises
    ------
    BadInputError
        Wrong shape, negative residents, ``sigma_m`` not positive, residents where none is allowed.
    """
    people = np.nan_to_num(np.asarray(residents, dtype=np.float64), nan=0.0)
    inside = np.ones(people.shape) if allowed is None else np.asarray(allowed, dtype=np.float64)
    if people.shape != (grid.ny, grid.nx) or inside.shape != people.shape:
        raise BadInputError("mapping.grid_shape", shape=list(people.shape), expected=[grid.ny, grid.nx])
    if sigma_m <= 0 or (people < 0).any() or (people[inside == 0] > 0).any():
        raise BadInputError("mapping.population_values", sigma_m=sigma_m)
    sigma = sigma_m / grid.cell_m

    def blur(field: Floats) -> Floats:
        return np.asarray(gaussian_filter(field, sigma, mode="constant", truncate=_TRUNCATE))

    staying = np.where(inside > 0, blur(inside), 1.0)
    return blur(people / staying) * inside


def density_per_km2(residents: npt.NDArray[np.floating], grid: Grid) -> Floats:
    """Residents per km² from residents per cell."""
    return np.asarray(residents, dtype=np.float64) / (grid.cell_m / 1000.0) ** 2
