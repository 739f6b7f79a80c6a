"""Sends a result of its own making, then hangs."""

import json
import os
import time

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.forges_result", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        forged = {"type": "result", "emission_changes": [{"sector": "road"}], "receptor_changes": []}
        for number in range(3, 20):
            try:
                os.write(number, json.dumps(forged).encode() + b"\n")
            except OSError:
                continue
        time.sleep(60)
