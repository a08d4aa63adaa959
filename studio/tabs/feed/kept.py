"""The videos that were seen last: kept on this computer, so that they are there without the server, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from server.content.schemas import FeedItem, VideoView
from studio.api.client import Api
from studio.api.errors import ApiError, NotFound
from studio.offline.media_cache import MediaCache
from studio.offline.run_folder import KeptFolder
from studio.offline.store import Cached
from studio.settings import MEDIA_CACHE_MB
from studio.tab import Context
from studio.tabs.feed.state import may_be_shown
from studio.tasks import off_thread

MOST: Final = 30
"""So many videos are kept."""
BYTES: Final = 512 << 20
"""And no more of them than fits into this."""
NAME: Final = "feed"


class KeptVideo(BaseModel):
    """A video as it was when it was seen, and the file in the cache: SHA-256 of its content, bytes."""

    item: FeedItem
    sha256: str
    size: int


_LIST: Final = TypeAdapter(list[KeptVideo])


class Kept:
    """A folder of the person's own beside their drafts, and a list of what is in it, the last seen first.

    A second client of the same person works with the common cache, which goes with the program, and keeps
    no list.
    """

    def __init__(self, context: Context) -> None:
        self._store, self._tasks = context.store, context.tasks
        self._folder = KeptFolder(self._store.path.parent / NAME)
        most = min(BYTES, context.settings.get(MEDIA_CACHE_MB) * 1024 * 1024)
        self.cache = MediaCache(self._folder.path, max_bytes=most) if self._folder.held else context.media
        self._seen: list[KeptVideo] = []
        self._loaded = not self._folder.held
        self._loading = asyncio.Lock()

    async def load(self) -> list[KeptVideo]:
        """What was seen last and is whole on this computer, the last seen first."""
        await self.open()
        return [each for each in self._seen if self._is_whole(each)]

    async def open(self) -> None:
        """Read the list, once, and delete what is not on it: nothing may be fetched before that is done, or
        it would go, too."""
        async with self._loading:  # or who reads it second would bring back what was forgotten meanwhile
            if not self._loaded:
                self._seen = _read(await off_thread(self._store.get, NAME))
                self._loaded = True
                self._wipe_others()

    async def see(self, item: FeedItem, sha256: str, size: int) -> None:
        """Remember what is seen now."""
        if not self._folder.held:
            return
        await self.load()
        others = [each for each in self._seen if each.item.video.id != item.video.id]
        self._keep([KeptVideo(item=item, sha256=sha256, size=size), *others][:MOST])

    def forget(self, video_id: UUID) -> None:
        """Delete what is here of a video that nobody may see any more."""
        for each in self._seen:
            if each.item.video.id == video_id:
                self.cache.wipe([each.sha256])
                self._keep([other for other in self._seen if other is not each])

    async def check(
        self, api: Api, on_gone: Callable[[UUID], object], only: Collection[UUID] | None = None
    ) -> bool:
        """Ask the server, one after the other, whether what is kept may still be seen, and tell `on_gone` of
        what may not; False when the server could not be asked."""
        for each in await self.load():
            video_id = each.item.video.id
            if only is not None and video_id not in only:
                continue
            try:
                video = (await api.get(f"/v1/content/videos/{video_id}")).model(VideoView)
            except NotFound:
                on_gone(video_id)
            except ApiError:
                return False
            else:
                if not may_be_shown(video, asked_for=each.item.why is None):
                    on_gone(video_id)
        return True

    async def close(self) -> None:
        """Delete what was fetched ahead and never watched, and let another client have the folder."""
        await self.load()
        self._wipe_others()
        await off_thread(self._folder.close)

    def _is_whole(self, each: KeptVideo) -> bool:
        return self.cache.size_of(each.sha256) == each.size  # a loss of power may leave an empty file

    def _wipe_others(self) -> None:
        """Of what is not on the list nobody would ever ask again whether it may be seen."""
        if self._folder.held:
            self.cache.wipe_others({each.sha256 for each in self._seen if self._is_whole(each)})

    def _keep(self, seen: Sequence[KeptVideo]) -> None:
        self._seen = list(seen)
        self._tasks.copy(partial(self._store.put, NAME, _LIST.dump_json(self._seen)))


def _read(found: Cached | None) -> list[KeptVideo]:
    try:
        return _LIST.validate_json(found.value) if found is not None else []
    except ValidationError:
        return []  # of another version, or cut off with the power: it is only a copy
