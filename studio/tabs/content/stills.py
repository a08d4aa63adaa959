"""The stills of a video that its poster can be chosen from: the server's, or those of a file on its way."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from server.content.rules import DerivativeKind, VideoState
from server.content.schemas import VideoView
from studio.api.errors import ApiError
from studio.storyboard_sheet import read_stills
from studio.tab import Context
from studio.tasks import off_thread
from studio.video.storyboard import Preview, stills

MOST: Final = 6
"""Videos whose stills are kept."""
OF_FILE: Final = 24
LARGEST: Final = 2 << 30
"""Of a larger file the stills wait until the server has made them: to look through it takes long."""


class Stills(QObject):
    """`came` carries the id of a video whose stills are here now."""

    came = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._kept: OrderedDict[UUID, tuple[Preview, ...]] = OrderedDict()

    def get(self, video: VideoView) -> tuple[Preview, ...]:
        """The stills, in the order of time; none until they are here, where there are any to be had."""
        if video.id in self._kept:
            self._kept.move_to_end(video.id)
            return self._kept[video.id]
        if DerivativeKind.STORYBOARD in video.derivatives:
            self._put(video.id, ())
            self._context.tasks.spawn(self._read(video.id), self)
        elif video.state is VideoState.UPLOADING:
            upload = self._context.uploads.get(video.id)
            if upload is not None and upload.size <= LARGEST:
                self._put(video.id, ())
                self._context.tasks.spawn(self._decode(video.id, upload.path), self)
        return ()

    async def _read(self, name: UUID) -> None:
        try:
            found = await read_stills(self._context.api, name)
        except ApiError as error:
            if error.transient:
                self._kept.pop(name, None)  # asked for again when it is next shown
            return
        self._came(name, found)

    async def _decode(self, name: UUID, path: Path) -> None:
        found = await off_thread(_of_file, path)
        if found:
            self._came(name, found)
        else:
            self._kept.pop(name, None)  # the server may make more of it

    def _came(self, name: UUID, found: tuple[Preview, ...]) -> None:
        self._put(name, found)
        self.came.emit(name)

    def _put(self, name: UUID, found: tuple[Preview, ...]) -> None:
        self._kept[name] = found
        self._kept.move_to_end(name)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)


def _of_file(path: Path) -> tuple[Preview, ...]:
    from studio.video.index import MediaError, build_index

    try:
        index = build_index(path)
        found = stills(path, index, OF_FILE)
        return tuple(Preview(index.table.ms_of(each.frame), each.pixels) for each in found)
    except MediaError:
        return ()  # what is wrong with it the server says when it has arrived
