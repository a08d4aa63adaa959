"""How a start goes: the server process before Qt, the tabs of a known person before the server answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any
from uuid import UUID, uuid4

import keyring
import pytest
from PySide6.QtWidgets import QApplication

from benchmarks.queue_rows import add_items
from server.accounts import service, sessions
from server.accounts.permissions import Role, permissions_of
from server.accounts.schemas import Me
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.moderation import service as moderation
from server.runtime import opened
from server.settings import Settings as ServerSettings
from studio import server_process
from studio.api.client import Api
from studio.api.live import Connection
from studio.app import App
from studio.arrival import Arrival
from studio.launch import STEPS, begin, steps
from studio.offline.sender import Sender
from studio.paths import Profile
from studio.secrets import SERVICE
from studio.settings import SERVER_URL, SIGN_IN, START, Settings
from studio.stage import play, until
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.snapshot import QueueRow
from studio.tabs.moderation.tab import ModerationTab
from studio.tasks import run
from studio.widgets.splash import Splash
from studio.workplace import Workplace
from tests.studio.test_secrets import Memory

ROOT = Path(__file__).parents[2]
WAITING = "import sys; sys.stdin.read()"
EMAIL = "mo@studio.test"
pytestmark = pytest.mark.crash


def loaded(program: str, *modules: str) -> list[str]:
    """Those of `modules` that a fresh Python has loaded after `program`."""
    check = f"{program}\nimport sys\nprint(*[m for m in {modules!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", check],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return found.stdout.split()


def test_the_server_process_waits_for_nothing_that_is_slow_to_load() -> None:
    slow = ("PySide6", "asyncio", "httpx", "pydantic", "numpy", "hashlib", "tempfile")
    assert loaded("import studio.__main__, studio.launch", *slow) == []


def test_the_queue_loads_nothing_that_is_not_seen_in_it() -> None:
    shown = "import studio.app, studio.tabs.moderation.tab, studio.tabs.moderation.queue_page"
    unseen = (
        *("av", "cv2", "PIL", "pyqtgraph"),
        *("sqlalchemy", "fastapi", "cryptography", "server.app"),
        *("studio.video.player", "studio.tabs.moderation.review_page", "studio.tabs.moderation.account_page"),
        *("studio.tabs.people.people_page", "studio.tabs.audit.page", "studio.tabs.ops.page"),
    )
    assert loaded(shown, *unseen) == []


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "profile").create()


def test_a_start_begins_with_the_server_of_the_profile(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "default_command", lambda: [sys.executable, "-c", WAITING])
    begun = begin(profile=profile.root, server=None)
    assert begun.process is not None
    status: Queue[int] = Queue()
    begun.process.listen(lambda *_: None, status.put)
    begun.give_up()
    assert status.get(timeout=30) == 0


def test_no_server_is_begun_beside_another(profile: Profile) -> None:
    assert begin(profile=profile.root, server="https://studio.example.org").process is None
    server_process.address_file(profile).write_text("{}")
    assert begin(profile=profile.root, server=None).process is None
    server_process.address_file(profile).unlink()
    settings = Settings(profile.settings)
    settings.set(SERVER_URL, "https://studio.example.org")
    settings.save()
    assert begin(profile=profile.root, server=None).process is None


# Who was here last


@contextmanager
def database(profile: Profile) -> Iterator[WriteSession]:
    with opened(ServerSettings(data=profile.server_data)) as (db, _), db.write() as s:
        yield s


@pytest.fixture
def known(profile: Profile, qapp: QApplication) -> Iterator[UUID]:
    """Who has signed in on the profile, and is remembered by it and by the keyring."""
    with opened(ServerSettings(data=profile.server_data)) as (db, keys), db.write() as s:
        person = service.create_person(
            s, actor=SYSTEM, keys=keys, handle="mo", name="Mo Deri", roles=[Role.MODERATOR]
        )
        token, _ = sessions.open_session(
            s, keys=keys, person_id=person.id, device_id=uuid4(), device_name="desk"
        )
        me = Me(
            id=person.id,
            handle=person.handle,
            name=person.name,
            roles=[Role.MODERATOR],
            permissions=sorted(permissions_of(frozenset({Role.MODERATOR}), cleared=False)),
            cleared=False,
            has_totp=False,
        )
    server = f"embedded:{profile.root}"
    settings = Settings(profile.settings)
    settings.set(SIGN_IN, {f"email:{server}": EMAIL, f"me:{server}": me.model_dump_json()})
    settings.save()
    before, remembering = keyring.get_keyring(), Memory()
    remembering.set_password(SERVICE, server, token)
    keyring.set_keyring(remembering)  # not before: it would hide the keys of the server from its process
    yield person.id
    keyring.set_keyring(before)
    qapp.closeAllWindows()


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens from now on: workplaces made, the question who is here, the sending of what waits."""
    told: list[str] = []
    ask = Arrival.person

    async def asking(self: Arrival, api: Api) -> Me | None:
        told.append("asks")
        me = await ask(self, api)
        told.append("knows")
        return me

    send = Sender.run

    async def sending(self: Sender) -> None:
        told.append("sends")
        await send(self)

    class Noted(Workplace):
        def __init__(self, **parts: Any) -> None:
            told.append("workplace")
            super().__init__(**parts)

    monkeypatch.setattr(Arrival, "person", asking)
    monkeypatch.setattr("studio.app.Workplace", Noted)
    monkeypatch.setattr(Sender, "run", sending)
    return told


