"""Sparks as a grid of live thumbnails: only what can be seen moves, and only what can be seen is baked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView

from server.sparks.schemas import SparkView
from studio.sparks.film import Film
from studio.sparks.film_store import FilmStore
from studio.sparks.given import Known
from studio.sparks.order import THUMB, THUMB_FPS, Kind, Order
from studio.sparks.player import due
from studio.tabs.sparks.state import known, spoken
from studio.theme import style
from studio.widgets.tile_grid import ACROSS, BAR, Index, TileGrid

GAP: Final = 10
LABEL: Final = 44
"""Room below a picture for name and price."""
REST_MS: Final = 120
"""Thumbnails are asked for when scrolling has rested for so long."""


class SparkGrid(TileGrid[SparkView]):
    """`aimed` carries the `SparkView` in front, `chosen` one that was pressed or entered. `again` is told of
    one that was in front before already."""

    aimed = Signal(object)
    chosen = Signal(object)
    again = Signal(object)

    def __init__(
        self,
        store: FilmStore,
        name: str,
        *,
        across: int = ACROSS,
        widest: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`across` tiles in a row; with `widest` as many as fit, none wider."""
        super().__init__(name, named=lambda spark: spark.name, spoken=spoken, gap=GAP, label=LABEL)
        from studio.tabs.sparks.tile import Tile

        self._store, self._now = store, now
        self._across, self._widest = across, widest
        self._began = now()
        self._asked: set[Order] = set()
        self.painted: set[int] = set()
        """Rows whose pictures were taken up by the last turn of the clock."""
        self.setItemDelegate(Tile(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000 // THUMB_FPS)
        self._clock.timeout.connect(self.animate)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.look)
        self.verticalScrollBar().valueChanged.connect(lambda: self._rest.start())
        self.clicked.connect(self._choose)
        store.came.connect(self._came)
        store.decoded.connect(self._decoded)
        self._awaited: set[str] = set()
        self._shown: dict[str, QImage] = {}
        self._rested: float | None = None
        self._pressed_on: SparkView | None = None

    @property
    def sparks(self) -> Sequence[SparkView]:
        """What is here."""
        return self.tiles.items

    @property
    def current(self) -> SparkView | None:
        """The one in front."""
        row = self.currentIndex().row()
        return self.sparks[row] if 0 <= row < len(self.sparks) else None

    def fill(self, sparks: Sequence[SparkView], front: str = "") -> None:
        """Show these; the one in front stays it, where it is among them. `front` is the id of the one that is
        to be there where none was."""
        before = str(self.current.id) if self.current is not None else front
        if [each.id for each in sparks] == [each.id for each in self.sparks]:
            for each in sparks:
                self.tiles.put(each)
        else:
            self.tiles.fill(sparks)
            row = next((n for n, each in enumerate(sparks) if str(each.id) == before), 0)
            if sparks:
                self.setCurrentIndex(self.tiles.index(row))
        self._rest.start()

    def seen_rows(self) -> range:
        """The rows that can be seen now, in part or whole."""
        height, cell = self.viewport().height(), self.gridSize().height()
        if not self.sparks or not self.isVisible() or height <= 0 or cell <= 0:
            return range(0)
        across = self.columns
        first = self.verticalScrollBar().value() // cell * across
        last = (self.verticalScrollBar().value() + height - 1) // cell * across + across
        return range(min(first, len(self.sparks)), min(last, len(self.sparks)))

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        room = self.width() - BAR
        return max(1, -(-room // self._widest)) if self._widest else self._across

    def look(self) -> None:
        """Have the thumbnails of what can be seen; of the rest none is waited for."""
        seen = [known(self.sparks[row]) for row in self.seen_rows()]
        # The stills first: they are quickly made, and then no tile is empty while the films are.
        wanted = {still_of(each): each for each in seen}
        if not style.theme().reduced_motion:
            wanted |= {thumb_of(each): each for each in seen}
        self._store.give_up(self._asked - wanted.keys())
        self._asked = set(wanted)
        names = {each.name for each in wanted}
        self._shown = {name: image for name, image in self._shown.items() if name in names}
        for order, spark in wanted.items():
            self._store.want(order, spark)

    def animate(self) -> None:
        """Turn to the pictures that are due, of what can be seen alone."""
        self.painted = set()
        for row in self.seen_rows():
            if self._store.film(thumb_of(known(self.sparks[row]))) is not None:
                self.painted.add(row)
                self.update(self.tiles.index(row))

    def picture(self, spark: SparkView) -> QImage | None:
        """The picture of a tile that is due now, or the one before while it is decoded."""
        return self._picture(known(spark), still=style.theme().reduced_motion)

    def poster(self, spark: Known) -> QImage | None:
        """A still of one that is here at once."""
        return self._picture(spark, still=True)

    def poster_of(self, spark: SparkView) -> QImage | None:
        """The same, of one that is listed."""
        return self.poster(known(spark))

    def _picture(self, spark: Known, *, still: bool) -> QImage | None:
        film, hero = self._store.film(thumb_of(spark)), self._store.film(still_of(spark))
        if (film is None or still) and hero is not None:
            return self._decoded_one(hero, 0)
        if film is None:
            return None
        if still:
            return self._decoded_one(film, film.length.count // 2)
        at = ((self._now() if self._rested is None else self._rested) - self._began) % film.length.seconds
        number = due(at, fps=film.length.fps, count=film.length.count)
        return self._decoded_one(film, number) or (self._decoded_one(hero, 0) if hero is not None else None)

    def _decoded_one(self, film: Film, number: int) -> QImage | None:
        """The one that is due; while it is decoded the last that was shown."""
        found = film.ask(number, *THUMB)
        if found is None:
            if film.length.count == 1 or not self.moves:
                self._awaited.add(film.name)  # else the clock comes back: not once for each of all tiles
            return self._shown.get(film.name)
        self._shown[film.name] = found
        return found

    # Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_on = self.current  # the press itself brings another one to the front
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.currentIndex().isValid() and not event.isAutoRepeat():
            self._pressed_on = self.current
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if self.current is not None:
            self.aimed.emit(self.current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rest.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.set_moving()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()
        self._store.give_up(self._asked)
        self._asked = set()

    def rest(self, resting: bool) -> None:
        """Whether what moves stands still for a while; it goes on from there."""
        if resting == (self._rested is not None):
            return
        if self._rested is None:
            self._rested = self._now()
        else:
            self._began += self._now() - self._rested
            self._rested = None
        self.set_moving()
        self.viewport().update()  # what waits for its picture asks again: the clock may not come any more

    def set_moving(self) -> None:
        """Whether thumbnails move, and so whether there must be any: not where motion is reduced."""
        if style.theme().reduced_motion or self._rested is not None:
            self._clock.stop()
        elif self.isVisible():
            self._clock.start()
        if self.isVisible():
            self._rest.start()

    @property
    def moves(self) -> bool:
        """Whether anything moves now."""
        return self._clock.isActive()

    def _choose(self, index: Index) -> None:
        spark = self.sparks[index.row()]
        self.chosen.emit(spark)
        if self._pressed_on is not None and self._pressed_on.id == spark.id:
            self.again.emit(spark)

    def _came(self, order: Order) -> None:
        if order in self._asked:
            self.viewport().update()

    def _decoded(self, name: str) -> None:
        if name in self._awaited:
            self._awaited.discard(name)
            self.viewport().update()


def still_of(spark: Known) -> Order:
    """What stands for it while that is baked, and where nothing may move."""
    return Order(Kind.STILL, spark.sha256)


def thumb_of(spark: Known) -> Order:
    """What is baked for a tile."""
    return Order(Kind.THUMB, spark.sha256)
