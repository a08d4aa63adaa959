"""Reads the feed page by page, and looks whether what is shown may still be seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from server.content.schemas import FeedItem, VideoView
from server.kit.wire import Page
from studio.api.errors import ApiError, NotFound
from studio.tab import Context
from studio.tabs.feed.state import FeedList, may_be_shown

PAGE: Final = 10
MOST_EMPTY: Final = 5
"""So many pages without a video are read on; then it rests until somebody asks again."""


class Reading(QObject):
    """`arrived`: there are more items, or the end is known. `failed`: why there are not. `removed` and
    `updated` carry the id of a video of the feed, `withheld` that of any which is not public any more."""

    arrived = Signal()
    failed = Signal(object)
    removed = Signal(object)
    updated = Signal(object)
    withheld = Signal(object)

    def __init__(self, context: Context, feed: FeedList, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._feed = context, feed
        self._busy = False
        self.rests = False
        """Whether the last pages held no video, and there are more of them."""
        self._looking: set[UUID] = set()
        self._again: set[UUID] = set()

    @property
    def busy(self) -> bool:
        """Whether a page is on its way."""
        return self._busy

    def more(self) -> None:
        """Read the next page, unless one is on its way."""
        if not self._busy:
            self._busy = True
            self._context.tasks.spawn(self._read_more(), self)

    def look_at(self, ids: Collection[UUID]) -> None:
        """See whether these videos are what they were; what is hidden or gone is taken out."""
        for video_id in ids:
            if video_id in self._looking:
                self._again.add(video_id)  # the answer on its way may be older than what is told now
            else:
                self._looking.add(video_id)
                self._context.tasks.spawn(self._look_at(video_id), self)

    async def _read_more(self) -> None:
        self.rests, empty = False, 0
        try:
            while empty < MOST_EMPTY:
                generation, params = self._feed.generation, self._params()
                answer = await self._context.api.get("/v1/content/feed", params=params)
                page = answer.model(Page[FeedItem])
                if not self._feed.add(page.items, page.next_cursor, generation=generation):
                    empty = 0  # somebody looked again meanwhile: so does this
                    continue
                if page.items or self._feed.ended:
                    break
                empty += 1
        except ApiError as error:
            trouble: ApiError | None = error
        else:
            trouble = None
        finally:
            self._busy, self.rests = (
                False,
                empty >= MOST_EMPTY,
            )  # before it is told: whoever hears it may want the next page
        if trouble is not None:
            self.failed.emit(trouble)
        else:
            self.arrived.emit()

    def _params(self) -> dict[str, str | int]:
        params: dict[str, str | int] = {"limit": PAGE}
        if self._feed.cursor is not None:
            params["cursor"] = self._feed.cursor
        return params

    async def _look_at(self, video_id: UUID) -> None:
        try:
            video = (await self._context.api.get(f"/v1/content/videos/{video_id}")).model(VideoView)
        except NotFound:
            self.withheld.emit(video_id)
            self._remove(video_id)
        except ApiError:
            pass  # not known now; it is looked at again
        else:
            if not may_be_shown(video, asked_for=False):
                self.withheld.emit(video_id)
            before = self._feed.find(video_id)
            if before is not None and before.video != video:
                if self._feed.update(video):
                    self.updated.emit(video_id)
                else:
                    self.removed.emit(video_id)
        finally:
            self._looking.discard(video_id)
            if video_id in self._again:
                self._again.discard(video_id)
                self.look_at([video_id])

    def _remove(self, video_id: UUID) -> None:
        if self._feed.remove(video_id):
            self.removed.emit(video_id)
