"""Returns a change in a commune that does not exist."""

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
    spec = AlgorithmSpec("hostile.action.returns_nowhere", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        place = Place(communes=("99999",))
        return [EmissionChange(Sector.ROAD, Pollutant.NOX, place, (2018, 2018), Interval(-0.1, -0.2, -0.3))]
