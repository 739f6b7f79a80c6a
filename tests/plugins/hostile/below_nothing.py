"""Removes more than there is."""

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
    spec = AlgorithmSpec("hostile.action.below_nothing", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        place = Place(communes=(context.communes[0].code,))
        return [EmissionChange(Sector.ROAD, Pollutant.NOX, place, (2018, 2018), Interval(-0.5, -0.9, -1.5))]
