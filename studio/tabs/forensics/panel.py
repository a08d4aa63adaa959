"""The panel of scores that the review borrows: what analysing the video found, and where to look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.forensics.rules import AnalysisKind
from server.forensics.schemas import AnalysisView, VideoAnalyses
from studio.api.errors import ApiError, NotFound
from studio.messages import Level, Problem
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.forensics import state
from studio.tabs.forensics.meter import MeterLine
from studio.tabs.forensics.state import Progress, Scores, Section
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.panel import Subject
from studio.widgets.progress_row import ProgressRow
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack
from studio.workplace import RESYNC

READ: Final = "forensics.read"
ANALYSE: Final = "forensics.analyse"
KINDS: Final = frozenset({"forensics.analysis", "forensics.restricted_analysis"})
VIDEO: Final = "video"


def path_of(video_id: UUID) -> str:
    """Where the scores of a video are read."""
    return f"/v1/forensics/videos/{video_id}"


class ScoresPanel(QWidget):
    """A `TimedPanel`: its moments can be gone to, and are drawn over the video's time bar."""

    seek_wanted = Signal(int)
    lanes_changed = Signal(object)

    title = "Scores"
    icon = "shield"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Scores")
        self._context = context
        self._video: UUID | None = None
        self._known: VideoAnalyses | None = None
        self._reading: asyncio.Task[None] | None = None
        self._rows: dict[UUID, ProgressRow] = {}
        self._inside = QWidget()
        self._inside.setProperty("surface", "clear")
        self._column = QVBoxLayout(self._inside)
        worn = style.tokens()
        self._column.setContentsMargins(worn.space_1, worn.space_3, worn.space_3, worn.space_3)
        self._column.setSpacing(worn.space_3)
        self.stack = StateStack(ScrollPane("Scores of the video", self._inside))
        self.stack.retried.connect(self.reload)
        self.stack.acted.connect(lambda: self._ask(*AnalysisKind))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        context.changes.subscribe(self.on_changes)

    def widget(self) -> QWidget:
        """Return the panel's widget."""
        return self

    def show_subject(self, subject: Subject | None) -> None:
        """Show the scores of a video; of anything else there are none."""
        video = subject.content_id if subject is not None and subject.content_type == VIDEO else None
        if video == self._video and video is not None:
            return
        self._video, self._known = video, None
        self.lanes_changed.emit(())
        if self._reading is not None:
            self._reading.cancel()
        self._clear()
        if subject is not None and video is None:
            self.stack.empty("shield", "No scores", "Only videos are analysed.")
            return
        self.stack.content()
        self.stack.loading()
        self.reload()

    def on_changes(self, changes: Changes) -> None:
        """Read anew when an analysis of this video has moved on."""
        if self._video is None:
            return
        mine = changes.kinds & KINDS and (not changes.ids or str(self._video) in changes.ids)
        if mine or RESYNC in changes.kinds:
            self.reload()

    def reload(self) -> None:
        """Read what is known of the video now; what is shown stays until then."""
        video = self._video
        if video is None:
            return
        if self._reading is not None:
            self._reading.cancel()

        async def fetch() -> VideoAnalyses:
            return (await self._context.api.get(path_of(video))).model(VideoAnalyses)

        self._reading = self._context.tasks.read(fetch, self._take, self._failed, owner=self)

    # What comes back

    def _take(self, known: VideoAnalyses) -> None:
        if known.video_id != self._video:
            return
        before, self._known = self._known, known
        if state.never_asked(known):
            self.stack.empty("shield", *self._nothing_yet())
            return
        scores = state.read(known)
        if before is None or not self._only_progress(before, known):
            self._build(scores)
            self.lanes_changed.emit(scores.lanes)
        for line in scores.progress:
            self._tell(line)
        self.stack.content()

    def _nothing_yet(self) -> tuple[str, str, str]:
        text = "Nothing has looked at this video so far."
        return ("Not analysed yet", text, "Analyse it now" if self._may_ask else "")

    def _failed(self, error: ApiError) -> None:
        if self._known is not None:
            return  # what is shown is older, and the window says that the server is out of reach
        if isinstance(error, NotFound):
            self.stack.empty("lock", "No scores for you", "They are not shown of own or restricted videos.")
            return
        self.stack.failed(
            Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
        )

    @staticmethod
    def _only_progress(before: VideoAnalyses, now: VideoAnalyses) -> bool:
        """Whether nothing but the shares that are done has changed: then no widget has to be made anew."""

        def still(view: AnalysisView | None) -> AnalysisView | None:
            return view.model_copy(update={"progress_bp": 0, "version": 1}) if view is not None else None

        def without_progress(known: VideoAnalyses) -> VideoAnalyses:
            core, text = (
                kind.model_copy(update={"latest": still(kind.latest)}) for kind in (known.core, known.text)
            )
            return known.model_copy(update={"core": core, "text": text})

        return without_progress(before) == without_progress(now)

    # What is shown

    def _build(self, scores: Scores) -> None:
        self._clear()
        for line in scores.progress:
            self._column.addWidget(self._progress(line))
        for section in scores.sections:
            self._add_section(section)
        for words in scores.method:
            self._column.addWidget(Label(words, "caption", wrap=True))
        if self._may_ask and not any(state.may_cancel(line) for line in scores.progress):
            again = Button("Analyse again", icon="refresh", tip="Have the video looked at once more")
            again.clicked.connect(lambda: self._ask(*AnalysisKind))
            self._column.addWidget(again)
        self._column.addStretch(1)

    def _add_section(self, section: Section) -> None:
        self._column.addWidget(Label(section.title, "section"))
        for meter in (section.overall, *section.meters):
            line = MeterLine(meter, strong=meter is section.overall)
            line.seek_wanted.connect(self.seek_wanted)
            self._column.addWidget(line)
            if meter is section.overall:
                for words in section.notes:
                    self._column.addWidget(Label(words, "muted", wrap=True))

    def _progress(self, line: Progress) -> QWidget:
        if line.analysis is None or not state.may_cancel(line):
            return Label(line.text, "warning" if line.ended else "muted", wrap=True)
        row = ProgressRow(line.text, may_stop=self._may_ask)
        row.cancelled.connect(self._canceller(line.analysis.id))
        self._rows[line.analysis.id] = row
        return row

    def _tell(self, line: Progress) -> None:
        row = self._rows.get(line.analysis.id) if line.analysis is not None else None
        if row is not None:
            waits = line.share_bp is None
            row.set_progress(0.0 if waits else (line.share_bp or 0) / 10_000, "Waiting" if waits else "")

    def _clear(self) -> None:
        self._rows.clear()
        while (item := self._column.takeAt(0)) is not None:
            if (gone := item.widget()) is not None:
                gone.hide()
                gone.deleteLater()

    # What a person does

    @property
    def _may_ask(self) -> bool:
        return ANALYSE in self._context.me.permissions

    def _ask(self, *kinds: AnalysisKind) -> None:
        if self._video is None or not self._may_ask:
            return
        path, api = f"{path_of(self._video)}/analyses", self._context.api

        async def ask() -> None:
            for kind in kinds:
                await api.post(path, json={"kind": kind}, idempotency_key=str(uuid4()))

        self._context.tasks.read(ask, lambda _done: self.reload(), self._refused, owner=self)

    def _canceller(self, analysis_id: UUID) -> Callable[[], object]:
        async def cancel() -> None:
            await self._context.api.post(f"/v1/forensics/analyses/{analysis_id}/cancel")

        return lambda: self._context.tasks.read(
            cancel, lambda _done: self.reload(), self._refused, owner=self
        )

    def _refused(self, error: ApiError) -> None:
        self._context.messages.notify(Level.WARNING, error.what_happened, error.what_to_do)
        self.reload()
