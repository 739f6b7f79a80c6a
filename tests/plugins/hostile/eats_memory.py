"""Takes all the memory there is."""

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.eats_memory", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        hoard = []
        while True:
            hoard.append(bytearray(16 * 1024**2))
