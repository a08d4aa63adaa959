"""What stands beside the picture: comments, a profile, lists; one at a time, and the way back."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from server.content.schemas import Author
from studio.sparks.tray import SparkTray
from studio.tab import Context
from studio.tabs.feed.blocked import BlockedPane
from studio.tabs.feed.comments import CommentsPane
from studio.tabs.feed.lent_pane import LentPane
from studio.tabs.feed.people import People
from studio.tabs.feed.profile import ProfilePane
from studio.tabs.feed.saved import SavedPane
from studio.tabs.feed.side_pane import SidePane
from studio.tabs.feed.state import FeedList


class Aside(QWidget):
    """`left` says that nothing is shown any more; `video_wanted` carries the id of a video."""

    left = Signal()
    video_wanted = Signal(object)

    def __init__(self, context: Context, feed: FeedList, people: People) -> None:
        super().__init__()
        self._feed = feed
        self._blocked = frozenset(feed.blocked)
        self._behind: list[SidePane] = []
        self.comments = CommentsPane(context, feed.blocked)
        self.profile = ProfilePane(context, people)
        self.blocked = BlockedPane(context, people)
        self.saved = SavedPane(context, feed)
        self._panes: list[SidePane] = []
        self.lent: LentPane | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        for pane in (self.comments, self.profile, self.blocked, self.saved):
            self._add(pane)
        self.comments.person_wanted.connect(self.show_person)
        self.blocked.person_wanted.connect(self.show_person)
        self.profile.video_wanted.connect(self.video_wanted)
        self.saved.video_wanted.connect(self.video_wanted)
        self.profile.list_wanted.connect(self.toggle_blocked)
        people.changed.connect(self._said)
        people.freed.connect(self.comments.look_again)

    def lend(self, tray: SparkTray) -> None:
        """Add what another feature lends."""
        self.lent = LentPane(tray)
        self._add(self.lent)

    def _add(self, pane: SidePane) -> None:
        self._panes.append(pane)
        self._row.addWidget(pane)
        pane.closed.connect(self._closed)

    @property
    def shown(self) -> SidePane | None:
        """The pane that can be seen."""
        return next((pane for pane in self._panes if not pane.isHidden()), None)

    def toggle_comments(self) -> None:
        """Show what is said about the video in place, or put it away."""
        if self.shown is self.comments:
            self.comments.close_now()
        elif self._feed.current is not None:
            self._behind.clear()
            self._show(self.comments)

    def toggle_profile(self) -> None:
        """Show who made the video in place, or put them away."""
        current = self._feed.current
        person = current.video.owner if current is not None else None
        if self.shown is self.profile and person in (None, self.profile.person):
            self.profile.close_now()
        elif person is not None:
            self.show_person(person)

    def show_person(self, person: Author) -> None:
        """Show the profile of somebody; what was here comes back when it is closed."""
        self._keep_behind(self.profile)
        self.profile.open(person)
        self._show(self.profile)

    def toggle_blocked(self) -> None:
        """Show whom the viewer blocks, or put that away."""
        self._toggle(self.blocked)

    def toggle_saved(self) -> None:
        """Show what the viewer has saved, or put that away."""
        self._toggle(self.saved)

    def show_saved(self) -> None:
        """Show what the viewer has saved."""
        if self.shown is not self.saved:
            self.toggle_saved()

    def toggle_lent(self) -> None:
        """Show what is lent, or put that away."""
        if self.lent is not None:
            self._toggle(self.lent)

    def _toggle(self, pane: BlockedPane | SavedPane | LentPane) -> None:
        if self.shown is pane:
            pane.close_now()
        else:
            self._keep_behind(pane)
            self._show(pane)

    def follow(self) -> None:
        """Another video is in place: what is said about it is another matter, too."""
        if self.shown is self.comments and self._feed.current is not None:
            self.comments.open(self._feed.current.video)

    def retry(self) -> None:
        """The server is in reach again: read what could not be read."""
        if self.shown is not None:
            self.shown.retry()

    def leave_out(self, video_id: UUID) -> None:
        """A video is not to be seen any more."""
        self.profile.leave_out(video_id)
        self.saved.leave_out(video_id)
        if self.shown is self.comments and self.comments.video_id == video_id:
            self.comments.close_now()

    def keep_drafts(self) -> None:
        """Nobody comes back to what is typed here."""
        self.comments.field.keep_now()

    def _said(self, _person: UUID) -> None:
        blocked = frozenset(self._feed.blocked)
        if blocked != self._blocked:  # a follow changes no comment, and filling them anew costs one's place
            self._blocked = blocked
            self.comments.refill()

    def _keep_behind(self, pane: SidePane) -> None:
        before = self.shown
        if before is not None and before is not pane:
            self._behind = [each for each in self._behind if each not in (pane, before)] + [before]

    def _show(self, pane: SidePane) -> None:
        before = self.shown
        if before is not None and before is not pane:
            before.hide()
        pane.show()
        if isinstance(pane, BlockedPane | SavedPane):
            pane.open()
        else:
            self.follow()
        pane.take_keys()

    def _closed(self) -> None:
        if self._behind:
            self._show(self._behind.pop())
        else:
            self.left.emit()
