"""Sparks in the feed: the tray beside the video, and what flies over it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QEvent, QObject

from studio.messages import Level
from studio.sparks.tray import SparkTray
from studio.tab import Context
from studio.tabs.feed.aside import Aside
from studio.tabs.feed.column import RoundButton
from studio.tabs.feed.loudness import Loudness
from studio.tabs.feed.surface import Surface
from studio.tabs.feed.watching import Watching

if TYPE_CHECKING:
    from studio.sparks.flights import Flights
    from studio.sparks.given import Given
    from studio.sparks.overlay import SparkOverlay
    from studio.sparks.queue import Flight
    from studio.video.audio import Sink

MakeTray = Callable[[Context], SparkTray]


class FeedSparks(QObject):
    """Nothing of it is made before the tray is first wanted; without a tray there is no button either."""

    def __init__(
        self,
        context: Context,
        surface: Surface,
        aside: Aside,
        watching: Watching,
        loudness: Loudness,
        make_tray: MakeTray | None,
    ) -> None:
        super().__init__(surface)
        self._context, self._surface, self._aside = context, surface, aside
        self._watching, self._loudness, self._make_tray = watching, loudness, make_tray
        self.now: Callable[[], float] = time.monotonic
        self.make_sink: Callable[[], Sink | None] | None = None
        self.tray: SparkTray | None = None
        self.flights: Flights | None = None
        self.overlay: SparkOverlay | None = None
        self._over: UUID | None = None
        if make_tray is not None:
            surface.column.lend("feed.sparks", RoundButton("spark", "Sparks"), "Sparks")

    def toggle(self) -> None:
        """Show the tray, or put it away."""
        if self._make_tray is None:
            return
        if self.tray is None:
            self._begin(self._make_tray)
        self._aside.toggle_lent()

    def fly(self, given: Given) -> Flight | None:
        """Let a spark fly over the video in place; there must be one."""
        if self.flights is None or self._watching.slot is None:
            self._context.messages.notify(Level.INFO, "There is no video here that it could fly over.")
            return None
        self._over = self._watching.slot.id
        return self.flights.fly(given)

    def _begin(self, make_tray: MakeTray) -> None:
        # Loads numpy: no feed has to wait for it.
        from studio.sparks.flights import Flights
        from studio.sparks.mixer import Mixer
        from studio.sparks.overlay import SparkOverlay
        from studio.video.audio import default_sink

        stage = self._surface.stage
        self.tray = make_tray(self._context)
        sink = self.make_sink or default_sink
        mixer = Mixer(self, make_sink=sink, now=self.now, on_duck=self._watching.duck)
        self.flights = Flights(
            self._context.films, mixer, self, now=self.now, poster=self.tray.poster, behind=self._brightness
        )
        self._watching.painted.connect(self.flights.drive)
        self.overlay = SparkOverlay(self.flights, stage)
        self.flights.changed.connect(self._let_tray_rest)
        self.flights.unable.connect(lambda why: self._context.messages.notify(Level.WARNING, why))
        self.tray.chosen.connect(self.fly)
        self.tray.aimed.connect(self.flights.aim)
        self._aside.lend(self.tray)
        self._loudness.told.connect(self._tell_sound)
        self._loudness.tell()
        self._watching.changed.connect(self._follow)
        stage.moved.connect(self._place)
        stage.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide:
            self._end("you have left the feed")  # nobody sees it any more
        return False

    def _brightness(self) -> float:
        from studio.sparks.backdrop import brightness

        slot = self._watching.slot
        return brightness(slot.picture.pixels) if slot is not None and slot.picture is not None else 0.0

    def _let_tray_rest(self) -> None:
        if self.flights is not None and self.tray is not None:
            self.tray.rest(any(each.moves for each in self.flights.seen))

    def _place(self) -> None:
        if self.overlay is not None:
            stage = self._surface.stage
            picture = stage.picture_rect().intersected(stage.rect())
            self.overlay.place(picture.translated(0, round(stage.offset)))
            self.overlay.stackUnder(self._surface.caption)

    def _follow(self) -> None:
        """What flies belongs to its video."""
        slot = self._watching.slot
        if slot is None or slot.id != self._over:
            self._end("the video is another one")
        self._place()

    def _end(self, why: str) -> None:
        """Nothing flies on; whoever gave what was not seen hears of it."""
        unseen = self.flights.clear() if self.flights is not None and self.flights.busy else ()
        if number := sum(each.count for each in unseen):
            what = "rehearsal was" if number == 1 else "rehearsals were"
            self._context.messages.notify(Level.INFO, f"{number} {what} still to come: {why}.")

    def _tell_sound(self, muted: bool, volume: int) -> None:
        if self.flights is not None:
            self.flights.mixer.set_sound(muted=muted, volume=volume / 100)
