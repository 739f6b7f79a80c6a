"""Returns a list that is far too long."""

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
    spec = AlgorithmSpec("hostile.action.returns_too_much", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        place = Place(communes=(context.communes[0].code,))
        change = EmissionChange(Sector.ROAD, Pollutant.NOX, place, (2018, 2018), Interval(-0.1, -0.2, -0.3))
        return [change] * 20_000
