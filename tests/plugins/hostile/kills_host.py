"""Tries to kill the program that started it."""

import os
import signal

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.kills_host", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        os.kill(os.getppid(), signal.SIGKILL)
        return []
