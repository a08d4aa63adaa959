"""The stills of a video that its poster can be chosen from: the server's, or those of a file on its way."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final
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
    """`came` carries the id of a video whose stills were looked for, and are here now if there are any."""

    came = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._kept: OrderedDict[UUID, tuple[bool, tuple[Preview, ...]]] = OrderedDict()
        """With whether the server was asked: it may make more of a file that cannot be read here."""
        self._running: set[UUID] = set()
        self._shown: UUID | None = None
        self._decoding = asyncio.Lock()

    def get(self, video: VideoView) -> tuple[Preview, ...]:
        """The stills of the video that is shown, in the order of time; none until they are here, where there
        are any to be had."""
        self._shown = video.id
        by_server = DerivativeKind.STORYBOARD in video.derivatives
        asked, found = self._kept.get(video.id, (False, None))
        if found is not None and (found or asked or not by_server):
            self._kept.move_to_end(video.id)
            return found
        if video.id not in self._running:
            if by_server:
                self._start(video.id, self._read(video.id))
            elif video.state is VideoState.UPLOADING:
                upload = self._context.uploads.get(video.id)
                if upload is not None and upload.size <= LARGEST:
                    self._start(video.id, self._decode(video.id, upload.path))
        return ()

    def _start(self, name: UUID, work: Coroutine[Any, Any, None]) -> None:
        self._running.add(name)
        task = self._context.tasks.spawn(work, self)
        task.add_done_callback(lambda _task: self._running.discard(name))

    async def _read(self, name: UUID) -> None:
        found: tuple[Preview, ...] = ()
        try:
            found = await read_stills(self._context.api, name)
        except ApiError as error:
            if error.transient:
                return  # asked for again when it is next shown
        self._came(name, True, found)

    async def _decode(self, name: UUID, path: Path) -> None:
        async with self._decoding:
            if self._shown != name:
                return  # asked for again when it is next shown
            found = await off_thread(_of_file, path)
        self._came(name, False, found)

    def _came(self, name: UUID, asked: bool, found: tuple[Preview, ...]) -> None:
        self._running.discard(name)
        self._kept[name] = asked, found
        self._kept.move_to_end(name)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        self.came.emit(name)


def _of_file(path: Path) -> tuple[Preview, ...]:
    from studio.video.index import MediaError, build_index

    try:
        index = build_index(path)
        found = stills(path, index, OF_FILE)
        return tuple(Preview(index.table.ms_of(each.frame), each.pixels) for each in found)
    except MediaError:
        return ()  # what is wrong with it the server says when it has arrived
