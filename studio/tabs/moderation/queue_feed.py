"""Keeps the open queue fresh: one coroutine that reads it whole, then follows what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, Protocol

from server.moderation.schemas import Policies
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.offline.store import Store
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.snapshot import PolicyTitles, QueueRow
from studio.tasks import off_thread

GATHER_S: Final = 0.05
"""What is announced within this time is asked for together."""
MOST_SINGLE: Final = 3_000
"""More changed items than this are read faster as a whole queue."""


class QueueListener(Protocol):
    """Whoever shows the queue. Called on the event loop."""

    def loading(self, rows: int) -> None:
        """The whole queue is being read; `rows` have come so far."""

    def replaced(self, rows: Sequence[QueueRow], kept_at: datetime | None) -> None:
        """These are all rows now. `kept_at`: they are the copy that was stored then, not the server's."""

    def changed(self, rows: Sequence[QueueRow], gone: Collection[str]) -> None:
        """Some rows are new or other than before, and some items have left the queue."""

    def fresh(self) -> None:
        """All that was announced has been told: what is held is the server's queue."""

    def failed(self, error: ApiError) -> None:
        """Nothing more comes until `refresh` or `hurry`; the rows so far stay."""


class QueueFeed:
    """The open queue of one person. `rows` by id and `titles` of policies by code may be read at any time.

    `read_once` tells that the server's queue has been read, so that no rows mean an empty queue.
    """

    def __init__(
        self, api: Api, store: Store, listener: QueueListener, *, gather_s: float = GATHER_S
    ) -> None:
        self.rows: dict[str, QueueRow] = {}
        self.titles = PolicyTitles()
        self._titled = False
        self.read_once = False
        self._api, self._store, self._listener = api, store, listener
        self._gather_s = gather_s
        self._whole = True
        self._announced: set[str] = set()
        self._work = asyncio.Event()

    async def run(self) -> None:
        """Read the queue at the first `refresh` and follow it until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                if self._whole:
                    await self._read()
                await self._follow()
                self._listener.fresh()
            except ApiError as error:
                if not self.rows:
                    await self._recall()
                self._listener.failed(error)

    def refresh(self) -> None:
        """Read the whole queue anew."""
        self._whole = True
        self._work.set()

    def announce(self, ids: Collection[str]) -> None:
        """Take note that these items changed; they are asked for at once, or after the next `hurry`."""
        self._announced.update(ids)

    def hurry(self) -> None:
        """Catch up with what was announced, and go on after a failure."""
        self._work.set()

    async def _read(self) -> None:
        self._listener.loading(0)
        self._announced.clear()
        self._whole = False  # not at the end: a `refresh` meanwhile would be lost
        titling = asyncio.ensure_future(self._learn_titles())
        try:
            rows = await snapshot.read(self._api, self._listener.loading)
            if (failure := await titling) is not None:
                raise failure
        except ApiError:
            self._whole = True
            raise
        finally:
            titling.cancel()
        self.read_once = True
        self.rows = {row.id: row for row in rows}
        self._listener.replaced(rows, None)

    async def _learn_titles(self) -> ApiError | None:
        """Answers the error instead of raising it: nobody may be left to catch it."""
        if self._titled:
            return None
        try:
            found = (await self._api.get("/v1/moderation/policies")).model(Policies)
        except ApiError as error:
            return error
        self.titles.update({policy.code: policy.title for policy in found.items})
        self._titled = True
        return None

    async def _follow(self) -> None:
        while self._announced:
            await asyncio.sleep(self._gather_s)
            if len(self._announced) > MOST_SINGLE:
                self.refresh()
                return
            asked = set(islice(self._announced, snapshot.BATCH))
            self._announced -= asked
            try:
                found = await snapshot.fetch(self._api, asked)
            except ApiError:
                self._announced |= asked
                raise
            self._take(asked, found)

    def _take(self, asked: set[str], found: Sequence[QueueRow]) -> None:
        newer = [row for row in found if row.version >= self._version(row.id)]
        gone = {each for each in asked - {row.id for row in found} if each in self.rows}
        self.rows.update({row.id: row for row in newer})
        for each in gone:
            del self.rows[each]
        if newer or gone:
            self._listener.changed(newer, gone)

    def _version(self, item_id: str) -> int:
        held = self.rows.get(item_id)
        return held.version if held else 0

    async def _recall(self) -> None:
        kept = await off_thread(snapshot.recall, self._store)
        if kept is not None and not self.rows:
            self.rows = {row.id: row for row in kept.rows}
            self.titles.update(kept.titles)
            self._listener.replaced(kept.rows, kept.stored_at)
