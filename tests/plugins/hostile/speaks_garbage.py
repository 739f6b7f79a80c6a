"""Writes nonsense into the channel to the host."""

import os

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.speaks_garbage", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        for number in range(3, 20):
            try:
                os.write(number, b"this is not JSON\n")
            except OSError:
                continue
        return []
