"""Takes a video away, its upload with it, and brings both back on demand."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from server.content.schemas import VideoView
from studio.api.errors import ApiError, NotFound
from studio.messages import Level
from studio.offline.upload import Upload
from studio.tab import Context

VIDEOS: Final = "/v1/content/videos"
UNDO_S: Final = 12.0


class Deleting(QObject):
    """`gone` carries the id of a video, `restored` the video that is back."""

    gone = Signal(object)
    restored = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._busy: set[UUID] = set()

    def delete(self, name: UUID, title: str) -> None:
        """Delete a video at once; a notice offers to take it back."""
        if name not in self._busy:
            self._busy.add(name)
            self._context.tasks.spawn(self._delete(name, title), self)

    async def _delete(self, name: UUID, title: str) -> None:
        upload = self._context.uploads.take_out(name)
        try:
            await self._context.api.request("DELETE", f"{VIDEOS}/{name}")
        except NotFound:
            pass  # gone already, or never announced
        except ApiError as error:
            if upload is not None:
                await self._context.uploads.add([upload])
            told = f"{error.what_happened} It is still there."
            self._context.messages.notify(Level.WARNING, f"“{title}” was not deleted", told)
            return
        finally:
            self._busy.discard(name)
        self.gone.emit(name)

        def undo() -> None:
            self._context.tasks.spawn(self._restore(name, title, upload), self)

        detail = "What had arrived of it is sent again if you undo." if upload is not None else ""
        self._context.messages.notify(Level.INFO, f"“{title}” deleted", detail, undo=undo, seconds=UNDO_S)

    async def _restore(self, name: UUID, title: str, upload: Upload | None) -> None:
        try:
            answer = await self._context.api.request("POST", f"{VIDEOS}/{name}/restore")
            video = answer.model(VideoView)
        except NotFound as error:
            if upload is None or upload.announced:
                self._told_in_vain(title, error)
                return
            await self._context.uploads.add([upload])  # it had not been announced
            return
        except ApiError as error:
            self._told_in_vain(title, error)
            return
        if upload is not None:
            await self._context.uploads.add([upload])
        self.restored.emit(video)

    def _told_in_vain(self, title: str, error: ApiError) -> None:
        told = f"{error.what_happened} {error.what_to_do}"
        self._context.messages.notify(Level.WARNING, f"“{title}” was not brought back", told)
