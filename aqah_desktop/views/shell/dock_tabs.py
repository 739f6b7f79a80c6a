"""A dock with several pages: its tabs are its title bar, so that no line of the screen is lost."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QToolButton, QWidget

from aqah_desktop.views.actions import ActionCentre
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.main_window import MainWindow

#: Property by which the window knows not to show a dock the user closed.
_CLOSED = "closed_by_user"
#: Size of a panel when it is first shown, px.
_WIDTH, _HEIGHT = 360, 270
#: Room for the bolder words of the tab in front, and the most the tabs may claim, px.
_BOLDER, _TABS = 10, 280
_SIZES = {
    Qt.DockWidgetArea.LeftDockWidgetArea: (270, Qt.Orientation.Horizontal),
    Qt.DockWidgetArea.RightDockWidgetArea: (_WIDTH, Qt.Orientation.Horizontal),
    Qt.DockWidgetArea.BottomDockWidgetArea: (_HEIGHT, Qt.Orientation.Vertical),
}


class _Pages(QStackedWidget):
    """Asks for the size of a panel, whatever its pages would like."""

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)


class DockTabs(QObject):
    """Pages of one dock. Built once by the workbench; panels add their page.

    Parameters
    ----------
    window : MainWindow
        Gets the dock.
    context : ViewContext
        Texts and theme.
    name : str
        Name of the dock (``"side"``, ``"bottom"``); its title is the text ``window.dock_<name>``.
    area : Qt.DockWidgetArea
        Where it is at first.
    opened : bool
        Whether it is shown with the first map.
    """

    #: Name of the page that came to the front.
    page_changed = Signal(str)
    #: Whether the user wants to see the dock.
    open_changed = Signal(bool)

    def __init__(
        self,
        window: MainWindow,
        context: ViewContext,
        name: str,
        area: Qt.DockWidgetArea,
        opened: bool = True,
    ) -> None:
        super().__init__(window)
        self._window, self._context = window, context
        self._open = opened
        self._orders: list[int] = []
        self._names: list[str] = []
        self._stack = _Pages()
        self._stack.setObjectName("panel")
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(True)
        self._tabs.setElideMode(Qt.TextElideMode.ElideNone)
        title = context.t(f"window.dock_{name}")
        self._tabs.setAccessibleName(title)
        self.dock = window.add_dock(name, title, self._stack, area)
        self.dock.setTitleBarWidget(self._title_bar())
        self._tabs.currentChanged.connect(self._on_tab)
        self._size, self._way = _SIZES[area]
        self.dock.visibilityChanged.connect(self._on_shown)
        self._apply()

    # ------------------------------------------------------------------ pages

    def add_page(self, name: str, title: str, page: QWidget, order: int = 0) -> None:
        """Add a page; pages stand in the order of ``order``, the first one in front."""
        place = sum(1 for other in self._orders if other <= order)
        self._orders.insert(place, order)
        self._names.insert(place, name)
        self._stack.insertWidget(place, page)
        self._tabs.insertTab(place, title)
        self._tabs.setTabToolTip(place, title)
        self._tabs.setCurrentIndex(0)
        # The tab in front is written bolder than Qt reckons with.
        self._tabs.setMinimumWidth(min(self._tabs.sizeHint().width() + _BOLDER, _TABS))
        self._apply()

    def current(self) -> str:
        """Name of the page in front; empty without pages."""
        index = self._tabs.currentIndex()
        return self._names[index] if 0 <= index < len(self._names) else ""

    def show_page(self, name: str, *, focus: bool = False) -> None:
        """Bring a page to the front and open the dock."""
        index = self._names.index(name)
        self._tabs.setCurrentIndex(index)
        self.set_open(True)
        if focus:
            self._stack.widget(index).setFocus(Qt.FocusReason.OtherFocusReason)

    def set_open(self, wanted: bool) -> None:
        """Show or hide the dock, and remember it when the map comes back."""
        if wanted != self._open:
            self._open = wanted
            self._apply()
            self.open_changed.emit(wanted)

    def is_open(self) -> bool:
        """Whether the user wants to see the dock."""
        return self._open

    # ------------------------------------------------------------------ parts

    def _apply(self) -> None:
        shown = self._open and bool(self._names)
        self.dock.setProperty(_CLOSED, not shown)
        self.dock.setVisible(shown and self._window.docks_shown)

    def _on_shown(self, shown: bool) -> None:
        """Give the dock its size when it is first shown: Qt gives it the least it can do with."""
        if shown and self._names:
            self.dock.visibilityChanged.disconnect(self._on_shown)
            QTimer.singleShot(0, self, self._take_size)

    def _take_size(self) -> None:
        if not self.dock.isFloating():
            self._window.resizeDocks([self.dock], [self._size], self._way)

    def _on_tab(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        if 0 <= index < len(self._names):
            self.page_changed.emit(self._names[index])

    def _title_bar(self) -> QWidget:
        """Tabs, then free space to drag the dock by, then float and close."""
        bar = QWidget()
        bar.setObjectName("tab_title")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(4, 0, 6, 0)
        layout.setSpacing(0)
        layout.addWidget(self._tabs)
        layout.addStretch(1)
        self._float = self._button("window.dock_float")
        self._float.clicked.connect(lambda: self.dock.setFloating(not self.dock.isFloating()))
        self._close = self._button("window.dock_close")
        self._close.clicked.connect(lambda: self.set_open(False))
        layout.addWidget(self._float)
        layout.addWidget(self._close)
        self._recolour()
        self._context.theme.changed.connect(self._recolour)
        return bar

    def _button(self, key: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setIconSize(QSize(14, 14))
        button.setToolTip(self._context.t(key))
        button.setAccessibleName(self._context.t(key))
        return button

    def _recolour(self) -> None:
        self._float.setIcon(self._context.theme.icon("maximize-2"))
        self._close.setIcon(self._context.theme.icon("x"))


def bind_docks(actions: ActionCentre, side: DockTabs, bottom: DockTabs) -> None:
    """Bind what shows and hides both docks; the right one is as high as the window."""
    side.dock.parentWidget().setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    for action_id, tabs in (("view.side", side), ("view.table", bottom)):
        action = actions.action(action_id)
        action.setChecked(tabs.is_open())
        actions.bind(action_id, tabs.set_open)
        tabs.open_changed.connect(action.setChecked)
