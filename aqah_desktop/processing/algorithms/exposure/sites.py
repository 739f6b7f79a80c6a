"""``aqah.exposure.sites``: what the map says at schools, hospitals and any other site."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.algorithms.exposure.columns import KIND_COLUMNS, SITE_COLUMNS
from aqah_desktop.processing.algorithms.exposure.layers import layers_of_map, layers_of_sites
from aqah_desktop.processing.algorithms.exposure.names import POPULATION, THRESHOLDS
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
from aqah_desktop.records import AlgorithmSpec, Output, Parameter, Problem, VectorShape

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

DEFAULT_RADIUS_M = 200.0


class SiteExposure:
    """Any site layer × any raster of annual means: value, mean around, thresholds, rank."""

    spec = AlgorithmSpec(
        id="aqah.exposure.sites",
        version="1.0",
        title="exposure.sites.title",
        summary="exposure.sites.summary",
        parameters=(
            TERRITORY,
            POLLUTANT,
            YEAR,
            KINDS,
            Parameter(
                "radius_m",
                "number",
                "exposure.radius_m.label",
                "exposure.radius_m.help",
                unit="m",
                minimum=1,
                maximum=10_000,
                default=DEFAULT_RADIUS_M,
            ),
            RASTER,
            SITES_FILE,
            Parameter("sites_layer", "layer", "exposure.sites_layer.label", "exposure.sites_layer.help"),
            ASSUME_CRS,
        ),
        outputs=(
            Output("sites", "vector", "exposure.sites.table", crs="EPSG:2154", fields=SITE_COLUMNS),
            Output("kinds", "table", "exposure.sites.kinds", fields=KIND_COLUMNS),
            Output("figures", "figures", "exposure.sites.figures"),
        ),
        inputs=("concentration", "sites"),
        family="exposure",
        cost="seconds",
    )

    def layers_read(self, params: Params, pack: Pack) -> tuple[str, ...]:
        """Layers of the pack a run reads; see :func:`aqah_desktop.processing.contract.layers_read`."""
        fixed = ("communes", POPULATION, THRESHOLDS)
        return (*layers_of_map(params, pack), *layers_of_sites(params, pack), *fixed)

    def check(self, params: Params, context: Context) -> list[Problem]:
        """Explain what is wrong with ``params``; see the contract."""
        problems = common_problems(self.spec, params, context)
        if any(problem.severity == "error" for problem in problems):
            return problems
        problems += problems_of("radius_m", lambda: check_radius(params, context))
        if params.get("sites_layer"):
            problems += problems_of("sites_layer", lambda: check_sites_layer(params, context))
        return problems

    def run(self, params: Params, context: Context, feedback: Feedback) -> Results:
        """Compute the table of sites; see the contract.

        Raises
        ------
        BadInputError
            ``exposure.radius_below_cell``, ``exposure.nothing_covered``, ``exposure.no_value``,
            ``exposure.negative_values``, ``storage.raster_all_nodata``, ``exposure.no_rows``.
        UnknownItemError
            Territory, pollutant, year, layer or kind.
        """
        from aqah_desktop.processing.algorithms.exposure.site_readings import assess_sites

        params = {p.name: p.default for p in self.spec.parameters} | params
        check_radius(params, context)
        check_sites_layer(params, context)
        return assess_sites(params, context, feedback)


def check_radius(params: Params, context: Context) -> None:
    """Refuse a radius below the cell of the map: the mean would be that of one cell anyway.

    Raises
    ------
    BadInputError
        ``exposure.radius_below_cell``.
    """
    from aqah_desktop.processing.algorithms.exposure.maps import cell_of

    radius_m = params.get("radius_m") or DEFAULT_RADIUS_M
    cell_m = cell_of(params, context)
    # A cell of another coordinate system is known to a few per thousand.
    if cell_m is not None and radius_m < cell_m * (1 - 5e-3):
        raise BadInputError(
            "exposure.radius_below_cell",
            name="radius_m",
            radius_m=float(radius_m),
            cell_m=float(math.ceil(cell_m)),
        )


def check_sites_layer(params: Params, context: Context) -> None:
    """Refuse a layer that holds no places.

    Raises
    ------
    UnknownItemError
        ``storage.unknown_layer``.
    BadInputError
        ``exposure.not_places``.
    """
    layer_id = params.get("sites_layer")
    if not layer_id:
        return
    shape = context.pack.layer(layer_id).shape
    if not isinstance(shape, VectorShape) or shape.geometry_type == "None":
        raise BadInputError("exposure.not_places", name="sites_layer", layer=layer_id)
