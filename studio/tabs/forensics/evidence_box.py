"""What a score rests on, behind a line that opens it: faces, curves, and each signal in a sentence."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.tabs.forensics.evidence import Evidence, Face, Line, Place, Quote
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.tabs.forensics.face_strip import FaceStrip
from studio.tabs.forensics.lip_chart import LipChart, lag_words
from studio.theme import style
from studio.theme.icons import icon
from studio.video.playhead import timecode
from studio.widgets.button import Button, IconButton
from studio.widgets.label import Label


class EvidenceBox(QWidget):
    """`place_wanted` carries the `Place` that was pressed, `toggled` whether it was opened. What is inside is
    made when it is opened first."""

    place_wanted = Signal(object)
    toggled = Signal(bool)

    def __init__(self, title: str, evidence: Evidence, cutter: FaceCutter) -> None:
        super().__init__()
        self.title = title
        self._evidence, self._cutter = evidence, cutter
        self.chart: LipChart | None = None
        self._now_ms: int | None = None
        self._inside: QWidget | None = None
        self._lines: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(style.tokens().space_2)
        self.opener = Button(f"Evidence: {evidence.summary}", kind="link", icon="chevron-right")
        self.opener.setCheckable(True)
        self.opener.setAccessibleName(f"{title}, evidence: {evidence.summary}")
        self.opener.toggled.connect(self._open)
        row = QHBoxLayout()
        row.addWidget(self.opener)
        row.addStretch(1)
        self._column.addLayout(row)

    def set_now(self, ms: int | None) -> None:
        """Where the video stands."""
        self._now_ms = ms
        if self.chart is not None:
            self.chart.set_now(ms)

    def _open(self, on: bool) -> None:
        self.opener.setIcon(icon("chevron-down" if on else "chevron-right", "accent"))
        if on and self._inside is None:
            self._inside = self._build()
            self._column.addWidget(self._inside)
        if self._inside is not None:
            self._inside.setVisible(on)
        self.toggled.emit(on)

    def _build(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(style.tokens().space_3, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        chosen: int | None = None
        if self._evidence.faces:
            strip = FaceStrip(self._evidence.faces, self._cutter, self._evidence.worst)
            known = [face.number for face in self._evidence.faces]
            chosen = self._evidence.worst if self._evidence.worst in known else known[0]
            strip.mark(chosen)
            strip.chosen.connect(self._choose)
            column.addWidget(strip)
        if self._evidence.lips is not None:
            lips = self._evidence.lips
            self.chart = LipChart(lips)
            self.chart.set_now(self._now_ms)
            self.chart.sought.connect(lambda ms: self.place_wanted.emit(Place(ms, lips.place.regions)))
            column.addWidget(self.chart)
            column.addWidget(Label(lag_words(lips.lag_ms), "caption", wrap=True))
        for quote in self._evidence.quotes:
            column.addLayout(self._quote(quote))
        self._show_lines(column, chosen)
        return inside

    def _quote(self, quote: Quote) -> QHBoxLayout:
        at = timecode(quote.place.ms).rpartition(".")[0]
        go = Button(at, kind="link", icon="marker", tip=f"Go to {at}, where it was {quote.how}")
        go.setAccessibleName(f"{self.title}, {quote.how} at {at}: {quote.text}")
        go.clicked.connect(partial(self._go, quote.place))
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_2)
        row.addWidget(go, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(Label(f"{quote.text} ({quote.how})", wrap=True), 1)
        return row

    def _choose(self, face: Face) -> None:
        assert self._inside is not None
        column = self._inside.layout()
        assert isinstance(column, QVBoxLayout)
        self._show_lines(column, face.number)
        self.place_wanted.emit(face.place)

    def _show_lines(self, column: QVBoxLayout, face: int | None) -> None:
        """The signals of a face, and those of none."""
        if self._lines is not None:
            self._lines.hide()
            self._lines.deleteLater()
        self._lines = QWidget()
        inner = QVBoxLayout(self._lines)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(style.tokens().space_2)
        for line in self._evidence.lines:
            if face is None or line.face in (None, face):
                inner.addLayout(self._line(line, named=face is None))
        column.addWidget(self._lines)

    def _line(self, line: Line, *, named: bool) -> QHBoxLayout:
        title = f"{line.title}, face {line.face}" if named and line.face is not None else line.title
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(title, wrap=True))
        said = ". ".join(part.rstrip(".") for part in (line.value, line.meaning) if part)
        if said:
            words.addWidget(Label(f"{said}.", "caption", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_2)
        row.addLayout(words, 1)
        if line.place is not None:
            go = IconButton("marker", f"{self.title}, {title}: go there", tip="Go there and draw it")
            go.setProperty("dense", True)
            go.clicked.connect(partial(self._go, line.place))
            row.addWidget(go)
        return row

    def _go(self, place: Place, _checked: bool = False) -> None:
        self.place_wanted.emit(place)
