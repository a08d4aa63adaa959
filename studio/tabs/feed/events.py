"""Carries what the viewer does into the outbox: as facts with ids of their own, many in one edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from server.content.rules import BATCH_MAX, EventKind
from server.content.schemas import ViewerEvent
from studio.offline.edits import Edit, EditKind
from studio.offline.outbox import Outbox
from studio.tabs.feed.beats import Beat
from studio.tabs.feed.verdicts import Key, NotTaken, key_of
from studio.tasks import Tasks

PATH: Final = "/v1/content/events"
SUBJECT: Final = "feed:events"


class EventLog:
    """What happened is on the disk moments later, whatever the network does.

    While a batch is being written the next one gathers; and as long as one waits in the outbox, the next is
    made part of it, so that an hour without a network is a few edits and not hundreds.
    """

    def __init__(self, tasks: Tasks, outbox: Outbox) -> None:
        self._tasks, self._outbox = tasks, outbox
        self._session: UUID | None = None
        self._past: UUID | None = None
        self._gathered: list[ViewerEvent] = []
        self._last_words: dict[Key, UUID] = {}
        self._writing = False
        self._last: Any = None

    def begin(self) -> UUID:
        """The viewer is here now; the session that has begun, or goes on."""
        if self._session is None:
            self._session = uuid4()
            self.add(EventKind.SESSION_START)
        return self._session

    def end(self) -> None:
        """The viewer has left the feed."""
        if self._session is not None:
            self.add(EventKind.SESSION_END)
            self._past, self._session = self._session, None

    def watched(self, beat: Beat) -> None:
        """Take a stretch that was played; it is dated to its end."""
        about = {
            "video_id": beat.video_id,
            "playback_id": beat.playback_id,
            "start_ms": beat.start_ms,
            "end_ms": beat.end_ms,
            "wall_ms": beat.wall_ms,
        }
        self._take(EventKind.WATCH, datetime.now(UTC) - timedelta(milliseconds=beat.ago_ms), about)

    def add(self, kind: EventKind, **about: Any) -> None:
        """Take one fact. It belongs to the session that has begun, or to the one before: what is said from
        another tab, as by the button of a notice, does not mean that somebody watches."""
        self._take(kind, datetime.now(UTC), about)

    def _take(self, kind: EventKind, at: datetime, about: dict[str, Any]) -> None:
        session = self._session or self._past
        if session is None:  # nothing was shown yet in this run: it is the whole of a session
            session = self.begin()
            self._take(kind, at, about)
            self.end()
            return
        event = ViewerEvent(id=uuid4(), kind=kind, at=at, session_id=session, **about)
        if (key := key_of(event)) is not None:
            self._last_words[key] = event.id
        self._gathered.append(event)
        self._write()

    def counts(self, refused: NotTaken) -> bool:
        """Whether nothing else was said since then of what was refused."""
        return self._last_words.get(refused.key, refused.event_id) == refused.event_id

    async def settle(self) -> None:
        """Wait until everything is stored; to be called before the store is closed."""
        while self._last is not None and not self._last.done():
            await asyncio.wait([self._last])  # a disk that refused has said so; it keeps nobody from leaving

    def _write(self) -> None:
        if self._writing or not self._gathered:
            return
        batch, self._gathered = self._gathered[:BATCH_MAX], self._gathered[BATCH_MAX:]
        body = {"events": [event.model_dump(mode="json", exclude_none=True) for event in batch]}
        edit = Edit(EditKind.FEED_EVENT, "POST", PATH, body, SUBJECT)
        self._writing = True
        self._last = self._tasks.write(
            partial(self._outbox.join, edit, together), self._written, partial(self._keep, batch)
        )

    def _written(self) -> None:
        self._writing = False
        self._write()

    def _keep(self, batch: list[ViewerEvent]) -> None:
        """The disk did not take them: they go with the next."""
        self._writing = False
        self._gathered = batch + self._gathered


def together(before: Any, more: Any) -> Mapping[str, Any] | None:
    """Two batches in one; None when that is more than the server takes at once."""
    events = [*before["events"], *more["events"]]
    return {"events": events} if len(events) <= BATCH_MAX else None
