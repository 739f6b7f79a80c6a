"""NO2 from NOx: published values, order, bounds, inverse, an independent model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.nitrogen import (
    BAECHLIN_2008,
    GRAL,
    NO2_UG_M3_PER_PPB,
    Relation,
    no2_from_nox,
    nox_from_no2,
    photostationary,
    primary_no2_share,
)

RELATIONS = [BAECHLIN_2008, GRAL, photostationary(2019), photostationary(1998)]
by_relation = pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)


@pytest.mark.parametrize(
    ("relation", "nox", "no2"),
    [
        # NOx (A/(NOx+B) + C) worked by hand with the constants quoted in uEMEP.
        (BAECHLIN_2008, 40.0, 40 * (29 / 75 + 0.217)),
        (BAECHLIN_2008, 100.0, 100 * (29 / 135 + 0.217)),
        (GRAL, 40.0, 40 * (30 / 75 + 0.18)),
    ],
)
def test_published_constants(relation: Relation, nox: float, no2: float) -> None:
    assert no2_from_nox(np.array([nox]), relation)[0] == pytest.approx(no2, rel=1e-12)


@by_relation
@given(st.lists(st.floats(0.0, 400.0), min_size=2, max_size=20))
def test_increasing_bounded_and_invertible(relation: Relation, values: list[float]) -> None:
    nox = np.sort(np.array(values))
    no2 = no2_from_nox(nox, relation)
    assert (no2 <= nox + 1e-12).all() and (no2 >= 0).all()
    assert (np.diff(no2) >= -1e-12).all()
    np.testing.assert_allclose(nox_from_no2(no2, relation), nox, rtol=1e-9, atol=1e-12)


@by_relation
def test_strictly_increasing_where_maps_are(relation: Relation) -> None:
    nox = np.linspace(0.1, 150.0, 2_000)
    assert (np.diff(no2_from_nox(nox, relation)) > 0).all()


def test_photostationary_state_holds() -> None:
    """(NOx − NO2)(OX − NO2) = R NO2 in ppb, oxidant growing with the primary share."""
    relation = photostationary(2019)
    x = np.array([2.0, 10.0, 40.0])
    n = no2_from_nox(x * NO2_UG_M3_PER_PPB, relation) / NO2_UG_M3_PER_PPB
    np.testing.assert_allclose((x - n) * (33.0 + 0.16 * x - n), 3.9 * n)


def test_primary_share_follows_the_published_years() -> None:
    assert primary_no2_share(2000) == pytest.approx(0.086)
    assert primary_no2_share(2004) == pytest.approx(0.124)
    assert primary_no2_share(1990) == primary_no2_share(2000)
    assert primary_no2_share(2019) == pytest.approx(0.16)


def test_no_data_stays_no_data_and_nonsense_is_refused() -> None:
    assert np.isnan(no2_from_nox(np.array([np.nan]))).all()
    assert np.isnan(nox_from_no2(np.array([np.nan]))).all()
    for bad in (-0.1, np.inf):
        with pytest.raises(BadInputError, match="unusable"):
            no2_from_nox(np.array([bad]))


def test_against_the_emep_base_case_over_the_region(shared: Path) -> None:
    """Independent model: NO, NO2 of the EMEP base case over Hauts-de-France, background range."""
    rasterio = pytest.importorskip("rasterio")
    path = shared / "sherpa/sherpa_base_concentrations.nc"

    def field(name: str) -> np.ndarray:
        with rasterio.open(f"netcdf:{path}:{name}_cams61_2019") as data:
            values, t = data.read(1).astype(float), data.transform
        lat = t.f + t.e * (np.arange(values.shape[0]) + 0.5)
        lon = t.c + t.a * (np.arange(values.shape[1]) + 0.5)
        return values[np.ix_((lat > 49.0) & (lat < 51.1), (lon > 1.5) & (lon < 4.2))].ravel()

    no2, nox = field("NO2"), field("NO2") + field("NO") * 46.0 / 30.0
    usual = (nox > 4) & (nox < 15)
    assert usual.sum() > 500
    ratio = no2_from_nox(nox[usual]) / no2[usual]
    assert 0.95 < np.median(ratio) < 1.05
    assert np.percentile(ratio, [5, 95]) == pytest.approx([1.0, 1.0], abs=0.1)
    # Above, the 7 km model keeps more NO2 than stations do: the photostationary form follows it.
    urban = nox > 20
    assert np.median(no2_from_nox(nox[urban]) / no2[urban]) < 0.95
    assert np.median(no2_from_nox(nox[urban], photostationary(2019)) / no2[urban]) == pytest.approx(
        1, abs=0.1
    )
