"""The stills of videos, fetched when they are first painted and kept while there is room."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from server.content.rules import DerivativeKind
from server.content.schemas import VideoView
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tasks import off_thread

WIDTH: Final = 480
"""Of a kept still in px: enough for the pane on a fine screen."""
MOST: Final = 200
AT_ONCE: Final = 4


class Posters(QObject):
    """`came` carries the id of a video whose still is here now."""

    came = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._stills: OrderedDict[UUID, QPixmap | None] = OrderedDict()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def get(self, video: VideoView) -> QPixmap | None:
        """The still of a video, or None, in which case it is fetched where there is one."""
        if DerivativeKind.POSTER not in video.derivatives:
            return None
        if video.id in self._stills:
            self._stills.move_to_end(video.id)
            return self._stills[video.id]
        self._put(video.id, None)  # asked for once, however often it is painted meanwhile
        self._context.tasks.spawn(self._fetch(video.id), self)
        return None

    async def _fetch(self, name: UUID) -> None:
        try:
            async with self._slots:
                answer = await self._context.api.get(f"/v1/content/videos/{name}/poster")
        except ApiError as error:
            if error.transient:
                self._stills.pop(name, None)  # asked for again when it is next painted
            return
        image = await off_thread(_decoded, answer.content)
        if not image.isNull():
            self._put(name, QPixmap.fromImage(image))
            self.came.emit(name)

    def _put(self, name: UUID, still: QPixmap | None) -> None:
        self._stills[name] = still
        self._stills.move_to_end(name)
        while len(self._stills) > MOST:
            self._stills.popitem(last=False)


def _decoded(data: bytes) -> QImage:
    image = QImage.fromData(data)
    if image.width() <= WIDTH:
        return image
    return image.scaledToWidth(WIDTH, Qt.TransformationMode.SmoothTransformation)
