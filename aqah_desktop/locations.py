"""Where the program's own files are: frozen application, then wheel, then checkout.

The only module that knows the three lay-outs; everything else asks here.
"""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _first_existing(in_package: str, in_checkout: str) -> Path:
    candidates = []
    if getattr(sys, "frozen", False):
        candidates.append(Path(getattr(sys, "_MEIPASS", _PACKAGE)) / "aqah_desktop" / in_package)
    candidates += [_PACKAGE / in_package, _PACKAGE.parent / in_checkout]
    for folder in candidates:
        if folder.is_dir():
            return folder
    return candidates[-1]


def data_folder() -> Path:
    """Folder of the bundled territory pack (read-only)."""
    return _first_existing("_data", "data")


def resource_folder() -> Path:
    """Folder of icons, fonts, translations, templates (read-only)."""
    return _first_existing("_resources", "resources")


def bundled_plugins_folder() -> Path:
    """Folder of the first-party plugins."""
    return _PACKAGE / "plugins" / "bundled"
