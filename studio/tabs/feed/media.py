"""Brings the videos of the feed: into the bounded cache; what does not fit, through a window in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.content.schemas import FeedItem, VideoView
from studio.api.client import Api, broken_protocol
from studio.offline.media_cache import MediaCorrupt, MediaTooLarge, MediaWiped, media_path
from studio.offline.media_window import MediaWindow
from studio.tabs.feed.kept import Kept, KeptVideo
from studio.video.index import Source

REMEMBERED: Final = 500


class Unplayable(Exception):
    """The video did not arrive as it should; its text says so."""


@dataclass(frozen=True)
class Held:
    """A video ready to be opened. `key` names its file in the cache; None = it is in memory only."""

    source: Source
    key: str | None


class FeedMedia:
    """Fetches videos; those seen lately stay in the cache as long as there is room, and play offline."""

    def __init__(self, api: Api, kept: Kept) -> None:
        self._api, self._kept, self._cache = api, kept, kept.cache
        self._files: OrderedDict[UUID, tuple[str, int]] = OrderedDict()

    async def fetch(self, video: VideoView) -> Held:
        """Bring a video; `release` it when done. Raises ApiError, Unplayable."""
        key, size = await self._file(video.id)
        if video.restricted_class:
            return Held(MediaWindow(self._api, str(video.id), size=size), None)
        await self._kept.open()
        try:
            path = await self._cache.fetch(self._api, str(video.id), sha256=key, size=size, restricted=False)
        except (MediaTooLarge, OSError):
            return Held(MediaWindow(self._api, str(video.id), size=size), None)
        except (MediaCorrupt, MediaWiped) as error:
            raise Unplayable("The video did not arrive whole.") from error
        return Held(path, key)

    def release(self, held: Held) -> None:
        """Say that a video is not shown any more."""
        if isinstance(held.source, MediaWindow):
            held.source.close()
        if held.key is not None:
            self._cache.release(held.key)

    def discard(self, held: Held) -> None:
        """Let go of a video, and of its copy, so that it is fetched anew."""
        self.release(held)
        if held.key is not None:
            self._cache.wipe([held.key])

    def know(self, kept: KeptVideo) -> None:
        """Take a video that is here for one that needs no server."""
        self._files[kept.item.video.id] = kept.sha256, kept.size

    async def see(self, item: FeedItem) -> None:
        """Have a video, which is here and is being watched, kept for later."""
        file = self._files.get(item.video.id)
        if file is not None and self._cache.size_of(file[0]) is not None:
            await self._kept.see(item, *file)

    def forget(self, video_id: UUID) -> None:
        """Delete the copy of a video that nobody may see any more."""
        self._kept.forget(video_id)
        file = self._files.pop(video_id, None)
        if file is not None:
            self._cache.wipe([file[0]])

    async def _file(self, video_id: UUID) -> tuple[str, int]:
        """What names the content: asked once, so that a video that is here plays without the server."""
        known = self._files.get(video_id)
        if known is not None:
            self._files.move_to_end(video_id)
            return known
        head = await self._api.request("HEAD", media_path(str(video_id)))
        key = (head.etag or "").strip('"')
        length = head.headers.get("content-length", "")
        if not key or not length.isdecimal():
            raise broken_protocol("it does not say what the video is")
        found = self._files[video_id] = key, int(length)
        while len(self._files) > REMEMBERED:
            self._files.popitem(last=False)
        return found
