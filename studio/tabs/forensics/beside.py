"""What is known of a video beside its scores: what it was recognised as, and what a model said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, Signal

from server.forensics.opinion.schemas import OpinionView
from server.forensics.schemas import MatchView
from server.kit.wire import Page
from studio.api.errors import ApiError, NotFound
from studio.messages import Level
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.forensics.topics import MATCHED, OPINED
from studio.workplace import RESYNC


class Beside(QObject):
    """Reads both for one video at a time; what may not be read is left out, since the scores say why.

    `matches` carries the `MatchView`s in a tuple, `opinion` an `OpinionView` or None, `came` which of the two
    was read, and the ApiError where it was not.
    """

    matches = Signal(object)
    opinion = Signal(object)
    came = Signal(str, object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._video: UUID | None = None
        self._reading: dict[str, asyncio.Task[None]] = {}

    def show_video(self, video: UUID | None) -> None:
        """Read what there is of another video."""
        for task in self._reading.values():
            task.cancel()
        self._reading.clear()
        self._video = video
        self.reload()

    def reload(self) -> None:
        """Read both anew."""
        self.read_matches()
        self.read_opinion()

    def on_changes(self, changes: Changes) -> None:
        """Read what has moved on."""
        video = str(self._video)
        if RESYNC in changes.kinds or any(changes.touches(kind, video) for kind in MATCHED):
            self.read_matches()
        if RESYNC in changes.kinds or any(changes.touches(kind, video) for kind in OPINED):
            self.read_opinion()

    def read_matches(self) -> None:
        """Read what the video was recognised as."""
        if (video := self._video) is None:
            return

        async def fetch() -> tuple[MatchView, ...]:
            answer = await self._context.api.get(f"/v1/forensics/videos/{video}/matches")
            return tuple(answer.model(Page[MatchView]).items)

        self._read("matches", fetch, self.matches.emit, video)

    def read_opinion(self) -> None:
        """Read what a model said."""
        if (video := self._video) is None:
            return

        async def fetch() -> OpinionView:
            answer = await self._context.api.get(f"/v1/forensics/videos/{video}/opinion")
            return answer.model(OpinionView)

        self._read("opinion", fetch, self.opinion.emit, video)

    def ask(self) -> None:
        """Have a model asked about the video."""
        if (video := self._video) is None:
            return

        async def fetch() -> OpinionView:
            path = f"/v1/forensics/videos/{video}/opinion"
            answer = await self._context.api.post(path, idempotency_key=str(uuid4()))
            return answer.model(OpinionView)

        def took(found: OpinionView) -> None:
            if video == self._video:
                if (reading := self._reading.get("opinion")) is not None:
                    reading.cancel()  # it would say what was before
                self.opinion.emit(found)

        def refused(error: ApiError) -> None:
            self._context.messages.notify(Level.WARNING, error.what_happened, error.to_do_oneself)

        self._context.tasks.read(fetch, took, refused, owner=self)

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return all(task.done() for task in self._reading.values())

    def _read(
        self,
        what: str,
        fetch: Callable[[], Coroutine[Any, Any, object]],
        told: Callable[[object], object],
        video: UUID,
    ) -> None:
        """Read one of the two; what was asked before it may be older, and is not waited for."""

        def take(found: object) -> None:
            if video == self._video:
                self.came.emit(what, None)
                told(found)

        def failed(error: ApiError) -> None:
            if video == self._video:
                self.came.emit(what, None if isinstance(error, NotFound) else error)

        if (before := self._reading.get(what)) is not None:
            before.cancel()
        self._reading[what] = self._context.tasks.read(fetch, take, failed, owner=self)
