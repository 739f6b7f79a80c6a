r"""Annual mean dispersion: sector-averaged Gaussian plume and its convolution with emissions.

Ground-level concentration at distance :math:`r` downwind of a source of strength :math:`Q`:

.. math::

    C(r, \theta) = \sum_s \sqrt{\frac{2}{\pi}}\,
        \frac{Q}{\sigma_{z,s}(r)\, r} \left[\sum_j \frac{\varphi_{s,j}(\theta)}{u_{s,j}}\right]
        \sum_{n=-\infty}^{\infty} \exp\frac{-(h + 2 n H_s)^2}{2 \sigma_{z,s}^2(r)}

with :math:`\varphi` the frequency per radian of the wind from the opposite bearing, interpolated
linearly between sector centres (so that no star shows), :math:`u` the wind, :math:`h` the release
height, :math:`H` the mixing height (images of both ground and lid), for each Pasquill class
:math:`s` and speed class :math:`j`. With one sector of width :math:`\Delta\theta` and no lid this
is ``C = sqrt(2/π) f Q exp(-h²/2σz²) / (u σz r Δθ)``.

Validity: flat terrain, inert ground-level releases, annual means, 0.2 to 50 km. Neither deposition
nor chemical loss: for NOx (life of a day assumed) less than 5 % within 10 km at 3 m/s, up to 18 % at 50 km.

Sources: G. A. Briggs, *Diffusion estimation for small emissions*, 1973, doi:10.2172/5118833 (σz); US
EPA ISC3 User's Guide vol. II, 1995 (wind profile); R. H. Clarke, NRPB-R91, 1979, in HPA-RPD-058
table 3.5(a) (mixing heights).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import fft

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.meteorology import (
    MINIMUM_SPEED_M_S,
    SECTORS,
    STABILITIES,
    Terrain,
    WindStatistics,
    frequency_over_speed,
)

#: µg/s emitted by 1 t/yr (365.25 days).
UG_PER_S_OF_T_PER_YEAR = 1e12 / (365.25 * 86400)

#: Mixing height by stability A…F, m: typical values where none was measured.
MIXING_HEIGHT_M = (1300.0, 900.0, 850.0, 800.0, 400.0, 100.0)

#: Briggs σz = a x (1 + b x)^p, x in m: (a, b, p) for A…F. Fitted on 0.1 to 10 km.
BRIGGS: dict[Terrain, tuple[tuple[float, float, float], ...]] = {
    "urban": (
        (0.24, 0.001, 0.5),
        (0.24, 0.001, 0.5),
        (0.20, 0.0, 0.0),
        (0.14, 0.0003, -0.5),
        (0.08, 0.0015, -0.5),
        (0.08, 0.0015, -0.5),
    ),
    "rural": (
        (0.20, 0.0, 0.0),
        (0.12, 0.0, 0.0),
        (0.08, 0.0002, -0.5),
        (0.06, 0.0015, -0.5),
        (0.03, 0.0003, -1.0),
        (0.016, 0.0003, -1.0),
    ),
}

# Above this σz/H the cosine series needs fewer terms than the images; both are exact to 1e-9 there.
_SERIES_FROM = 0.6
# Cells this near to the source are integrals, not values at the centre; beyond, the difference is
# below 0.3 % except along an axis where two sectors of the rose meet in a sharp angle (2 %).
_NEAR_M = 2_000.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


@dataclass(frozen=True)
class ReleaseClass:
    """Sources that disperse alike: height of release and vertical mixing at the source, m."""

    name: str
    height_m: float
    initial_sigma_z_m: float


#: Traffic, mixed by vehicles: within the 1 to 3 m in use; no effect beyond about 1 km.
ROAD = ReleaseClass("road", height_m=2.0, initial_sigma_z_m=2.0)


@dataclass(frozen=True)
class KernelOptions:
    """Choices behind a kernel; rural σz and another minimum wind are the ensemble's other members."""

    terrain: Terrain = "urban"
    minimum_speed_m_s: float = MINIMUM_SPEED_M_S
    speed_factor: float = 1.0
    mixing_height_m: tuple[float, ...] = MIXING_HEIGHT_M
    radius_m: float = 50_000.0
    cell_m: float = 200.0


DEFAULT_OPTIONS = KernelOptions()


def sigma_z(distance_m: np.ndarray, stability: int, terrain: Terrain) -> np.ndarray:
    """Briggs vertical standard deviation of a plume, m; ``stability`` 0…5 stands for A…F."""
    a, b, p = BRIGGS[terrain][stability]
    return np.asarray(a * distance_m * (1 + b * distance_m) ** p)


