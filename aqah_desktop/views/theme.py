"""The light and dark look of the window, made from the one table of tokens."""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from aqah_desktop.locations import resource_folder
from aqah_desktop.reporting.tokens import Theme, theme
from aqah_desktop.views import icons

#: Icons the style sheet names by file: they are recoloured and written once per theme.
_SHEET_ICONS = {"chevron-down": "ink_soft", "check": "paper", "x": "ink_soft", "maximize": "ink_soft"}


class ThemeManager(QObject):
    """The theme in force; tells views when it changes so that what they draw follows."""

    changed = Signal()

    def __init__(self, application: QApplication, name: str = "light") -> None:
        super().__init__(application)
        self._application = application
        self._folder = QTemporaryDir()
        self._theme: Theme = theme(name)
        _load_fonts(application, self._theme)
        self.use(name)

    @property
    def name(self) -> str:
        """``"light"`` or ``"dark"``."""
        return self._theme.name

    @property
    def tokens(self) -> Theme:
        """The tokens in force."""
        return self._theme

    def use(self, name: str) -> None:
        """Apply a theme to the whole application."""
        self._theme = theme(name)
        self._application.setPalette(self._palette())
        self._application.setStyleSheet(self._sheet())
        self.changed.emit()

    def colour(self, token: str, alpha: float = 1.0) -> QColor:
        """Colour of a token, optionally transparent."""
        colour = QColor(self._theme.colours[token])
        colour.setAlphaF(alpha)
        return colour

    def icon(self, name: str, token: str = "ink_soft") -> QIcon:
        """Icon in the colour of a token; the accent when checked."""
        return icons.icon(name, self._theme.colours[token], self._theme.colours["accent"])

    def pixmap(self, name: str, size: int, token: str = "ink_soft") -> QPixmap:
        """Icon as a pixmap of ``size`` logical pixels."""
        ratio = self._application.devicePixelRatio()
        return icons.pixmap(name, self._theme.colours[token], size, ratio)

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        wanted = {
            role.Window: "wash",
            role.WindowText: "ink",
            role.Base: "paper",
            role.AlternateBase: "wash",
            role.Text: "ink",
            role.Button: "paper",
            role.ButtonText: "ink",
            role.ToolTipBase: "ink",
            role.ToolTipText: "paper",
            role.PlaceholderText: "ink_faint",
            role.Highlight: "accent",
            role.HighlightedText: "paper",
            role.Link: "accent",
        }
        palette = QPalette()
        for where, token in wanted.items():
            palette.setColor(where, self.colour(token))
        for where in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, where, self.colour("ink_faint"))
        return palette

    def _sheet(self) -> str:
        values: dict[str, str] = dict(self._theme.colours)
        for group in ("radius", "type"):
            values.update({f"{group}_{k}": str(v) for k, v in self._theme.sizes[group].items()})
        for name, token in _SHEET_ICONS.items():
            values[f"icon_{name.replace('-', '_')}"] = self._icon_file(name, token)
        sheet = (resource_folder() / "themes" / "window.qss").read_text(encoding="utf-8")
        return Template(sheet).substitute(values)

    def _icon_file(self, name: str, token: str) -> str:
        target = Path(self._folder.path()) / f"{name}-{self._theme.name}.svg"
        if not target.exists():
            source = (resource_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
            target.write_text(source.replace("currentColor", self._theme.colours[token]), encoding="utf-8")
        return target.as_posix()


def _load_fonts(application: QApplication, tokens: Theme) -> None:
    for path in sorted((resource_folder() / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))
    font = QFont(str(tokens.sizes["type"]["family"]))
    font.setPixelSize(int(tokens.sizes["type"]["body"]))
    application.setFont(font)
