"""A fake server with people in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from server.accounts.permissions import Role
from server.accounts.schemas import PersonDetail, PersonRow, PersonState
from server.audit.schemas import Entry
from server.kit.wire import Availability
from studio.tabs.people.tab import PeopleTab
from tests.studio.tabs.office import MY_ID, NOW, Office, Routes, body, person_me, problem

PEOPLE = "/v1/accounts/people"


def row(n: int, **changes: Any) -> PersonDetail:
    """Person number `n`; number 0 is the one at the desk."""
    values: dict[str, Any] = {
        "id": MY_ID if n == 0 else UUID(int=100 + n),
        "handle": f"person{n:03}",
        "name": f"Person {n}",
        "bio": "",
        "roles": [Role.ADMIN] if n == 0 else [Role.MODERATOR],
        "state": PersonState.ACTIVE,
        "availability": Availability.PUBLIC,
        "created_at": NOW - timedelta(days=100),
        "cleared": False,
        "version": 3,
        "has_totp": True,
        "last_seen_at": NOW - timedelta(minutes=5),
        "email_hint": "p…@demo.local",
        "has_password": True,
    }
    return PersonDetail(**values | changes)


OTHER = row(1).id
"""Somebody else than the one at the desk."""
PATCH = f"PATCH {PEOPLE}/{OTHER}"


async def opened(office: Office) -> PeopleTab:
    """The tab on screen, with `OTHER` selected."""
    tab = PeopleTab(office.context)
    await office.show(tab)
    tab.people.table.select([OTHER], OTHER)
    await office.settle()
    return tab


class PeopleServer(Routes):
    """Answers like `/v1/accounts`; an edit counts when it names the version and a code was given.

    `stepped_up` is whether a one-time code was given; `enrolled` whether there is an authenticator.
    """

    def __init__(self, count: int = 3, *, stepped_up: bool = True) -> None:
        super().__init__({"GET /v1/audit/entries": self._history, f"GET {PEOPLE}": self._page})
        self.answers["GET /v1/accounts/me"] = lambda _: httpx.Response(
            200, content=person_me(has_totp=self.enrolled).model_dump_json()
        )
        self.people = [row(n) for n in range(count)]
        self.stepped_up = stepped_up
        self.enrolled = True
        self.page = 100
        for person in self.people:
            self.know(person)

    def know(self, person: PersonDetail) -> None:
        """Answer for this person."""
        self.answers[f"GET {PEOPLE}/{person.id}"] = lambda _: self.find(person.id)
        self.answers[f"PATCH {PEOPLE}/{person.id}"] = lambda request: self._edit(person.id, request)

    def find(self, name: UUID) -> PersonDetail:
        """The present copy of a person."""
        return next(person for person in self.people if person.id == name)

    def put(self, person: PersonDetail) -> None:
        """Let somebody else have saved this copy."""
        self.people = [person if each.id == person.id else each for each in self.people]

    def _page(self, request: httpx.Request) -> dict[str, Any]:
        asked = dict(request.url.params)
        found = [
            person
            for person in self.people
            if person.handle.startswith(asked.get("q", ""))
            and asked.get("role", person.roles[0] if person.roles else "") in person.roles
            and asked.get("state", person.state) == person.state
        ]
        start, limit = int(asked.get("cursor", "0")), min(self.page, int(asked["limit"]))
        items = [
            json.loads(PersonRow(**each.model_dump(exclude={"email_hint", "has_password"})).model_dump_json())
            for each in found[start : start + limit]
        ]
        more = start + limit < len(found)
        return {"items": items, "next_cursor": str(start + limit) if more else None}

    def _edit(self, name: UUID, request: httpx.Request) -> Any:
        person = self.find(name)
        if not self.stepped_up:
            return problem(403, "step_up_required")
        if request.headers["If-Match"] != f'"{person.version}"':
            current = json.loads(person.model_dump_json())
            return problem(412, "stale", "This person was changed in the meantime.", current=current)
        changed = PersonDetail(**person.model_dump() | body(request) | {"version": person.version + 1})
        self.put(changed)
        return changed

    def _history(self, request: httpx.Request) -> dict[str, Any]:
        entry = Entry(
            seq=9,
            at=NOW - timedelta(hours=2),
            actor="system:seed",
            action="accounts.person_created",
            target=request.url.params["target"],
            data={},
            erased_at=None,
            hash="0" * 64,
            prev_hash="0" * 64,
        )
        return {"items": [json.loads(entry.model_dump_json())], "next_cursor": None}
