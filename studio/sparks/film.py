"""A film in memory, baked or as far as it is: images of the size they are painted at, decoded on a thread."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QImage

from studio.sparks.head_start import HeadStart
from studio.sparks.player import Length

if TYPE_CHECKING:
    from server.sparks.engine.flipbook import Flipbook

MOST_BYTES: Final = 64 << 20
"""Of all decoded pictures that are kept, of all films together."""
LATE: Final = 8
"""Pictures: so old may one be that is shown because the one that is due is not decoded yet."""
Key = tuple[str, int, int, int]
"""Name of the film, number of the picture, width and height."""


class Pictures:
    """Decoded pictures of all films: at most `most` bytes, the longest unused goes first. Any thread may
    call."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[Key, QImage] = OrderedDict()
        self._lock = threading.Lock()
        self.held = 0
        """Bytes that are kept."""

    def get(self, key: Key) -> QImage | None:
        """A picture that is kept."""
        with self._lock:
            image = self._kept.get(key)
            if image is not None:
                self._kept.move_to_end(key)
            return image

    def put(self, key: Key, image: QImage) -> None:
        """Keep one, and let go of others."""
        with self._lock:
            before = self._kept.pop(key, None)
            self.held += image.sizeInBytes() - (before.sizeInBytes() if before is not None else 0)
            self._kept[key] = image
            while self.held > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self.held -= oldest.sizeInBytes()


class Film:
    """Pictures by number. `ask` has one decoded where it is not here; `tell` hears of it on another thread,
    so that a painter asks again and finds it.

    One that is still being baked has `ready` pictures of the `count` that it will have.
    """

    def __init__(
        self,
        name: str,
        book: Flipbook,
        pictures: Pictures,
        executor: Executor,
        tell: Callable[[str], object] = lambda _name: None,
        *,
        count: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._book = name, book
        self._pictures, self._executor, self._tell = pictures, executor, tell
        self._asked: set[Key] = set()
        self._due = 0
        self.length = Length(count or book.count, book.fps)
        self._now = now
        self._start = HeadStart(self.length.count, book.fps)
        self._start.note(book.count, now())

    @property
    def ready(self) -> int:
        """How many pictures are baked, from the first on."""
        return self._book.count

    @property
    def may_begin(self) -> bool:
        """Whether it will not run dry when it begins now."""
        return self._start.enough(self._now())

    def grow(self, more: Flipbook) -> None:
        """Go on with these pictures. Raises BadFlipbook where they show something else."""
        self._book = self._book.followed_by(more)
        self._start.note(self._book.count, self._now())

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of its pictures in px."""
        return self._book.width, self._book.height

    def here(self, number: int, width: int, height: int) -> QImage | None:
        """A picture at this size in device px, if it is decoded."""
        return self._pictures.get((self.name, number, width, height))

    def newest(self, number: int, width: int, height: int) -> tuple[int, QImage] | None:
        """The last of those before a picture that are decoded and not too old, with its number."""
        for before in range(number - 1, max(number - LATE, 0) - 1, -1):
            if (found := self.here(before, width, height)) is not None:
                return before, found
        return None

    def ask(self, number: int, width: int, height: int, *, ahead: bool = False) -> QImage | None:
        """The same; where it is not decoded it is, and told. One that is not baked yet is not there. `ahead`:
        another one is due before it."""
        if not ahead:
            self._due = number
        if number >= self.ready:
            return None
        key = (self.name, number, width, height)
        found = self._pictures.get(key)
        if found is None and key not in self._asked:
            self._asked.add(key)
            self._executor.submit(self._decode, key)
            return self._pictures.get(key)
        return found

    def _decode(self, key: Key) -> None:
        if key[1] < self._due:
            # Its time is over. On a busy computer decoding would fall behind for good, and nothing be seen.
            self._asked.discard(key)
            return
        try:
            self._pictures.put(key, image_of(self._book, key[1], key[2], key[3]))
        finally:
            self._asked.discard(key)
        self._tell(self.name)


def image_of(book: Flipbook, number: int, width: int, height: int) -> QImage:
    """One picture of a flipbook as premultiplied ARGB, scaled. Raises BadFlipbook."""
    import cv2
    import numpy as np

    picture = cv2.cvtColor(book.picture(number), cv2.COLOR_RGBA2BGRA)
    if (width, height) == (book.width, book.height):
        scaled = picture
    else:
        how = cv2.INTER_AREA if width < book.width else cv2.INTER_LINEAR
        scaled = cv2.resize(picture, (width, height), interpolation=how)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    rows = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine())
    rows[:, : width * 4] = np.asarray(scaled, np.uint8).reshape(height, width * 4)
    return image
