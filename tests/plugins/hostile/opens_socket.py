"""Tries to reach the network."""

import socket

from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec


class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.opens_socket", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
        return []
