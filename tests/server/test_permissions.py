"""Every route of the real app names who may call it, and keeps everyone else out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

import server
from server.accounts import permissions
from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.kit.access import Public, Require
from server.kit.db import Database
from tests.server.conftest import SignIn

PUBLIC = {
    ("POST", "/v1/accounts/sign-in"),
    ("GET", "/health"),
    ("GET", "/metrics"),
}
"""What anyone may call."""

GRANTED_AHEAD = {"moderation.configure"}
"""Permissions whose routes come with a later issue."""

ENDLESS = {"/v1/live"}
"""Streams that never end: only their refusals can be waited for."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: who may call what does not depend on the database."""
    return sqlite_url


@dataclass(frozen=True)
class Guarded:
    """One method of one route, and the guards that its dependencies hold."""

    method: str
    path: str
    guards: tuple[Require | Public, ...]

    @property
    def permission(self) -> str | None:
        [guard] = self.guards
        return guard.permission

    @property
    def address(self) -> str:
        """The path with something harmless in each place."""
        return re.sub(r"\{[^}]*\}", str(UUID(int=0)), self.path)


def guards_of(dependant: Dependant) -> Iterator[Require | Public]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Require | Public):
            yield inner.call
        yield from guards_of(inner)


def routes_of(app: FastAPI) -> list[Guarded]:
    found = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        guards = tuple(guards_of(dependant)) if isinstance(dependant, Dependant) else ()
        found += [Guarded(method, str(route.path), guards) for method in sorted(route.methods or {"GET"})]
    return found


@pytest.fixture
def routes(app: FastAPI) -> list[Guarded]:
    """Every method of every route."""
    return routes_of(app)


def test_every_route_names_one_permission_or_is_public(routes: list[Guarded]) -> None:
    assert len(routes) > 20
    assert [f"{r.method} {r.path}" for r in routes if len(r.guards) != 1] == []


def test_a_route_without_a_guard_would_be_found() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/open", lambda: None)
    assert [r.guards for r in routes_of(app)] == [()]


def test_the_public_routes_are_these_and_no_others(routes: list[Guarded]) -> None:
    assert {(r.method, r.path) for r in routes if r.permission is None} == PUBLIC


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_strangers_are_not_told_what_the_api_looks_like(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_permission_of_a_route_is_granted_to_someone(routes: list[Guarded]) -> None:
    assert {r.permission for r in routes if r.permission} - permissions.ALL == set()


def test_every_granted_permission_is_asked_for_somewhere() -> None:
    root = Path(server.__file__).parent
    source = "".join(file.read_text() for file in root.rglob("*.py") if file != Path(permissions.__file__))
    asked = {p for p in permissions.ALL if f'"{p}"' in source or p == permissions.CLEARANCE}
    assert permissions.ALL - asked <= GRANTED_AHEAD


def test_without_a_session_every_guarded_route_asks_to_sign_in(
    client: httpx.Client, routes: list[Guarded]
) -> None:
    for headers in ({}, {"Authorization": "Bearer cst_made_up"}, {"Authorization": "Basic YTpi"}):
        let_in = [
            f"{r.method} {r.path}: {status}"
            for r in routes
            if r.permission
            and (status := client.request(r.method, r.address, headers=headers).status_code) != 401
        ]
        assert let_in == []


@pytest.mark.parametrize("cleared", [False, True])
@pytest.mark.parametrize("role", Role)
def test_a_role_passes_exactly_the_routes_of_its_permissions(
    client: httpx.Client,
    db: Database,
    people: dict[Role, Person],
    sign_in: SignIn,
    routes: list[Guarded],
    role: Role,
    cleared: bool,
) -> None:
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id == people[role].id).values(cleared=cleared))
    granted = permissions_of(frozenset({role}), cleared=cleared)
    wrong = []
    for r in routes:
        if r.permission is None or (r.permission in granted and r.path in ENDLESS):
            continue
        answer = client.request(r.method, r.address, headers=sign_in(role, stepped_up=True))
        refused = answer.status_code == 403 and (
            r.method == "HEAD" or answer.json()["detail"] == f"This needs the permission {r.permission}."
        )
        if refused is (r.permission in granted):
            wrong.append(f"{r.method} {r.path}: {answer.status_code}")
    assert wrong == []


def test_what_needs_a_one_time_code_says_so(
    client: httpx.Client, sign_in: SignIn, routes: list[Guarded]
) -> None:
    stepped = [r for r in routes if isinstance(r.guards[0], Require) and r.guards[0].step_up]
    assert stepped
    for r in stepped:
        allowed = next(
            role for role in Role if r.permission in permissions_of(frozenset({role}), cleared=False)
        )
        answer = client.request(r.method, r.address, headers=sign_in(allowed))
        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
