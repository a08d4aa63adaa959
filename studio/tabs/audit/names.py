"""Who stands behind the opaque ids of the log: handles, asked for once and kept while the tab lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from PySide6.QtCore import QObject

from server.accounts.schemas import PersonDetail, PersonRow
from server.kit.wire import Page
from studio.api.errors import ApiError, NotFound
from studio.tab import Context
from studio.tabs.audit.state import person_of

AT_ONCE = 4


class Names(QObject):
    """Knows handles only for a reader who may see people; others see the ids."""

    def __init__(self, context: Context, on_known: Callable[[], object]) -> None:
        super().__init__()
        self._context, self._on_known = context, on_known
        self._asked: set[UUID] = set()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.handles: dict[UUID, str] = {context.me.id: context.me.handle}
        self.may_look = "people.read" in context.me.permissions

    def learn(self, refs: Iterable[str]) -> None:
        """Look up the people among actors and targets that nobody asked for yet."""
        people = {person for ref in refs if (person := person_of(ref)) is not None}
        new = people - self._asked - self.handles.keys()
        if self.may_look and new:
            self._asked |= new
            self._context.tasks.spawn(self._look_up(new), self)

    async def _look_up(self, people: set[UUID]) -> None:
        await asyncio.gather(*(self._one(person) for person in people))
        self._on_known()

    async def _one(self, person: UUID) -> None:
        async with self._gate:
            try:
                answer = await self._context.api.get(f"/v1/accounts/people/{person}")
                self.handles[person] = answer.model(PersonDetail).handle
            except NotFound:
                pass  # it stays an id, for good
            except ApiError:
                self._asked.discard(person)

    async def find(self, handle: str) -> UUID | None:
        """The person with exactly this handle. Raises ApiError."""
        known = next((person for person, name in self.handles.items() if name == handle), None)
        if known is not None or not self.may_look:
            return known
        # The server looks at the beginning of names too, so the one that is meant need not come first.
        params: dict[str, str | int] = {"q": handle, "limit": 200}
        page = (await self._context.api.get("/v1/accounts/people", params=params)).model(Page[PersonRow])
        found = next((person for person in page.items if person.handle == handle), None)
        return found.id if found else None
