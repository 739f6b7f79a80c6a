"""Starts a process that should outlive it."""

import subprocess
import sys

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.starts_processes", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        return []
