"""Brings the video of one item: into the cache on the disk, or, where it is restricted, into memory alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from server.content.schemas import VideoView
from studio.api.client import Api, broken_protocol
from studio.api.errors import ApiError
from studio.offline.media_cache import (
    MediaCache,
    MediaCorrupt,
    MediaTooLarge,
    MediaWiped,
    media_path,
    read_into_memory,
)
from studio.offline.media_window import MediaWindow
from studio.storyboard_sheet import read_stills
from studio.video.index import Source
from studio.video.storyboard import Preview

if TYPE_CHECKING:
    from studio.tabs.moderation.review_bundle import Bundle

WHOLE: Final = 64 << 20
"""A restricted video of up to so many bytes is held whole, and checked; a larger one through a window."""

Progress = Callable[[int, int], None]
Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


class MediaProblem(Exception):
    """The media cannot be shown; its text says why, for the person."""

    what_to_do = "You can still decide by what is known, or skip it."

    @property
    def what_happened(self) -> str:
        """A sentence."""
        return str(self)


@dataclass(frozen=True)
class Media:
    """A video ready to be opened. `key` names its file in the cache; None = it is in memory only."""

    source: Source
    key: str | None


class Fetch:
    """One video on its way: `media` when it is there, `problem` when it cannot be had.

    Whoever holds this holds the video: `drop` stops what is on its way and wipes what has come. `progress`
    may be set at any time, to be called with the bytes that have come and those in all.
    """

    def __init__(self, videos: Videos, bundle: Bundle, spawn: Spawn) -> None:
        self._videos = videos
        self._dropped = False
        self.media: Media | None = None
        self.problem: MediaProblem | ApiError | None = None
        self.progress: Progress | None = None
        self._task = spawn(self._run(bundle))

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self.media is not None or self.problem is not None or self._dropped

    async def wait(self) -> None:
        """Wait until it is `settled`; giving up the wait does not stop the fetch."""
        await asyncio.wait([self._task])

    def drop(self) -> None:
        """Nobody wants the video any more."""
        self._dropped = True
        self.progress = None
        self._task.cancel()
        media, self.media = self.media, None
        self._videos.drop(media)

    async def _run(self, bundle: Bundle) -> None:
        try:
            media = await self._videos.fetch(bundle, self._tell)
        except (MediaProblem, ApiError) as error:
            self.problem = error
            return
        if self._dropped:
            self._videos.drop(media)
        else:
            self.media = media

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


class Videos:
    """Fetches videos, and counts who uses which file: the last to drop one wipes it."""

    def __init__(self, api: Api, cache: MediaCache) -> None:
        self._api, self._cache = api, cache
        self._users: Counter[str] = Counter()

    async def fetch(self, bundle: Bundle, progress: Progress | None = None) -> Media:
        """Bring the video of an item; `drop` it when done. Raises ApiError, MediaProblem."""
        subject = bundle.review.subject
        if subject is None or subject.video_id is None:
            raise MediaProblem("The video is not there any more.")
        video = str(subject.video_id)
        head, view = await asyncio.gather(
            self._api.request("HEAD", media_path(video)), self._api.get(f"/v1/content/videos/{video}")
        )
        key = (head.etag or "").strip('"')
        length = head.headers.get("content-length", "")
        if not key or not length.isdecimal():
            raise broken_protocol("it does not say what the video is")
        size = int(length)
        # Either word is enough: a video may have become restricted after its item was read.
        if bundle.restricted or view.model(VideoView).restricted_class:
            return await self._into_memory(video, key, size, progress)
        try:
            return await self._onto_disk(video, key, size, progress)
        except (MediaTooLarge, OSError):
            # Larger than the cache, or the disk is full: no reason to leave it unreviewed.
            return Media(MediaWindow(self._api, video, size=size), None)
        except (MediaCorrupt, MediaWiped) as error:
            raise MediaProblem("The video did not arrive whole. Try again.") from error

    async def previews(self, bundle: Bundle) -> tuple[Preview, ...]:
        """The small grey stills that the server made; none of what is restricted, or has none."""
        subject = bundle.review.subject
        if bundle.restricted or subject is None or subject.video_id is None:
            return ()
        try:
            return await read_stills(self._api, subject.video_id)
        except ApiError:
            return ()  # the stills of the file itself follow

    def drop(self, media: Media | None) -> None:
        """Say that media is not shown any more; the last user's file is wiped, memory is let go."""
        if media is None:
            return
        if isinstance(media.source, MediaWindow):
            media.source.close()
        if media.key is not None:
            self._cache.release(media.key)
            self._leave(media.key)

    async def _into_memory(self, video: str, key: str, size: int, progress: Progress | None) -> Media:
        if size > WHOLE:
            return Media(MediaWindow(self._api, video, size=size), None)
        try:
            content = await read_into_memory(
                self._api, video, sha256=key, size=size, max_bytes=WHOLE, progress=progress
            )
        except MediaCorrupt as error:
            raise MediaProblem("The video did not arrive whole. Try again.") from error
        return Media(content, None)

    async def _onto_disk(self, video: str, key: str, size: int, progress: Progress | None) -> Media:
        self._users[key] += 1
        try:
            path = await self._cache.fetch(
                self._api, video, sha256=key, size=size, restricted=False, progress=progress
            )
        except BaseException:
            self._leave(key)  # also when nobody waits for it any more: it may have come in that moment
            raise
        return Media(path, key)

    def _leave(self, key: str) -> None:
        self._users[key] -= 1
        if self._users[key] <= 0:
            del self._users[key]
            self._cache.wipe([key])
