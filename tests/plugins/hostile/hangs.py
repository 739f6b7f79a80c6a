"""Never returns and ignores cancellation."""

import time

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.hangs", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        while True:
            time.sleep(60)
