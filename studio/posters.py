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
MOST_BYTES: Final = 48 << 20
"""Of the kept stills as they lie in memory: about 30 upright ones, or 90 wide ones."""
AT_ONCE: Final = 4


class Posters(QObject):
    """`came` carries the id of a video whose still is here now."""

    came = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._stills: OrderedDict[UUID, tuple[int, QPixmap | None]] = OrderedDict()
        self._slots = asyncio.Semaphore(AT_ONCE)

    def get(self, video: VideoView) -> QPixmap | None:
        """The still of a video, or None, in which case it is fetched where there is one.

        A newer copy of the video may have another one: it is looked for, and the old one shown meanwhile.
        """
        if DerivativeKind.POSTER not in video.derivatives:
            return None
        version, still = self._stills.get(video.id, (0, None))
        if version < video.version:
            self.put(video, still)  # asked for once, however often it is painted meanwhile
            self._context.tasks.spawn(self._fetch(video), self)
        else:
            self._stills.move_to_end(video.id)
        return still

    async def _fetch(self, video: VideoView) -> None:
        try:
            async with self._slots:
                answer = await self._context.api.get(f"/v1/content/videos/{video.id}/poster")
        except ApiError as error:
            if error.transient and video.id in self._stills:
                # Asked for again when it is next painted; the one before stays.
                self._stills[video.id] = 0, self._stills[video.id][1]
            return
        image = await off_thread(_decoded, answer.content)
        if not image.isNull() and self._stills.get(video.id, (0, None))[0] <= video.version:
            self.put(video, QPixmap.fromImage(image))
            self.came.emit(video.id)

    def put(self, video: VideoView, still: QPixmap | None) -> None:
        """Keep the still of this copy of a video."""
        self._stills[video.id] = video.version, still
        self._stills.move_to_end(video.id)
        held = sum(_size(each) for _, each in self._stills.values())
        while held > MOST_BYTES and len(self._stills) > 1:
            _, (_, oldest) = self._stills.popitem(last=False)
            held -= _size(oldest)


def _size(still: QPixmap | None) -> int:
    """In bytes. The mark of one that is on its way, or of none, counts, too."""
    return 1024 if still is None else still.width() * still.height() * still.depth() // 8


def _decoded(data: bytes) -> QImage:
    image = QImage.fromData(data)
    if image.width() <= WIDTH:
        return image
    return image.scaledToWidth(WIDTH, Qt.TransformationMode.SmoothTransformation)
