"""Who is signed out, what is told of a file that does not open, and whose review copies are wiped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from server.accounts.permissions import Role, permissions_of
from server.accounts.schemas import Me
from studio.api.client import Api
from studio.api.live import Connection
from studio.keys import Keymap
from studio.messages import Message, Messages, Problem
from studio.offline.changes import Broadcast
from studio.offline.store import Store
from studio.paths import Profile
from studio.settings import Settings
from studio.tasks import Tasks, run
from studio.widgets.ticker import Ticker
from studio.workplace import LISTEN, Workplace

ID = UUID(int=1)


class Office:
    """A workplace before a server whose live feed answers `status`, and all it was told."""

    def __init__(self, folder: Path, permissions: Sequence[str], status: int = 403) -> None:
        self.profile = Profile(folder).create()
        self.said: list[object] = []
        self.feeds = 0
        self._status = status
        self.more = asyncio.Event()
        messages, broadcast = Messages(), Broadcast()
        messages.listen(self.hear)
        self.tasks = Tasks(messages, broadcast)
        self.api = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(self._answer))
        self.place = Workplace(
            profile=self.profile,
            store=Store(self.profile.store(server_url="s", person_id=str(ID))),
            me=Me(
                id=ID,
                handle="mo",
                name="Mo",
                roles=[Role.MODERATOR],
                permissions=list(permissions),
                cleared=False,
                has_totp=False,
            ),
            api=self.api,
            tasks=self.tasks,
            settings=Settings(self.profile.settings),
            keymap=Keymap(),
            messages=messages,
            broadcast=broadcast,
            ticker=Ticker(),
            go=lambda *_: None,
            step_up=_never,
            on_connection=self.hear,
            on_waiting=self.hear,
            on_signed_out=lambda: self.hear("signed out"),
        )
        self.place.begin()

    def hear(self, what: object) -> None:
        self.said.append(what)
        self.more.set()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.more.clear()
                await self.more.wait()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.feeds += request.url.path == "/v1/live"
        return httpx.Response(self._status, json={"code": "no"})

    async def close(self) -> None:
        await self.place.close()
        await self.tasks.close()
        await self.api.aclose()


async def _never() -> bool:
    return False


def play(qapp: QApplication, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def main() -> int:
        await story()
        return 0

    assert run(qapp, main) == 0


def test_who_may_not_listen_is_not_signed_out(qapp: QApplication, tmp_path: Path) -> None:
    temporary = sorted(permissions_of(frozenset({Role.MODERATOR}), cleared=False, temporary=True))
    assert LISTEN not in temporary

    async def story() -> None:
        office = Office(tmp_path, temporary)
        await office.until(lambda: Connection.ONLINE in office.said)
        await office.close()
        assert office.feeds == 0
        assert "signed out" not in office.said

    play(qapp, story)


@pytest.mark.parametrize(("status", "ends"), [(403, False), (401, True)])
def test_only_a_session_that_ended_signs_out(
    qapp: QApplication, tmp_path: Path, status: int, ends: bool
) -> None:
    async def story() -> None:
        office = Office(tmp_path, [LISTEN], status)
        await office.until(lambda: "signed out" in office.said or Connection.OFFLINE in office.said)
        if ends:
            await office.until(lambda: "signed out" in office.said)
        assert ("signed out" in office.said) is ends
        await office.close()

    play(qapp, story)


def test_a_damaged_file_is_told_with_the_place_it_was_put(qapp: QApplication, tmp_path: Path) -> None:
    path = Profile(tmp_path).store(server_url="s", person_id=str(ID))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 100)

    async def story() -> None:
        office = Office(tmp_path, [])
        (told,) = [each for each in office.said if isinstance(each, Problem)]
        (aside,) = path.parent.glob("*.damaged-*")
        assert str(aside) in told.what_was_kept
        await office.close()

    play(qapp, story)


def test_an_edit_that_cannot_be_read_is_told(qapp: QApplication, tmp_path: Path) -> None:
    async def story() -> None:
        office = Office(tmp_path, [])
        with office.place.context.store.transaction() as db:
            db.execute(
                "INSERT INTO outbox (id, kind, method, path, body, subject, created_at, idempotency_key,"
                " state) VALUES (?, 'hologram', 'POST', '/v1/x', '{}', 's', '2026-01-01', ?, 'waiting')",
                (str(UUID(int=5)), str(UUID(int=6))),
            )
        office.place.hurry()
        await office.until(lambda: [each for each in office.said if isinstance(each, Message | Problem)])
        (told,) = [each for each in office.said if isinstance(each, Problem)]
        assert "cannot read this edit" in told.what_happened
        await office.until(lambda: 1 in office.said)
        await office.close()

    play(qapp, story)


def test_a_second_window_wipes_what_a_killed_one_left_and_not_the_first_one_s(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def story() -> None:
        killed = tmp_path / "media" / "run-killed"
        killed.mkdir(parents=True)
        (killed / "a copy").write_bytes(b"x")
        first = Office(tmp_path, [])
        (mine,) = [each for each in (tmp_path / "media").iterdir() if each != killed]
        (mine / "a copy").write_bytes(b"x")
        second = Office(tmp_path, [])
        await asyncio.to_thread(second.place._folder.wipe_others)
        assert not killed.exists()
        assert (mine / "a copy").exists()
        await second.close()
        await first.close()
        assert list((tmp_path / "media").iterdir()) == []

    play(qapp, story)
