"""Brings sparks into the air: film or still, sound, combos, one after the other; the overlay only paints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from studio.sparks import backdrop, still
from studio.sparks.backdrop import Backdrop
from studio.sparks.film import Film, soften
from studio.sparks.film_store import FilmStore
from studio.sparks.given import Given, Known
from studio.sparks.mixer import Mixer
from studio.sparks.order import Kind, Order
from studio.sparks.player import due
from studio.sparks.queue import Flight, SparkQueue
from studio.theme import style

FRAME_MS: Final = 16
DRIVEN_MS: Final = 70
"""So long a video is waited for, to be painted together with it: two of its pictures. Where one is late, it
would else be painted twice as often."""
AT_ONCE: Final = 0.4
"""So much of a still is seen from its first moment on: whoever gave it sees that it was heard."""
AHEAD: Final = 2
"""Pictures that are decoded before they are due."""
BROKEN_S: Final = max(still.FADE_S, backdrop.RAMP_S)
"""In this time a film that breaks goes: no faster than the light behind it comes back."""
CROSS_S: Final = 0.2
"""In this time a film comes through the still that stood for it."""


@dataclass(eq=False, slots=True)
class Seen:
    """What is painted of one flight: a picture (None while there is nothing yet), how much of it, and whether
    it moves. `under` is the still that it comes through, since `turned`; `scrim` how much of the video behind
    it is taken away, by how bright that was when it took off. `film` is held as long as it flies, whatever
    the store lets go of; `due` is the picture that should be seen, `number` the one that is."""

    flight: Flight
    image: QImage | None = None
    film: Film | None = None
    number: int = -1
    due: int = -1
    opacity: float = 1.0
    moves: bool = False
    under: QImage | None = None
    under_opacity: float = 0.0
    turned: float | None = None
    scrim: float = 0.0


class Flights(QObject):
    """`changed`: something else is to be painted; `landed` carries a flight that is over; `unable` says why
    one is but a still.

    `poster` gives a still that is here at once (a tray has one of each), at whatever size; `behind` says how
    bright the video is now, 0 to 1.
    """

    changed = Signal()
    landed = Signal(object)
    unable = Signal(str)

    def __init__(
        self,
        store: FilmStore,
        mixer: Mixer,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        poster: Callable[[Known], QImage | None] = lambda _spark: None,
        behind: Callable[[], float] = lambda: 0.0,
    ) -> None:
        super().__init__(parent)
        self.store, self.mixer, self._now, self._poster = store, mixer, now, poster
        self.queue = SparkQueue()
        self.size = (360, 640)
        """Of the pictures, in device px."""
        self.edge = 0
        """px over which they fade at their sides."""
        self.backdrop = Backdrop()
        self._behind = behind
        self._seen: dict[Flight, Seen] = {}
        self._failed: set[Order] = set()
        self._aimed: Given | None = None
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(FRAME_MS)
        self._clock.timeout.connect(self._alone)
        store.came.connect(self._came)
        store.grew.connect(self._came)
        store.failed.connect(self._fail)
        store.decoded.connect(self._decoded)

    @property
    def _shape(self) -> tuple[int, int, int]:
        """What pictures are asked for."""
        return (*self.size, self.edge)

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
            baked.ask(0, *self._shape)
        here = [self.store.want(each, given.spark) for each in orders]  # each is to be asked for
        return all(here)

    def aim(self, given: Given) -> None:
        """Prepare the one that may be next; the one that was to be next before is not waited for any more."""
        before, self._aimed = self._aimed, given
        if before is not None:
            asked_for = [given, *(each.given for each in (*self.queue.flying, *self.queue.waiting))]
            needed = {order for each in asked_for for order in _orders(each)}
            film, _, sound = _orders(before)
            self.store.give_up({film, sound} - needed)
        self.prepare(given)

    def fly(self, given: Given) -> Flight:
        """Let one fly, as soon as there is room for it."""
        now = self._now()
        self._failed.difference_update(_orders(given))
        self.prepare(given)
        flight = self.queue.give(given, now)
        if flight.count > 1 and flight.began is not None:
            self._sound(flight)
        self._clock.start(FRAME_MS)
        self.tick()
        self.changed.emit()  # at least one more flies or waits
        return flight

    def clear(self) -> Sequence[Flight]:
        """Nothing goes on; answers what has not begun, for whoever tells of it."""
        unseen = self.queue.clear()
        self._seen.clear()
        self.backdrop.clear()
        self._clock.stop()
        self.mixer.stop()
        self.changed.emit()
        return unseen

    def tick(self) -> None:
        """Be where it should be by now."""
        now = self._now()
        over, risen = self.queue.advance(now)
        for flight in over:
            self._seen.pop(flight, None)
            self.landed.emit(flight)
        for flight in risen:
            self._seen[flight] = Seen(flight, scrim=backdrop.scrim(self._behind()))
        for flight in risen:
            self.prepare(flight.given)  # the store may have let go of it while it waited
        new = bool(over or risen)
        for seen in self.seen:
            new = self._show(seen, now) or new
        if self.busy:
            new = self.backdrop.advance(self._wanted_scrim(now), now) or new
        else:
            self.backdrop.clear()
            self._clock.stop()
        if new:
            self.changed.emit()

    def drive(self) -> None:
        """The video has another picture: both are painted at once, where each for itself would cost twice."""
        if self.busy:
            self.tick()
            if self.busy:
                self._clock.start(DRIVEN_MS)

    # Inside

    def _alone(self) -> None:
        """No video moves."""
        self._clock.setInterval(FRAME_MS)
        self.tick()

    def _wanted_scrim(self, now: float) -> float:
        """Of those that are seen for longer than it takes to let the light back."""
        last = now + backdrop.RAMP_S
        lasting = [each for each in self.seen if each.flight.ends is None or each.flight.ends > last]
        return max((each.scrim for each in lasting), default=0.0)

    def _show(self, seen: Seen, now: float) -> bool:
        """Take up what is due; whether that is something else than before."""
        flight = seen.flight
        reduced = style.theme().reduced_motion
        order, _, sound = _orders(flight.given)
        film = None if reduced else self._film(seen, order)
        if film is not None and not seen.moves and film.may_begin and not self.store.is_wanted(sound):
            flight.begin(now, film.length.seconds)
            seen.moves, seen.under, seen.under_opacity = True, seen.image, seen.opacity
            seen.opacity = 0.0 if seen.under is not None else 1.0
            self._sound(flight)
        if seen.moves and film is not None:
            return self._show_film(seen, film, now)
        if seen.moves and not reduced:
            return self._fade_out(seen, now)
        return self._show_still(seen, now)

    def _film(self, seen: Seen, order: Order) -> Film | None:
        """As far as it is here. One that is not whole and that nobody bakes any more is baked anew."""
        found, held = self.store.begun(order), seen.film
        if found is not None and (held is None or found.ready >= held.ready):
            seen.film = found
        elif held is None or held.ready < held.length.count:
            if order in self._failed:
                seen.film = None
            elif found is None:
                self.store.want(order, seen.flight.given.spark)
        return seen.film

    def _show_film(self, seen: Seen, film: Film, now: float) -> bool:
        flight, fps, faded = seen.flight, film.length.fps, self._cross(seen, now)
        assert flight.began is not None
        number = due(now - flight.began, fps=fps, count=film.length.count)
        if number >= film.ready:
            # Baking has fallen behind: the last picture stays, and nothing of the rest will be missing.
            number = film.ready - 1
            flight.wait(now - flight.began - (number + 0.5) / fps)
        seen.due = number
        for each in range(number, min(number + AHEAD + 1, film.ready)):
            film.ask(each, *self._shape)
        # Where decoding is late, what is decoded meanwhile is seen. A combo begins anew, with lower numbers.
        since = seen.number if number >= seen.number else 0
        found = film.newest(number, since, *self._shape)
        if found is None or (found[0] == seen.number and found[1] is seen.image):
            return faded
        if seen.number < 0:
            seen.turned = now
        seen.number, seen.image = found
        return True

    def _cross(self, seen: Seen, now: float) -> bool:
        """Let the still go while its film comes; whether that changes anything."""
        if seen.under is None or seen.turned is None:
            return False
        seen.opacity = min(1.0, (now - seen.turned) / CROSS_S)
        if seen.opacity == 1.0:
            seen.under = None
        return True

    def _fade_out(self, seen: Seen, now: float) -> bool:
        """The rest of its film could not be baked."""
        flight = seen.flight
        if flight.ends is None or flight.ends > now + BROKEN_S:
            flight.ends = now + BROKEN_S
        seen.under, seen.opacity = None, max(0.0, (flight.ends - now) / BROKEN_S)
        return True

    def _show_still(self, seen: Seen, now: float) -> bool:
        """Its hero, or what is here of it. It stays while its film is on its way, and goes where there will
        be none: motion is reduced, or it could not be made."""
        flight, before = seen.flight, (seen.image, seen.opacity)
        film, hero, sound = _orders(flight.given)
        found = self.store.film(hero)
        image = found.ask(0, *self._shape) if found is not None else None
        seen.image = image or seen.image or self._stand_in(flight.given.spark)
        waits_for = hero if style.theme().reduced_motion else film
        # What stands in for it does not say who gives it.
        is_here = waits_for is hero and image is not None
        if waits_for is hero and not is_here and flight.began is None and hero not in self._failed:
            self.store.want(hero, flight.given.spark)  # again, where the store has let go of it
        ready = (is_here or waits_for in self._failed) and not self.store.is_wanted(sound)
        if flight.began is None and ready:
            flight.begin(now, still.LASTS_S)
            self._sound(flight)
        # Not from `began`: what is seen already must not come a second time.
        since = flight.shown if flight.shown is not None else now
        seen.opacity = still.opacity(now - since, None if flight.ends is None else flight.ends - since)
        if flight.began is None:
            seen.opacity = max(seen.opacity, AT_ONCE)
        return before != (seen.image, seen.opacity)

    def _stand_in(self, spark: Known) -> QImage | None:
        """A poster, with sides like the still that it stands for."""
        poster = self._poster(spark)
        if poster is None or not self.edge:
            return poster
        soft = poster.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        soften(soft, round(self.edge * soft.width() / self.size[0]))
        return soft

    def _sound(self, flight: Flight) -> None:
        pcm = self.store.sound(_orders(flight.given)[2])
        if pcm:
            quieter = still.QUIETER_DB if style.theme().reduced_motion else 0.0
            self.mixer.play(flight.given.spark.sha256, pcm, db=quieter)

    def _came(self, order: Order) -> None:
        self._failed.discard(order)
        if self.busy:
            self.tick()

    def _decoded(self, _name: str) -> None:
        """The first picture is not waited for until the clock strikes."""
        if any(each.image is None or (each.moves and each.number < 0) for each in self._seen.values()):
            self.tick()

    def _fail(self, order: Order, why: str) -> None:
        self._failed.add(order)
        if order.kind is Kind.FILM and any(_orders(each.given)[0] == order for each in self._seen):
            self.unable.emit(why)
        if self.busy:
            self.tick()


def _orders(given: Given) -> tuple[Order, Order, Order]:
    """Film, still and sound. A still that but stands for a film is nobody's own: a grid has it already."""
    sha, seed = given.spark.sha256, given.seed
    return (
        Order(Kind.FILM, sha, seed, given.sender),
        Order(Kind.STILL, sha, seed, given.sender if style.theme().reduced_motion else ""),
        Order(Kind.SOUND, sha, seed),
    )
