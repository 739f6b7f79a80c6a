"""Returns something that is not a list."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.returns_number", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        return 42
