"""Leaves politely, without a result."""

import sys

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.exits", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        sys.exit(3)
