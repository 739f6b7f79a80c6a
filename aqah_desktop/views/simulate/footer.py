"""Foot of the form: the button that runs, then progress with words and the button that stops."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from aqah_desktop.models.run_desk import Run, Stage
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, column, label, row


class RunFooter(QFrame):
    """One of two faces: ready to run, or running."""

    run_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self.setObjectName("strip")
        layout = column(self, margins=12, spacing=8)
        self.hint = label("", "note", wrap=True)
        self.run = button(context.t("simulate.run"), self.run_asked.emit, "primary")
        self.run.setToolTip(context.t("simulate.run_help"))
        self._idle, self._busy = QWidget(), QWidget()
        idle = QVBoxLayout(self._idle)
        idle.setContentsMargins(0, 0, 0, 0)
        idle.addWidget(self.hint)
        idle.addWidget(self.run)
        busy = QVBoxLayout(self._busy)
        busy.setContentsMargins(0, 0, 0, 0)
        self.step = label("", "", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.percent = label("", "note")
        self.cancel = button(context.t("simulate.cancel"), self.cancel_asked.emit)
        busy.addWidget(self.step)
        busy.addWidget(self.bar)
        busy.addLayout(row(self.percent, None, self.cancel))
        layout.addWidget(self._idle)
        layout.addWidget(self._busy)
        self.rest()

    def rest(self, hint: str = "") -> None:
        """Ready to run; says what stands in the way or what happened."""
        had_keyboard = self.cancel.hasFocus()
        self._idle.setVisible(True)
        self._busy.setVisible(False)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        if had_keyboard:
            self.run.setFocus()

    def follow(self, run: Run) -> None:
        """Show how far a run is."""
        had_keyboard = self.run.hasFocus()
        t = self._context.t
        stage = "cancelling" if run.unwanted else run.stage.value
        words = self._context.services.catalogue.text(run.text) if run.text is not None else ""
        moving = run.stage is Stage.RUNNING and not run.unwanted
        self.step.setText(words if moving and words else t(f"simulate.stage_{stage}"))
        known = moving and run.fraction > 0
        self.bar.setRange(0, 100 if known else 0)
        self.bar.setValue(round(100 * run.fraction))
        self.bar.setAccessibleName(self.step.text())
        self.percent.setText(t("simulate.percent", percent=round(100 * run.fraction)) if known else "")
        self.cancel.setEnabled(not run.unwanted)
        self._idle.setVisible(False)
        self._busy.setVisible(True)
        if had_keyboard:
            self.cancel.setFocus()
