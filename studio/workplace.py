"""What one signed-in person works with: store, outbox, live feed, sender, and the tabs' context."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import shiboken6

from server.accounts.schemas import Me
from studio.api.client import Api
from studio.api.errors import Unauthorised
from studio.api.live import Change, Connection, Live
from studio.keys import Keymap
from studio.messages import Messages, Problem
from studio.offline.changes import Broadcast, Changes
from studio.offline.edits import EditKind, Entry
from studio.offline.media_cache import MediaCache
from studio.offline.outbox import KIND, Outbox
from studio.offline.run_folder import RunFolder
from studio.offline.sender import Sender
from studio.offline.store import Store
from studio.offline.uploads import Uploads
from studio.paths import Profile
from studio.settings import MEDIA_CACHE_MB, Settings
from studio.sparks.film_store import FilmStore
from studio.tab import Context
from studio.tasks import Tasks, off_thread
from studio.widgets.ticker import Ticker

LISTEN: Final = "live.listen"
UPLOAD: Final = "content.upload"
RESYNC = "resync"
"""In `Changes`: anything may have changed while nobody listened."""


class Workplace:
    """Lives from sign-in to sign-out; follows the server from `begin` on.

    `on_connection` and `on_waiting` tell the status line.
    """

    def __init__(
        self,
        *,
        profile: Profile,
        store: Store,
        me: Me,
        api: Api,
        tasks: Tasks,
        settings: Settings,
        keymap: Keymap,
        messages: Messages,
        broadcast: Broadcast,
        ticker: Ticker,
        go: Callable[..., None],
        step_up: Callable[[], Awaitable[bool]],
        on_connection: Callable[[Connection], None],
        on_waiting: Callable[[int], None],
        on_signed_out: Callable[[], None],
    ) -> None:
        self._tasks, self._broadcast = tasks, broadcast
        # One of its own: who listens here must not outlive the session, whose store is then closed.
        self._heard = Broadcast(alive=shiboken6.isValid)
        self._on_connection, self._on_waiting, self._on_signed_out = on_connection, on_waiting, on_signed_out
        self._state = Connection.CONNECTING
        self._store = store
        if store.set_aside is not None:
            messages.fail(_damaged(store.set_aside))
        self._folder = RunFolder(profile.media)
        outbox = Outbox(store)
        self._uploads = Uploads(api, store, write=tasks.write, spawn=tasks.spawn, tell=broadcast.send)
        self.context = Context(
            api=api,
            me=me,
            tasks=tasks,
            settings=settings,
            keymap=keymap,
            messages=messages,
            store=store,
            outbox=outbox,
            changes=self._heard,
            media=MediaCache(self._folder.path, max_bytes=settings.get(MEDIA_CACHE_MB) * 1024 * 1024),
            uploads=self._uploads,
            films=FilmStore(profile.films, api, tasks.spawn),
            ticker=ticker,
            go=go,
            step_up=step_up,
            connection=lambda: self._state,
        )
        self._live = Live(api, on_changes=self._changed, on_resync=self._resync, on_state=self._connected)
        api.early = self._live.read_early
        self._sender = Sender(
            outbox,
            api,
            broadcast,
            on_signed_out=on_signed_out,
            on_trouble=lambda error: messages.fail(_troubled(self._store.path, error)),
            on_unreadable=lambda entry: messages.fail(_unreadable(entry)),
        )
        broadcast.subscribe(self._pass_on)
        self._heard.subscribe(self._count)
        tasks.spawn(off_thread(self._folder.wipe_others))
        self._counting: asyncio.Task[None] | None = None
        self._count_again = False
        self._loops: list[asyncio.Task[None]] = []
        self._count(Changes(kinds=frozenset({KIND})))

    def begin(self) -> None:
        """Listen to the server from where the first answers were read, send what waits, go on uploading."""
        self.context.api.early = None
        loop, fail, path = asyncio.get_running_loop(), self.context.messages.fail, self._store.path
        self._store.warn(lambda error: loop.call_soon_threadsafe(fail, _unsafe(path, error)))
        self._loops = [self._tasks.spawn(self._listen()), self._tasks.spawn(self._sender.run())]
        if UPLOAD in self.context.me.permissions:
            self._loops.append(self._tasks.spawn(self._uploads.begin()))

    async def _listen(self) -> None:
        if LISTEN not in self.context.me.permissions:
            self._connected(Connection.ONLINE)  # a temporary password lets one choose a new one, no more
            return
        try:
            await self._live.run()
        except Unauthorised:
            self._on_signed_out()

    def hurry(self) -> None:
        """Try the connection now: the server came back, or the person asked."""
        self._live.hurry()
        self._sender.wake()
        self._uploads.hurry()

    async def close(self) -> None:
        """End the loops and close the store; what waits is stored then."""
        self.context.api.early = None
        self._broadcast.unsubscribe(self._pass_on)
        for loop in self._loops:
            loop.cancel()
        await self._uploads.close()
        await self.context.films.close()
        if self._counting is not None:
            await asyncio.wait([self._counting])  # it reads the store
        await off_thread(self._folder.close)
        await off_thread(self._store.close)

    def _pass_on(self, changes: Changes) -> None:
        self._heard.send(changes)

    def _changed(self, changes: Sequence[Change]) -> None:
        ids: dict[str, set[str]] = defaultdict(set)
        for change in changes:
            ids[change.topic].add(change.id)
        for topic, found in ids.items():
            self._broadcast.send(Changes(kinds=frozenset({topic}), ids=frozenset(found), origin="live"))

    def _resync(self) -> None:
        self._broadcast.send(Changes(kinds=frozenset({RESYNC}), origin="live"))

    def _connected(self, state: Connection) -> None:
        self._state = state
        if state is Connection.ONLINE:
            self._sender.wake()
            self._uploads.hurry()
        self._on_connection(state)

    def _count(self, changes: Changes) -> None:
        self._count_again = self._count_again or changes.touches(KIND)
        if self._count_again and (self._counting is None or self._counting.done()):
            self._counting = self._tasks.spawn(self._tell_waiting())

    async def _tell_waiting(self) -> None:
        while self._count_again:
            self._count_again = False
            # Of what is watched a person need not know each time that it waits for a moment.
            counts = await off_thread(self.context.outbox.counts, without=EditKind.FEED_EVENT)
            self._on_waiting(sum(counts.values()))


def _damaged(path: Path) -> Problem:
    return Problem(
        what_happened="The file of your drafts and waiting edits was damaged.",
        what_was_kept=f"It was put aside untouched: {path}",
        what_to_do="You can go on working, with an empty list. Whoever helps you may recover the file.",
    )


def _unsafe(path: Path, error: OSError) -> Problem:
    return Problem(
        what_happened="The disk does not take what you write.",
        what_was_kept=f"It is sent as ever and outlives this program, but not a loss of power: {path}",
        what_to_do="Have the disk looked at before you go on for long.",
        detail=f"{type(error).__name__}: {error}",
    )


def _troubled(path: Path, error: Exception) -> Problem:
    return Problem(
        what_happened="The list of your waiting edits cannot be read or written now.",
        what_was_kept=f"What you did is in {path}",
        what_to_do="Make room on the disk. Sending is tried again by itself.",
        detail=f"{type(error).__name__}: {error}",
    )


def _unreadable(entry: Entry) -> Problem:
    assert entry.refusal is not None
    return Problem(
        what_happened=entry.refusal.what_happened,
        what_was_kept="The edit itself: it is in the list of waiting edits, at the bottom of the window.",
        what_to_do=entry.refusal.what_to_do,
    )
