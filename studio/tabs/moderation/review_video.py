"""The video of the item that is open: small stills first, then itself; nothing of it outlives the item."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from studio.tabs.moderation.review_bundle import Bundle
from studio.tabs.moderation.review_media import Fetch, Spawn, Videos
from studio.tabs.moderation.review_state import is_video
from studio.tabs.moderation.review_view import View


class ItemTasks:
    """Work that ends with the item that is open."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._tasks: set[asyncio.Task[Any]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin with work for the item."""
        task = self._spawn(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """The item is gone."""
        for task in self._tasks:
            task.cancel()


class ItemVideo:
    """Brings the video of one item at a time to the view."""

    def __init__(self, videos: Videos, view: View, spawn: Spawn) -> None:
        self._videos, self._view, self._spawn = videos, view, spawn
        self._fetch: Fetch | None = None
        self._tasks = ItemTasks(spawn)

    @property
    def fetch(self) -> Fetch | None:
        """What is on its way, or here; None for an item without a video."""
        return self._fetch

    @property
    def failed(self) -> bool:
        """Whether it did not come, and may be tried again."""
        return self._fetch is not None and self._fetch.problem is not None

    def bring(self, bundle: Bundle, fetch: Fetch | None = None) -> None:
        """Show the video of an item, if it has one; `fetch` may have it already."""
        if not is_video(bundle.review):
            return
        if fetch is None or (fetch.settled and fetch.media is None):
            fetch = Fetch(self._videos, bundle, self._spawn)
        self._fetch = fetch
        if fetch.media is not None:
            self._view.show_media(fetch.media)
            return
        fetch.progress = self._view.show_progress
        self._tasks.run(self._show_previews(bundle, fetch))
        self._tasks.run(self._show_media(fetch))

    def keep(self) -> Fetch | None:
        """Hand the video over; it is not shown from here any more."""
        fetch, self._fetch = self._fetch, None
        if fetch is not None:
            fetch.progress = None
        self._tasks.stop()
        return fetch

    def drop(self) -> None:
        """Let go of the video, whether it has come or not."""
        fetch = self.keep()
        if fetch is not None:
            fetch.drop()

    async def _show_previews(self, bundle: Bundle, fetch: Fetch) -> None:
        previews = await self._videos.previews(bundle)
        if fetch.media is None:
            self._view.show_previews(previews)

    async def _show_media(self, fetch: Fetch) -> None:
        await fetch.wait()
        if fetch.media is not None:
            self._view.show_media(fetch.media)
        elif fetch.problem is not None:
            self._view.show_media_problem(fetch.problem.what_happened, fetch.problem.what_to_do)
