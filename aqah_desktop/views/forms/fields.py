"""One widget per kind of parameter. A widget shows what was written and says what the user writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.models.form import Field
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, label, row

_STEPS = 200
_FILTERS = {"raster": "forms.file_filter_raster"}


class FieldEdit(QWidget):
    """Base of the widgets."""

    #: The new value, as :class:`~aqah_desktop.models.form.Form` takes it.
    edited = Signal(object)

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__()
        self.context, self.field = context, field
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(8)

    def show_value(self, value: Any) -> None:
        """Show a value without saying that it was edited."""
        raise NotImplementedError

    def show_bad(self, bad: bool) -> None:
        """Mark the widget when its value cannot be used."""
        target = self.focusProxy() or self
        if target.property("state") == ("bad" if bad else ""):
            return
        target.setProperty("state", "bad" if bad else "")
        target.style().unpolish(target)
        target.style().polish(target)


class TextEdit(FieldEdit):
    """A line of text; its unit stands behind it."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.edit = QLineEdit()
        key = f"forms.{field.kind}_placeholder"
        self.edit.setPlaceholderText(context.t(key) if context.catalogue.has(key) else "")
        self.edit.setAccessibleName(field.label)
        self.edit.setAccessibleDescription(field.allowed)
        self.setFocusProxy(self.edit)
        self.edit.textEdited.connect(self.edited.emit)
        self.line.addWidget(self.edit, 1)
        if field.parameter.unit:
            self.line.addWidget(label(field.parameter.unit, "soft"))

    def show_value(self, value: Any) -> None:
        """Show the text; the cursor stays when it is the same."""
        if self.edit.text() != str(value):
            self.edit.setText(str(value))


class NumberEdit(TextEdit):
    """A number as it is written, with its unit, and a slider when it has two limits."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.edit.setFixedWidth(96)
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        low, high = field.parameter.minimum, field.parameter.maximum
        self.slider: QSlider | None = None
        if low is None or high is None or high <= low:
            self.line.addStretch(1)
            return
        self._low, self._span = low, high - low
        whole = self._span.is_integer() if isinstance(self._span, float) else True
        self._steps = int(self._span) if whole and self._span <= _STEPS else _STEPS
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, self._steps)
        self.slider.setPageStep(max(self._steps // 10, 1))
        self.slider.setAccessibleName(context.t("forms.slider", label=field.label))
        self.slider.valueChanged.connect(self._on_slider)
        self.line.addWidget(self.slider, 1)

    def show_value(self, value: Any) -> None:
        """Show the number; the slider follows where the text is one."""
        super().show_value(value)
        if self.slider is None:
            return
        number = _number(str(value))
        position = 0 if number is None else round((number - self._low) / self._span * self._steps)
        self.slider.blockSignals(True)
        self.slider.setValue(position)
        self.slider.blockSignals(False)

    def _on_slider(self, position: int) -> None:
        value = self._low + position * self._span / self._steps
        text = f"{value:.10g}"
        if self.context.catalogue.language == "fr":
            text = text.replace(".", ",")
        self.edit.setText(text)
        self.edited.emit(text)


class ChoiceEdit(FieldEdit):
    """One of several; nothing is chosen for the user unless there is a default."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.combo = QComboBox()
        self.combo.setAccessibleName(field.label)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(8)
        self.combo.addItem(context.t("forms.choose" if field.needed else "forms.none"), "")
        for choice in field.choices:
            self.combo.addItem(choice.text, choice.value)
        self.setFocusProxy(self.combo)
        self.combo.activated.connect(lambda index: self.edited.emit(self.combo.itemData(index)))
        self.line.addWidget(self.combo, 1)
        hold_wheel(self.combo)

    def show_value(self, value: Any) -> None:
        """Show the choice; one that no longer exists is shown as it is, for the check to name it."""
        index = self.combo.findData(str(value))
        if index < 0:
            self.combo.addItem(str(value), str(value))
            index = self.combo.count() - 1
        self.combo.setCurrentIndex(index)


class ChoicesEdit(FieldEdit):
    """Any of several."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        boxes = QVBoxLayout()
        boxes.setSpacing(2)
        self.boxes = {choice.value: QCheckBox(choice.text) for choice in field.choices}
        for box in self.boxes.values():
            box.toggled.connect(lambda _on: self.edited.emit(self._value()))
            boxes.addWidget(box)
        self.line.addLayout(boxes, 1)
        if self.boxes:
            self.setFocusProxy(next(iter(self.boxes.values())))

    def _value(self) -> tuple[str, ...]:
        return tuple(value for value, box in self.boxes.items() if box.isChecked())

    def show_value(self, value: Any) -> None:
        """Tick what is chosen."""
        for name, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(name in value)
            box.blockSignals(False)


class BooleanEdit(FieldEdit):
    """Yes or no."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.box = QCheckBox(context.t("forms.yes"))
        self.box.setAccessibleName(field.label)
        self.setFocusProxy(self.box)
        self.box.toggled.connect(self.edited.emit)
        self.line.addWidget(self.box)

    def show_value(self, value: Any) -> None:
        """Tick it or not."""
        self.box.blockSignals(True)
        self.box.setChecked(bool(value))
        self.box.blockSignals(False)


class FixedEdit(FieldEdit):
    """What the window decides: the open territory."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.words: QLabel = label("", "", wrap=True)
        self.line.addWidget(self.words, 1)

    def show_value(self, value: Any) -> None:
        """Show the name of the territory."""
        territory = self.context.services.pack.territories.get(str(value))
        self.words.setText(territory.name if territory else str(value))


class FileEdit(FieldEdit):
    """A file of the user: written, browsed or dropped."""

    def __init__(self, context: ViewContext, field: Field) -> None:
        super().__init__(context, field)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(context.t("forms.file_none"))
        self.edit.setAccessibleName(field.label)
        self.edit.setClearButtonEnabled(True)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self.edited.emit)
        self.line.addWidget(self.edit, 1)
        self.line.addWidget(button(context.t("forms.browse"), self._browse))
        self.setAcceptDrops(True)

    def show_value(self, value: Any) -> None:
        """Show the path."""
        if self.edit.text() != str(value):
            self.edit.blockSignals(True)
            self.edit.setText(str(value))
            self.edit.blockSignals(False)
        self.edit.setToolTip(str(value))

    def dragEnterEvent(self, event) -> None:
        """Take one local file."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        """Name the file dropped."""
        path = next(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile())
        self.edit.setText(path)

    def _browse(self) -> None:
        kinds = self.context.t(_FILTERS.get(self.field.parameter.content, "forms.file_filter_vector"))
        start = str(Path(self.edit.text()).parent) if self.edit.text() else ""
        path, _ = QFileDialog.getOpenFileName(self.window(), self.field.label, start, kinds)
        if path:
            self.edit.setText(path)


class _WheelHolder(QObject):
    """The wheel scrolls the form: it changes a field only when that field has the keyboard."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def hold_wheel(widget: QWidget) -> None:
    """Keep a passing wheel from changing a field."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelHolder(widget))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".").replace("%", "").strip())
    except ValueError:
        return None


def titled(words: str, *after: QWidget) -> QHBoxLayout:
    """Label of a field with what stands at its right."""
    title = label(words, "strong", wrap=True)
    line = row(*after)
    line.insertWidget(0, title, 1)
    return line
