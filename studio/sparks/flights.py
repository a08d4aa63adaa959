"""Brings sparks into the air: film or still, sound, combos, one after the other; the overlay only paints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from studio.sparks import still
from studio.sparks.film import Film
from studio.sparks.film_store import FilmStore
from studio.sparks.given import Given, Known
from studio.sparks.mixer import Mixer
from studio.sparks.order import Kind, Order
from studio.sparks.player import due
from studio.sparks.queue import Flight, SparkQueue
from studio.theme import style

FRAME_MS: Final = 16
AT_ONCE: Final = 0.4
"""So much of a still is seen from its first moment on: whoever gave it sees that it was heard."""
AHEAD: Final = 2
"""Pictures that are decoded before they are due."""


@dataclass(eq=False, slots=True)
class Seen:
    """What is painted of one flight: a picture (None while there is nothing yet), how much of it, and whether
    it moves."""

    flight: Flight
    image: QImage | None = None
    number: int = -1
    opacity: float = 1.0
    moves: bool = False


class Flights(QObject):
    """`changed`: something else is to be painted; `landed` carries a flight that is over, `unseen` those that
    had to be let go of before they flew; `unable` says why one is but a still.

    `poster` gives a still that is here at once (a tray has one of each), at whatever size.
    """

    changed = Signal()
    landed = Signal(object)
    unseen = Signal(object)
    unable = Signal(str)

    def __init__(
        self,
        store: FilmStore,
        mixer: Mixer,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        poster: Callable[[Known], QImage | None] = lambda _spark: None,
    ) -> None:
        super().__init__(parent)
        self.store, self.mixer, self._now, self._poster = store, mixer, now, poster
        self.queue = SparkQueue()
        self.size = (360, 640)
        """Of the pictures, in device px."""
        self._seen: dict[Flight, Seen] = {}
        self._failed: set[Order] = set()
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(FRAME_MS)
        self._clock.timeout.connect(self.tick)
        store.came.connect(self._came)
        store.failed.connect(self._fail)

    @property
    def seen(self) -> Sequence[Seen]:
        """What is to be painted, the first in the back."""
        return [self._seen[each] for each in self.queue.flying]

    @property
    def busy(self) -> bool:
        """Whether anything flies or waits."""
        return bool(self.queue.flying or self.queue.waiting)

    def prepare(self, given: Given) -> bool:
        """Have film and sound ready before it is asked for; True where they are."""
        film, hero, sound = _orders(given)
        orders = (hero, sound) if style.theme().reduced_motion else (film, hero, sound)
        if (baked := self.store.film(orders[0])) is not None:
            baked.ask(0, *self.size)
        here = [self.store.want(each, given.spark) for each in orders]  # each is to be asked for
        return all(here)

    def fly(self, given: Given) -> Flight:
        """Let one fly, as soon as there is room for it."""
        now = self._now()
        self._failed.difference_update(_orders(given))
        self.prepare(given)
        flight = self.queue.give(given, now)
        if flight.count > 1 and flight.began is not None:
            self._sound(flight)
            self.changed.emit()
        self._clock.start()
        self.tick()
        return flight

    def clear(self) -> None:
        """The video is another one: nothing goes on over it. What has not flown is told."""
        unseen = self.queue.clear()
        self._seen.clear()
        self._clock.stop()
        self.mixer.stop()
        if unseen:
            self.unseen.emit(unseen)
        self.changed.emit()

    def tick(self) -> None:
        """Be where it should be by now."""
        now = self._now()
        over, risen = self.queue.advance(now)
        for flight in over:
            self._seen.pop(flight, None)
            self.landed.emit(flight)
        for flight in risen:
            self._seen[flight] = Seen(flight)
        new = bool(over or risen)
        for seen in self.seen:
            new = self._show(seen, now) or new
        if new:
            self.changed.emit()
        if not self.busy:
            self._clock.stop()

    # Inside

    def _show(self, seen: Seen, now: float) -> bool:
        """Take up what is due; whether that is something else than before."""
        flight = seen.flight
        reduced = style.theme().reduced_motion
        film = None if reduced else self.store.film(_orders(flight.given)[0])
        if film is not None and (flight.began is None or not seen.moves):
            if flight.began is None or seen.number < 0:
                flight.begin(now, film.length.seconds)
                self._sound(flight)
            seen.moves = True
        if film is None or not seen.moves:
            return self._show_still(seen, now)
        assert flight.began is not None
        return self._show_film(seen, film, now - flight.began)

    def _show_film(self, seen: Seen, film: Film, elapsed_s: float) -> bool:
        number = due(elapsed_s, fps=film.length.fps, count=film.length.count)
        image = film.ask(number, *self.size)
        for ahead in range(1, AHEAD + 1):
            if number + ahead < film.length.count:
                film.ask(number + ahead, *self.size)
        if image is None or (number == seen.number and image is seen.image):
            return False  # the one before stays until this one is decoded
        seen.image, seen.number, seen.opacity = image, number, 1.0
        return True

    def _show_still(self, seen: Seen, now: float) -> bool:
        """Its hero, or what is here of it. It stays while its film is on its way, and goes where there will
        be none: motion is reduced, or it could not be made."""
        flight, before = seen.flight, (seen.image, seen.opacity)
        film, hero, _ = _orders(flight.given)
        found = self.store.film(hero)
        image = found.ask(0, *self.size) if found is not None else None
        seen.image = image or seen.image or self._poster(flight.given.spark)
        waits_for = hero if style.theme().reduced_motion else film
        is_here = waits_for is hero and seen.image is not None
        if flight.began is None and (is_here or waits_for in self._failed):
            flight.begin(now, still.LASTS_S)
            self._sound(flight)
        # Not from `began`: what is seen already must not come a second time.
        since = flight.shown if flight.shown is not None else now
        seen.opacity = still.opacity(now - since, None if flight.ends is None else flight.ends - since)
        if flight.began is None:
            seen.opacity = max(seen.opacity, AT_ONCE)
        return before != (seen.image, seen.opacity)

    def _sound(self, flight: Flight) -> None:
        pcm = self.store.sound(_orders(flight.given)[2])
        if pcm:
            quieter = still.QUIETER_DB if style.theme().reduced_motion else 0.0
            self.mixer.play(flight.given.spark.sha256, pcm, db=quieter)

    def _came(self, order: Order) -> None:
        self._failed.discard(order)
        if self.busy:
            self.tick()

    def _fail(self, order: Order, why: str) -> None:
        self._failed.add(order)
        if order.kind is Kind.FILM and any(_orders(each.given)[0] == order for each in self._seen):
            self.unable.emit(why)
        if self.busy:
            self.tick()


def _orders(given: Given) -> tuple[Order, Order, Order]:
    """Film, still and sound."""
    sha, seed = given.spark.sha256, given.seed
    return (
        Order(Kind.FILM, sha, seed, given.sender),
        Order(Kind.STILL, sha, seed, given.sender),
        Order(Kind.SOUND, sha, seed),
    )
