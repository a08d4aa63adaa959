"""The scores of one video as widgets: what is under way, the two panels, how it was worked out."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.forensics.schemas import VideoAnalyses
from studio.tabs.forensics import state
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.tabs.forensics.meter import MeterLine
from studio.tabs.forensics.state import Meter, Progress, Scores, Section
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.progress_row import ProgressRow
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack


class ScoresView(StateStack):
    """`place_wanted` carries a `Place`, `stop_wanted` the id of an analysis; `again_wanted`: have the
    video looked at, or once more. Whoever may not ask for that (`may_ask`) is not offered it.
    """

    place_wanted = Signal(object)
    stop_wanted = Signal(object)
    again_wanted = Signal()

    def __init__(self, *, may_ask: bool) -> None:
        self._inside = QWidget()
        super().__init__(ScrollPane("Scores of the video", self._inside))
        self._may_ask = may_ask
        self._known: VideoAnalyses | None = None
        self._rows: dict[UUID, ProgressRow] = {}
        self._lines: list[MeterLine] = []
        self._opened: set[str] = set()
        self._now_ms: int | None = None
        self.cutter = FaceCutter(self)
        self._inside.setProperty("surface", "clear")
        self._column = QVBoxLayout(self._inside)
        worn = style.tokens()
        self._column.setContentsMargins(worn.space_1, worn.space_3, worn.space_3, worn.space_3)
        self._column.setSpacing(worn.space_4)
        self.acted.connect(self.again_wanted)

    def begin(self) -> None:
        """Another video: nothing of the one before stays."""
        self._known = None
        self._opened.clear()
        self.cutter.forget()
        self._clear()
        self.content()
        self.loading()

    def show_known(self, known: VideoAnalyses) -> Scores:
        """Show what is known of a video. While an analysis runs its bar alone moves, so that nothing that
        has the focus goes."""
        before, self._known = self._known, known
        scores = state.read(known)
        if state.never_asked(known):
            text = "Nothing has looked at this video so far."
            self.empty("shield", "Not analysed yet", text, "Analyse it now" if self._may_ask else "")
            return scores
        if before is None or not state.only_progress(before, known):
            self._build(scores)
        for line in scores.progress:
            self._tell(line)
        self.content()
        self.cutter.show_faces(scores.faces)
        return scores

    def set_now(self, ms: int | None) -> None:
        """Where the video stands, for the curves."""
        self._now_ms = ms
        for line in self._lines:
            if line.evidence is not None:
                line.evidence.set_now(ms)

    # What is shown

    def _build(self, scores: Scores) -> None:
        self._clear()
        for line in scores.progress:
            self._column.addWidget(self._progress(line))
        for words in scores.notes:
            self._column.addWidget(Label(words, "muted", wrap=True))
        for section in scores.sections:
            self._column.addWidget(self._section(section))
        if scores.facts:
            self._column.addWidget(Label("Provenance", "section"))
            self._column.addWidget(Label("\n".join(scores.facts), wrap=True))
        if scores.method:
            self._column.addWidget(Label("\n".join(scores.method), "caption", wrap=True))
        if self._may_ask and not any(state.may_cancel(line) for line in scores.progress):
            again = Button("Analyse again", icon="refresh", tip="Have the video looked at once more")
            again.clicked.connect(self.again_wanted)
            self._column.addWidget(again)
        self._column.addStretch(1)

    def _section(self, section: Section) -> QWidget:
        made = QWidget()
        made.setAccessibleName(section.title)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_3)
        column.addWidget(Label(section.title, "section"))
        for meter in (section.overall, *section.meters):
            column.addWidget(self._meter(meter, strong=meter is section.overall))
            if meter is section.overall:
                for words in section.notes:
                    column.addWidget(Label(words, wrap=True))
        return made

    def _meter(self, meter: Meter, *, strong: bool) -> MeterLine:
        line = MeterLine(meter, self.cutter, strong=strong)
        line.place_wanted.connect(self.place_wanted)
        self._lines.append(line)
        if line.evidence is not None:
            line.evidence.opener.setChecked(meter.title in self._opened)
            line.evidence.toggled.connect(partial(self._keep_open, meter.title))
            line.evidence.set_now(self._now_ms)
        return line

    def _keep_open(self, title: str, on: bool) -> None:
        (self._opened.add if on else self._opened.discard)(title)

    def _progress(self, line: Progress) -> QWidget:
        if line.analysis is None or not state.may_cancel(line):
            return Label(line.text, "warning" if line.ended else "muted", wrap=True)
        row = ProgressRow(line.text, may_stop=self._may_ask)
        row.cancelled.connect(partial(self.stop_wanted.emit, line.analysis.id))
        self._rows[line.analysis.id] = row
        return row

    def _tell(self, line: Progress) -> None:
        row = self._rows.get(line.analysis.id) if line.analysis is not None else None
        if row is not None and line.begun:
            row.set_progress((line.share_bp or 0) / 10_000 or None)
        elif row is not None:
            row.set_progress(0.0, "Waiting")

    def _clear(self) -> None:
        self._rows.clear()
        self._lines.clear()
        while (item := self._column.takeAt(0)) is not None:
            if (gone := item.widget()) is not None:
                gone.hide()
                gone.deleteLater()
