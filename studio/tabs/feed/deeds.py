"""What a viewer does about the video in place: like, save, follow, hand on, report."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from server.content.rules import EventKind
from server.content.schemas import CommentView, Profile
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.messages import Action, Level
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.feed.events import EventLog
from studio.tabs.feed.people import People
from studio.tabs.feed.policy_book import PolicyBook
from studio.tabs.feed.report import ReportSheet, Subject, of_comment, of_person, of_video
from studio.tabs.feed.state import FeedList, Opinion
from studio.tabs.feed.verdicts import not_taken
from studio.video_link import link_to
from studio.widgets import clipboard

_OPINIONS: Final = {EventKind.LIKE: Opinion.LIKE, EventKind.SAVE: Opinion.SAVE}


class Deeds(QObject):
    """`changed`: the item in place is another one now; `meant` carries an opinion that is kept up now;
    `saved_wanted` asks for the list of what is saved."""

    changed = Signal()
    saved_wanted = Signal()
    meant = Signal(object)

    def __init__(
        self, context: Context, feed: FeedList, log: EventLog, people: People, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._context, self._feed, self._log, self._people = context, feed, log, people
        self._page = parent
        self.report: ReportSheet | None = None
        self._ready = False
        context.changes.subscribe(self._heard)

    def make_ready(self) -> None:
        """The server is in reach: have the rules here, once, so that one can report without it, too."""
        if not self._ready:
            self._ready = True
            read = PolicyBook(self._context).read
            self._context.tasks.read(read, lambda _policies: None, self._not_ready, owner=self)

    def _not_ready(self, _error: ApiError) -> None:
        self._ready = False  # it is tried again when something else was read

    def toggle(self, opinion: Opinion) -> None:
        """Say it of the video, or take it back."""
        item = self._feed.current
        if item is None:
            return
        holds = not getattr(item.mine, opinion)
        if opinion is Opinion.FOLLOW:
            if item.video.owner.id == self._context.me.id:
                return
            self._people.follow(item.video.owner, holds)
        else:
            kind = self._feed.set_opinion(item.video.id, opinion, holds)
            if kind is not None:
                self._log.add(kind, video_id=item.video.id)
        if holds:
            self.meant.emit(opinion)
        if holds and opinion is Opinion.SAVE:
            show = Action("Show saved", self.saved_wanted.emit)
            self._context.messages.notify(Level.SUCCESS, "Saved", item.video.title, action=show)
        self.changed.emit()

    def _heard(self, changes: Changes) -> None:
        """What the server did not take is put back."""
        for refused in not_taken(changes):
            opinion = _OPINIONS.get(refused.word)
            if opinion is None or not self._log.counts(refused):
                continue
            if self._feed.set_opinion(refused.subject, opinion, refused.holds) is not None:
                self.changed.emit()

    def share(self) -> None:
        """Copy the link of the video."""
        item = self._feed.current
        if item is None:
            return
        clipboard.put(link_to(item.video.id))
        self._feed.count(item.video.id, "shares", 1)
        self._log.add(EventKind.SHARE, video_id=item.video.id)
        self._context.messages.notify(Level.SUCCESS, "Link copied", item.video.title)
        self.changed.emit()

    def report_video(self) -> None:
        """Report the video to the moderators."""
        item = self._feed.current
        if item is not None:
            self._open(of_video(item.video))

    def report_comment(self, comment: CommentView) -> None:
        """Report what somebody wrote."""
        self._open(of_comment(comment))

    def report_person(self, person: Profile) -> None:
        """Report what a person shows of themselves."""
        self._open(of_person(person))

    def _open(self, subject: Subject) -> None:
        self.report = ReportSheet(self._context, self._page.window(), subject)
        self.report.sent.connect(self._reported)
        self.report.open()

    def _reported(self) -> None:
        away = self._context.connection() is Connection.OFFLINE
        told = "It goes out when the server is in reach." if away else "A person looks at it."
        self._context.messages.notify(Level.SUCCESS, "Thank you: the moderators get your report.", told)
