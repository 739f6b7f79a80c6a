"""Child side of a plugin run: gives up rights, then loads the plugin, answers one request, exits.

Order matters: limits and containment come before the first line of the plugin is read, and everything
of the program that is needed here is imported before the program is closed to the plugin.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.abc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aqah_desktop import plugin_api
from aqah_desktop.errors import JobCancelledError
from aqah_desktop.plugins import containment
from aqah_desktop.processing.child_pipe import Pipe, serve_errors
from aqah_desktop.processing.conversation import SpeakingFeedback
from aqah_desktop.processing.params import parse_params

#: Given back when memory runs out, so that there is room to say so.
_RESERVE_BYTES = 2 * 1024**2


def main() -> int:
    """Answer one request and exit without running anything the plugin left behind."""
    pipe = Pipe()
    request = pipe.first_request()
    limits = request["limits"]
    scratch = Path(request["scratch"])
    mechanisms = containment.apply(scratch, limits["seconds"], limits["memory_mb"], limits["output_mb"])
    pipe.listen()
    reserve = bytearray(_RESERVE_BYTES)
    try:
        answer = _answer(request, pipe, mechanisms)
        pipe.send({"type": "result", **answer})
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a plugin are failures as well
        del reserve[:]
        serve_errors(pipe.send, error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _answer(request: dict[str, Any], pipe: Pipe, mechanisms: list[str]) -> dict[str, Any]:
    if request["op"] == "probe":
        refused = containment.attempt_everything(
            Path(request["outside"]), request["limits"]["memory_mb"], mechanisms
        )
        return {"refused": refused, "mechanisms": mechanisms}
    plugin = _load(Path(request["folder"]), request["entry"])
    operation = _OPERATIONS[request["op"]]
    return operation(plugin, request, SpeakingFeedback(pipe.send, pipe.cancelled))


# ----------------------------------------------------------------------------- loading


class _OnlyTheApi(importlib.abc.MetaPathFinder):
    """Refuses to load more of the program than a plugin may import."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        """Raise for a module of the program; leave every other name to the usual finders."""
        if name.split(".", maxsplit=1)[0] == "aqah_desktop":
            raise ImportError(f"a plugin may import aqah_desktop.plugin_api only, not {name}", name=name)


def _load(folder: Path, entry: str) -> Any:
    sys.meta_path.insert(0, _OnlyTheApi())
    sys.path.insert(0, str(folder))
    module_name, class_name = entry.split(":")
    module = importlib.import_module(module_name)
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise MissingEntryError(f"{module_name} has no class {class_name}")
    plugin = found()
    if not isinstance(getattr(plugin, "spec", None), plugin_api.AlgorithmSpec):
        raise MissingEntryError(f"{class_name}.spec is not an AlgorithmSpec")
    return plugin


class MissingEntryError(Exception):
    """The entry of the manifest leads nowhere."""


class WrongResultError(Exception):
    """A plugin returned something else than its contract says."""


# ----------------------------------------------------------------------------- operations


def _describe(plugin: Any, request: dict[str, Any], feedback: Any) -> dict[str, Any]:  # noqa: ARG001
    return {"spec": dataclasses.asdict(plugin.spec)}


def _check(plugin: Any, request: dict[str, Any], feedback: Any) -> dict[str, Any]:  # noqa: ARG001
    params, context = _given(plugin, request)
    problems = plugin.check(params, context)
    return {"problems": _as_list(problems, plugin_api.Problem)}


def _references(plugin: Any, request: dict[str, Any], feedback: Any) -> dict[str, Any]:  # noqa: ARG001
    context = _action_context(request["context"])
    return _beside(plugin, context)


def _beside(plugin: Any, context: plugin_api.ActionContext) -> dict[str, Any]:
    status = plugin.legal_status(context)
    if status is not None and not isinstance(status, plugin_api.LegalStatus):
        raise WrongResultError(f"legal_status returned {type(status).__name__}, not LegalStatus")
    return {
        "references": _as_list(plugin.references(context), plugin_api.Reference),
        "legal_status": None if status is None else dataclasses.asdict(status),
    }


def _run(plugin: Any, request: dict[str, Any], feedback: Any) -> dict[str, Any]:
    params, context = _given(plugin, request)
    found = plugin.run(params, context, feedback)
    if feedback.cancelled():
        raise JobCancelledError("processing.cancelled")
    if isinstance(context, plugin_api.AlgorithmContext):
        return {"outputs": _write_outputs(found, Path(request["scratch"]))}
    emissions, receptors = plugin_api.EmissionChange, plugin_api.ReceptorChange
    _check_types(found, (emissions, receptors))
    return {
        "emission_changes": [dataclasses.asdict(c) for c in found if isinstance(c, emissions)],
        "receptor_changes": [dataclasses.asdict(c) for c in found if isinstance(c, receptors)],
        **_beside(plugin, context),
    }


_OPERATIONS = {"describe": _describe, "check": _check, "references": _references, "run": _run}


def _check_types(found: Any, kinds: tuple[type, ...]) -> None:
    names = " / ".join(kind.__name__ for kind in kinds)
    if not isinstance(found, Sequence) or isinstance(found, str | bytes):
        raise WrongResultError(f"{type(found).__name__}, not a list of {names}")
    for item in found:
        if not isinstance(item, kinds):
            raise WrongResultError(f"a list with {type(item).__name__} in it, not {names}")


def _as_list(found: Any, kind: type) -> list[dict[str, Any]]:
    _check_types(found, (kind,))
    return [dataclasses.asdict(item) for item in found]


def _given(plugin: Any, request: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    params = parse_params(plugin.spec, request["params"])
    data = request["context"]
    return params, _algorithm_context(
        data, Path(request["scratch"])
    ) if "layers" in data else _action_context(data)


def _communes(data: dict[str, Any]) -> tuple[plugin_api.Commune, ...]:
    return tuple(plugin_api.Commune(**commune) for commune in data["communes"])


def _action_context(data: dict[str, Any]) -> plugin_api.ActionContext:
    effects = tuple(_effect(row) for row in data["effects"])
    return plugin_api.ActionContext(**{**data, "communes": _communes(data), "effects": effects})


def _effect(row: dict[str, Any]) -> plugin_api.PublishedEffect:
    words = {name: plugin_api.LocalText(**row[name]) for name in ("action", "context", "note")}
    return plugin_api.PublishedEffect(
        **{**row, **words, "confidence": plugin_api.Confidence(row["confidence"])}
    )


def _algorithm_context(data: dict[str, Any], scratch: Path) -> plugin_api.AlgorithmContext:
    import numpy as np

    layers = {}
    for name, layer in data["layers"].items():
        values = np.load(scratch / layer["file"], mmap_mode="r", allow_pickle=False)
        layers[name] = plugin_api.LayerInput(name, values, plugin_api.Grid(**layer["grid"]), layer["unit"])
    return plugin_api.AlgorithmContext(**{**data, "communes": _communes(data), "layers": layers})


def _write_outputs(found: Any, scratch: Path) -> list[dict[str, Any]]:
    import numpy as np

    _check_types(found, (plugin_api.ArrayOutput, plugin_api.TableOutput))
    described: list[dict[str, Any]] = []
    for number, output in enumerate(found):
        if isinstance(output, plugin_api.TableOutput):
            described.append({"name": output.name, "columns": output.columns})
            continue
        file = f"output-{number:03d}.npy"
        np.save(scratch / file, np.asarray(output.values), allow_pickle=False)
        described.append({"name": output.name, "file": file, "layer": output.layer})
    return described
