"""A film in memory, baked or as far as it is: images of the size they are painted at, decoded on a thread."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QImage

from studio.sparks.head_start import HeadStart
from studio.sparks.player import Length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from server.sparks.engine.flipbook import Flipbook

MOST_BYTES: Final = 64 << 20
"""Of all decoded pictures that are kept, of all films together."""
MOST_ASKED: Final = 3
"""Pictures of one film that wait to be decoded: whoever is late wants those of now, not those of then."""
LARGEST: Final = 2
"""Times the size as baked: what is larger still is scaled where it is painted. That costs the Qt thread more,
but pictures as large as a 4K screen would drive out those that are due next."""
Key = tuple[str, int, int, int, int]
"""Name of the film, number of the picture, width, height, and px at each side over which it fades."""


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
        self._asked: deque[Key] = deque(maxlen=MOST_ASKED)
        self._decoding: Key | None = None
        self._lock = threading.Lock()
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

    def here(self, number: int, width: int, height: int, edge: int = 0) -> QImage | None:
        """A picture at this size in device px, if it is decoded; at its sides it fades over `edge` px."""
        return self._pictures.get(self._key(number, width, height, edge))

    def newest(
        self, number: int, since: int, width: int, height: int, edge: int = 0
    ) -> tuple[int, QImage] | None:
        """The last picture that is decoded, with its number, from `since` up to `number`."""
        for each in range(number, since - 1, -1):
            if (image := self.here(each, width, height, edge)) is not None:
                return each, image
        return None

    def ask(self, number: int, width: int, height: int, edge: int = 0) -> QImage | None:
        """The same as `here`; where it is not decoded it is, and told, unless others are asked for before its
        turn has come. One that is not baked yet is not there."""
        if number >= self.ready:
            return None
        key = self._key(number, width, height, edge)
        found = self._pictures.get(key)
        if found is None:
            self._have_decoded(key)
            return self._pictures.get(key)
        return found

    def _key(self, number: int, width: int, height: int, edge: int) -> Key:
        most = LARGEST * self._book.width, LARGEST * self._book.height
        if width > most[0] or height > most[1]:
            return self.name, number, *most, edge * most[0] // width
        return self.name, number, width, height, edge

    def _have_decoded(self, key: Key) -> None:
        with self._lock:
            if key == self._decoding or key in self._asked:
                return
            begin = self._decoding is None and not self._asked
            self._asked.append(key)
        if begin:
            self._go_on()

    def _go_on(self) -> None:
        try:
            self._executor.submit(self._decode)
        except RuntimeError:  # closed, while something still paints
            self._asked.clear()

    def _decode(self) -> None:
        """One at a time, so that other films have their turn."""
        with self._lock:
            self._decoding = key = self._asked.popleft()
        try:
            self._pictures.put(key, image_of(self._book, *key[1:]))
        finally:
            with self._lock:
                self._decoding, more = None, bool(self._asked)
            if more:
                self._go_on()
        self._tell(self.name)


def image_of(book: Flipbook, number: int, width: int, height: int, edge: int = 0) -> QImage:
    """One picture of a flipbook as premultiplied ARGB, scaled; at its sides it fades over `edge` px. Raises
    BadFlipbook."""
    import cv2

    picture = cv2.cvtColor(book.picture(number), cv2.COLOR_RGBA2BGRA)
    if (width, height) == (book.width, book.height):
        scaled = picture
    else:
        how = cv2.INTER_AREA if width < book.width else cv2.INTER_LINEAR
        scaled = cv2.resize(picture, (width, height), interpolation=how)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    _pixels(image)[:] = scaled
    soften(image, edge)
    return image


def soften(image: QImage, edge: int) -> None:
    """Let a premultiplied picture fade over so many px at its left and its right side."""
    import numpy as np

    width, edge = image.width(), min(edge, image.width() // 2)
    if edge <= 0:
        return
    pixels = _pixels(image)
    share = (np.arange(edge, dtype=np.float32)[:, None] + 0.5) / edge
    share = share * share * (3 - 2 * share)
    for side, fade in ((pixels[:, :edge], share), (pixels[:, width - edge :], share[::-1])):
        side[:] = side * fade


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """Those of a picture of 32 bits, `(height, width, 4)`, to be written to."""
    import numpy as np

    rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()]
