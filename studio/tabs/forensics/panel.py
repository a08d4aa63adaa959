"""The panel of scores that the review borrows: what analysing the video found, and where to look."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID, uuid4

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from server.forensics.rules import AnalysisKind
from server.forensics.schemas import MatchView, VideoAnalyses
from studio.api.client import Answer
from studio.api.errors import ApiError, NotFound
from studio.messages import Level, Problem
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.forensics import matches, state
from studio.tabs.forensics.beside import Beside
from studio.tabs.forensics.evidence import Place
from studio.tabs.forensics.exporting import Exporting, evidence
from studio.tabs.forensics.judging import Judging
from studio.tabs.forensics.state import Scores
from studio.tabs.forensics.topics import ANALYSE, ANALYSED, ASK
from studio.tabs.forensics.view import ScoresView
from studio.tasks import off_thread
from studio.video.panel import ReviewPlayer
from studio.video.playhead import Lane, Playhead
from studio.widgets.panel import Subject
from studio.workplace import RESYNC

VIDEO: Final = "video"
NAMES: Final = {"scores": "scores", "matches": "what it was recognised as", "opinion": "the model's opinion"}


def path_of(video_id: UUID) -> str:
    """Where the scores of a video are read."""
    return f"/v1/forensics/videos/{video_id}"


def _read(answer: Answer) -> tuple[VideoAnalyses, Scores]:
    """What the server says, and what is shown of it: of a long video that takes longer than a frame."""
    known = answer.model(VideoAnalyses)
    return known, state.read(known)


class ScoresPanel(QWidget):
    """A `TimedPanel`: its moments can be gone to, and are drawn on the video and under its time bar."""

    seek_wanted = Signal(int)
    lanes_changed = Signal(object)
    regions_changed = Signal(object)
    blank_wanted = Signal()

    title = "Scores"
    icon = "shield"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName(self.title)
        self._context = context
        self._video: UUID | None = None
        self._reading: asyncio.Task[None] | None = None
        self._shown = False
        self._player: ReviewPlayer | None = None
        may = context.me.permissions
        self.view = ScoresView(may_ask=ANALYSE in may, may_begin=ASK in may)
        self.view.retried.connect(self._reload_all)
        self._due: tuple[VideoAnalyses, Scores] | None = None
        self._matches_due = False
        self._unread: dict[str, ApiError] = {}
        self.view.place_wanted.connect(self._lead)
        self.view.again_wanted.connect(self.analyse_again)
        self.view.export_wanted.connect(self._export)
        self.view.matches.compare_wanted.connect(self.compare)
        self.view.opinion.ask_wanted.connect(self.ask_model)
        self._scored: tuple[Lane, ...] = ()
        self._matched: tuple[Lane, ...] = ()
        self._beside = Beside(context, self)
        self._judging = Judging(context, self)
        self._found: tuple[MatchView, ...] = ()
        self._judging.changed.connect(self._judged)
        self._beside.matches.connect(self.take_matches)
        self._beside.opinion.connect(self.view.opinion.show_opinion)
        self._beside.came.connect(self._tell_unread)
        self.exporting = Exporting(context)
        self.exporting.turned.connect(self.view.set_exporting)
        self.view.foot.addWidget(self.exporting)
        self.view.stop_wanted.connect(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        context.changes.subscribe(self.on_changes)

    def widget(self) -> QWidget:
        """Return the panel's widget."""
        return self

    def show_subject(self, subject: Subject | None) -> None:
        """Show the scores of a video; of anything else there are none."""
        video = subject.content_id if subject is not None and subject.content_type == VIDEO else None
        if video is not None and video == self._video:
            return
        self._video = video
        self._unwatch()
        self._forget()
        self._beside.show_video(video)
        if subject is not None and video is None:
            self.view.empty("shield", "No scores", "Only videos are analysed.")
        self.reload()

    def watch(self, player: ReviewPlayer) -> None:
        """The video of the subject is open in this player."""
        if player is not self._player:
            self._unwatch()
            self._player = player
            player.player.changed.connect(self._moved)
        self._moved(player.player.head)
        self.view.cutter.watch(player)

    def on_changes(self, changes: Changes) -> None:
        """Read anew when an analysis of this video has moved on."""
        video = self._video
        if video is None:
            return
        if RESYNC in changes.kinds or any(changes.touches(kind, str(video)) for kind in ANALYSED):
            self.reload()
        self._beside.on_changes(changes)

    def reload(self) -> None:
        """Read what is known of the video now; what is shown stays until then."""
        video = self._video
        self._stop_reading()
        if video is None:
            return

        async def fetch() -> tuple[VideoAnalyses, Scores]:
            return await off_thread(_read, await self._context.api.get(path_of(video)))

        self._reading = self._context.tasks.read(fetch, self._take, self._failed, owner=self)

    def show_known(self, known: VideoAnalyses, scores: Scores | None = None) -> None:
        """Show what is known of the video, on the time bar, and here once this can be seen."""
        if not self._shown and self._player is not None:
            self.view.cutter.watch(self._player)  # it may not have been shown meanwhile
        self._shown = True
        scores = scores or state.read(known)
        self._due, self._scored = (known, scores), scores.lanes
        self._tell_unread("scores", None)
        self._tell_lanes()
        self._build_due()

    def take_matches(self, found: tuple[MatchView, ...]) -> None:
        """Show what the video was recognised as, here and on the time bar."""
        self._found = found
        said = tuple(self._judging.as_said(match) for match in found)
        self._matches_due = True
        self._build_due()
        before, self._matched = self._matched, matches.lane(said)
        if before != self._matched:
            self._tell_lanes()

    def show_error(self, error: ApiError) -> None:
        """Say that nothing could be read."""
        self._shown = False
        self.view.failed(
            Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.to_do_oneself)
        )

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return (self._reading is None or self._reading.done()) and self._beside.settled

    def analyse_again(self) -> None:
        """Have the video looked at, or once more."""
        if self._video is None:
            return
        path, api = f"{path_of(self._video)}/analyses", self._context.api

        async def ask() -> None:
            for kind in AnalysisKind:
                await api.post(path, json={"kind": kind.value}, idempotency_key=str(uuid4()))

        self._context.tasks.read(ask, lambda _done: self.reload(), self._refused, owner=self)

    def stop(self, analysis_id: UUID) -> None:
        """Stop an analysis that waits or runs."""

        async def cancel() -> None:
            await self._context.api.post(f"/v1/forensics/analyses/{analysis_id}/cancel")

        self._context.tasks.read(cancel, lambda _done: self.reload(), self._refused, owner=self)

    def compare(self, match: MatchView) -> None:
        """Show the banked original beside the video."""
        from studio.tabs.forensics.match_pane import MatchDialog  # no review has to wait for it

        dialog = MatchDialog(self._context, self._judging, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.blank_wanted.connect(self.blank_wanted)
        dialog.open()
        dialog.pane.show_match(match)
        dialog.pane.setFocus()

    def ask_model(self) -> None:
        """Have a language model asked."""
        self._beside.ask()

    # Inside

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._build_due()

    def _build_due(self) -> None:
        """Nobody waits for what is out of sight: to build it takes longer than a frame."""
        if not self.isVisible():
            return
        due, self._due = self._due, None
        if due is not None:
            self.view.show_known(*due)
        if self._matches_due:
            self._matches_due = False
            self.view.show_matches([self._judging.as_said(match) for match in self._found])

    def _reload_all(self) -> None:
        self.reload()
        self._beside.reload()

    def _tell_unread(self, what: str, error: ApiError | None) -> None:
        """Say beside what is shown that it may be old."""
        self._unread.pop(what, None)
        if error is not None:
            self._unread[what] = error
        words = ""
        if self._unread:
            whats = ", ".join(NAMES[name] for name in NAMES if name in self._unread)
            words = f"Not refreshed: {whats}. {next(iter(self._unread.values())).what_happened}"
        self.view.tell_stale(words)

    def _forget(self) -> None:
        """Nothing of a video stays: not here, not on the time bar, not on its frames, none of its faces."""
        self._shown, self._due, self._matches_due = False, None, False
        self._unread.clear()
        self._stop_reading()
        self._scored = self._matched = ()
        self._found = ()
        self.lanes_changed.emit(())
        self.regions_changed.emit(())
        self.view.begin()

    def _unwatch(self) -> None:
        """The player may show another video before one is lent again."""
        player, self._player = self._player, None
        if player is not None:
            player.player.changed.disconnect(self._moved)
            self.view.set_now(None)

    def _export(self) -> None:
        if (video := self._video) is not None:
            self.exporting.ask(evidence(video))

    def _judged(self, match_id: UUID) -> None:
        if any(match.id == match_id for match in self._found):
            self.take_matches(self._found)

    def _tell_lanes(self) -> None:
        self.lanes_changed.emit((*self._matched, *self._scored))

    def _lead(self, place: Place) -> None:
        self.seek_wanted.emit(place.ms)
        self.regions_changed.emit(place.regions)

    def _moved(self, head: Playhead | None) -> None:
        self.view.set_now(head.ms if head is not None else None)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _take(self, read: tuple[VideoAnalyses, Scores]) -> None:
        if read[0].video_id == self._video:
            self.show_known(*read)

    def _failed(self, error: ApiError) -> None:
        if isinstance(error, NotFound):
            self._forget()
            self.view.empty("lock", "No scores for you", "They are not shown of own or restricted videos.")
        elif self._shown:
            self._tell_unread("scores", error)
        else:
            self.show_error(error)

    def _refused(self, error: ApiError) -> None:
        self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)
        self.reload()
