"""The left side of a review: the video or the text, or what stands before it or in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from server.moderation.schemas import MarkBody
from studio.keys import Keymap
from studio.settings import Settings
from studio.tabs.moderation import review_state
from studio.tabs.moderation.claims import Loss
from studio.tabs.moderation.review_bundle import Bundle
from studio.tabs.moderation.review_cover import Cover, LostScreen, WaitScreen
from studio.tabs.moderation.subject_text import TextSubject
from studio.tabs.moderation.subject_video import VideoStage
from studio.video.index import Source
from studio.video.panel import ReviewPlayer
from studio.video.playhead import Lane, Mark, Playhead, Region
from studio.video.storyboard import Preview


class Content(QWidget):
    """Shows one subject at a time, shielded, covered where it should be.

    `exposed` says whether the content plays or can be read, and whether it is unshielded; `selected` carries
    the stretch between in and out in ms, or None.
    """

    proceeded = Signal()
    exposed = Signal(bool, bool)
    mark_wanted = Signal()
    selected = Signal(object)
    video_opened = Signal()
    again_wanted = Signal()
    next_wanted = Signal()
    retried = Signal()
    back_wanted = Signal()

    def __init__(self, keymap: Keymap, settings: Settings) -> None:
        super().__init__()
        self.cover = Cover(keymap)
        self.video = VideoStage(keymap, settings)
        self.text = TextSubject(keymap)
        self._wait = WaitScreen("clock", "neutral", action="")
        self._failed = WaitScreen("alert-triangle", "danger", action="Try again")
        self._lost = LostScreen(keymap)
        self._subject: QWidget = self.text
        self._selection: tuple[int, int] | None = None
        self._stack = QStackedLayout(self)
        for screen in (self._wait, self._failed, self.cover, self.video, self.text, self._lost):
            self._stack.addWidget(screen)
        self.cover.proceeded.connect(self.proceeded)
        self._wait.back_wanted.connect(self.back_wanted)
        self._failed.back_wanted.connect(self.back_wanted)
        self._failed.acted.connect(self.retried)
        self._lost.again_wanted.connect(self.again_wanted)
        self._lost.next_wanted.connect(self.next_wanted)
        self.text.revealed_changed.connect(lambda _on: self._tell_exposure())
        for panel in self.video.players:
            panel.mark_requested.connect(lambda _frame: self.mark_wanted.emit())
            panel.player.opened.connect(partial(self._opened, panel))
            panel.player.changed.connect(partial(self._moved, panel))
            panel.player.revealed_changed.connect(lambda _on: self._tell_exposure())

    # What is shown

    def show_loading(self, title: str) -> None:
        """Say that something is on its way."""
        self._wait.say([(title, "title")])
        self._stack.setCurrentWidget(self._wait)

    def show_failed(self, what: str, what_to_do: str) -> None:
        """Say that the item could not be read."""
        self._failed.say([(what, "title"), (what_to_do, "muted")])
        self._stack.setCurrentWidget(self._failed)

    def show_bundle(self, bundle: Bundle, titles: Callable[[str], str], *, covered: bool) -> None:
        """Show an item, or the cover before it; its video comes by `show_video`."""
        review = bundle.review
        if review_state.is_video(review):
            self._subject = self.video
        else:
            self._subject = self.text
            self.text.show_review(review, bundle.thread, mask=review_state.starts_masked(review))
        if covered:
            self.cover.show_review(review, titles, restricted=bundle.restricted)
            self._stack.setCurrentWidget(self.cover)
        else:
            self.uncover()

    def uncover(self) -> None:
        """Show the subject itself."""
        self._stack.setCurrentWidget(self._subject)
        self._tell_exposure()

    def show_lost(self, loss: Loss | None) -> None:
        """Show that the item is not one's own any more and who has it, and nothing of it."""
        self._lost.show_loss(loss)
        self._stack.setCurrentWidget(self._lost)
        self.let_go()

    def show_video(self, item: UUID, source: Source, lanes: Sequence[Lane]) -> None:
        """Show the video of an item, at once if it was prepared."""
        self.video.show_video(item, source, lanes)
        if self.player.player.head is not None:
            self.video_opened.emit()

    def show_previews(self, previews: Sequence[Preview]) -> None:
        """Show small stills of the video that is on its way."""
        self.player.preview(previews)

    def prepare(self, item: UUID, source: Source, lanes: Sequence[Lane]) -> None:
        """Open the next video out of sight."""
        self.video.prepare(item, source, lanes)

    def say_of_video(self, title: str, text: str) -> None:
        """Say something where the video would be, unless one is open."""
        if self.player.player.head is None:
            self.player.view.say(title, text)

    def show_lanes(self, lanes: Sequence[Lane]) -> None:
        """Show these stretches of time under the time bar of the video."""
        self.player.player.set_lanes(lanes)

    def show_regions(self, regions: Sequence[Region]) -> None:
        """Draw these boxes on the frames of the video."""
        self.player.show_regions(regions)

    def show_marks(self, marks: Sequence[MarkBody]) -> None:
        """Show the marks on frames in the time bar."""
        own = [Mark(m.frame, m.ms or 0, m.note or "") for m in marks if m.frame is not None]
        self.player.player.set_marks(own)

    def let_go(self) -> None:
        """Drop the item; nothing of it can be painted any more."""
        self.video.close_video()
        self.text.clear()

    def set_blank(self, blank: bool) -> None:
        """Show nothing and fall silent."""
        self.video.set_blank(blank)
        self.text.set_blank(blank)

    # What is done with it

    @property
    def player(self) -> ReviewPlayer:
        """The player that is seen."""
        return self.video.front

    @property
    def showing_video(self) -> bool:
        """Whether the subject is a video."""
        return self._subject is self.video

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the keys of playback, marks and comfort do: they go to whatever is seen."""

        def of_front(name: str) -> Callable[..., object]:
            def act(*held: object) -> None:
                if self.showing_video:
                    self.player.handlers()[name](*held)
                elif name == "review.reveal":
                    self.text.set_revealed(bool(held[0]))

            return act

        return {name: of_front(name) for name in self.player.handlers()}

    def take_quote(self) -> str:
        """The words that are selected in a text; they count as taken."""
        return "" if self.showing_video else self.text.take_quote()

    def seek_ms(self, ms: int) -> None:
        """Go to a moment of the video."""
        self.player.player.seek_ms(ms)

    def stop_to_mark(self) -> Playhead | None:
        """Stop, and return where the video stands; None where there is none."""
        if not self.showing_video:
            return None
        self.player.player.shuttle(0)
        return self.player.player.head

    def selection(self) -> MarkBody | None:
        """The stretch between in and out as evidence, if both are set."""
        head = self.player.player.head
        return review_state.range_mark(head) if self.showing_video and head is not None else None

    # Inside

    def _opened(self, player: ReviewPlayer, _index: object) -> None:
        if player is self.player:
            self.video_opened.emit()

    def _moved(self, player: ReviewPlayer, head: Playhead | None) -> None:
        if player is not self.player:
            return
        selected = head.selection_ms if head is not None else None
        if selected != self._selection:
            self._selection = selected
            self.selected.emit(selected)
        self._tell_exposure()

    def _tell_exposure(self) -> None:
        if self.showing_video:
            head = self.player.player.head
            revealed = self.player.player.revealed or not self.player.player.shield.blur
            self.exposed.emit(head is not None and head.playing, head is not None and revealed)
        else:
            self.exposed.emit(self.text.readable, self.text.readable)
