"""The bar of selectors: territory, pollutant, year, comparison, search."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSlider, QToolButton, QWidget

from aqah_desktop.records import Pollutant
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, label


class YearSlider(QWidget):
    """A slider over the years there are; every stop is a mapped year."""

    chosen = Signal(int)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._years: list[int] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._first, self._last = label("", "note"), label("", "note")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setMinimumWidth(120)
        self._slider.setAccessibleName(context.t("window.year"))
        self._slider.setToolTip(context.t("window.year_help"))
        self._now = label("", "strong")
        for widget in (self._first, self._slider, self._last, self._now):
            layout.addWidget(widget)
        self._slider.valueChanged.connect(self._on_value)

    def show_years(self, years: list[int], year: int) -> None:
        """Show these years with one chosen."""
        self._years = years
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(len(years) - 1, 0))
        self._slider.setValue(years.index(year) if year in years else 0)
        self._slider.setEnabled(len(years) > 1)
        self._slider.blockSignals(False)
        self._first.setText(str(years[0]) if years else "")
        self._last.setText(str(years[-1]) if years else "")
        self._now.setText(str(year))

    def _on_value(self, index: int) -> None:
        if 0 <= index < len(self._years):
            self._now.setText(str(self._years[index]))
            self.chosen.emit(self._years[index])


class TopBar(QFrame):
    """Selectors; signals say what the user chose, the project says what is shown."""

    territory_chosen = Signal(str)
    pollutant_chosen = Signal(str)
    year_chosen = Signal(int)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._context = context
        t = context.t
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(10)
        self.territory, self.pollutant = QComboBox(), QComboBox()
        self.territory.setAccessibleName(t("window.territory"))
        self.pollutant.setAccessibleName(t("window.pollutant"))
        self.territory.setToolTip(t("window.territory"))
        self.pollutant.setToolTip(t("window.pollutant"))
        self.territory.setMinimumWidth(230)
        self.territory.setMaximumWidth(300)
        self.indicator = label(t("window.indicator_annual_mean"), "note")
        self.years = YearSlider(context)
        self._compare = QToolButton()
        self._compare.setDefaultAction(context.actions.action("simulate.compare"))
        self._compare.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        search = button(t("window.search"), context.actions.action("palette.open").trigger)
        search.setIcon(context.theme.icon("search"))
        search.setToolTip(context.actions.action("palette.open").toolTip())
        for widget in (self.territory, self.pollutant, self.indicator, self.years):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._compare)
        layout.addWidget(search)
        self.territory.activated.connect(lambda i: self.territory_chosen.emit(self.territory.itemData(i)))
        self.pollutant.activated.connect(lambda i: self.pollutant_chosen.emit(self.pollutant.itemData(i)))
        self.years.chosen.connect(self.year_chosen)

    def fill(self, territories: list[tuple[str, str]], pollutants: list[Pollutant]) -> None:
        """Give the choices: (code, name) of territories, pollutants."""
        self.territory.clear()
        for code, name in territories:
            self.territory.addItem(name, code)
        self.pollutant.clear()
        for pollutant in pollutants:
            self.pollutant.addItem(
                self._context.t(f"reporting.pollutant.{pollutant.value}.symbol"), pollutant.value
            )

    def show_choice(self, territory: str, pollutant: str, years: list[int], year: int) -> None:
        """Show what the project shows."""
        self.territory.setCurrentIndex(self.territory.findData(territory))
        self.pollutant.setCurrentIndex(self.pollutant.findData(pollutant))
        self.years.show_years(years, year)
