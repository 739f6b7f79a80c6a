"""Dies of a signal, as broken native code does."""

import ctypes

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.crashes", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        ctypes.string_at(0)
