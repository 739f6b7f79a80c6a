"""Plume and kernel against their equation, mass, symmetry and the transform against a direct sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, signal

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.dispersion import (
    MIXING_HEIGHT_M,
    ROAD,
    UG_PER_S_OF_T_PER_YEAR,
    KernelOptions,
    ReleaseClass,
    disperse,
    plume,
    prepare_kernel,
    sector_kernel,
    sigma_z,
    vertical_factor,
)
from aqah_desktop.science.meteorology import WindStatistics, wind_statistics

SMALL = KernelOptions(radius_m=4_000.0)
SPEEDS = np.array([[3.0, 3.0001]])


def _wind(rose: np.ndarray, stability: int = 3) -> WindStatistics:
    frequency = np.zeros((16, 1, 6))
    frequency[:, 0, stability] = rose
    return WindStatistics(frequency, SPEEDS)


ISOTROPIC = _wind(np.full(16, 1 / 16))
WEST = _wind(np.eye(16)[12])


@pytest.fixture(scope="module")
def uccle(checkout: Path) -> WindStatistics:
    rows = pd.read_csv(checkout / "build/bundle/sources/wind_stability_uccle.csv")
    bounds = rows["speed_class_m_s"].str.extract(r"^(\d+)(?:-(\d+)|\+)$").astype(float)
    return wind_statistics(
        rows.assign(
            speed_low_m_s=bounds[0], speed_high_m_s=bounds[1],
            stability=rows["stability_pasquill"], frequency=rows["hours"],
        )
    )  # fmt: skip


@pytest.mark.parametrize("terrain", ["urban", "rural"])
@pytest.mark.parametrize("stability", range(6))
@pytest.mark.parametrize("release", [ROAD, ReleaseClass("stack", 60.0, 1.0)])
def test_flux_through_a_ring_is_what_is_emitted(terrain, stability: int, release: ReleaseClass) -> None:  # type: ignore[no-untyped-def]
    """u × C integrated over height and bearing is Q at any distance, within 0.1 %."""
    lid = MIXING_HEIGHT_M[stability]
    for distance in (100.0, 1_000.0, 10_000.0, 40_000.0):
        spread = np.hypot(release.initial_sigma_z_m, sigma_z(np.array([distance]), stability, terrain))
        heights = np.linspace(0, lid, 801)
        profile = [vertical_factor(spread, release.height_m, lid, z)[0] for z in heights]
        assert integrate.simpson(profile, x=heights) == pytest.approx(1.0, rel=1e-3)
    source = plume(_wind(np.full(16, 1 / 16), stability), release, KernelOptions(terrain=terrain))
    bearing = np.linspace(0, 360, 3601)[:-1]
    at = np.full_like(bearing, 1_000.0)
    ring = source.flux(at, bearing).mean() * 2 * np.pi / UG_PER_S_OF_T_PER_YEAR
    wind = 3.00005 * (max(release.height_m, 10) / 10) ** _exponent(terrain, stability)
    spread = np.hypot(release.initial_sigma_z_m, sigma_z(at[:1], stability, terrain))
    assert ring * wind == pytest.approx(vertical_factor(spread, release.height_m, lid)[0], rel=1e-3)


def _exponent(terrain: str, stability: int) -> float:
    urban, rural = (0.15, 0.15, 0.2, 0.25, 0.3, 0.3), (0.07, 0.07, 0.1, 0.15, 0.35, 0.55)
    return (urban if terrain == "urban" else rural)[stability]


def test_closed_form_at_the_ground() -> None:
    """sqrt(2/π) f Q exp(-h²/2σz²) / (u σz r Δθ), one sector, far from the lid."""
    release = ReleaseClass("test", 20.0, 1e-6)
    frequency = 0.3
    rose = np.full(16, frequency)
    r = 2_000.0
    sz = 0.14 * r / np.sqrt(1 + 0.0003 * r)
    wind = 3.00005 * 2**0.25
    expected = (
        np.sqrt(2 / np.pi) * frequency * UG_PER_S_OF_T_PER_YEAR / (wind * sz * r * np.pi / 8)
        * np.exp(-(20.0**2) / (2 * sz**2))
    )  # fmt: skip
    high = KernelOptions(mixing_height_m=(1e6,) * 6)
    value = plume(_wind(rose), release, high).concentration(np.array([r]), np.array([0.0]))[0]
    assert value == pytest.approx(expected, rel=1e-4)


def test_images_reach_the_well_mixed_limit_and_no_lid() -> None:
    assert vertical_factor(np.array([5_000.0]), 10.0, 800.0)[0] == pytest.approx(1 / 800, rel=1e-9)
    both = vertical_factor(np.array([0.5999, 0.6001]) * 800, 10.0, 800.0)
    assert both[0] == pytest.approx(both[1], rel=1e-3)
    brute = sum(np.exp(-((10 + 2 * n * 800) ** 2) / (2 * 700.0**2)) for n in range(-30, 31))
    expected = np.sqrt(2 / np.pi) / 700 * brute
    assert vertical_factor(np.array([700.0]), 10.0, 800.0)[0] == pytest.approx(expected, rel=1e-8)
    assert vertical_factor(np.array([50.0]), 0.0, np.inf)[0] == pytest.approx(np.sqrt(2 / np.pi) / 50)


def test_wind_blows_from_its_sector() -> None:
    kernel = sector_kernel(WEST, options=SMALL)
    n = kernel.shape[0] // 2
    east, west = kernel[:, n + 1 :].sum(), kernel[:, :n].sum()
    assert west < 0.02 * east
    assert kernel[n, n + 5] > 0 == kernel[n, n - 5]
    north = sector_kernel(_wind(np.eye(16)[0]), options=SMALL)
    assert north[n + 5, n] > 0 == north[n - 5, n]


def test_isotropic_rose_gives_a_symmetric_kernel() -> None:
    kernel = sector_kernel(ISOTROPIC, options=SMALL)
    for other in (kernel[::-1], kernel[:, ::-1], kernel.T):
        np.testing.assert_allclose(kernel, other, rtol=1e-9)


def test_no_star_pattern() -> None:
    """Around a ring the kernel follows the interpolated rose: no step, no more contrast than it."""
    rng = np.random.default_rng(3)
    rose = rng.uniform(0.5, 1.5, 16)
    source = plume(_wind(rose / rose.sum()))
    bearing = np.arange(0, 360, 0.5)
    ring = source.flux(np.full(bearing.size, 5_000.0), bearing)
    closed = np.append(rose, rose[0])
    interpolated = np.interp((bearing + 180) % 360, np.arange(17) * 22.5, closed)
    np.testing.assert_allclose(ring / ring.mean(), interpolated / interpolated.mean(), rtol=1e-9)
    steps = np.abs(np.diff(np.append(ring, ring[0])))
    assert steps.max() <= (rose.max() - rose.min()) / rose.mean() * ring.mean() * 0.5 / 22.5 * 1.001


def test_kernel_holds_the_mass_of_the_plume(uccle: WindStatistics) -> None:
    """Σ kernel × cell area = ∫ C dA over the same disc: the source cell and its neighbours lose nothing."""
    kernel = sector_kernel(uccle, options=KernelOptions(radius_m=10_000.0))
    source = plume(uccle)
    bearing = np.arange(0.0, 360.0, 1.0)
    r = np.geomspace(0.01, 10_000.0, 3_000)
    ring = source.flux(r[:, None], bearing[None, :]).mean(axis=1) * 2 * np.pi
    assert kernel.sum() * 200.0**2 == pytest.approx(integrate.trapezoid(ring, r), rel=0.005)


@pytest.mark.parametrize("offset", [(0, 0), (0, 1), (1, 1), (-2, 3), (6, 0)])
def test_half_the_cell_gives_the_same_field(uccle: WindStatistics, offset: tuple[int, int]) -> None:
    """Means of 4 × 4 pairs of 100 m cells are the value of a pair of 200 m cells."""
    coarse = sector_kernel(uccle, options=KernelOptions(radius_m=3_000.0))
    fine = sector_kernel(uccle, options=KernelOptions(radius_m=3_000.0, cell_m=100.0))
    m, n = coarse.shape[0] // 2, fine.shape[0] // 2
    pairs = [
        fine[n + 2 * offset[0] + a - b, n + 2 * offset[1] + c - d]
        for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)
    ]  # fmt: skip
    assert np.mean(pairs) == pytest.approx(coarse[m + offset[0], m + offset[1]], rel=0.01)


def test_concentration_goes_as_the_inverse_of_speed_and_is_positive(uccle: WindStatistics) -> None:
    base = sector_kernel(uccle, options=SMALL)
    half = sector_kernel(uccle, options=KernelOptions(radius_m=4_000.0, speed_factor=2.0))
    np.testing.assert_allclose(half, base / 2)
    n = base.shape[0] // 2
    offsets = np.hypot(*np.mgrid[-n : n + 1, -n : n + 1])
    np.testing.assert_array_equal(base > 0, offsets <= n)
    assert np.isfinite(base).all()
    assert base[n, n] == base.max()


def test_rural_air_and_still_air_raise_concentrations(uccle: WindStatistics) -> None:
    """The two choices science.md asks to state: σz of open country, and 0.5 or 1.5 m/s for calms."""
    base = sector_kernel(uccle, options=KernelOptions(radius_m=20_000.0)).sum()
    rural = sector_kernel(uccle, options=KernelOptions(radius_m=20_000.0, terrain="rural")).sum()
    assert 2.0 < rural / base < 3.0
    still = sector_kernel(uccle, options=KernelOptions(radius_m=20_000.0, minimum_speed_m_s=0.5)).sum()
    assert 1.15 < still / base < 1.35


def test_transform_equals_direct_sum(uccle: WindStatistics) -> None:
    rng = np.random.default_rng(0)
    emissions = rng.gamma(0.3, 5.0, (60, 70))
    kernel = sector_kernel(uccle, options=KernelOptions(radius_m=5_000.0))
    direct = signal.convolve2d(emissions, kernel, mode="full")[25:-25, 25:-25]
    fast = disperse(emissions, kernel)
    np.testing.assert_allclose(fast, direct, rtol=1e-5)
    np.testing.assert_array_equal(fast, disperse(emissions, prepare_kernel(kernel, emissions.shape)))


def test_dispersion_is_linear_and_not_negative(uccle: WindStatistics) -> None:
    kernel = sector_kernel(uccle, options=SMALL)
    a, b = np.zeros((40, 40)), np.zeros((40, 40))
    a[5, 5], b[30, 20] = 3.0, 7.0
    both = disperse(a, kernel) + 2 * disperse(b, kernel)
    np.testing.assert_allclose(disperse(a + 2 * b, kernel), both, rtol=1e-9, atol=1e-12)
    assert (disperse(a, kernel) >= 0).all()
    assert disperse(np.zeros((40, 40)), kernel).max() == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_unusable_emissions_are_refused(bad: float) -> None:
    emissions = np.ones((5, 5))
    emissions[2, 2] = bad
    with pytest.raises(BadInputError, match="unusable"):
        disperse(emissions, np.ones((3, 3)))


def test_unusable_kernels_are_refused() -> None:
    with pytest.raises(BadInputError, match="kernel_shape"):
        disperse(np.ones((5, 5)), np.ones((4, 3)))
    with pytest.raises(BadInputError, match="kernel_shape"):
        disperse(np.ones((5, 6)), prepare_kernel(np.ones((3, 3)), (5, 5)))
    with pytest.raises(BadInputError, match="kernel_radius"):
        sector_kernel(WEST, options=KernelOptions(radius_m=50.0))
    with pytest.raises(BadInputError, match="release"):
        sector_kernel(WEST, ReleaseClass("buried", -1.0, 2.0))
