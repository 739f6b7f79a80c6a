"""Fills the disk with one file."""

from pathlib import Path

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.writes_huge_file", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        with Path("huge").open("wb") as stream:
            while True:
                stream.write(bytes(1024**2))
