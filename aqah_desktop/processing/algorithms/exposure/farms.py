"""``aqah.exposure.farms``: farms and parcels, and the schools, care homes and houses near them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.algorithms.exposure.columns import (
    FARM_COLUMNS,
    NEAR_SITE_COLUMNS,
    PARCEL_COLUMNS,
)
from aqah_desktop.processing.algorithms.exposure.layers import (
    layers_of_land,
    layers_of_map,
    layers_of_sites,
)
from aqah_desktop.processing.algorithms.exposure.parameters import (
    ASSUME_CRS,
    KINDS,
    POLLUTANT,
    RASTER,
    SITES_FILE,
    TERRITORY,
    YEAR,
    common_problems,
    problems_of,
)
from aqah_desktop.processing.contract import Context, Feedback, Params, Results
from aqah_desktop.records import AlgorithmSpec, Output, Parameter, Problem

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: Metres; 150 and 500 are common in consultations, 20 and 50 are distances of the national rules.
DEFAULT_RADII = "20, 50, 150, 500"
MAX_RADIUS_M = 10_000.0
MAX_RADII = 8
DATASETS = ("declared", "training")


class FarmExposure:
    """Farm points and parcel polygons × map × sites: what they breathe and what stands near them."""

    spec = AlgorithmSpec(
        id="aqah.exposure.farms",
        version="1.0",
        title="exposure.farms.title",
        summary="exposure.farms.summary",
        parameters=(
            TERRITORY,
            POLLUTANT,
            YEAR,
            Parameter(
                "dataset",
                "choice",
                "exposure.dataset.label",
                "exposure.dataset.help",
                choices=DATASETS,
                default=DATASETS[0],
            ),
            Parameter(
                "parcels_file",
                "file",
                "exposure.parcels_file.label",
                "exposure.parcels_file.help",
                content="polygons",
            ),
            KINDS,
            Parameter(
                "radii_m",
                "text",
                "exposure.radii_m.label",
                "exposure.radii_m.help",
                unit="m",
                default=DEFAULT_RADII,
            ),
            RASTER,
            SITES_FILE,
            ASSUME_CRS,
        ),
        outputs=(
            Output("parcels", "vector", "exposure.farms.parcels", crs="EPSG:2154", fields=PARCEL_COLUMNS),
            Output("farms", "vector", "exposure.farms.farms", crs="EPSG:2154", fields=FARM_COLUMNS),
            Output("sites", "vector", "exposure.farms.sites", crs="EPSG:2154", fields=NEAR_SITE_COLUMNS),
            Output("figures", "figures", "exposure.farms.figures"),
        ),
        inputs=("concentration", "sites", "farms"),
        family="exposure",
        cost="seconds",
    )

    def layers_read(self, params: Params, pack: Pack) -> tuple[str, ...]:
        """Layers of the pack a run reads; see :func:`aqah_desktop.processing.contract.layers_read`."""
        return (*layers_of_map(params, pack), *layers_of_sites(params, pack), *layers_of_land(params))

    def check(self, params: Params, context: Context) -> list[Problem]:
        """Explain what is wrong with ``params``; see the contract."""
        problems = common_problems(self.spec, params, context)
        problems += problems_of("radii_m", lambda: read_radii(params.get("radii_m")))
        problems += problems_of("dataset", lambda: check_dataset(params))
        return problems

    def run(self, params: Params, context: Context, feedback: Feedback) -> Results:
        """Compute the tables of parcels, farms and sites; see the contract.

        Raises
        ------
        BadInputError
            ``exposure.radii``, ``exposure.two_parcel_sets``, ``exposure.no_rows``,
            ``exposure.no_polygon``, ``exposure.nothing_covered``, ``exposure.no_value``,
            ``exposure.negative_values``, ``storage.raster_all_nodata``.
        UnknownItemError
            Territory, pollutant, year or kind.
        """
        from aqah_desktop.processing.algorithms.exposure.farm_readings import assess_farms

        params = {p.name: p.default for p in self.spec.parameters} | params
        check_dataset(params)
        return assess_farms(params, read_radii(params["radii_m"]), context, feedback)


def read_radii(given: Any) -> tuple[float, ...]:
    """Return the distances of a run in ascending order, m: a list of numbers, or a text holding one.

    Raises
    ------
    BadInputError
        ``exposure.radii``: not numbers, none or too many, or outside 1 m … 10 km.
    """
    words = re.split(r"[;,\s]+", str(given or DEFAULT_RADII).strip()) if _is_text(given) else list(given)
    try:
        radii = sorted({float(word) for word in words if word not in ("", "m")})
    except (TypeError, ValueError):
        radii = []
    if not 1 <= len(radii) <= MAX_RADII or not all(1 <= radius <= MAX_RADIUS_M for radius in radii):
        raise BadInputError("exposure.radii", name="radii_m", value=str(given), count=MAX_RADII)
    return tuple(radii)


def check_dataset(params: Params) -> None:
    """Refuse a user's parcels and the invented ones in one run: they are never mixed.

    Raises
    ------
    BadInputError
        ``exposure.two_parcel_sets``.
    """
    if params.get("parcels_file") is not None and params.get("dataset") == "training":
        raise BadInputError("exposure.two_parcel_sets", name="dataset")


def _is_text(given: Any) -> bool:
    return given is None or isinstance(given, str | int | float)
