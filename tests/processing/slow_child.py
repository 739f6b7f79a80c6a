"""A trusted child whose algorithms are ours: they wait, break or end the process on demand."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from aqah_desktop.processing import trusted_child
from aqah_desktop.processing.contract import Results
from aqah_desktop.records import AlgorithmSpec, Method, Parameter, Quality, Standing, Text


class Sleepy:
    """Does what ``mode`` says."""

    spec = AlgorithmSpec(
        "test.lane.sleepy", "1", "t", "s", (Parameter("mode", "text", "l"),), (), seeded=True
    )

    def check(self, params: Any, context: Any) -> list[Any]:
        return []

    def run(self, params: Any, context: Any, feedback: Any) -> Results:
        feedback.progress(0.5, Text("half"))
        if params["mode"] == "deaf":
            time.sleep(60)
        if params["mode"] == "polite":
            for _ in range(6000):
                feedback.check()
                time.sleep(0.01)
        if params["mode"] == "vanish":
            os._exit(9)
        if params["mode"] == "break":
            raise KeyError("nobody foresaw this")
        figures = {"pid": os.getpid(), "seed": context.seed}
        given = context.inputs.get("values")
        if given is not None:
            figures |= {"sum": float(np.sum(given)), "mapped": isinstance(given, np.memmap)}
        return Results(Standing(Quality.FICTITIOUS, Method.MODELLED), figures=figures)


def main() -> None:
    """Serve requests with :class:`Sleepy` instead of the program's own classes."""
    trusted_child.load_class = lambda module, name: Sleepy
    trusted_child.main()
