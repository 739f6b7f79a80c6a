"""Fills the disk with many files."""

import itertools
from pathlib import Path

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.writes_many_files", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        for number in itertools.count():
            Path(f"part-{number}").write_bytes(bytes(1024**2))
