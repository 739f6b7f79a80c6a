"""Raises an ordinary exception."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.raises", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        return [1 / 0]
