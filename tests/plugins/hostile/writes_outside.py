"""Writes beside the program's own files."""

from pathlib import Path

from aqah_desktop import plugin_api
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.writes_outside", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        (Path(plugin_api.__file__).parent / "left_by_a_plugin.txt").write_text("I was here")
        return []
