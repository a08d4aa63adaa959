"""A score with its interval as a bar, and a line of a panel: the score, its word, its moments."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.tabs.forensics.evidence import Moment
from studio.tabs.forensics.evidence_box import EvidenceBox
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.tabs.forensics.state import Level, Meter
from studio.theme import style
from studio.video.playhead import percent, timecode
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import Label, tooltip
from studio.widgets.painting import fill_rounded

_HEIGHT: Final = 14
_BAR: Final = 6
_IN_A_ROW: Final = 3

TONES: Final = {Level.NONE: "neutral", Level.QUIET: "neutral", Level.LOOK: "warning", Level.LIKELY: "danger"}
ICONS: Final = {Level.LOOK: "eye", Level.LIKELY: "alert-triangle"}
INKS: Final = {Level.QUIET: "text_muted", Level.LOOK: "warning", Level.LIKELY: "danger"}


class Bar(QWidget):
    """A score as a tick over its interval. Where there is no score there is no bar, which would read as 0."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        assert meter.score_bp is not None
        self._meter, self._score_bp = meter, meter.score_bp
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(described(meter))

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, meter = QPainter(self), self._meter
        middle = self.height() / 2
        track = QRectF(0, middle - _BAR / 2, self.width(), _BAR)
        fill_rounded(painter, track, "raised", _BAR / 2, "control")
        ink = INKS[meter.level]
        if meter.low_bp is not None and meter.high_bp is not None:
            left, right = self._x(meter.low_bp), self._x(meter.high_bp)
            painter.setOpacity(0.5)
            fill_rounded(painter, QRectF(left, track.y(), max(right - left, 2), _BAR), ink, _BAR / 2)
            painter.setOpacity(1.0)
        tick = min(max(self._x(self._score_bp), 1.5), self.width() - 1.5)
        fill_rounded(painter, QRectF(tick - 1.5, 0, 3, self.height()), ink, 1.5)

    def _x(self, bp: int) -> float:
        return self.width() * bp / 10_000


class MeterLine(QWidget):
    """One line of a panel; `place_wanted` carries the `Place` that was pressed. `evidence` is what it opens
    into, where anything was kept."""

    place_wanted = Signal(object)

    def __init__(self, meter: Meter, cutter: FaceCutter, *, strong: bool = False) -> None:
        super().__init__()
        worn = style.tokens()
        self.setAccessibleName(described(meter))
        self.setAccessibleDescription(meter.meaning)
        self.setToolTip(tooltip(meter.meaning))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_1)
        head = QHBoxLayout()
        head.setSpacing(worn.space_2)
        head.addWidget(Label(meter.title, "strong"))
        head.addWidget(Chip(meter.word, TONES[meter.level], ICONS.get(meter.level, "")))
        head.addStretch(1)
        if meter.score_bp is not None:
            head.addWidget(Label(percent(meter.score_bp), "title" if strong else "strong"))
        column.addLayout(head)
        if meter.score_bp is not None:
            column.addWidget(Bar(meter))
        for words in (between(meter), meter.why):
            if words:
                column.addWidget(Label(words, "caption", wrap=True))
        if meter.moments:
            shown = self._quotes if meter.quotes else self._moments
            column.addLayout(shown(meter.title, meter.moments))
        self.evidence: EvidenceBox | None = None
        if meter.evidence is not None:
            self.evidence = EvidenceBox(meter.title, meter.evidence, cutter)
            self.evidence.place_wanted.connect(self.place_wanted)
            column.addWidget(self.evidence)

    def _moments(self, title: str, moments: tuple[Moment, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(style.tokens().space_1)
        for number, moment in enumerate(moments):
            at = timecode(moment.start_ms)
            said = f": {moment.note}" if moment.note else ""
            jump = Button(at.rpartition(".")[0], kind="link", icon="marker", tip=f"Go to {at}{said}")
            jump.setAccessibleName(f"{title}: go to {at}{said}")
            jump.clicked.connect(partial(self._go, moment))
            grid.addWidget(jump, number // _IN_A_ROW, number % _IN_A_ROW)
        grid.setColumnStretch(_IN_A_ROW, 1)
        return grid

    def _quotes(self, title: str, moments: tuple[Moment, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(style.tokens().space_1)
        for number, moment in enumerate(moments):
            at = timecode(moment.start_ms)
            jump = Button(at.rpartition(".")[0], kind="link", icon="marker", tip=f"Go to {at}")
            jump.setAccessibleName(f"{title}: go to {at}: {moment.note}")
            jump.clicked.connect(partial(self._go, moment))
            grid.addWidget(jump, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Label(moment.note, wrap=True), number, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _go(self, moment: Moment, _checked: bool = False) -> None:
        self.place_wanted.emit(moment.place)


def between(meter: Meter) -> str:
    """The interval in words."""
    if meter.low_bp is None or meter.high_bp is None:
        return ""
    return f"Between {percent(meter.low_bp)} and {percent(meter.high_bp)}, in four of five cases."


def described(meter: Meter) -> str:
    """The whole line for a screen reader."""
    if meter.score_bp is None:
        return f"{meter.title}: {meter.word.lower()}. {meter.why}".strip()
    return " ".join(
        part for part in (f"{meter.title}: {percent(meter.score_bp)}, {meter.word}.", between(meter)) if part
    )
