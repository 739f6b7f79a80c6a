"""Leaves without a word."""

import os

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.vanishes", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        os._exit(0)
