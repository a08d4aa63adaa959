"""The scores of one video as widgets: what is under way, the two panels, how it was worked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.schemas import MatchView, VideoAnalyses
from studio.tabs.forensics import state
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.tabs.forensics.match_section import MatchSection
from studio.tabs.forensics.meter import MeterLine
from studio.tabs.forensics.opinion_section import OpinionSection
from studio.tabs.forensics.provenance import OWN_WORDS, Provenance
from studio.tabs.forensics.refocus import focus_kept
from studio.tabs.forensics.state import Meter, Progress, Scores, Section
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import Label
from studio.widgets.progress_row import ProgressRow
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack


class ScoresView(StateStack):
    """`place_wanted` carries a `Place`, `stop_wanted` the id of an analysis; `again_wanted`: have the
    video looked at, or once more; `export_wanted`: save all of it. Whoever may not ask for a first look
    (`may_begin`) or for another (`may_ask`) is not offered it.
    """

    place_wanted = Signal(object)
    stop_wanted = Signal(object)
    again_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, *, may_ask: bool, may_begin: bool = False) -> None:
        self._inside = QWidget()
        self._pane = ScrollPane("Scores of the video", self._inside)
        super().__init__(self._pane)
        self._may_ask, self._may_begin = may_ask, may_begin
        self._known: VideoAnalyses | None = None
        self._rows: dict[UUID, ProgressRow] = {}
        self._built: dict[str, _Part] = {}
        self._lines: list[MeterLine] = []
        self._opened: set[str] = set()
        self._matched = False
        self._now_ms: int | None = None
        self.cutter = FaceCutter(self)
        self._inside.setProperty("surface", "clear")
        outer = QVBoxLayout(self._inside)
        worn = style.tokens()
        outer.setContentsMargins(worn.space_1, worn.space_3, worn.space_3, worn.space_3)
        outer.setSpacing(worn.space_4)
        self._column = QVBoxLayout()
        self._column.setSpacing(worn.space_4)
        self.matches, self.opinion = MatchSection(), OpinionSection(may_ask=may_ask)
        self.matches.place_wanted.connect(self.place_wanted)
        self.opinion.place_wanted.connect(self.place_wanted)
        self._again = Button("Analyse again", icon="refresh", tip="Have the video looked at once more")
        self._again.clicked.connect(self.again_wanted)
        self._export = Button("Export evidence…", icon="export", tip="All of this as one file")
        self._export.clicked.connect(self.export_wanted)
        self._again.hide()
        self._export.hide()
        self.foot = QVBoxLayout()
        self._stale = Label("", "warning", wrap=True)
        self._retry = Button("Try again", kind="link", icon="refresh")
        self._retry.clicked.connect(self.retried)
        outer.addWidget(self._stale)
        outer.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignLeft)
        self._stale.hide()
        self._retry.hide()
        outer.addWidget(self.matches)
        outer.addLayout(self._column)
        outer.addWidget(self.opinion)
        outer.addWidget(self._again)
        outer.addWidget(self._export)
        outer.addLayout(self.foot)
        outer.addStretch(1)
        self.acted.connect(self.again_wanted)

    def begin(self) -> None:
        """Another video: nothing of the one before stays."""
        self._known = None
        self._matched = False
        self._again.hide()
        self._export.hide()
        self.matches.show_matches(())
        self.opinion.show_opinion(None)
        self._opened.clear()
        self.cutter.forget()
        self.tell_stale("")
        self._clear()
        self.content()
        self.loading()

    def show_known(self, known: VideoAnalyses, scores: Scores | None = None) -> Scores:
        """Show what is known of a video; `scores` is what `state.read` makes of it. While an analysis runs
        its bar alone moves, and what is the same after it stays, so that nothing that has the focus goes."""
        before, self._known = self._known, known
        scores = scores or state.read(known)
        if before is None or not state.only_progress(before, known):
            self._build(scores)
        for line in scores.progress:
            self._tell(line)
        self._settle()
        self.cutter.show_faces(scores.faces)
        return scores

    def show_matches(self, found: Sequence[MatchView]) -> None:
        """Show what the video was recognised as, whether it was analysed or not."""
        self._matched = bool(found)
        self.matches.show_matches(found)
        if self._known is not None:
            self._settle()

    def tell_stale(self, words: str) -> None:
        """Say that what is shown was not read anew, and offer to; "" = it was."""
        self._stale.setText(words)
        for part in (self._stale, self._retry):
            part.setVisible(bool(words))

    def set_exporting(self, running: bool) -> None:
        """An export runs, or none does: there is one at a time."""
        self._export.setEnabled(not running)

    def scroll_to(self, part: QWidget) -> None:
        """Bring a part of the panel to its top."""
        self._inside.adjustSize()
        self._pane.verticalScrollBar().setValue(part.mapTo(self._inside, QPoint()).y())

    def set_now(self, ms: int | None) -> None:
        """Where the video stands, for the curves."""
        self._now_ms = ms
        for line in self._lines:
            if line.evidence is not None:
                line.evidence.set_now(ms)

    # What is shown

    def _settle(self) -> None:
        if self._known is not None and state.never_asked(self._known) and not self._matched:
            text = "Nothing has looked at this video so far."
            self.empty(
                "shield",
                "Not analysed yet",
                text,
                "Analyse it now" if self._may_ask or self._may_begin else "",
            )
        else:
            self.content()

    def _build(self, scores: Scores) -> None:
        with focus_kept(self._inside):
            self._rebuild(scores)
        idle = not any(state.may_cancel(line) for line in scores.progress)
        self._again.setVisible(self._may_ask)
        self._again.setEnabled(idle)  # it stays where it is: what is below it must not move under a click
        self._export.setVisible(bool(scores.sections))

    def _rebuild(self, scores: Scores) -> None:
        """What is as before stays."""
        wanted: dict[str, tuple[object, Callable[[], QWidget]]] = {}
        for n, line in enumerate(scores.progress):
            wanted[f"progress {n}"] = _standing(line), partial(self._progress, line)
        for words in scores.notes:
            wanted[words] = words, partial(Label, words, "muted", wrap=True)
        for section in scores.sections:
            wanted[section.title] = section, partial(self._section, section)
        if scores.provenance is not None:
            wanted["provenance"] = scores.provenance, partial(self._provenance, scores.provenance)
        if scores.method:
            said = "\n".join(scores.method)
            wanted["method"] = said, partial(Label, said, "caption", wrap=True)
        before, self._built = self._built, {}
        for place, (name, (what, make)) in enumerate(wanted.items()):
            part = before.get(name)
            if part is None or part.what != what:
                part = _Part(what, make())
            else:
                del before[name]
            self._built[name] = part
            if self._column.indexOf(part.widget) != place:
                self._column.removeWidget(part.widget)
                self._column.insertWidget(place, part.widget)
            part.widget.show()  # now: what is not seen takes no focus
        for gone in before.values():
            self._drop(gone.widget)
        shown = [part.widget for part in self._built.values()]
        self._rows = {key: row for key, row in self._rows.items() if row in shown}
        self._lines = [line for widget in shown for line in widget.findChildren(MeterLine)]

    def _provenance(self, told: Provenance) -> QWidget:
        made = QWidget()
        made.setAccessibleName(f"Provenance: {told.badge.word}")
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        head = QHBoxLayout()
        head.addWidget(Label("Provenance", "section"))
        head.addStretch(1)
        head.addWidget(Chip(told.badge.word, told.badge.tone, told.badge.icon))
        column.addLayout(head)
        column.addWidget(Label(told.badge.meaning, wrap=True))
        for head_line, group in (("", told.facts), (OWN_WORDS, told.tags)):
            if group:
                said = [head_line] * bool(head_line) + [f"{name}: {words}" for name, words in group]
                column.addWidget(Label("\n".join(said), "caption", wrap=True))
        return made

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
        for part in self._built.values():
            self._drop(part.widget)
        self._built.clear()

    def _drop(self, gone: QWidget) -> None:
        self._column.removeWidget(gone)
        gone.hide()
        gone.deleteLater()


@dataclass(frozen=True)
class _Part:
    """A part of the panel, and what it says."""

    what: object
    widget: QWidget


def _standing(line: Progress) -> object:
    """What of a line is not told by `_tell`."""
    return line.text, line.ended, state.may_cancel(line), line.analysis.id if line.analysis else None
