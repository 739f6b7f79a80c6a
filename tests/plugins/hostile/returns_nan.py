"""Returns a factor that is not a number."""

from aqah_desktop.plugin_api import (
    ActionPlugin,
    AlgorithmSpec,
    EmissionChange,
    Interval,
    Place,
    Pollutant,
    Sector,
)


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.returns_nan", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        place = Place(communes=(context.communes[0].code,))
        years = (context.base_year, context.base_year)
        return [EmissionChange(Sector.ROAD, Pollutant.NOX, place, years, Interval(-0.1, float("nan"), -0.3))]
