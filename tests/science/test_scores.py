"""Scores: worked by hand, FAIRMODE rule, hold-out that does not leak, honest refusal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Interval, Pollutant
from aqah_desktop.science import scores
from aqah_desktop.science.scores import NotAssessable, Scores

OBSERVED = np.array([10.0, 20.0, 30.0, 40.0])
PREDICTED = np.array([12.0, 19.0, 33.0, 38.0])


def test_by_hand() -> None:
    assert scores.bias(OBSERVED, PREDICTED) == pytest.approx(0.5)
    assert scores.rmse(OBSERVED, PREDICTED) == pytest.approx(np.sqrt(18 / 4))
    assert scores.r2(OBSERVED, PREDICTED) == pytest.approx(1 - 18 / 500)
    # Years 1 and 2: means 15 and 35, so SST = 4 × 25.
    assert scores.r2_within_year(OBSERVED, PREDICTED, [1, 1, 2, 2]) == pytest.approx(1 - 18 / 100)
    baseline = np.full(4, 25.0)
    assert scores.skill(OBSERVED, PREDICTED, baseline) == pytest.approx(1 - 18 / 500)
    assert scores.skill(OBSERVED, baseline, PREDICTED) < 0


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    observed = rng.normal(20, 5, 15)
    assert scores.r2(observed, observed) == 1.0
    assert scores.r2(observed, np.full(15, observed.mean())) == pytest.approx(0.0)
    predicted = observed + rng.normal(0, 2, 15)
    # The mean square error is the variance of the error plus the square of the bias.
    error = predicted - observed
    assert scores.rmse(observed, predicted) ** 2 == pytest.approx(
        error.var() + scores.bias(observed, predicted) ** 2
    )


def test_time_alone_is_no_skill_within_year() -> None:
    years = np.repeat([2000, 2010], 10)
    rng = np.random.default_rng(0)
    observed = np.where(years == 2000, 40.0, 20.0) + rng.normal(0, 2, 20)
    predicted = np.where(years == 2000, 40.0, 20.0)
    assert scores.r2(observed, predicted) > 0.9
    assert scores.r2_within_year(observed, predicted, years) < 0.1


@pytest.mark.parametrize(
    ("pollutant", "observed", "expected"),
    [
        # 0.24·√(0.96/5.2·40² + 0.04·200²/5.5), 0.28·√(0.9375/20·20² + 0.0625·50²/1.5), …
        (Pollutant.NO2, 40.0, 0.24 * np.sqrt(0.96 / 5.2 * 1600 + 1600 / 5.5)),
        (Pollutant.PM10, 20.0, 0.28 * np.sqrt(18.75 + 104.1666667)),
        (Pollutant.PM25, 10.0, 0.36 * np.sqrt(0.75 / 20 * 100 + 0.25 * 625 / 1.5)),
    ],
)
def test_measurement_uncertainty(pollutant: Pollutant, observed: float, expected: float) -> None:
    parameters = scores.MQI_PARAMETERS[pollutant]
    assert scores.annual_uncertainty(np.array([observed]), parameters)[0] == pytest.approx(expected)


def test_mqi_follows_the_ninety_percent_rule() -> None:
    parameters = scores.MQI_PARAMETERS[Pollutant.NO2]
    observed = np.full(15, 30.0)
    unit = 2 * scores.annual_uncertainty(observed, parameters)
    # Indicators 0.1, 0.2 … 1.5: position 13.5, halfway between the 13th and the 14th.
    predicted = observed + unit * np.arange(1, 16) / 10
    shuffled = np.random.default_rng(0).permutation(15)
    assert scores.annual_mqi(observed, predicted[shuffled], parameters) == pytest.approx(1.35)
    assert scores.annual_mqi(observed[:1], predicted[:1], parameters) == pytest.approx(0.1)
    assert scores.annual_mqi(observed, observed, parameters) == 0.0


def test_close_stations_are_one_site() -> None:
    x = np.array([50_000.0, 0.0, 400.0, 800.0, 50_300.0, 2_000.0])
    # 0–400–800 m is a chain; 2,000 m stands alone.
    assert scores.site_groups(x, np.zeros(6)).tolist() == [0, 1, 1, 1, 0, 2]


def test_hold_out_never_shows_a_site_to_itself() -> None:
    sites = np.array([0, 1, 0, 2, 1, 3])
    seen = []

    def predict(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append((set(sites[train]), set(sites[test])))
        return sites[test] * 10.0, np.ones(len(test))

    mean, std = scores.hold_out_by_site(sites, predict)
    assert mean.tolist() == [0, 10, 0, 20, 10, 30]
    assert std.tolist() == [1.0] * 6
    assert all(not (train & test) and len(train) == 3 for train, test in seen)


def test_fewer_than_ten_sites_is_not_assessable() -> None:
    rng = np.random.default_rng(0)
    observed = rng.normal(20, 5, 40)
    few = scores.score(observed, observed + 1, sites=np.arange(40) % 9)
    assert few == NotAssessable(9, 10)
    assert str(few) == "not assessable"
    assert isinstance(scores.score(observed, observed + 1, sites=np.arange(40) % 10), Scores)
    assert scores.site_bootstrap(lambda rows: 0.0, np.arange(9), seed=1) == NotAssessable(9, 10)


def test_scores_of_a_whole_set() -> None:
    rng = np.random.default_rng(0)
    observed = rng.normal(20, 5, 30)
    predicted = observed + rng.normal(0, 2, 30)
    found = scores.score(
        observed, predicted, sites=np.arange(30), pollutant=Pollutant.NO2, std=np.full(30, 2.0)
    )
    assert isinstance(found, Scores)
    assert (found.sites, found.rows) == (30, 30)
    assert found.r2 == found.r2_within_year == pytest.approx(scores.r2(observed, predicted))
    assert found.mqi == pytest.approx(
        scores.annual_mqi(observed, predicted, scores.MQI_PARAMETERS[Pollutant.NO2])
    )
    assert found.error_over_std == pytest.approx(found.rmse / 2)
    assert scores.score(observed, predicted, sites=np.arange(30)).mqi is None
    with pytest.raises(BadInputError):
        scores.score(observed, np.where(observed > 20, np.nan, 1.0), sites=np.arange(30))


def test_bootstrap_draws_whole_sites_and_is_seeded() -> None:
    sites = np.repeat(np.arange(12), 2)
    values = sites.astype(float)

    def mean(rows: np.ndarray) -> float:
        counts = np.bincount(rows, minlength=24)
        assert (counts[::2] == counts[1::2]).all()  # both rows of a site, or neither
        return float(values[rows].mean())

    first, second = (scores.site_bootstrap(mean, sites, seed=4, draws=300) for _ in range(2))
    assert isinstance(first, Interval)
    assert first == second
    assert first.central == pytest.approx(5.5)
    assert first.low < 5.5 < first.high
    # The standard error of the mean of 12 sites 0…11 is 1.0: the 90 % interval spans about 3.3.
    assert first.high - first.low == pytest.approx(3.3, rel=0.2)
