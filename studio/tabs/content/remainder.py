"""Goes on with an upload that began elsewhere, once its file is known to be the same."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from server.content.schemas import Arrived, VideoView
from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.tabs.content.files import begins_with, remainder_of
from studio.tasks import off_thread

VIDEOS: Final = "/v1/content/videos"
ANOTHER: Final = (
    "Its name and its size are right, but what has arrived of the video is not how this file begins. "
    "Choose the file with which the upload began, or delete this video and upload the other one anew."
)


class Remainder(QObject):
    """`comparing` tells whether a file is looked at just now."""

    comparing = Signal(bool)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._busy = False

    def go_on(self, video: VideoView, path: Path) -> None:
        """Send the rest of a video, when `path` is its file."""
        if not self._busy:
            self._set_busy(True)
            self._context.tasks.spawn(self._go_on(video, path), self)

    async def _go_on(self, video: VideoView, path: Path) -> None:
        try:
            upload, fault = await off_thread(remainder_of, video, path)
            if upload is not None:
                answer = await self._context.api.get(f"{VIDEOS}/{video.id}/arrived")
                same = await off_thread(begins_with, path, answer.model(Arrived))
                fault = "" if same else ANOTHER
        except ApiError as error:
            told = f"{error.what_happened} {error.what_to_do}"
            self._context.messages.notify(Level.WARNING, f"“{video.title}” was not gone on with", told)
            return
        finally:
            self._set_busy(False)
        if upload is None or fault:
            self._context.messages.notify(Level.WARNING, "This is another file", fault)
        else:
            await self._context.uploads.add([upload])

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.comparing.emit(busy)
