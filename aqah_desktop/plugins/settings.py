"""Which plugins the user switched off, and the folder a developer trusts. One small JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aqah_desktop.errors import StorageError
from aqah_desktop.locations import UserFolders, user_folders
from aqah_desktop.storage.atomic import make_folder, storage_error, write_text

_FILE = "extensions.json"


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What the user decided. ``developer_folder`` holds plugins under development, ``""`` = none."""

    disabled: tuple[str, ...] = ()
    developer_folder: str = ""


def settings_file(folders: UserFolders | None = None) -> Path:
    """Path of the file; it need not exist."""
    return (folders or user_folders()).settings / _FILE


def user_plugins_folder(folders: UserFolders | None = None) -> Path:
    """Folder of the plugins the user installed; it need not exist."""
    return (folders or user_folders()).data / "plugins"


def read_settings(path: Path) -> PluginSettings:
    """Read the settings; a file that does not exist means none.

    Raises
    ------
    StorageError
        ``plugins.bad_settings`` or what the system refused.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        disabled, folder = data.get("disabled", []), data.get("developer_folder", "")
        if not all(isinstance(item, str) for item in [*disabled, folder]):
            raise TypeError("text expected")
    except FileNotFoundError:
        return PluginSettings()
    except OSError as error:
        raise storage_error(error, path) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise StorageError("plugins.bad_settings", path=str(path), reason=str(error)) from error
    return PluginSettings(tuple(disabled), folder)


def set_enabled(path: Path, plugin_id: str, enabled: bool) -> PluginSettings:
    """Switch one plugin on or off for the next start; return the settings written."""
    before = read_settings(path)
    others = [name for name in before.disabled if name != plugin_id]
    after = PluginSettings(
        tuple(sorted(others if enabled else [*others, plugin_id])), before.developer_folder
    )
    make_folder(path.parent)
    content = {"disabled": list(after.disabled), "developer_folder": after.developer_folder}
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return after
