"""The server without a network: an app, a synchronous client, one person of each role, sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from server.accounts import service, sessions
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.app import create_app
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.settings import Settings


class AppTransport(httpx.BaseTransport):
    """Lets a plain `httpx.Client` call an ASGI app; the whole answer is read before it is given back."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._asgi = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()

        async def ask() -> httpx.Response:
            response = await self._asgi.handle_async_request(request)
            return httpx.Response(
                response.status_code, headers=response.headers, content=await response.aread()
            )

        return self._portal.call(ask)


class SignIn(Protocol):
    """`sign_in(Role.LEAD)` or `sign_in(person_id)`: the headers of a new session."""

    def __call__(self, who: Role | UUID, *, stepped_up: bool = False) -> dict[str, str]: ...


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over a folder of this test."""
    return Settings(data=tmp_path / "data", jobs=False)


@pytest.fixture
def app(settings: Settings, db: Database, keys: Keys) -> FastAPI:
    """The real application over this test's database, without background work."""
    return create_app(settings, db, keys)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """The event loop, in a thread of its own, in which the app runs."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def client(app: FastAPI, portal: BlockingPortal) -> Iterator[httpx.Client]:
    """An ordinary synchronous client of `app`; a fault inside a route is raised, not answered."""
    with httpx.Client(transport=AppTransport(app, portal), base_url="http://studio.test") as client:
        yield client


@pytest.fixture
def people(db: Database, keys: Keys) -> dict[Role, Person]:
    """One active person of each role; the handle is the role's name, nobody is cleared."""
    with db.write() as s:
        return {
            role: service.create_person(
                s, actor=SYSTEM, keys=keys, handle=role, name=role.title(), roles=[role]
            )
            for role in Role
        }


@pytest.fixture
def sign_in(db: Database, keys: Keys, people: dict[Role, Person]) -> SignIn:
    """Opens a session of a new device without the password."""

    def headers(who: Role | UUID, *, stepped_up: bool = False) -> dict[str, str]:
        person_id = people[who].id if isinstance(who, Role) else who
        with db.write() as s:
            token, session = sessions.open_session(
                s, keys=keys, person_id=person_id, device_id=uuid4(), device_name="test"
            )
            if stepped_up:
                sessions.step_up(s, session_id=session.id)
        return {"Authorization": f"Bearer {token}"}

    return headers
