"""Where the program's own files are: frozen application, then wheel, then checkout.

The only module that knows the three lay-outs; everything else asks here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
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


def guide_folder() -> Path:
    """Folder of the user guide (read-only)."""
    return _first_existing("_guide", "docs/guide")


def bundled_plugins_folder() -> Path:
    """Folder of the first-party plugins."""
    return _PACKAGE / "plugins" / "bundled"


@dataclass(frozen=True)
class UserFolders:
    """Where the user's own things are: settings, plugins and unpacked packs, journal of events."""

    settings: Path
    data: Path
    logs: Path
    portable: bool


def user_folders(home: Path | None = None) -> UserFolders:
    """Return the per-user folders (not created here).

    ``home`` or the variable ``AQAH_HOME`` puts everything in one folder. So does a folder named
    ``aqah-portable`` beside the program: the whole then moves on a USB stick.
    """
    beside = Path(sys.executable).resolve().parent / "aqah-portable"
    given = home or (Path(os.environ["AQAH_HOME"]) if os.environ.get("AQAH_HOME") else None)
    portable = given is None and getattr(sys, "frozen", False) and beside.is_dir()
    root = given or (beside if portable else None)
    if root is not None:
        return UserFolders(root / "settings", root / "data", root / "logs", portable)
    import platformdirs

    folders = platformdirs.PlatformDirs("AQAH Desktop", appauthor=False)
    return UserFolders(folders.user_config_path, folders.user_data_path, folders.user_log_path, False)
