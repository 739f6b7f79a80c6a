"""Never returns and never lets another thread run for long."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.spins", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        while True:
            sum(range(10_000_000))