def test_the_tabs_of_whoever_was_here_last_are_made_before_the_server_answers(
    profile: Profile, known: UUID, course: list[str], qapp: QApplication
) -> None:
    async def scene(app: App) -> None:
        assert app.me is not None
        assert app.me.id == known
        queue = app.window.tabs["moderation"]
        assert isinstance(queue, ModerationTab)
        await until(lambda: queue.queue.feed.read_once, "the queue")

    play(qapp, profile.root, scene, email=EMAIL)
    assert course == ["workplace", "asks", "knows", "sends"]


@pytest.mark.parametrize("changes", [True, False])
def test_what_changes_before_the_client_listens_is_shown_and_nothing_read_twice(
    profile: Profile, known: UUID, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    with database(profile) as s:
        moderation.install(s)
        add_items(s.connection(), 1, 3)
    ask, read = Arrival.person, snapshot.read
    times_read, first, was_read = 0, "", asyncio.Event()

    async def reading(api: Api, progress: Callable[[int], object]) -> list[QueueRow]:
        nonlocal times_read, first
        rows = await read(api, progress)
        times_read, first = times_read + 1, rows[0].id
        was_read.set()
        return rows

    async def asking(self: Arrival, api: Api) -> Me | None:
        me = await ask(self, api)
        await was_read.wait()
        if changes:
            await api.post("/v1/moderation/claims", json={"item_id": first})
        return me

    async def scene(app: App) -> None:
        assert app.context is not None
        connection, queue = app.context.connection, app.window.tabs["moderation"]
        assert isinstance(queue, ModerationTab)
        await until(lambda: connection() is Connection.ONLINE, "the live feed")
        state = "claimed" if changes else "pending"
        await until(lambda: queue.queue.feed.rows[first].state == state, "the change")

    monkeypatch.setattr(Arrival, "person", asking)
    monkeypatch.setattr(snapshot, "read", reading)
    play(qapp, profile.root, scene, email=EMAIL)
    assert times_read == 1


def test_who_is_another_now_gets_tabs_made_anew(
    profile: Profile, known: UUID, course: list[str], qapp: QApplication
) -> None:
    with database(profile) as s:
        service.edit_person(s, actor=SYSTEM, person_id=known, version=1, name="Mo Veri")

    async def scene(app: App) -> None:
        assert app.me is not None
        assert app.me.name == "Mo Veri"
        assert app.window.current is not None
        assert app.window.current.context.me is app.me

    play(qapp, profile.root, scene, email=EMAIL)
    assert course == ["workplace", "asks", "knows", "workplace", "sends"]


def test_a_session_that_was_ended_meanwhile_shows_nothing_of_it(
    profile: Profile, known: UUID, course: list[str], qapp: QApplication
) -> None:
    with database(profile) as s:
        sessions.close_sessions(s, person_id=known)

    async def scene(app: App) -> None:
        await until(lambda: app.sign_in_page is not None and app.sign_in_page.isVisible(), "the sign-in page")
        assert app.me is None
        assert not app.window.tabs

    play(qapp, profile.root, scene, email=None)
    assert course == ["workplace", "asks", "knows"]


@pytest.mark.parametrize("way", ["offline", "quit"])
def test_the_ways_on_while_the_server_still_loads(
    profile: Profile,
    known: UUID,
    course: list[str],
    qapp: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    monkeypatch.setattr(server_process, "default_command", lambda: [sys.executable, "-c", WAITING])
    splash = Splash("Creator Studio", STEPS)
    splash.open()
    app = App(qapp, profile, splash, server=None)

    async def main() -> int:
        running = asyncio.ensure_future(app.main())
        await until(lambda: app.me is not None, "the tabs made ahead")
        assert not app.window.isVisible()
        if way == "offline":
            splash.continued_offline.emit()
            await until(lambda: app.started, "the window")
            assert app.window.isVisible()
            app.quit()
        else:
            splash.left.emit()
        return await running

    assert run(qapp, main) == 0
    assert course == ["workplace", "asks", "knows"] + ["sends"] * (way == "offline")


def test_the_steps_weigh_what_they_took_last(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    assert steps(settings) == STEPS
    settings.set(START, {"profile": 0, "server": 900, "sign-in": 80, "tabs": 300})
    assert steps(settings) == {"profile": 1.0, "server": 900.0, "sign-in": 80.0, "tabs": 300.0}
    settings.set(START, {"server": 900})  # of a version with other steps
    assert steps(settings) == STEPS
