"""Imports the inside of the program without writing an import statement."""

import importlib

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec(
        "hostile.action.imports_inside_late", "1", "hostile.title", "hostile.summary", (), ()
    )

    def run(self, params, context, feedback):
        importlib.import_module("aqah_desktop.storage" + ".pack")
        return []
