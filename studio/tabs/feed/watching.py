"""Plays what is in place, keeps the neighbours ready, and measures what was really watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from server.content.schemas import FeedItem
from studio.tab import Context
from studio.tabs.feed.beats import Allowance, Meter
from studio.tabs.feed.events import EventLog
from studio.tabs.feed.kept import Kept
from studio.tabs.feed.media import FeedMedia
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.state import FeedList
from studio.video.audio import SoundOutput


class Watching(QObject):
    """`painted`: the page in place has another picture; `changed`: more than that is new. `gone` carries the
    id of a video that nobody may see any more.
    """

    changed = Signal()
    painted = Signal()
    gone = Signal(object)
    offline = Signal()

    def __init__(
        self,
        context: Context,
        feed: FeedList,
        log: EventLog,
        parent: QObject,
        *,
        now: Callable[[], float] = time.monotonic,
        make_sound: Callable[[], SoundOutput] | None = None,
    ) -> None:
        super().__init__(parent)
        self._context, self._feed, self._log, self._now = context, feed, log, now
        self._make_sound = make_sound
        self._kept = Kept(context)
        self._media = FeedMedia(context.api, self._kept)
        self._slots: dict[UUID, Slot] = {}
        self._meter: Meter | None = None
        self._allowance = Allowance()
        self._current: UUID | None = None
        self._leaving: Slot | None = None
        self._seen: UUID | None = None
        self._checked = False
        self._visible = self._arrived = self._held = False
        self._muted, self._volume, self._duck = True, 80, 1.0

    @property
    def slot(self) -> Slot | None:
        """The page in place."""
        return self._slots.get(self._current) if self._current is not None else None

    @property
    def held(self) -> bool:
        """Whether the person has paused it."""
        return self._held

    def slot_of(self, item: FeedItem | None) -> Slot | None:
        """The page of an item, if it is loaded."""
        return self._slots.get(item.video.id) if item is not None else None

    def turn(self) -> None:
        """Have in place what the feed is at. The rest takes longer, so it is left to `follow`: a person first
        wants to see that something moves."""
        current = self._feed.current
        self._turn_to(current.video.id if current is not None else None)

    def follow(self) -> None:
        """Load what the feed wants now, the present video first, and let go of the rest."""
        self.turn()
        self._leave()
        window = self._feed.window()
        wanted = {item.video.id for item in window}
        for video_id in [each for each in self._slots if each not in wanted]:
            self._drop(video_id)
        for item in window:
            if item.video.id not in self._slots:
                self._slots[item.video.id] = self._make(item)
        self.changed.emit()

    def arrive(self) -> None:
        """The page is in place, or nearly: it may play."""
        self._leave()
        self._arrived = True
        self._play()

    def set_visible(self, visible: bool) -> None:
        """Whether anybody can see it; what nobody sees stands still."""
        self._visible = visible
        self._play()

    def toggle(self) -> None:
        """Pause, or go on; what could not be loaded is tried again."""
        if self.slot is not None and self.slot.problem:
            self.slot.load()
            return
        self._held = not self._held
        self._play()
        self.changed.emit()

    def set_sound(self, *, muted: bool, volume: int) -> None:
        """Of all pages; only one plays."""
        self._muted, self._volume = muted, volume
        for slot in self._slots.values():
            self._set_sound(slot)

    def duck(self, share: float) -> None:
        """Be so loud meanwhile, 0 to 1 by amplitude: something else is to be heard. 1 = as it is set."""
        self._duck = share
        self.set_sound(muted=self._muted, volume=self._volume)

    def _set_sound(self, slot: Slot) -> None:
        # A volume is as people hear it, the root of the amplitude.
        slot.set_sound(muted=self._muted, volume=self._volume * self._duck**0.5)

    def retry(self) -> None:
        """Try again what could not be loaded."""
        for slot in self._slots.values():
            if slot.problem:
                slot.load()

    def drop(self, video_id: UUID) -> None:
        """Let go of a video that nobody may see any more, and of its copy."""
        if video_id == self._current:
            self._turn_to(None)
            self._leave()
        self._drop(video_id)
        self._media.forget(video_id)

    async def kept(self) -> list[FeedItem]:
        """What was seen last and plays without the server."""
        found = await self._kept.load()
        for each in found:
            self._media.know(each)
        return [each.item for each in found]

    async def forget(self, person_id: UUID) -> None:
        """Let go of what was kept of somebody."""
        for each in await self._kept.load():
            if each.item.video.owner.id == person_id:
                self._let_go(each.item.video.id)

    def remember(self) -> None:
        """Keep what the viewer thinks of the video in place with the copy of it."""
        item = self._feed.current
        if item is not None and item.video.id == self._seen:
            self._context.tasks.spawn(self._media.see(item), self)

    def look_at_kept(self, ids: frozenset[str]) -> None:
        """The server says that these videos changed; those here that the feed does not hold are looked at."""
        others = {UUID(each) for each in ids} - {item.video.id for item in self._feed.items}
        self._context.tasks.spawn(self._kept.check(self._context.api, self._let_go, others), self)

    def check_kept(self, *, again: bool = False) -> None:
        """Let go of what was kept and may not be seen any more: once, and `again` when nobody told of it."""
        if again or not self._checked:
            self._checked = True
            self._context.tasks.spawn(self._check_kept(), self)

    async def _check_kept(self) -> None:
        self._checked = await self._kept.check(self._context.api, self._let_go)

    async def leave(self) -> None:
        """As `close`, and let another client have what is kept."""
        self.close()
        await self._kept.close()

    def close(self) -> None:
        """Tell what has been watched, and let go of everything."""
        self._turn_to(None)
        self._leave()
        for video_id in list(self._slots):
            self._drop(video_id)

    def _play(self) -> None:
        slot = self.slot
        if slot is None:
            return
        if self._visible and self._arrived and not self._held:
            if self._meter is None:
                self._meter = Meter(slot.id, self._log.watched, self._allowance)
            slot.play()
        else:
            slot.pause()

    def _turn_to(self, video_id: UUID | None) -> None:
        if video_id != self._current:
            self._leaving = self._leaving or self.slot
            self._current, self._arrived, self._held = video_id, False, False

    def _leave(self) -> None:
        """End the stay at the video that was in place before."""
        slot, self._leaving = self._leaving, None
        if slot is not None:
            slot.pause()
            slot.rewind()
            self._meter = None

    def _make(self, item: FeedItem) -> Slot:
        sound = self._make_sound() if self._make_sound is not None else None
        slot = Slot(item, self._media, self._context.tasks.spawn, self, sound=sound)
        self._set_sound(slot)
        slot.changed.connect(self.changed)
        slot.painted.connect(partial(self._paint, item.video.id))
        slot.gone.connect(self.gone)
        slot.offline.connect(self.offline)
        slot.running.connect(partial(self._measure, item.video.id))
        slot.reached.connect(partial(self._reach, item.video.id))
        slot.looped.connect(partial(self._loop, item.video.id))
        return slot

    def _paint(self, video_id: UUID) -> None:
        if video_id == self._current:
            self.painted.emit()

    def _let_go(self, video_id: UUID) -> None:
        if self._feed.find(video_id) is not None:
            self.gone.emit(video_id)
        else:
            self.drop(video_id)

    def _drop(self, video_id: UUID) -> None:
        slot = self._slots.pop(video_id, None)
        if slot is not None:
            slot.close()

    def _measure(self, video_id: UUID, running: bool) -> None:
        if self._meter is None or self._meter.video_id != video_id:
            return
        slot, item = self._slots.get(video_id), self._feed.find(video_id)
        if running and item is not None and self._seen != video_id:
            self._seen = video_id
            self._context.tasks.spawn(self._media.see(item), self)
            self.check_kept()
        ms = slot.ms if slot is not None else 0
        (self._meter.play if running else self._meter.pause)(ms, self._now())

    def _reach(self, video_id: UUID, ms: int) -> None:
        if self._meter is not None and self._meter.video_id == video_id:
            self._meter.reach(ms, self._now())

    def _loop(self, video_id: UUID, end_ms: int) -> None:
        if self._meter is not None and self._meter.video_id == video_id:
            self._meter.jump(end_ms, 0, self._now())
