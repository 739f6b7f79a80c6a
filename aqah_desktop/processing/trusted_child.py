"""Child side of the trusted process: runs the program's own algorithms, one request after another."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.child_pipe import Pipe, serve_errors
from aqah_desktop.processing.contract import Context
from aqah_desktop.processing.conversation import SpeakingFeedback

#: What most algorithms need; imported while the user is still looking at the map.
_WARM = ("numpy", "pandas", "geopandas", "rasterio", "scipy.signal", "aqah_desktop.storage.records_json")


def main() -> int:
    """Serve requests until the host closes the pipe."""
    pipe = Pipe()
    pipe.listen()
    for name in _WARM:
        importlib.import_module(name)
    pipe.send({"type": "ready"})
    while True:
        request = pipe.next_request()
        try:
            pipe.send({"type": "result", "results": _run(request, pipe)})
        except Exception as error:
            # Every failure belongs to the host, which turns it into what the user reads.
            serve_errors(pipe.send, error)


def _run(request: dict[str, Any], pipe: Pipe) -> dict[str, Any]:
    from aqah_desktop.processing.exchange import Folder
    from aqah_desktop.processing.params import parse_params

    algorithm = load_class(request["module"], request["name"])()
    scratch = Path(request["scratch"])
    inputs = Folder(scratch, mapped=True)
    context = Context(
        pack=_open_pack(request["pack"]),
        inputs={name: inputs.take(value) for name, value in request["inputs"].items()},
        seed=request["seed"],
        language=request["language"],
    )
    params = parse_params(algorithm.spec, request["params"])
    results = algorithm.run(params, context, SpeakingFeedback(pipe.send, pipe.cancelled))
    output = scratch / "out"
    output.mkdir()
    return Folder(output).put_results(results)


def load_class(module: str, name: str) -> Any:
    """Return a class of the program itself; another module is refused, the pipe is not an import path."""
    if module.split(".", maxsplit=1)[0] != "aqah_desktop":
        raise BadInputError("processing.not_trusted", module=module, name=name)
    return getattr(importlib.import_module(module), name)


def _open_pack(folder: str | None) -> Any:
    if folder is None:
        return None
    from aqah_desktop.storage.pack import Pack

    return Pack.open(Path(folder))
