"""Prints without end."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.prints_endlessly", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        while True:
            print("again and again " * 100)