def vertical_factor(
    spread_m: np.ndarray, release_m: float, mixing_m: float, receptor_m: float = 0.0
) -> np.ndarray:
    """Vertical distribution (1/m) of a plume between the ground and a lid; its integral is 1.

    Parameters
    ----------
    spread_m : array
        σz, m, positive.
    release_m, receptor_m : float
        Heights of source and receptor, m, at most ``mixing_m``.
    mixing_m : float
        Height of the lid, m; ``inf`` = none.
    """
    spread = np.asarray(spread_m, dtype=float)
    total = np.zeros_like(spread)
    narrow = spread <= _SERIES_FROM * mixing_m
    s = spread[narrow]
    for n in range(-2, 3):
        shift = 2 * n * mixing_m if n else 0.0
        for sign in (-1, 1):
            total[narrow] += np.exp(-((receptor_m + sign * release_m + shift) ** 2) / (2 * s**2))
    total[narrow] /= np.sqrt(2 * np.pi) * s
    if not narrow.all():
        total[~narrow] = _cosine_series(spread[~narrow], release_m, mixing_m, receptor_m)
    return total


def _cosine_series(spread: np.ndarray, release_m: float, mixing_m: float, receptor_m: float) -> np.ndarray:
    k = np.arange(1, 4)[:, None] * np.pi / mixing_m
    terms = np.cos(k * release_m) * np.cos(k * receptor_m) * np.exp(-(k**2) * spread**2 / 2)
    return np.asarray((1 + 2 * terms.sum(axis=0)) / mixing_m)


@dataclass(frozen=True, eq=False)
class Plume:
    """Annual plume of a release class: concentration around a point source of 1 t/yr.

    ``angular`` is ``(16, 6)``: frequency per radian over wind speed, s/m per sector **blown from**.
    """

    angular: np.ndarray
    release: ReleaseClass
    options: KernelOptions

    def concentration(self, east_m: np.ndarray, north_m: np.ndarray) -> np.ndarray:
        """µg/m³ per t/yr at ground level, at an offset from the source (not at the source itself)."""
        distance = np.hypot(east_m, north_m)
        bearing = np.degrees(np.arctan2(east_m, north_m))
        return np.asarray(self.flux(distance, bearing) / distance)

    def flux(self, distance_m: np.ndarray, bearing_deg: np.ndarray) -> np.ndarray:
        """Concentration × distance, µg/m² per t/yr: finite at the source."""
        position = ((bearing_deg + 180.0) % 360.0) / (360.0 / SECTORS)
        lower = np.minimum(position.astype(int), SECTORS - 1)
        weight = position - lower
        total = np.zeros(np.broadcast_shapes(distance_m.shape, bearing_deg.shape))
        for s in range(len(STABILITIES)):
            around = np.append(self.angular[:, s], self.angular[0, s])
            if around.any():
                direction = around[lower] * (1 - weight) + around[lower + 1] * weight
                total += direction * self._vertical(distance_m, s)
        return total * UG_PER_S_OF_T_PER_YEAR

    def _vertical(self, distance_m: np.ndarray, stability: int) -> np.ndarray:
        spread = np.hypot(
            self.release.initial_sigma_z_m, sigma_z(distance_m, stability, self.options.terrain)
        )
        return vertical_factor(spread, self.release.height_m, self.options.mixing_height_m[stability])


def plume(
    wind: WindStatistics, release: ReleaseClass = ROAD, options: KernelOptions = DEFAULT_OPTIONS
) -> Plume:
    """Annual plume for a wind statistic. See :func:`sector_kernel` for what is raised."""
    if not (release.initial_sigma_z_m > 0 and 0 <= release.height_m <= min(options.mixing_height_m)):
        raise BadInputError("simulation.release", name=release.name)
    weighted = frequency_over_speed(
        wind,
        height_m=release.height_m,
        terrain=options.terrain,
        minimum_speed_m_s=options.minimum_speed_m_s,
        speed_factor=options.speed_factor,
    )
    return Plume(weighted / (2 * np.pi / SECTORS), release, options)


def sector_kernel(
    wind: WindStatistics, release: ReleaseClass = ROAD, options: KernelOptions = DEFAULT_OPTIONS
) -> np.ndarray:
    """Mean concentration in each cell around one cell that emits 1 t/yr evenly.

    Near the source both the emitting and the receiving cell are integrated, so that the centre is
    finite, no mass is lost and a grid twice as fine gives the same field.

    Returns
    -------
    (n, n) float64, µg/m³ per (t/yr)
        n odd, source in the middle, row 0 to the north; zero beyond ``options.radius_m``.

    Raises
    ------
    BadInputError
        Wind table, minimum wind, speed factor, release or radius not usable.
    """
    reach = round(options.radius_m / options.cell_m)
    if not 1 <= reach <= 2000:
        raise BadInputError("simulation.kernel_radius", radius_m=options.radius_m, cell_m=options.cell_m)
    source = plume(wind, release, options)
    axis = np.arange(-reach, reach + 1) * options.cell_m
    kernel = np.zeros((axis.size, axis.size))
    inside = axis[None, :] ** 2 + axis[:, None] ** 2 <= options.radius_m**2
    inside[reach, reach] = False
    row, column = np.nonzero(inside)
    kernel[row, column] = source.concentration(axis[column], -axis[row])
    near = min(math.ceil(_NEAR_M / options.cell_m), reach)
    middle = slice(reach - near, reach + near + 1)
    kernel[middle, middle] = np.where(
        inside[middle, middle], _cell_means(source, axis[middle]), kernel[middle, middle]
    )
    kernel[reach, reach] = _own_cell_mean(source)
    return kernel


