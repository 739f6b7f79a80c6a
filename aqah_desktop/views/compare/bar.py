"""The bar of the comparison: which two maps, and how they are shown."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
)

from aqah_desktop.models.comparison import partners
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import ElidedLabel, button, column, label, row

MODES = ("curtain", "side", "difference")


class _Combo(QComboBox):
    """Ends a title that has no room in …, instead of cutting it."""

    def paintEvent(self, _event) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - 44
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class CompareBar(QFrame):
    """Choice of A and B, and one of three ways to compare them."""

    #: Ids of the two layers.
    chosen = Signal(str, str)
    mode_chosen = Signal(str)
    #: The table by commune is wanted.
    table_asked = Signal()
    closed = Signal()

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._every: tuple[LayerEntry, ...] = ()
        self.setObjectName("bar")
        layout = column(self, margins=8, spacing=6)
        self.a, self.b = self._combo("a"), self._combo("b")
        self.swap = self._tool("compare.swap", "arrow-left-right", self._swap)
        self.leave = self._tool("compare.close", "x", self.closed.emit)
        first = row(label(context.t("compare.a"), "strong"), self.a, self.swap)
        for widget in (label(context.t("compare.b"), "strong"), self.b, self.leave):
            first.addWidget(widget)
        first.setStretch(1, 1)
        first.setStretch(4, 1)
        layout.addLayout(first)
        self.summary = ElidedLabel("note")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table = button(context.t("compare.table_open"), self.table_asked.emit, "link")
        self.modes = {name: self._mode(name) for name in MODES}
        group = QButtonGroup(self)
        for made in self.modes.values():
            group.addButton(made)
        second = row(*self.modes.values(), spacing=4)
        second.addWidget(self.summary, 1)
        second.addSpacing(8)
        second.addWidget(self.table)
        layout.addLayout(second)
        self.a.activated.connect(self._on_a)
        self.b.activated.connect(lambda _: self._tell())

    def _combo(self, side: str) -> QComboBox:
        combo = _Combo()
        combo.setAccessibleName(self._context.t(f"compare.{side}_name"))
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)
        return combo

    def _tool(self, key: str, icon: str, function) -> QToolButton:
        made = QToolButton()
        made.setProperty("role", "quiet")
        made.setIconSize(QSize(18, 18))
        made.setToolTip(self._context.t(key))
        made.setAccessibleName(self._context.t(key))
        made.clicked.connect(lambda _=False: function())
        return with_icon(made, self._context.theme, icon)

    def _mode(self, name: str) -> QPushButton:
        made = button(self._context.t(f"compare.mode_{name}"), lambda: self.mode_chosen.emit(name), "segment")
        made.setCheckable(True)
        return made

    # ------------------------------------------------------------------ what is chosen

    def show_choice(self, every: tuple[LayerEntry, ...], titles: dict[str, str], a: str, b: str) -> None:
        """Show the maps there are, two of them chosen; B offers what A may be compared with."""
        self._every = every
        self._fill(self.a, [e for e in every if partners(e, every)], titles, a)
        first = next((e for e in every if e.id == a), None)
        self._fill(self.b, list(partners(first, every)) if first else [], titles, b)

    def show_mode(self, name: str) -> None:
        """Show how they are compared."""
        self.modes[name].setChecked(True)

    def show_summary(self, text: str, about: str) -> None:
        """Say the difference in a line; the tool tip tells more, and what it is taken over."""
        self.summary.setText(text)
        self.summary.setToolTip(about)

    def show_table(self, there: bool) -> None:
        """Offer the table by commune where there is one."""
        self.table.setVisible(there)

    def _fill(self, combo: QComboBox, entries: list[LayerEntry], titles: dict[str, str], chosen: str) -> None:
        combo.clear()
        for entry in entries:
            combo.addItem(titles[entry.id], entry.id)
            combo.setItemData(combo.count() - 1, titles[entry.id], Qt.ItemDataRole.ToolTipRole)
        combo.setCurrentIndex(combo.findData(chosen))
        combo.setToolTip(combo.currentText())
        combo.view().setMinimumWidth(420)

    def _on_a(self, _index: int) -> None:
        """Keep B when it still fits, else take the first that does."""
        a = next(e for e in self._every if e.id == self.a.currentData())
        fitting = [e.id for e in partners(a, self._every)]
        b = str(self.b.currentData())
        self.chosen.emit(a.id, b if b in fitting else fitting[0])

    def _swap(self) -> None:
        if self.a.currentData() and self.b.currentData():
            self.chosen.emit(self.b.currentData(), self.a.currentData())

    def _tell(self) -> None:
        self.chosen.emit(self.a.currentData(), self.b.currentData())
