"""Background models: what each is in the limit, hold-out, choice."""

from __future__ import annotations

import numpy as np
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.background import (
    MODELS,
    ORDINARY_KRIGING,
    PLAIN_MEAN,
    SHAPE_KRIGING,
    Model,
    Places,
    SiteValues,
    fit,
    hold_out,
    population_covariates,
    predict,
    simplest_good_model,
)

BY_ID = {model.id: model for model in MODELS}


def _sites(count: int = 24, seed: int = 0, noise: float = 0.3) -> SiteValues:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 150_000, (2, count))
    density = rng.gamma(0.7, 1500, count)
    covariates = population_covariates(density) | {"shape": 5 + 4e-5 * y}
    places = Places(x, y, covariates)
    values = 6 + covariates["shape"] + 0.2 * np.sqrt(density) + rng.normal(0, noise, count)
    return SiteValues(places, np.eye(count), values, np.full(count, 0.05 * values.mean()))


def test_plain_mean_is_the_mean_of_the_others() -> None:
    sites = _sites(12)
    held_out = hold_out(PLAIN_MEAN, sites)
    total = sites.values.sum()
    assert held_out.mean == pytest.approx((total - sites.values) / 11)
    others = np.delete(sites.values, 0)
    assert held_out.std[0] == pytest.approx(others.std(ddof=1) * np.sqrt(1 + 1 / 11))


def test_right_covariates_beat_the_baselines() -> None:
    sites = _sites()
    rmse = {
        model.id: float(np.sqrt(np.mean((hold_out(model, sites).mean - sites.values) ** 2)))
        for model in MODELS
    }
    right = rmse["kriging_sqrt_population_shape"]
    assert right == min(rmse.values())
    assert right < 0.5
    assert rmse["plain_mean"] > 3 * right
    assert rmse["ordinary_kriging"] > 3 * right


def test_hold_out_does_not_know_the_value() -> None:
    sites = _sites()
    changed = SiteValues(sites.places, sites.weights, sites.values.copy(), sites.error_std)
    changed.values[5] += 50.0
    model = BY_ID["kriging_sqrt_population_shape"]
    assert hold_out(model, sites).mean[5] == pytest.approx(hold_out(model, changed).mean[5])


def test_shape_is_added_back_with_coefficient_one() -> None:
    sites = _sites()
    flat = dict(sites.places.covariates) | {"shape": np.zeros(24)}
    without = SiteValues(
        Places(sites.places.x_m, sites.places.y_m, flat), sites.weights, sites.values, sites.error_std
    )
    moved = SiteValues(
        Places(sites.places.x_m, sites.places.y_m, flat | {"shape": np.full(24, 7.0)}),
        sites.weights, sites.values, sites.error_std,
    )  # fmt: skip
    plain = predict(ORDINARY_KRIGING, without, without.places, fit(ORDINARY_KRIGING, without))
    # A constant shape is no information at all.
    shaped = predict(SHAPE_KRIGING, moved, moved.places, fit(SHAPE_KRIGING, moved))
    assert shaped.mean == pytest.approx(plain.mean, abs=1e-5)


def test_lognormal_mean_exceeds_its_median_and_stays_positive() -> None:
    sites = _sites()
    model = BY_ID["lognormal_kriging_log_population"]
    found = predict(model, sites, sites.places, fit(model, sites))
    assert (found.mean > 0).all()
    assert (found.std > 0).all()
    bad = SiteValues(sites.places, sites.weights, sites.values - sites.values.mean(), sites.error_std)
    with pytest.raises(BadInputError):
        fit(model, bad)


def test_observations_averaged_over_two_places() -> None:
    sites = _sites(13)
    weights = np.zeros((12, 13))
    weights[np.arange(12), np.arange(12)] = 1.0
    weights[11, 11:] = 0.5
    averaged = SiteValues(sites.places, weights, weights @ sites.values, sites.error_std[:12])
    held_out = hold_out(BY_ID["kriging_sqrt_population_shape"], averaged)
    assert held_out.mean == pytest.approx(averaged.values, abs=1.5)
    assert np.isfinite(held_out.std).all()


def test_choice_pools_the_years_and_prefers_the_simpler() -> None:
    simple, complex_ = Model("a"), Model("b")
    errors = {"a": [np.array([1.0, 1.0]), np.array([4.0])], "b": [np.array([2.0, 2.0]), np.array([1.0])]}
    assert simplest_good_model((simple, complex_), errors) is complex_
    # 6 against 5 is 9.5 % of RMSE.
    assert simplest_good_model((simple, complex_), errors, tolerance=0.1) is simple
    equal = {"a": [np.array([3.0])], "b": [np.array([3.0])]}
    assert simplest_good_model((simple, complex_), equal, tolerance=0.0) is simple


def test_too_few_sites_for_a_regression() -> None:
    with pytest.raises(BadInputError):
        fit(BY_ID["regression_sqrt_population"], _sites(2))
