"""The feed as a page: what is shown, what the keys and buttons do, and what follows from each."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from server.content.schemas import FeedItem
from studio.api.errors import ApiError, Offline
from studio.api.live import Connection
from studio.key_binding import bind
from studio.messages import Level
from studio.tab import Context
from studio.tabs.feed.aside import Aside
from studio.tabs.feed.deeds import Deeds
from studio.tabs.feed.events import EventLog
from studio.tabs.feed.loudness import Loudness
from studio.tabs.feed.opening import LinkSheet, Opening
from studio.tabs.feed.people import People
from studio.tabs.feed.reading import Reading
from studio.tabs.feed.sparks import FeedSparks, MakeTray
from studio.tabs.feed.stage import Stage
from studio.tabs.feed.state import FeedList, Opinion, ids_of
from studio.tabs.feed.surface import End, Surface
from studio.tabs.feed.unread import unread
from studio.tabs.feed.watching import Watching
from studio.tabs.feed.why import WhyPopover
from studio.video.audio import SoundOutput
from studio.video_link import video_in
from studio.widgets import clipboard
from studio.widgets.state_stack import StateStack

LOOK_MS: Final = 10_000
"""How often it is looked whether what failed goes on, and whether what is shown may still be seen."""
VOLUME_STEP: Final = 10


class FeedPage(QWidget):
    """Everything of the tab; made with a clock and a sound of its own in tests."""

    def __init__(
        self,
        context: Context,
        *,
        now: Callable[[], float] = time.monotonic,
        make_sound: Callable[[], SoundOutput] | None = None,
        make_tray: MakeTray | None = None,
    ) -> None:
        super().__init__()
        self.setAccessibleName("Feed")
        self.context = context
        self.feed = FeedList()
        self.log = EventLog(context.tasks, context.outbox)
        self.reading = Reading(context, self.feed, self)
        self.opening = Opening(context, self)
        self.watching = Watching(context, self.feed, self.log, self, now=now, make_sound=make_sound)
        self.loudness = Loudness(context, self)
        self.stage = Stage(now=now)
        self.surface = Surface(context.keymap, self.stage)
        self.states = StateStack(self.stage)
        self.people = People(context, self.feed, self.log, self)
        self.aside = Aside(context, self.feed, self.people)
        self.deeds = Deeds(context, self.feed, self.log, self.people, self)
        self.sparks = FeedSparks(context, self.surface, self.aside, self.watching, self.loudness, make_tray)
        self._offline = self._left = self._shows_kept = False
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.states, 1)
        columns.addWidget(self.aside)
        self.setFocusProxy(self.stage)
        self._looker = QTimer(self)
        self._looker.setInterval(LOOK_MS)
        self._looker.timeout.connect(self.look)
        self._connect()
        self.loudness.tell()
        self.handlers = self._handlers()
        bind(context.keymap, self, "feed", self.handlers)

    def _connect(self) -> None:
        self.reading.arrived.connect(self._arrived)
        self.reading.failed.connect(self._failed)
        self.reading.removed.connect(self._removed)
        self.reading.updated.connect(lambda _video: self._repaint())
        self.reading.withheld.connect(self.aside.profile.leave_out)
        self.opening.opened.connect(self._opened)
        self.opening.gone.connect(self.aside.leave_out)
        self.opening.gone.connect(self._gone)
        self.watching.changed.connect(self._repaint)
        self.watching.painted.connect(self.stage.update_picture)
        self.watching.gone.connect(self._gone)
        self.watching.offline.connect(partial(self._say_offline, True))
        self.stage.stepped.connect(self.go)
        self.stage.arrived.connect(self.watching.arrive)
        self.stage.pressed.connect(self.watching.toggle)
        self.surface.wanted.connect(lambda action: self.handlers[action]())
        self.surface.sound.volume_wanted.connect(self.loudness.set_volume)
        self.loudness.told.connect(self._tell_sound)
        self.surface.again_wanted.connect(self.look_again)
        self.states.retried.connect(self.look_again)
        self.states.acted.connect(self.look_again)
        self.aside.left.connect(self.stage.setFocus)
        self.aside.comments.counted.connect(self._commented)
        self.aside.video_wanted.connect(self.open_video)
        self.aside.comments.report_wanted.connect(self.deeds.report_comment)
        self.aside.profile.report_wanted.connect(self.deeds.report_person)
        self.deeds.changed.connect(self._repaint)
        self.deeds.changed.connect(self.watching.remember)
        self.deeds.meant.connect(self.surface.celebrate)
        self.deeds.saved_wanted.connect(self.aside.show_saved)
        self.people.changed.connect(lambda _person: self._repaint())
        self.people.taken.connect(self._taken)
        self.people.put_back.connect(self._put_back)
        self.people.freed.connect(self.look_again)

    def _handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            "feed.next": partial(self.go, 1),
            "feed.previous": partial(self.go, -1),
            "feed.open": self.open_link,
            "feed.play": self.watching.toggle,
            "feed.mute": self.loudness.toggle,
            "feed.louder": partial(self.loudness.turn, VOLUME_STEP),
            "feed.softer": partial(self.loudness.turn, -VOLUME_STEP),
            "feed.like": partial(self.deeds.toggle, Opinion.LIKE),
            "feed.comments": self.aside.toggle_comments,
            "feed.save": partial(self.deeds.toggle, Opinion.SAVE),
            "feed.follow": partial(self.deeds.toggle, Opinion.FOLLOW),
            "feed.profile": self.aside.toggle_profile,
            "feed.blocked": self.aside.toggle_blocked,
            "feed.saved": self.aside.toggle_saved,
            "feed.sparks": self.sparks.toggle,
            "feed.share": self.deeds.share,
            "feed.why": self.show_why,
            "feed.report": self.deeds.report_video,
        }

    # Reading

    def refresh(self) -> None:
        """Read what is new, and look at what is shown."""
        if self._left:
            return
        if not self.feed.items:
            self.surface.say_loading(True)
        elif self.feed.ended:
            self.feed.look_again()
        if not self.feed.items or self.feed.wants_more:
            self.reading.more()
        self.look()
        self._look_round()
        self.watching.retry()

    def look_again(self) -> None:
        """Ask from the beginning whether there is something to watch."""
        self.feed.look_again()
        self.surface.say_loading(not self.feed.items)
        self.states.content()
        self.reading.more()
        self.watching.retry()

    def look(self) -> None:
        """Go on with what failed; and while nobody tells of changes, look for them."""
        online = self.context.connection() is Connection.ONLINE
        if self._offline and online:
            self._say_offline(False)
            self.watching.retry()
        if self.feed.items or self.reading.rests:
            self._read_on()
        if not online:
            self._look_round()
        else:
            self.reading.look_at(ids_of(self.feed.untold()))

    def _look_round(self) -> None:
        """See whether what is loaded may still be seen, and at the end of the feed whether there is more."""
        self.reading.look_at(ids_of(self.feed.window()))
        if self.feed.items and self.feed.current is None and self.feed.ended:
            self.feed.look_again()
            self.reading.more()

    def look_at(self, ids: frozenset[str]) -> None:
        """The server says that these videos changed; of others than those here it says something new."""
        here = {str(each) for each in ids_of(self.feed.items)}
        beside = {str(video.id) for video in self.aside.profile.grid.videos}
        self.reading.look_at([UUID(each) for each in ids & (here | beside)])
        self.watching.look_at_kept(ids)
        if self.feed.ended and ids - here and self.feed.current is None:
            self.look_again()

    def on_connection(self, connection: Connection) -> None:
        """The server is in reach again, or not any more."""
        if connection is Connection.ONLINE:
            self._say_offline(False)
            if self._shows_kept:
                self._shows_kept = False
                self.feed.cut_ahead()  # what is new comes next, not what was seen days ago
            self.refresh()
            self.aside.retry()
            self.watching.check_kept(again=True)
        elif connection is Connection.OFFLINE:
            self._say_offline(True)

    def _arrived(self) -> None:
        self._say_offline(False)
        self.deeds.make_ready()
        self.surface.say_loading(self.reading.rests and not self.feed.items)
        if not self.feed.items and self.feed.ended:
            text = "Follow people whose videos you like. What is new appears here."
            self.states.empty("feed", "Nothing to watch yet", text, "Look again")
            return
        self.states.content()
        self._follow(read=not self.reading.rests)

    def _failed(self, error: ApiError) -> None:
        self.surface.say_loading(False)
        self._say_offline(isinstance(error, Offline))
        if self.feed.items:
            self._follow(read=False)  # to ask again at once would never end
            return
        self.context.tasks.spawn(self._show_kept(error), self)

    async def _show_kept(self, error: ApiError) -> None:
        """What was seen last is better than nothing."""
        kept = await self.watching.kept() if self._offline else []
        if self.feed.items:
            return  # the server was faster
        if kept:
            self._shows_kept = True
            self.feed.add(kept, None)
            self.states.content()
            self._follow(read=False)
            return
        self.states.failed(unread("The feed cannot be read now.", error))

    def _say_offline(self, offline: bool) -> None:
        changed, self._offline = offline is not self._offline, offline
        self.surface.say_offline(offline)
        if changed:
            self._repaint()

    def _removed(self, video_id: UUID) -> None:
        was_shown = self.watching.slot is not None and self.watching.slot.id == video_id
        self.watching.drop(video_id)
        self.aside.leave_out(video_id)
        self._go_on(was_shown)
        if was_shown:
            self.context.messages.notify(Level.INFO, "This video is not available any more.")

    def _go_on(self, was_shown: bool) -> None:
        """Something was taken out, perhaps what was in place."""
        self._follow()
        if not self.feed.items:
            self.look_again()
        if was_shown:
            self.watching.arrive()

    def _gone(self, video_id: UUID) -> None:
        if self.feed.remove(video_id):
            self._removed(video_id)

    # Moving

    def go(self, step: int) -> None:
        """Go to the next (1) or previous (-1) page."""
        if self._left:
            return
        if not self.feed.items or not self.feed.go(step):
            if step > 0:
                self._read_on()
            return
        self.opening.give_up()
        self._went(step)

    def _went(self, step: int) -> None:
        self.watching.turn()
        self._repaint()
        self.stage.settle(step)
        self.stage.repaint()
        self._follow()
        self.aside.follow()

    def open_link(self) -> None:
        """Open the link on the clipboard, or ask for one."""
        video_id, current = video_in(clipboard.text()), self.feed.current
        if video_id is None or (current is not None and current.video.id == video_id):
            LinkSheet(self.opening, self.window()).open()
        else:
            self.open_video(video_id)

    def open_video(self, video_id: UUID) -> None:
        """Go to a video, wherever it stands in the feed, or does not."""
        self.opening.open(video_id, partial(self.context.messages.notify, Level.WARNING))

    def _opened(self, item: FeedItem) -> None:
        behind = self.feed.current is not None
        self.surface.say_loading(False)
        self.states.content()
        if self.feed.put(item):
            self._went(int(behind))
        self.stage.setFocus()

    def _follow(self, *, read: bool = True) -> None:
        if self._left:
            return
        self.watching.follow()
        if self.stage.resting and self.stage.offset == 0:
            self.watching.arrive()
        if read:
            self._read_on()

    def _read_on(self) -> None:
        if self.feed.wants_more and not self._offline:
            self.reading.more()

    def _repaint(self) -> None:
        feed, slot_of = self.feed, self.watching.slot_of
        around = (slot_of(feed.at(feed.position + step)) for step in (-1, 0, 1))
        previous, current, following = around
        ways = (feed.may_go(-1), feed.may_go(1) and bool(feed.items))
        self.stage.held = self.watching.held
        self.stage.set_pages(previous, current, following, ways=ways)
        item = feed.current
        self.surface.show_item(
            item,
            ways=ways,
            notice=current.notice if current is not None else "",
            own=item is not None and item.video.owner.id == self.context.me.id,
            end=self._end(),
        )

    def _end(self) -> End | None:
        """Why there is no video in place, where there are others before it."""
        if not self.feed.items or self.feed.current is not None:
            return None
        if self._offline:
            return End.AWAY
        return End.SEEN if self.feed.ended else End.COMING

    # What follows from what is done

    def _taken(self, person_id: UUID, items: list[FeedItem]) -> None:
        """Somebody is blocked: nothing of theirs stays."""
        shown = self.watching.slot.id if self.watching.slot is not None else None
        for item in items:
            self.watching.drop(item.video.id)
            self.aside.leave_out(item.video.id)
        self._go_on(shown in ids_of(items))
        self.context.tasks.spawn(self.watching.forget(person_id), self)

    def _put_back(self, items: list[FeedItem]) -> None:
        if items and self.feed.put(items[0]):
            self._went(1)
        else:
            self._follow()

    def show_why(self) -> None:
        """Tell why this video is here."""
        item = self.feed.current
        if item is not None:
            popover = WhyPopover(self.window(), item, self.context.ticker.now())
            popover.open_at(self.surface.column.buttons["feed.why"])

    def _commented(self, video_id: UUID, by: int) -> None:
        self.feed.count(video_id, "comments", by)
        self._repaint()

    def _tell_sound(self, muted: bool, volume: int) -> None:
        self.watching.set_sound(muted=muted, volume=volume)
        self.surface.tell_sound(muted=muted, volume=volume)

    # Here or not

    def come(self) -> None:
        """Somebody sees it now."""
        if self._left:
            return
        self.log.begin()
        self._looker.start()
        self.watching.set_visible(True)

    def rest(self) -> None:
        """Nobody sees it any more: nothing plays."""
        self._looker.stop()
        self.watching.set_visible(False)
        self.log.end()

    async def leave(self) -> None:
        """Tell what was watched, store it, and let go of everything."""
        self._left = True
        self.aside.keep_drafts()
        self.rest()
        await self.watching.leave()
        await self.log.settle()
