"""Universal kriging: analytic limits, a published worked example, an independent library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.science import kriging
from aqah_desktop.science.kriging import (
    Observations,
    Points,
    Variogram,
    VariogramPrior,
    fit_variogram,
    krige,
    kriging_weights,
    restricted_deviance,
)

EXPONENTIAL = Variogram("exponential", sill=4.0, range_m=30_000.0, nugget=0.0)


def _points(rng: np.random.Generator, count: int, *, covariate: bool = True) -> Points:
    x, y = rng.uniform(0, 150_000, (2, count))
    columns = [np.ones(count)] + ([rng.uniform(0, 3, count)] if covariate else [])
    return Points(x, y, np.column_stack(columns))


def _field(rng: np.random.Generator, points: Points, variogram: Variogram) -> np.ndarray:
    distance = np.hypot(*(np.subtract.outer(c, c) for c in (points.x_m, points.y_m)))
    covariance = variogram.sill * variogram.correlation(distance) + variogram.nugget * np.eye(len(distance))
    smooth = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(distance))) @ rng.standard_normal(
        len(distance)
    )
    return points.drift @ np.array([20.0, 3.0])[: points.drift.shape[1]] + smooth


@given(
    seed=st.integers(0, 10_000), count=st.integers(5, 25), model=st.sampled_from(["exponential", "spherical"])
)
@settings(max_examples=40, deadline=None)
def test_without_nugget_or_error_the_data_are_reproduced(seed: int, count: int, model: str) -> None:
    rng = np.random.default_rng(seed)
    points = _points(rng, count)
    values = rng.normal(20, 5, count)
    variogram = Variogram(model, 4.0, 30_000.0, 0.0)
    found = krige(Observations.at_points(points, values), variogram, points)
    assert found.mean == pytest.approx(values, abs=1e-4)
    assert found.std == pytest.approx(np.zeros(count), abs=2e-3)


@given(seed=st.integers(0, 10_000), count=st.integers(4, 25))
@settings(max_examples=40, deadline=None)
def test_weights_are_unbiased_and_give_the_mean(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    points, targets = _points(rng, count), _points(rng, 7)
    observations = Observations.at_points(points, rng.normal(20, 5, count), rng.uniform(0.1, 2, count))
    weights = kriging_weights(observations, EXPONENTIAL, targets)
    assert weights.sum(axis=1) == pytest.approx(np.ones(7))
    assert weights @ points.drift == pytest.approx(targets.drift)
    assert weights @ observations.values == pytest.approx(krige(observations, EXPONENTIAL, targets).mean)


@given(seed=st.integers(0, 10_000), count=st.integers(4, 20), nugget=st.floats(0, 3))
@settings(max_examples=40, deadline=None)
def test_variance_is_never_negative_nor_below_the_nugget(seed: int, count: int, nugget: float) -> None:
    rng = np.random.default_rng(seed)
    points = _points(rng, count)
    observations = Observations.at_points(points, rng.normal(20, 5, count), 0.5)
    found = krige(observations, Variogram("exponential", 4.0, 30_000.0, nugget), _points(rng, 30))
    assert np.isfinite(found.mean).all()
    assert (found.std >= np.sqrt(nugget) - 1e-9).all()


def test_std_grows_away_from_the_data_up_to_its_limit() -> None:
    points = Points(np.array([0.0, 1000.0, 0.0]), np.array([0.0, 0.0, 1000.0]), np.ones((3, 1)))
    observations = Observations.at_points(points, np.array([10.0, 11.0, 12.0]), 0.1)
    x = np.array([0.0, 5e3, 2e4, 6e4, 5e6])
    found = krige(observations, EXPONENTIAL, Points(x, np.zeros(5), np.ones((5, 1))))
    assert (np.diff(found.std) > 0).all()
    # Far away: the sill plus the variance of the estimated mean.
    weights = kriging_weights(observations, EXPONENTIAL, Points(x[-1:], np.zeros(1), np.ones((1, 1))))
    distance = np.hypot(*(np.subtract.outer(c, c) for c in (points.x_m, points.y_m)))
    data = 4.0 * EXPONENTIAL.correlation(distance) + 0.01 * np.eye(3)
    assert found.std[-1] ** 2 == pytest.approx(4.0 + float(weights[0] @ data @ weights[0]))


def test_without_correlation_it_is_least_squares() -> None:
    rng = np.random.default_rng(3)
    points, targets = _points(rng, 30), _points(rng, 10)
    values = _field(rng, points, EXPONENTIAL)
    found = krige(Observations.at_points(points, values), Variogram("exponential", 0.0, 1.0, 2.5), targets)
    F = points.drift
    assert found.mean == pytest.approx(targets.drift @ np.linalg.lstsq(F, values, rcond=None)[0])
    leverage = np.einsum("mk,kl,ml->m", targets.drift, np.linalg.inv(F.T @ F), targets.drift)
    assert found.std == pytest.approx(np.sqrt(2.5 * (1 + leverage)))


def test_published_worked_example() -> None:
    """Isaaks & Srivastava, *Applied Geostatistics* (1989), ch. 12: seven samples, point (65, 137)."""
    x = np.array([61.0, 63, 64, 68, 71, 73, 75])
    y = np.array([139.0, 140, 129, 128, 140, 141, 128])
    values = np.array([477.0, 696, 227, 646, 606, 791, 783])
    observations = Observations.at_points(Points(x, y, np.ones((7, 1))), values)
    target = Points(np.array([65.0]), np.array([137.0]), np.ones((1, 1)))
    variogram = Variogram("exponential", sill=10.0, range_m=1 / 0.3, nugget=0.0)
    weights = kriging_weights(observations, variogram, target)[0]
    assert weights == pytest.approx([0.173, 0.318, 0.129, 0.086, 0.151, 0.057, 0.086], abs=6e-4)
    found = krige(observations, variogram, target)
    assert found.mean[0] == pytest.approx(592.7, abs=0.05)
    assert found.std[0] ** 2 == pytest.approx(8.96, abs=0.005)


def test_agrees_with_scikit_learn() -> None:
    """An unknown mean is a Gaussian process with a constant kernel of very large variance."""
    gp = pytest.importorskip("sklearn.gaussian_process")
    kernels = gp.kernels
    rng = np.random.default_rng(11)
    points, targets = _points(rng, 18, covariate=False), _points(rng, 40, covariate=False)
    error = rng.uniform(0.3, 1.5, 18)
    values = rng.normal(20, 4, 18)
    nugget = 0.8
    kernel = kernels.ConstantKernel(1e7) + kernels.ConstantKernel(4.0) * kernels.Matern(30_000.0, nu=0.5)
    peer = gp.GaussianProcessRegressor(kernel, alpha=nugget + error**2, optimizer=None)
    peer.fit(points.coordinates, values)
    mean, std = peer.predict(targets.coordinates, return_std=True)
    variogram = Variogram("exponential", 4.0, 30_000.0, nugget)
    found = krige(Observations.at_points(points, values, error), variogram, targets, with_nugget=False)
    assert found.mean == pytest.approx(mean, abs=1e-4)
    assert found.std == pytest.approx(std, abs=1e-4)


def test_nugget_changes_the_std_but_leaves_no_spike_at_a_station() -> None:
    rng = np.random.default_rng(5)
    points = _points(rng, 12, covariate=False)
    observations = Observations.at_points(points, rng.normal(20, 4, 12))
    variogram = Variogram("exponential", 4.0, 30_000.0, 1.0)
    at = krige(observations, variogram, points)
    beside = krige(observations, variogram, Points(points.x_m + 1.0, points.y_m, points.drift))
    assert at.mean == pytest.approx(beside.mean, abs=0.01)
    smooth = krige(observations, variogram, points, with_nugget=False)
    assert at.std**2 - smooth.std**2 == pytest.approx(np.ones(12))


def test_an_average_is_reproduced_over_its_positions_only() -> None:
    rng = np.random.default_rng(8)
    points = _points(rng, 6, covariate=False)
    weights = np.zeros((5, 6))
    weights[range(4), range(4)] = 1.0
    weights[4, 4:] = 0.5
    values = np.array([10.0, 14.0, 9.0, 12.0, 20.0])
    observations = Observations(points, weights, values, np.zeros(5))
    found = krige(observations, EXPONENTIAL, points)
    assert weights @ found.mean == pytest.approx(values, abs=1e-4)
    assert abs(found.mean[4] - 20.0) > 0.01  # each position alone is not known
    assert found.std[4] > 0.1


def test_a_less_sure_observation_weighs_less() -> None:
    x = np.array([0.0, 0.0, 60_000.0, 90_000.0])
    points = Points(x, np.array([0.0, 10_000.0, 0.0, 0.0]), np.ones((4, 1)))
    values = np.array([30.0, 12.0, 11.0, 10.0])
    sure = Observations.at_points(points, values, np.array([0.5, 0.5, 0.5, 0.5]))
    unsure = Observations.at_points(points, values, np.array([5.0, 0.5, 0.5, 0.5]))
    here = points.take(np.array([0]))
    assert krige(unsure, EXPONENTIAL, here).mean[0] < krige(sure, EXPONENTIAL, here).mean[0] - 5


@pytest.mark.parametrize("model", ["exponential", "spherical"])
def test_gradient_of_the_restricted_likelihood(model: str) -> None:
    rng = np.random.default_rng(2)
    points = _points(rng, 15)
    observations = Observations.at_points(points, rng.normal(20, 4, 15), 0.7)
    theta = np.log([4.0, 40_000.0, 1.5])
    gradient = restricted_deviance(observations, model, theta)[1]
    for i in range(3):
        step = np.zeros(3)
        step[i] = 1e-5
        up, down = (restricted_deviance(observations, model, theta + s)[0] for s in (step, -step))
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-6)


def test_restricted_likelihood_ignores_the_drift() -> None:
    rng = np.random.default_rng(4)
    points = _points(rng, 15)
    values = rng.normal(20, 4, 15)
    theta = np.log([4.0, 40_000.0, 1.5])
    plain, moved = (
        restricted_deviance(Observations.at_points(points, v, 0.7), "exponential", theta)[0]
        for v in (values, values + points.drift @ np.array([100.0, -50.0]))
    )
    assert plain == pytest.approx(moved)


def test_fit_tells_correlated_from_white_fields() -> None:
    rng = np.random.default_rng(6)
    points = _points(rng, 80)
    vague = VariogramPrior(share_log_std=3.0)
    white, smooth = (
        fit_variogram(Observations.at_points(points, _field(rng, points, truth)), prior=vague)
        for truth in (Variogram("exponential", 0.0, 1.0, 4.0), Variogram("exponential", 4.0, 60_000.0, 0.1))
    )
    assert white.nugget == pytest.approx(4.0, rel=0.4)
    assert white.sill < 0.5 * white.nugget
    assert smooth.nugget < 0.25 * smooth.sill


def test_fit_is_at_least_as_likely_as_the_truth() -> None:
    truth = Variogram("spherical", 4.0, 60_000.0, 1.0)
    rng = np.random.default_rng(7)
    points = _points(rng, 60)
    observations = Observations.at_points(points, _field(rng, points, truth), 0.5)
    vague = VariogramPrior(range_log_std=1e3, share_log_std=1e3)
    fitted = fit_variogram(observations, "spherical", vague)
    deviance = [
        restricted_deviance(observations, "spherical", np.log([v.sill, v.range_m, v.nugget]))[0]
        for v in (fitted, truth)
    ]
    assert deviance[0] <= deviance[1] + 1e-6


def test_with_few_data_the_prior_keeps_the_range_plausible() -> None:
    rng = np.random.default_rng(9)
    points = _points(rng, 6, covariate=False)
    prior = VariogramPrior()
    fitted = fit_variogram(Observations.at_points(points, rng.normal(20, 4, 6)), prior=prior)
    assert prior.range_bounds_m[0] <= fitted.range_m <= prior.range_bounds_m[1]
    assert 20_000 < fitted.range_m < 120_000


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    points, targets = _points(rng, 12), _points(rng, 100)
    observations = Observations.at_points(points, rng.normal(20, 4, 12), 0.4)
    whole = krige(observations, EXPONENTIAL, targets)
    monkeypatch.setattr(kriging, "BLOCK", 7)
    parts = krige(observations, EXPONENTIAL, targets)
    assert parts.mean == pytest.approx(whole.mean, abs=1e-9)
    assert parts.std == pytest.approx(whole.std, abs=1e-9)


@pytest.mark.parametrize(
    ("key", "make"),
    [
        ("mapping.observations_shape", lambda p: Observations(p, np.eye(4), np.ones(3), np.zeros(3))),
        ("mapping.observations_weights", lambda p: Observations(p, 2 * np.eye(4), np.ones(4), np.zeros(4))),
        ("mapping.observations_weights", lambda p: Observations.at_points(p, np.ones(4), -1.0)),
        ("mapping.observations_not_finite", lambda p: Observations.at_points(p, np.full(4, np.nan))),
        (
            "mapping.drift_not_supported",
            lambda p: fit_variogram(
                Observations.at_points(Points(p.x_m, p.y_m, np.ones((4, 2))), np.arange(4.0))
            ),
        ),
        (
            "mapping.unknown_variogram",
            lambda p: fit_variogram(Observations.at_points(p, np.arange(4.0)), model="linear"),
        ),
        (
            "mapping.no_variance",
            lambda p: krige(Observations.at_points(p, np.arange(4.0)), Variogram("spherical", 0, 1, 0), p),
        ),
    ],
)
def test_bad_input_is_refused(key: str, make: object) -> None:
    points = Points(np.arange(4.0) * 1e4, np.zeros(4), np.ones((4, 1)))
    with pytest.raises(BadInputError) as caught:
        make(points)  # type: ignore[operator]
    assert caught.value.key == key
