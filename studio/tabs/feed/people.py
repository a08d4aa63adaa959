"""What the viewer says of other people: follow, block, and the way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from server.content.rules import EventKind
from server.content.schemas import Author, FeedItem, Profile
from studio.messages import Level
from studio.offline.changes import Changes
from studio.offline.edits import EditKind
from studio.tab import Context
from studio.tabs.feed.events import EventLog
from studio.tabs.feed.state import FeedList
from studio.tabs.feed.verdicts import NotTaken, not_taken

UNDO_S: Final = 12.0

Words = Mapping[str, bool]
"""What was said of a person: `followed`, `blocked`."""


class People(QObject):
    """`changed` carries the id of a person of whom something was said. `taken` carries the id of somebody
    who is blocked now, and their items, which have been taken out of the feed; `put_back` the one to go back
    to. `settled`: the server has everything; `freed`: and somebody is blocked no more.

    What is said here is shown at once, and remembered until the server has it: what is read of somebody
    meanwhile is older. What the server does not take is put back.
    """

    changed = Signal(object)
    taken = Signal(object, list)
    put_back = Signal(list)
    settled = Signal()
    freed = Signal()

    def __init__(self, context: Context, feed: FeedList, log: EventLog, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._feed, self._log = context, feed, log
        self._said: dict[UUID, dict[str, bool]] = defaultdict(dict)
        self.generation = 0
        """Grows with everything that is said: what was asked for before that may be older."""
        self._freed = False
        context.changes.subscribe(self._heard)

    def words(self, person_id: UUID) -> Words:
        """What was said of a person that the server may not know yet."""
        return dict(self._said.get(person_id, {}))

    def as_said(self, told: Profile, before: Words) -> Profile:
        """A profile as it is: as it was read, but for what was said `before` that and since."""
        words = {**before, **self.words(told.id)}
        step = int(words.get("followed", told.followed)) - int(told.followed)
        now = told.model_copy(update={**words, "followers": max(0, told.followers + step)})
        if not now.blocked:
            self._feed.blocked.discard(now.id)
        return now

    def follow(self, person: Author, holds: bool) -> None:
        """Follow somebody, or stop."""
        self._feed.set_following(person.id, holds)
        self._log.add(EventKind.FOLLOW if holds else EventKind.UNFOLLOW, person_id=person.id)
        self._say(person.id, followed=holds)

    def block(self, person: Author, *, following: bool) -> None:
        """Block somebody, and follow them no more. A notice offers to take it back."""
        current = self._feed.current
        was_shown = current is not None and current.video.owner.id == person.id
        self._feed.blocked.add(person.id)
        items = self._feed.take_out(person.id)
        self._log.add(EventKind.BLOCK, person_id=person.id)
        self._say(person.id, blocked=True)
        if following:
            self.follow(person, False)
        self.taken.emit(person.id, items)
        undo = partial(self._take_back, person, items, following, was_shown)
        told = "You see none of their videos and comments. They are not told."
        self._context.messages.notify(
            Level.SUCCESS, f"You block {person.name}", told, undo=undo, seconds=UNDO_S
        )

    def unblock(self, person: Author) -> None:
        """Block somebody no more."""
        self._feed.blocked.discard(person.id)
        self._log.add(EventKind.UNBLOCK, person_id=person.id)
        self._freed = True
        self._say(person.id, blocked=False)

    def _take_back(self, person: Author, items: Sequence[FeedItem], following: bool, was_shown: bool) -> None:
        if person.id not in self._feed.blocked:
            return  # it was taken back elsewhere meanwhile
        self.unblock(person)
        if following:
            self.follow(person, True)
        if items:
            self._feed.take_back(items)
            self.put_back.emit(items[:1] if was_shown else [])

    def _say(self, person_id: UUID, **words: bool) -> None:
        self._said[person_id].update(words)
        self.generation += 1
        self.changed.emit(person_id)

    def _put_right(self, refused: NotTaken) -> None:
        """The server did not take it: show what is so instead."""
        person_id, holds = refused.subject, refused.holds
        if refused.word is EventKind.FOLLOW:
            self._feed.set_following(person_id, holds)
            self._say(person_id, followed=holds)
        elif holds:
            self._feed.blocked.add(person_id)
            items = self._feed.take_out(person_id)
            self._say(person_id, blocked=True)
            self.taken.emit(person_id, items)
        else:
            self._feed.blocked.discard(person_id)
            self._freed = True
            self._say(person_id, blocked=False)

    def _heard(self, changes: Changes) -> None:
        for refused in not_taken(changes):
            if refused.word in (EventKind.FOLLOW, EventKind.BLOCK) and self._log.counts(refused):
                self._put_right(refused)
        if self._said and changes.touches(EditKind.FEED_EVENT):
            self._context.tasks.spawn(self._forget(), self)

    async def _forget(self) -> None:
        """Once the server has everything, what it tells counts again: something may be said elsewhere."""
        generation = self.generation
        waiting = await self._context.tasks.after_writes(self._context.outbox.entries)
        sent = not any(entry.edit.kind is EditKind.FEED_EVENT for entry in waiting)
        if sent and generation == self.generation:
            self._said.clear()
            self.settled.emit()
            if self._freed:
                self._freed = False
                self.freed.emit()