def _cell_means(source: Plume, axis: np.ndarray) -> np.ndarray:
    """Mean over emitting and receiving cells; the value at offset 0 is not to be used.

    The double mean is one integral with triangular weights over ±1 cell, by Gauss-Legendre on each half.
    """
    nodes = np.concatenate([(_NODES - 1) / 2, (_NODES + 1) / 2])
    weights = np.tile(_WEIGHTS / 2, 2) * (1 - np.abs(nodes))
    offsets = (axis[:, None] + nodes * source.options.cell_m).ravel()
    values = source.concentration(offsets[None, :], -offsets[:, None])
    cells = values.reshape(axis.size, nodes.size, axis.size, nodes.size)
    return np.asarray(np.einsum("iajb,a,b->ij", cells, weights, weights))


def _own_cell_mean(source: Plume) -> float:
    """Mean concentration of an emitting cell in itself, in polar coordinates where nothing diverges."""
    cell = source.options.cell_m
    total = 0.0
    for octant in np.arange(8) * np.pi / 4:
        angle = (octant + (_NODES + 1) * np.pi / 8)[:, None]
        sine, cosine = np.sin(angle), np.cos(angle)
        edge = cell / np.maximum(np.abs(sine), np.abs(cosine))
        distance = edge * ((_NODES + 1) / 2) ** 2  # squared: nodes gather where σz grows
        step = edge * (_NODES + 1) / 2 * _WEIGHTS * (_WEIGHTS * np.pi / 8)[:, None]
        share = (1 - distance * np.abs(sine) / cell) * (1 - distance * np.abs(cosine) / cell) / cell**2
        total += float((source.flux(distance, np.degrees(angle)) * share * step).sum())
    return total


@dataclass(frozen=True, eq=False)
class PreparedKernel:
    """A kernel transformed once for fields of one shape."""

    spectrum: np.ndarray = field(repr=False)
    kernel_shape: tuple[int, int]
    field_shape: tuple[int, int]
    fft_shape: tuple[int, int]


def prepare_kernel(kernel: np.ndarray, shape: tuple[int, int], workers: int = 2) -> PreparedKernel:
    """Transform a kernel for fields of ``shape``.

    Raises
    ------
    BadInputError
        The kernel is not two odd dimensions of finite non-negative numbers.
    """
    if kernel.ndim != 2 or not all(n % 2 for n in kernel.shape):
        raise BadInputError("simulation.kernel_shape", shape=list(kernel.shape))
    _reject_unusable(kernel, "simulation.unusable_kernel")
    rows, columns = (
        fft.next_fast_len(n + k - 1, real=True) for n, k in zip(shape, kernel.shape, strict=True)
    )
    spectrum = fft.rfft2(kernel, (rows, columns), workers=workers)
    return PreparedKernel(spectrum, (kernel.shape[0], kernel.shape[1]), shape, (rows, columns))


def disperse(
    emissions_t_per_year: np.ndarray, kernel: np.ndarray | PreparedKernel, workers: int = 2
) -> np.ndarray:
    """Concentration from emissions: linear convolution, nothing wraps round the edges.

    Parameters
    ----------
    emissions_t_per_year : (ny, nx)
        Finite, not negative. Disperse a decrease as its absolute value.
    kernel : (ky, kx) µg/m³ per (t/yr), or prepared for ``(ny, nx)``

    Returns
    -------
    (ny, nx) float64, µg/m³
        Not negative: the ripple of the transform (1e-15 of the maximum) is clipped.

    Raises
    ------
    BadInputError
        Emissions are negative, missing or infinite, or of another shape than prepared for.
    """
    emissions = np.asarray(emissions_t_per_year, dtype=float)
    _reject_unusable(emissions, "simulation.unusable_emissions")
    if isinstance(kernel, np.ndarray):
        kernel = prepare_kernel(kernel, (emissions.shape[0], emissions.shape[1]), workers)
    if emissions.shape != kernel.field_shape:
        raise BadInputError("simulation.kernel_shape", shape=list(emissions.shape))
    product = fft.rfft2(emissions, kernel.fft_shape, workers=workers)
    product *= kernel.spectrum
    full = fft.irfft2(product, kernel.fft_shape, workers=workers, overwrite_x=True)
    top, left = (n // 2 for n in kernel.kernel_shape)
    ny, nx = emissions.shape
    return np.asarray(np.maximum(full[top : top + ny, left : left + nx], 0.0))


def _reject_unusable(values: np.ndarray, key: str) -> None:
    if not np.isfinite(values).all() or (values < 0).any():
        raise BadInputError(key)
