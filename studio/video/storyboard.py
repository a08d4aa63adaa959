"""A strip of small stills over the whole video: grey and shielded until revealed, click to seek."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.video.background import Background
from studio.video.frames import FrameTable
from studio.video.index import MediaError, MediaIndex, Source
from studio.video.playhead import Playhead, timecode
from studio.video.reader import FrameMissingError, FrameReader
from studio.video.shield import OPEN, Pixels, Shield, shield_pixels, treat
from studio.video.view import image_over

STILLS = 9
_LONG_SIDE = 160
_DEAREST = 600  # a still that costs more decodes than this is left out
_GAP = 4
_HEIGHT = 52


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """A still at `ms` that somebody else made, before the video itself is there; pixels as in `Still`."""

    ms: int
    pixels: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One frame, small, upright and untreated: (height, width, 4) blue, green, red, 255."""

    frame: int
    pixels: Pixels


def pixels_of(image: QImage) -> Pixels:
    """An image as blue, green, red, 255; a copy."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine() // 4, 4)
    return flat[:, : plain.width()].copy()


def still_frames(table: FrameTable, count: int) -> list[int]:
    """Frames spread evenly in time, moved to a keyframe where each still finds one of its own."""
    chosen: list[int] = []
    for number in range(count):
        target = table.at_ms(table.duration_ms * (number + 0.5) / count)
        key = table.keyframe_before(target)
        frame = key if not chosen or key > chosen[-1] else target
        if not chosen or frame > chosen[-1]:
            chosen.append(frame)
    return chosen


def stills(source: Source, index: MediaIndex, count: int = STILLS) -> Iterator[Still]:
    """Decode the stills of a video; damaged ones are left out. Raises MediaError."""
    scale = _LONG_SIDE / max(index.width, index.height)
    size = max(1, round(index.width * scale)), max(1, round(index.height * scale))
    reader = FrameReader(source, index.table)
    try:
        for frame in still_frames(index.table, count):
            if reader.cost(frame) > _DEAREST:
                continue
            try:
                *_, (_number, picture) = reader.run(frame)
            except FrameMissingError:
                continue
            yield Still(frame, treat(picture, size, index.rotation, OPEN))
    finally:
        reader.close()


class Storyboard(QWidget):
    """One row of stills. Arrow keys choose one, Enter or a click seeks there.

    Only images treated with `required` are painted; colour ones are made from the stills while a
    reveal lasts and dropped at its end. Previews stand in for the stills until all are decoded.
    """

    chosen = Signal(int)
    operated_by = frozenset({"Left", "Right", "Return", "Enter"})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Storyboard")
        self._stills: list[Still] = []
        self._previews: list[Preview] = []
        self._decoded: list[Still] | None = None
        self._shielded: list[tuple[Pixels, QImage]] = []
        self._revealed: list[QImage] | None = None
        self._shield = Shield(grey=True)
        self._blank = False
        self._current = 0
        self._head: Playhead | None = None
        self._worker = Background(self)
        self._worker.item.connect(self._take)
        self._worker.finished.connect(self._end)

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def load(self, source: Source, index: MediaIndex) -> None:
        """Decode the stills of `source` on a thread; the previews shown can be chosen from now on."""
        previews = self._previews
        self.clear()
        if previews:
            self._decoded = []
            for each in previews:
                self.add_still(Still(index.table.at_ms(each.ms), each.pixels))

        def work() -> Iterator[object]:
            try:
                yield from stills(source, index)
            except MediaError:
                return  # the player tells about a file that does not open

        self._worker.start("storyboard", work)

    def preview(self, given: Sequence[Preview]) -> None:
        """Show stills of a video that is not there yet, a few of them, evenly."""
        self.clear()
        count = min(len(given), STILLS)
        self._previews = [given[(2 * n + 1) * len(given) // (2 * count)] for n in range(count)]
        for each in self._previews:
            self.add_still(Still(-1, each.pixels))

    def set_stills(self, given: Sequence[Still]) -> None:
        """Show stills that exist already, for example those the server made."""
        self.clear()
        for still in given:
            self.add_still(still)

    def add_still(self, still: Still) -> None:
        """Append one still."""
        self._stills.append(still)
        self._shielded.append(self._treated(still))
        if self._revealed is not None:
            self._revealed.append(image_over(still.pixels))
        self.update()

    def clear(self) -> None:
        """Forget every still and stop decoding."""
        self._worker.stop()
        self._stills, self._shielded, self._previews, self._decoded = [], [], [], None
        self._revealed = None if self._revealed is None else []
        self._current = 0
        self.update()

    def set_shield(self, shield: Shield) -> None:
        """How stills are treated while nothing is revealed; grey always."""
        shield = replace(shield, grey=True)
        if shield != self._shield:
            self._shield = shield
            self._shielded = [self._treated(still) for still in self._stills]
            self.update()

    def set_revealed(self, revealed: bool) -> None:
        """Show the stills in colour while a reveal lasts."""
        self._revealed = [image_over(still.pixels) for still in self._stills] if revealed else None
        self.update()

    def set_blank(self, blank: bool) -> None:
        """Show nothing at all."""
        self._blank = blank
        self.update()

    def set_playhead(self, head: Playhead | None) -> None:
        """Which still the playhead is in."""
        before = self._playing_at()
        self._head = head
        if self._playing_at() != before:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint(painter)

    def paint(self, painter: QPainter) -> None:
        """Paint the widget's content."""
        if self._blank:
            return
        worn = style.tokens()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        images = self._revealed
        if images is None:
            images = [image for _pixels, image in self._shielded]
        here = self._playing_at()
        for number, image in enumerate(images):
            cell = self._cell(number)
            seen = QRect(QPoint(0, 0), cell.size().scaled(image.size(), Qt.AspectRatioMode.KeepAspectRatio))
            seen.moveCenter(image.rect().center())
            painter.drawImage(cell, image, seen)
            focused = self.hasFocus() and number == self._current
            if focused or number == here:
                painter.setPen(QPen(QColor(worn.focus if focused else worn.accent), 2))
                painter.drawRect(cell.adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for number in range(len(self._stills)):
            if self._cell(number).contains(event.position().toPoint()):
                self._choose(number)
                self._go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if not self._stills:
            super().keyPressEvent(event)
        elif event.key() in moves:
            self._choose(self._current + moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._choose(self._current)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def _take(self, still: Still) -> None:
        if self._decoded is None:
            self.add_still(still)
        else:
            self._decoded.append(still)

    def _end(self, _failure: object) -> None:
        if self._decoded:
            self.set_stills(self._decoded)

    def _go(self) -> None:
        frame = self._stills[self._current].frame
        if self._head is not None and frame >= 0:
            self.chosen.emit(frame)

    def _treated(self, still: Still) -> tuple[Pixels, QImage]:
        pixels = np.ascontiguousarray(shield_pixels(still.pixels, self._shield))
        return pixels, image_over(pixels)

    def _choose(self, number: int) -> None:
        self._current = min(max(number, 0), max(len(self._stills) - 1, 0))
        if self._stills and self._head is not None and self._stills[self._current].frame >= 0:
            at = timecode(self._head.table.ms_of(self._stills[self._current].frame))
            still = f"Still {self._current + 1} of {len(self._stills)}, at {at}"
            self.setAccessibleDescription(still)
        self.update()

    def _playing_at(self) -> int | None:
        """The still that is nearest to the frame on screen."""
        if self._head is None or not self._stills:
            return None
        here = self._head.frame
        return min(range(len(self._stills)), key=lambda number: abs(self._stills[number].frame - here))

    def _cell(self, number: int) -> QRect:
        step = (self.width() + _GAP) / max(len(self._stills), 1)
        shape = self._stills[0].pixels.shape if self._stills else (9, 16)
        step = min(step, self.height() * shape[1] / shape[0] + _GAP)
        return QRect(round(number * step), 0, max(round(step) - _GAP, 1), self.height())
