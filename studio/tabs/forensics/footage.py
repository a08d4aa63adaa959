"""The file of a video for looking at, never on the disk, and none of the restricted class."""

from __future__ import annotations

import asyncio
from uuid import UUID

from server.content.schemas import VideoView
from studio.api.client import Api
from studio.offline.media_cache import media_path
from studio.offline.media_window import MediaWindow


class NotShown(Exception):
    """The video may not be shown here; its text says why, for the person."""


async def footage(api: Api, video_id: UUID) -> MediaWindow:
    """Open the file of a video; whoever gets it closes it. Raises ApiError, NotShown."""
    head, view = await asyncio.gather(
        api.request("HEAD", media_path(str(video_id))), api.get(f"/v1/content/videos/{video_id}")
    )
    if view.model(VideoView).restricted_class:
        raise NotShown("Of restricted videos no picture is compared.")
    length = head.headers.get("content-length", "")
    if not length.isdecimal():
        raise NotShown("The server does not say how long its file is.")
    return MediaWindow(api, str(video_id), size=int(length))
