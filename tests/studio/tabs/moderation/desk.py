"""A person's context before a `World`, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from server.accounts.permissions import Role
from server.accounts.schemas import Me
from studio.api.client import Api
from studio.api.live import Connection
from studio.keys import Keymap
from studio.messages import Message, Messages, Problem
from studio.offline.changes import Broadcast
from studio.offline.media_cache import MediaCache
from studio.offline.outbox import Outbox
from studio.offline.store import Store
from studio.offline.uploads import Uploads
from studio.settings import Settings
from studio.sparks.film_store import FilmStore
from studio.tab import Context
from studio.tasks import Tasks
from tests.studio.tabs.moderation.world import ME, MY_ID, NOW, World
from tests.studio.tabs.office import StillTicker

PERMISSIONS = (
    "moderation.read",
    "moderation.claim",
    "moderation.decide",
    "moderation.note",
    "people.history",
)


class Desk:
    """One person's context before a `World`; `reports` are what they were told, `went` where `go` led."""

    def __init__(self, world: World, folder: Path, *, permissions: Iterable[str] = PERMISSIONS) -> None:
        self.world = world
        self.reports: list[Message | Problem] = []
        self.went: list[tuple[str, dict[str, Any]]] = []
        messages, changes = Messages(), Broadcast()
        messages.listen(self.reports.append)
        self.ticker = StillTicker(NOW)
        store = Store(folder / "offline.sqlite")
        self.api = Api("http://127.0.0.1:9", lambda: "token", transport=httpx.MockTransport(world.handle))
        tasks = Tasks(messages, changes)
        self.context = Context(
            api=self.api,
            me=Me(
                id=MY_ID,
                handle=ME,
                name="Noor Haddad",
                roles=[Role.MODERATOR],
                permissions=list(permissions),
                cleared=False,
                has_totp=False,
            ),
            tasks=tasks,
            settings=Settings(folder / "settings.json"),
            keymap=Keymap(),
            messages=messages,
            store=store,
            outbox=Outbox(store),
            changes=changes,
            media=MediaCache(folder / "media", max_bytes=1_000_000),
            uploads=Uploads(self.api, store, write=tasks.write, spawn=tasks.spawn, tell=changes.send),
            films=FilmStore(folder / "films", self.api, tasks.spawn),
            ticker=self.ticker,
            go=lambda tab, **what: self.went.append((tab, what)),
            step_up=_never,
            connection=lambda: Connection.ONLINE,
        )

    async def close(self) -> None:
        """End what runs and close the files."""
        await self.context.tasks.close()
        await self.api.aclose()
        self.context.store.close()


async def _never() -> bool:
    return False
