"""Parameters both exposure algorithms declare, and what can be said of them before a run."""

from __future__ import annotations

from collections.abc import Callable

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.processing.contract import Context, Params
from aqah_desktop.processing.inputs import ASSUMED_CRS
from aqah_desktop.processing.params import check_params
from aqah_desktop.records import AlgorithmSpec, Parameter, Problem, Text

SITE_KINDS = ("ecole", "college", "lycee", "hospital", "ehpad", "social_centre")
#: Pollutants with concentration maps and annual values.
POLLUTANTS = ("no2", "pm10", "pm25")

TERRITORY = Parameter(
    "territory", "territory", "exposure.territory.label", "exposure.territory.help", required=True
)
POLLUTANT = Parameter("pollutant", "pollutant", "exposure.pollutant.label", choices=POLLUTANTS, required=True)
YEAR = Parameter(
    "year", "year", "exposure.year.label", "exposure.year.help", minimum=1990, maximum=2050
)  # fmt: skip
KINDS = Parameter(
    "kinds", "choices", "exposure.kinds.label", "exposure.kinds.help", choices=SITE_KINDS, default=SITE_KINDS
)
RASTER = Parameter(
    "raster", "file", "exposure.raster.label", "exposure.raster.help", content="raster"
)  # fmt: skip
SITES_FILE = Parameter(
    "sites_file", "file", "exposure.sites_file.label", "exposure.sites_file.help", content="places"
)
ASSUME_CRS = Parameter(
    ASSUMED_CRS,
    "choice",
    "exposure.assume_crs.label",
    "exposure.assume_crs.help",
    choices=("EPSG:2154", "EPSG:4326", "EPSG:27572", "EPSG:3857", "EPSG:3950", "EPSG:32631"),
)


def common_problems(spec: AlgorithmSpec, params: Params, context: Context) -> list[Problem]:
    """Explain what is wrong with the parameters both algorithms share; empty when nothing is."""
    problems = check_params(spec, params)
    if any(problem.severity == "error" for problem in problems):
        return problems
    supplied = context.inputs.get("raster")
    problems += problems_of("territory", lambda: context.pack.territory(params["territory"]))
    if supplied is None and params.get("raster") is None:
        problems += problems_of("year", lambda: _check_layer(params, context))
    if supplied is not None and supplied.bands > 1:
        text = Text("exposure.several_bands", {"path": supplied.path.name, "bands": supplied.bands})
        problems.append(Problem("raster", text, "warning"))
    return problems


def problems_of(name: str, check: Callable[[], object]) -> list[Problem]:
    """Run a check; return what it raises as a problem of the parameter ``name``."""
    try:
        check()
    except AqahError as error:
        text = Text(f"{error.key}.message", dict(error.params))
        return [Problem(str(error.params.get("name", name)), text)]
    return []


def _check_layer(params: Params, context: Context) -> None:
    if params.get("year") is None:
        raise BadInputError("exposure.no_year", name="year", pollutant=str(params["pollutant"]))
    context.pack.concentration(str(params["pollutant"]), params["year"])
