"""Every menu entry, tool button and shortcut of the window, as data.

Menus, command palette, tool tips and the list of shortcuts are generated from this table; views bind a
function to an id. An action without function is shown disabled.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Menus from left to right; the title of each is the text ``window.menu_<name>``.
MENUS = ("file", "edit", "map", "data", "simulate", "share", "plugins", "help")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing the user can ask for.

    ``text`` is a key of the catalogue (``<text>_help`` is its tool tip when present), ``menu`` one of
    :data:`MENUS` or empty (palette and shortcut only), ``group`` separates blocks inside a menu.
    ``needs`` names what must be there: ``territory``, ``undo``, ``redo``, ``layer``, ``result``.
    """

    id: str
    text: str
    menu: str = ""
    group: int = 0
    shortcut: str = ""
    icon: str = ""
    needs: tuple[str, ...] = ()
    checkable: bool = False


def _spec(
    name: str, menu: str, group: int, shortcut: str = "", icon: str = "", needs: str = "", **more: bool
) -> ActionSpec:
    return ActionSpec(
        name,
        f"window.action_{name.replace('.', '_')}",
        menu,
        group,
        shortcut,
        icon,
        tuple(needs.split()),
        **more,
    )


ACTIONS: tuple[ActionSpec, ...] = (
    _spec("project.new", "file", 0, "Ctrl+N", "house"),
    _spec("project.open", "file", 0, "Ctrl+O", "folder-open"),
    _spec("project.save", "file", 1, "Ctrl+S", "save", "territory"),
    _spec("project.save_as", "file", 1, "Ctrl+Shift+S", "", "territory"),
    _spec("settings.open", "file", 2, "Ctrl+,", "settings"),
    _spec("app.quit", "file", 3, "Ctrl+Q"),
    _spec("edit.undo", "edit", 0, "Ctrl+Z", "undo", "undo"),
    _spec("edit.redo", "edit", 0, "Ctrl+Shift+Z", "redo", "redo"),
    _spec("map.copy", "edit", 1, "Ctrl+Shift+C", "copy", "territory"),
    _spec("palette.open", "edit", 2, "Ctrl+K", "search"),
    _spec("map.home", "map", 0, "Ctrl+0", "house", "territory"),
    _spec("map.zoom_in", "map", 0, "Ctrl++", "zoom-in", "territory"),
    _spec("map.zoom_out", "map", 0, "Ctrl+-", "zoom-out", "territory"),
    _spec("map.zoom_layer", "map", 0, "", "scan", "layer"),
    _spec("map.scale", "map", 1, "", "ruler", "territory"),
    _spec("map.crs", "map", 1, "", "crosshair", "territory"),
    _spec("map.full_screen", "map", 2, "F11", "maximize"),
    _spec("territory.choose", "map", 3, "Ctrl+T", "map-pin"),
    _spec("layer.add", "data", 0, "Ctrl+L", "plus", "territory"),
    _spec("layer.add_background", "data", 0, "", "image", "territory"),
    _spec("layer.properties", "data", 1, "Alt+Return", "info", "layer"),
    _spec("layer.remove", "data", 1, "", "trash-2", "layer"),
    _spec("data.status", "data", 2, "Ctrl+D", "database"),
    _spec("exposure.sites", "simulate", 0, "Ctrl+E", "school", "territory"),
    _spec("exposure.farms", "simulate", 0, "", "tractor", "territory"),
    _spec("simulate.action", "simulate", 1, "Ctrl+R", "sliders-horizontal", "territory"),
    _spec("simulate.compare", "simulate", 2, "", "columns-2", "result", checkable=True),
    _spec("history.show", "simulate", 3, "Ctrl+H", "history", "territory"),
    _spec("share.briefing", "share", 0, "Ctrl+B", "file-text", "territory"),
    _spec("share.map_image", "share", 1, "", "image", "territory"),
    _spec("share.table", "share", 1, "", "file-spreadsheet", "territory"),
    _spec("share.geopackage", "share", 1, "", "package", "territory"),
    _spec("share.print", "share", 2, "Ctrl+P", "printer", "territory"),
    _spec("plugins.list", "plugins", 0, "", "puzzle"),
    _spec("view.next_panel", "map", 4, "F6", "", "territory"),
    _spec("view.layers", "map", 4, "F7", "layers", checkable=True),
    _spec("view.side", "map", 4, "F8", "info", checkable=True),
    _spec("view.table", "map", 4, "F9", "table", checkable=True),
    _spec("view.reset", "map", 5),
    _spec("view.dark", "map", 5, "", "moon", checkable=True),
    _spec("help.guide", "help", 0, "F1", "circle-help"),
    _spec("help.shortcuts", "help", 0, "", "command"),
    _spec("help.messages", "help", 1, "", "bell"),
    _spec("help.journal", "help", 1, "", "history"),
    _spec("help.about", "help", 2),
)
