"""Returns objects of its own."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.returns_strangers", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        return [{"sector": "road"}]
