"""What must be said of a file before it is a layer: content, title, coordinate system, origin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.layer_card import geometry_key
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.models.user_entries import MEASURED, Choice, make_entry
from aqah_desktop.models.user_layers import (
    Candidate,
    Probe,
    SystemChoice,
    default_title,
    needs_system,
    systems_for,
)
from aqah_desktop.records import Pollutant
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.qt_dispatch import Ticket
from aqah_desktop.views.widgets import button, label, row, rule

_OTHER = "other"
_VERDICTS = {"region": "in_region", "france": "in_france", "elsewhere": "elsewhere"}


class FileForm(QWidget):
    """Questions about one file; nothing is asked that the file says."""

    confirmed = Signal(object)
    given_up = Signal()

    def __init__(
        self, context: ViewContext, found: Probe, background: bool, at: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        self._context, self._found, self._background = context, found, background
        self._candidates = _suited(found.usable, background)
        self._titled = False
        self._making: Ticket | None = None
        self.content, self.system, self.band = QComboBox(), QComboBox(), QComboBox()
        self.shows, self.replaces = QComboBox(), QComboBox()
        self.title, self.code, self.year = QLineEdit(), QLineEdit(), QLineEdit()
        self.publisher, self.licence, self.vintage = QLineEdit(), QLineEdit(), QLineEdit()
        self.as_picture = QCheckBox(self._t("as_picture"))
        self._notice, self._notice_text = QFrame(), label("", "", wrap=True)
        self._problem, self._problem_text = QFrame(), label("", "", wrap=True)
        self._fields: dict[QWidget, QWidget] = {}
        for box in (self.content, self.system, self.band, self.shows, self.replaces):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
        self._build(at)
        self._fill()
        self._on_candidate()

    # ------------------------------------------------------------------ answers

    def candidate(self) -> Candidate:
        """The chosen table or raster."""
        return self._candidates[max(self.content.currentIndex(), 0)]

    def choice(self) -> Choice:
        """What the user said."""
        chosen = self.system.currentData()
        typed = self.code.text().strip()
        code = typed if chosen == _OTHER else str(chosen or "")
        pollutant = self.shows.currentData() if self.candidate().kind == "raster" else None
        year = self.year.text().strip()
        return Choice(
            title=self.title.text(),
            crs="" if code == self.candidate().crs else code.upper(),
            band=self.band.currentData() or 1,
            as_picture=self.as_picture.isChecked() and not self.as_picture.isHidden(),
            publisher=self.publisher.text().strip(),
            licence=self.licence.text().strip(),
            vintage=self.vintage.text().strip(),
            pollutant=Pollutant(pollutant) if pollutant else None,
            year=int(year) if pollutant and year.isdigit() else None,
            replaces=self.replaces.currentData() or "",
        )

    def confirm(self) -> None:
        """Make the layer and hand it over."""
        found, candidate, choice = self._found, self.candidate(), self.choice()
        taken = {e.id for e in self._context.project.state.layers}
        words = (Catalogue("fr"), Catalogue("en"))
        self.add.setEnabled(False)

        def work(_ticket: object) -> LayerEntry:
            return make_entry(found, candidate, choice, taken, words)

        key = f"make.{id(self)}"
        self._making = self._context.dispatcher.submit(work, self.confirmed.emit, self._on_error, key=key)

    def give_up(self) -> None:
        """Nobody waits for the layer any more."""
        if self._making is not None:
            self._making.drop()

    def first_field(self) -> QWidget:
        """The field that has the keyboard first: the open question, else the title."""
        if needs_system(self.candidate()):
            return self.system
        return self.content if len(self._candidates) > 1 else self.title

    # ------------------------------------------------------------------ following the choices

    def _on_candidate(self) -> None:
        candidate = self.candidate()
        if not self._titled:
            self.title.setText(default_title(self._found, candidate))
        self._fill_systems(systems_for(candidate))
        doubt = needs_system(candidate)
        self._notice.setVisible(doubt or bool(candidate.notes))
        texts = [self._t("system_doubt" if candidate.crs else "system_missing")] if doubt else []
        texts += [self._context.t(note) for note in candidate.notes]
        self._notice_text.setText("\n".join(texts))
        raster = candidate.kind == "raster"
        self.band.clear()
        for number in range(1, candidate.bands + 1):
            self.band.addItem(f"{self._t('band')} {number}", number)
        self._show(self.band, raster and candidate.bands > 1)
        self._show(self.as_picture, raster and candidate.can_be_picture)
        self.as_picture.setChecked(self._background and candidate.can_be_picture)
        self._on_kind()

    def _on_kind(self) -> None:
        """Pictures show no quantity."""
        values = self.candidate().kind == "raster" and not (
            self.as_picture.isChecked() and not self.as_picture.isHidden()
        )
        self._show(self.shows, values)
        self._show(self.year, values and bool(self.shows.currentData()))

    def _on_system(self) -> None:
        self._show(self.code, self.system.currentData() == _OTHER)

    def _fill_systems(self, choices: tuple[SystemChoice, ...]) -> None:
        self.system.clear()
        for choice in choices:
            words = [self._system_name(choice), self._t(_VERDICTS[choice.verdict])]
            if choice.declared:
                words.append(self._t("declared"))
            self.system.addItem(" — ".join(words), choice.code)
        self.system.addItem(self._t("other_system"), _OTHER)
        if choices and needs_system(self.candidate()) and choices[0].verdict != "region":
            self.system.setCurrentIndex(-1)
        self._on_system()

    def _system_name(self, choice: SystemChoice) -> str:
        key = f"layer_panel.crs.{choice.code.lower().replace(':', '_')}"
        if self._context.catalogue.has(key):
            return f"{self._context.t(key)} ({choice.code})"
        return self.candidate().crs_name if choice.declared else choice.code

    def _on_error(self, error: Exception) -> None:
        self.add.setEnabled(True)
        if not isinstance(error, AqahError):
            raise error
        self._problem_text.setText(self._context.catalogue.error(error).as_lines())
        self._problem.setVisible(True)

    # ------------------------------------------------------------------ parts

    def _t(self, key: str, **params: object) -> str:
        return self._context.t(f"layer_panel.adding.{key}", **params)

    def _build(self, at: tuple[int, int]) -> None:
        inside = QWidget()
        self._form = QVBoxLayout(inside)
        self._form.setContentsMargins(24, 20, 24, 16)
        self._form.setSpacing(6)
        if at[1] > 1:
            self._form.addWidget(label(self._t("several", at=at[0], count=at[1]), "overline"))
        self._form.addWidget(label(self._found.path.name, "heading", wrap=True))
        folder = label(str(self._found.path.parent), "note", wrap=True)
        self._form.addWidget(folder)
        self._form.addSpacing(8)
        self._add_notice(self._notice, self._notice_text, "warning")
        self._field("content", self.content)
        refused = [c.name for c in self._found.candidates if c.error is not None and c.name]
        if refused:
            self._form.addWidget(label(self._t("refused", names=", ".join(refused)), "note", wrap=True))
        for key, field in (("name", self.title), ("system", self.system), ("other_code", self.code)):
            self._field(key, field)
        self._field("band", self.band)
        self._field("", self.as_picture)
        self._field("shows", self.shows)
        self._field("year", self.year)
        self._origin()
        self._add_notice(self._problem, self._problem_text, "danger")
        self._form.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(rule())
        self.add = button(self._t("confirm"), self.confirm, "primary")
        self.another = button(self._t("another"), self.given_up.emit)
        foot = row(self.another, None, self.add)
        foot.setContentsMargins(24, 12, 24, 12)
        layout.addLayout(foot)

    def _add_notice(self, frame: QFrame, text: QWidget, name: str) -> None:
        frame.setObjectName(name)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(14, 10, 14, 10)
        inside.addWidget(text)
        frame.setVisible(False)
        self._form.addWidget(frame)

    def _field(self, key: str, field: QWidget) -> None:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(4)
        if key:
            name = label(self._t(key), "note")
            name.setBuddy(field)
            layout.addWidget(name)
            field.setAccessibleName(self._t(key))
        layout.addWidget(field)
        self._fields[field] = box
        self._form.addWidget(box)

    def _origin(self) -> None:
        self._form.addSpacing(8)
        self._form.addWidget(label(self._t("more"), "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        fields = (("publisher", self.publisher), ("vintage", self.vintage),
                  ("licence", self.licence), ("replaces", self.replaces))  # fmt: skip
        for i, (key, field) in enumerate(fields):
            name = label(self._t(key), "note")
            name.setBuddy(field)
            field.setAccessibleName(self._t(key))
            grid.addWidget(name, 2 * (i // 2), i % 2)
            grid.addWidget(field, 2 * (i // 2) + 1, i % 2)
        self._form.addLayout(grid)

    def _fill(self) -> None:
        for candidate in self._candidates:
            self.content.addItem(self._candidate_words(candidate))
        self._show(self.content, len(self._candidates) > 1)
        self.shows.addItem(self._t("shows_other"), "")
        for pollutant in MEASURED:
            symbol = self._context.t(f"reporting.pollutant.{pollutant.value}.symbol")
            self.shows.addItem(self._t("shows_mean", pollutant=symbol), pollutant.value)
        self.replaces.addItem(self._t("replaces_none"), "")
        for layer in sorted(self._context.services.pack.layers.values(), key=lambda x: x.title.fr):
            if layer.role != "uncertainty":
                self.replaces.addItem(self._context.t(layer.title), layer.id)
        self.code.setPlaceholderText("EPSG:2154")
        self.content.currentIndexChanged.connect(self._on_candidate)
        self.system.currentIndexChanged.connect(self._on_system)
        self.shows.currentIndexChanged.connect(self._on_kind)
        self.as_picture.toggled.connect(self._on_kind)
        self.title.textEdited.connect(self._on_title)
        self.title.returnPressed.connect(self.confirm)

    def _on_title(self, text: str) -> None:
        self._titled = bool(text.strip())

    def _candidate_words(self, candidate: Candidate) -> str:
        number = self._context.catalogue.number
        name = candidate.name or self._found.path.stem
        if candidate.kind == "picture":
            return self._t("candidate_picture", name=name)
        if candidate.kind == "raster":
            height, width = candidate.size
            return self._t(
                "candidate_raster", name=name, nx=number(width), ny=number(height), bands=candidate.bands
            )
        kind = self._context.t(geometry_key(candidate.geometry_type))
        return self._t("candidate_vector", name=name, count=number(candidate.rows), kind=kind)

    def _show(self, field: QWidget, shown: bool) -> None:
        field.setVisible(shown)
        self._fields[field].setVisible(shown)


def _suited(candidates: tuple[Candidate, ...], background: bool) -> tuple[Candidate, ...]:
    """Candidates that suit what is being added: pictures, for a background."""
    if not background:
        return candidates
    return tuple(c for c in candidates if c.kind == "picture" or c.can_be_picture) or candidates
