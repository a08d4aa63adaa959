"""Kemi, who watches the feed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from server.content.schemas import FeedItem
from studio.offline.changes import Changes
from studio.offline.outbox import KIND
from studio.offline.sender import Sender
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.tab import FeedTab
from studio.video.audio import SoundOutput
from tests.studio.tabs.feed.world import FeedWorld
from tests.studio.tabs.office import Office, until


class StillClock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Heard:
    """What was accepted."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def take(self, changes: Changes) -> None:
        if changes.kinds - {KIND}:
            self.ids |= changes.ids


class Viewer:
    """Kemi before the feed; `clock` is the one that watching is measured by."""

    def __init__(self, office: Office, world: FeedWorld) -> None:
        self.office, self.world = office, world
        self.clock = StillClock()
        self.tab = FeedTab(office.context, now=self.clock, make_sound=silent)
        self.page = self.tab.page
        self.notices = FeedTab.watch(office.context)

    @property
    def slot(self) -> Slot:
        """The page in place."""
        slot = self.page.watching.slot
        assert slot is not None
        return slot

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        head = self.slot.player.head
        return head is not None and head.playing

    @property
    def item(self) -> FeedItem:
        """The item in place."""
        item = self.page.feed.current
        assert item is not None
        return item

    async def sit_down(self, *, ready: bool = True) -> None:
        """Show the tab, and wait for the first picture."""
        self.tab.resize(1_200, 860)
        self.tab.show()
        self.tab.activateWindow()
        self.page.stage.setFocus()
        if ready:
            await self.sees(0)

    async def sees(self, number: int) -> None:
        """Wait until the picture of an item is there."""
        wanted = UUID(int=1_000 + number)

        def shown() -> bool:
            slot = self.page.watching.slot
            return slot is not None and slot.id == wanted and slot.ready and slot.player.head is not None

        await until(shown)

    async def send(self) -> None:
        """Send what waits, as the client does, until nothing waits."""
        await self.page.log.settle()
        context = self.office.context
        sender = Sender(context.outbox, context.api, context.changes, on_signed_out=lambda: None)
        heard, seen = Heard(), set()
        context.changes.subscribe(heard.take)
        task = context.tasks.spawn(sender.run())

        def sent() -> bool:
            waiting = {str(entry.edit.id) for entry in context.outbox.entries()}
            seen.update(waiting)
            return not waiting and seen <= heard.ids

        await until(sent)
        task.cancel()


def silent() -> SoundOutput:
    """Sound without a device."""
    return SoundOutput(make_sink=lambda: None)


Story = Callable[[Viewer], Coroutine[Any, Any, None]]
