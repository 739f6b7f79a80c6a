"""What the source of a plugin imports, read without running it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aqah_desktop.errors import PluginError

#: The module of the program a plugin may import.
API = "aqah_desktop.plugin_api"
#: Libraries the program ships, so a plugin may count on them.
HOST_LIBRARIES = frozenset({"numpy", "scipy", "pandas", "shapely", "pyproj", "geopandas"})
#: Endings of compiled code: it differs by system and cannot be read.
NATIVE_SUFFIXES = frozenset({".so", ".pyd", ".dll", ".dylib", ".exe", ".pyc", ".pyo"})


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: ``module`` in full, where it stands."""

    module: str
    file: str
    line: int


def python_files(folder: Path) -> list[Path]:
    """Return the Python files of a plugin, its tests aside."""
    return sorted(p for p in folder.rglob("*.py") if p.relative_to(folder).parts[0] != "tests")


def imports(folder: Path) -> Iterator[Import]:
    """Yield every import of every Python file; relative ones aside.

    Raises
    ------
    PluginError
        ``plugins.syntax_error``, with file and line.
    """
    for path in python_files(folder):
        name = path.relative_to(folder).as_posix()
        for node in ast.walk(_parse(path, folder)):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield from _from_imports(node, name)


def _from_imports(node: ast.ImportFrom, name: str) -> Iterator[Import]:
    module = node.module or ""
    if module == "aqah_desktop":  # "from aqah_desktop import storage" names a module after the import
        yield from (Import(f"{module}.{alias.name}", name, node.lineno) for alias in node.names)
    else:
        yield Import(module, name, node.lineno)


def _parse(path: Path, folder: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last two: absurd nesting
        line = getattr(error, "lineno", None) or 0
        raise PluginError(
            "plugins.syntax_error",
            plugin=folder.name,
            file=path.relative_to(folder).as_posix(),
            line=line,
            reason=getattr(error, "msg", str(error)),
        ) from error


def check_imports(folder: Path, plugin_id: str) -> None:
    """Refuse a plugin that imports the inside of the program.

    Raises
    ------
    PluginError
        ``plugins.internal_import`` or ``plugins.syntax_error``.
    """
    for found in imports(folder):
        if found.module.split(".")[0] == "aqah_desktop" and found.module != API:
            raise PluginError(
                "plugins.internal_import",
                plugin=plugin_id,
                module=found.module,
                file=found.file,
                line=found.line,
            )


def foreign_imports(folder: Path) -> list[Import]:
    """Return the imports that are neither standard library, nor the plugin's own, nor the host's."""
    own = {path.stem for path in folder.glob("*.py")} | {p.name for p in folder.iterdir() if p.is_dir()}
    known = own | HOST_LIBRARIES | set(sys.stdlib_module_names) | {"aqah_desktop"}
    return [found for found in imports(folder) if found.module.split(".")[0] not in known]
