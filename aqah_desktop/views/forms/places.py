"""Fields for places: the whole territory, communes, an outline drawn on the map."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QPushButton, QRadioButton, QVBoxLayout, QWidget

from aqah_desktop.models.form import Field
from aqah_desktop.models.parameter_words import Gazetteer, place_in_words
from aqah_desktop.processing.values import WHOLE_TERRITORY, to_plain
from aqah_desktop.records import Place
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.forms.fields import FieldEdit
from aqah_desktop.views.forms.flow import FlowLayout
from aqah_desktop.views.tab_order import tab_through
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, clear, label

#: More chosen communes than this are counted.
_CHIPS = 8
_WHOLE = Place(communes=(WHOLE_TERRITORY,))


class CommuneChips(QWidget):
    """Chosen communes as chips that can be removed, a search to add one, a button for the map."""

    #: The codes chosen now.
    chosen = Signal(tuple)
    #: The user wants to click communes on the map.
    pick_asked = Signal()

    def __init__(self, context: ViewContext, names: Gazetteer, title: str) -> None:
        super().__init__()
        self._context, self._names = context, names
        self._codes: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips)
        self.search = QLineEdit()
        self.search.setPlaceholderText(context.t("forms.place_search"))
        self.search.setAccessibleName(f"{title}. {context.t('forms.place_search')}")
        self.search.returnPressed.connect(lambda: self._add(self.search.text()))
        self._completer = QCompleter(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.activated.connect(self._add, Qt.ConnectionType.QueuedConnection)
        self.search.setCompleter(self._completer)
        self.pick = button(context.t("forms.place_pick"), self.pick_asked.emit)
        with_icon(self.pick, context.theme, "map-pin")
        for widget in (self.search, self._chips, self.pick):
            layout.addWidget(widget)

    def offer(self, codes: tuple[str, ...]) -> None:
        """Offer these communes in the search."""
        self._offered = {self._names.name(code).casefold(): code for code in codes}
        self._completer.setModel(QStringListModel(sorted(self._names.name(c) for c in codes), self))

    def show_codes(self, codes: tuple[str, ...]) -> None:
        """Show the communes chosen."""
        self._codes = codes
        clear(self._flow)
        listed = sorted(codes, key=self._names.name)
        for code in listed[:_CHIPS]:
            self._flow.addWidget(self._chip(code))
        if len(listed) > _CHIPS:
            words = self._context.t("forms.communes_more", count=len(listed) - _CHIPS)
            self._flow.addWidget(label(words, "note"))
        self._chips.setVisible(bool(codes))
        self._chips.updateGeometry()
        tab_through(self.search, self._chips, (self.pick,))

    def _chip(self, code: str) -> QPushButton:
        name = self._names.name(code)
        chip = button(name, lambda: self.chosen.emit(tuple(c for c in self._codes if c != code)), "chip")
        with_icon(chip, self._context.theme, "x")
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        words = self._context.t("forms.place_remove", name=name)
        chip.setAccessibleName(words)
        chip.setToolTip(words)
        return chip

    def _add(self, name: str) -> None:
        code = self._offered.get(name.strip().casefold())
        if code is None:
            self.search.setProperty("state", "bad" if name.strip() else "")
        else:
            self.search.setProperty("state", "")
            self.search.clear()
            if code not in self._codes:
                self.chosen.emit((*self._codes, code))
        self.search.style().unpolish(self.search)
        self.search.style().polish(self.search)


class CommunesEdit(FieldEdit):
    """Several communes."""

    pick_asked = Signal(str)

    def __init__(self, context: ViewContext, field: Field, names: Gazetteer) -> None:
        super().__init__(context, field)
        self.chips = CommuneChips(context, names, field.label)
        self.chips.chosen.connect(self.edited.emit)
        self.chips.pick_asked.connect(lambda: self.pick_asked.emit(field.name))
        self.setFocusProxy(self.chips.search)
        self.line.addWidget(self.chips, 1)

    def set_territory(self, codes: tuple[str, ...]) -> None:
        """Offer the communes of the open territory."""
        self.chips.offer(codes)

    def show_value(self, value: Any) -> None:
        """Show the communes."""
        self.chips.show_codes(value if isinstance(value, tuple) else ())


class PlaceEdit(FieldEdit):
    """Where an action applies: one of three ways to say it, each with what it needs."""

    pick_asked = Signal(str)
    draw_asked = Signal(str)

    def __init__(self, context: ViewContext, field: Field, names: Gazetteer) -> None:
        super().__init__(context, field)
        self._names, self._value = names, Place()
        t = context.t
        column = QVBoxLayout()
        column.setSpacing(4)
        self.line.addLayout(column, 1)
        self.whole = QRadioButton(t("forms.place_mode_territory"))
        self.communes = QRadioButton(t("forms.place_mode_communes"))
        self.outline = QRadioButton(t("forms.place_mode_outline"))
        self.chips = CommuneChips(context, names, field.label)
        self.draw = button(t("forms.place_draw"), lambda: self.draw_asked.emit(field.name))
        with_icon(self.draw, context.theme, "pencil")
        self.words = label("", "note", wrap=True)
        for widget in (self.whole, self.communes, _indented(self.chips), self.outline, _indented(self.draw)):
            column.addWidget(widget)
        column.addWidget(self.words)
        self._ways = {"whole": self.whole, "communes": self.communes, "outline": self.outline}
        for name, way in self._ways.items():
            way.setAccessibleName(f"{field.label}. {way.text()}")
            way.clicked.connect(lambda _=False, name=name: self._on_way(name))
        self.chips.chosen.connect(lambda codes: self.edited.emit(Place(communes=codes)))
        self.chips.pick_asked.connect(lambda: self.pick_asked.emit(field.name))
        self.setFocusProxy(self.whole)

    def set_territory(self, codes: tuple[str, ...]) -> None:
        """Offer the communes of the open territory."""
        self.chips.offer(codes)

    def show_value(self, value: Any) -> None:
        """Show the place, and the way it was given when it tells one."""
        self._value = value if isinstance(value, Place) else Place()
        way = _way_of(value)
        if way:
            self._ways[way].setChecked(True)
        own = () if self._value == _WHOLE else self._value.communes
        self.chips.show_codes(own)
        self.chips.parentWidget().setVisible(self.communes.isChecked())
        self.draw.parentWidget().setVisible(self.outline.isChecked())
        self.draw.setText(self.context.t("forms.place_redraw" if way == "outline" else "forms.place_draw"))
        self._show_words(value)

    def _show_words(self, value: Any) -> None:
        words = ""
        if isinstance(value, str) and value:
            words = self.context.t("forms.place_file", name=value.rsplit("/", 1)[-1].removeprefix("@"))
        elif self._value.polygon_wkt:
            words = place_in_words(to_plain(self._value), self.context.catalogue, self._names)
        self.words.setText(words[:1].upper() + words[1:])
        self.words.setVisible(bool(words))

    def _on_way(self, name: str) -> None:
        """Another way was chosen: a place given another way no longer holds."""
        if name == "whole":
            self.edited.emit(_WHOLE)
        elif _way_of(self._value) != name:
            self.edited.emit(Place())
        self.show_value(self._value if name != "whole" else _WHOLE)


def _way_of(value: Any) -> str:
    """Way a place was given; empty for none and for a file."""
    if not isinstance(value, Place):
        return ""
    if value == _WHOLE:
        return "whole"
    if value.polygon_wkt:
        return "outline"
    return "communes" if value.communes else ""


def _indented(widget: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(26, 0, 0, 4)
    layout.addWidget(widget)
    return holder
