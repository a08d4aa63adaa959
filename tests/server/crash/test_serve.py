"""The server as a process: how it starts, tells, stops, and what is left of writes when it is killed."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server import cli
from server.accounts import service, sessions
from server.accounts.models import Person, Session
from server.accounts.permissions import Role
from server.audit.models import AuditEntry, AuditHead
from server.audit.verify import verify
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.events import Event
from server.ops.service import mark_as_demo
from server.runtime import opened
from server.settings import Settings
from tests.postgresql import Cluster
from tests.server.crash.drill import drill
from tests.server.crash.process import ServerProcess

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that the servers of these tests serve one after the other."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def admin(migrated: Path) -> dict[str, str]:
    return make_admin(Settings(data=migrated))


def make_admin(settings: Settings) -> dict[str, str]:
    """The headers of an admin who has signed in and stepped up."""
    with opened(settings) as (db, keys), db.write() as s:
        person = service.create_person(
            s, actor=SYSTEM, keys=keys, handle="root", name="Root", roles=[Role.ADMIN]
        )
        token, session = sessions.open_session(
            s, keys=keys, person_id=person.id, device_id=uuid4(), device_name="test"
        )
        s.execute(
            sa.update(Session)
            .where(Session.id == session.id)
            .values(stepped_up_until=clock.now() + timedelta(days=1))
        )
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def server(migrated: Path, admin: dict[str, str]) -> Iterator[ServerProcess]:
    with ServerProcess(migrated) as server:
        yield server


def create_person(client: httpx.Client, number: int) -> str:
    """One write that leaves a row, an audit entry and an event."""
    person_id = uuid4()
    body = {"id": str(person_id), "handle": f"p{person_id.hex[:20]}", "name": f"Person {number}"}
    answer = client.post("/v1/accounts/people", json=body)
    assert answer.status_code == 201, answer.text
    return str(person_id)


def check_whole(data: Path, confirmed: set[str]) -> None:
    """Every write is there with its audit entry and its event, or not at all; no confirmed one is lost."""
    with opened(Settings(data=data)) as (db, keys), db.read() as s:
        rows = set(map(str, s.scalars(sa.select(Person.id).where(Person.handle != "root"))))
        audited = {
            target.removeprefix("person:")
            for target in s.scalars(
                sa.select(AuditEntry.target).where(AuditEntry.action == "accounts.person_created")
            )
        }
        told = set(s.scalars(sa.select(Event.subject).where(Event.topic == "accounts.person_created")))
        root = str(s.execute(sa.select(Person.id).where(Person.handle == "root")).scalar_one())
        assert rows == audited - {root} == told - {root}
        assert confirmed <= rows
        assert verify(s, keys).whole


def test_writes_cut_off_by_kill_9_are_whole_or_absent(server: ServerProcess, admin: dict[str, str]) -> None:
    confirmed = drill(server, admin, create_person, kills=10, seed=1)
    assert len(confirmed) >= 10
    check_whole(server.data, confirmed)


@pytest.mark.drill
def test_two_hundred_kills(server: ServerProcess, admin: dict[str, str]) -> None:
    for seed in range(2, 22):
        check_whole(server.data, drill(server, admin, create_person, kills=10, seed=seed))


def test_the_start_is_announced_and_stdin_ends_the_server(server: ServerProcess) -> None:
    server.start()
    *steps, ready = server.announced
    assert [step["event"] for step in steps] == ["progress"] * len(steps)
    assert [step["fraction"] for step in steps] == sorted(step["fraction"] for step in steps)
    assert (ready["event"], ready["pid"]) == ("ready", server.child.pid)
    file = server.data / "server.json"
    assert json.loads(file.read_text()) == {"url": server.url, "pid": server.child.pid}
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with server.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    assert server.stop() == 0
    assert not file.exists()


def test_a_stopped_server_leaves_a_sealed_log(server: ServerProcess, admin: dict[str, str]) -> None:
    server.start()
    with server.client(admin) as client:
        create_person(client, 1)
    assert server.stop() == 0
    with opened(Settings(data=server.data)) as (db, _), db.read() as s:
        newest = s.scalar(sa.select(sa.func.max(AuditEntry.seq)))
        assert s.scalar(sa.select(sa.func.max(AuditHead.seq))) == newest


def test_jobs_run_beside_the_requests_and_end_cleanly(migrated: Path, admin: dict[str, str]) -> None:
    pause = threading.Event()
    with ServerProcess(migrated, STUDIO_JOBS="true") as server:
        server.start()
        with server.client(admin) as client:
            for _ in range(300):
                jobs = client.get("/v1/ops/jobs").json()["items"]
                if all(job["last_run_at"] for job in jobs):
                    break
                pause.wait(0.1)
        assert {job["name"] for job in jobs if job["kind"] == "recurring"} >= {"audit.seal"}
        assert [job["name"] for job in jobs if job["error"] or not job["last_run_at"]] == []
        assert server.stop() == 0
        assert server.faults() == []


def test_a_second_server_on_the_folder_is_refused(server: ServerProcess) -> None:
    server.start()
    with ServerProcess(server.data) as second:
        second.start()
        assert second.announced[-1]["event"] == "refused"
        assert second.announced[-1]["running"] is True
        assert second.stop() == cli.ALREADY_RUNNING
    server.kill()
    server.start()
    assert server.announced[-1]["event"] == "ready", "the lock must die with its process"
    assert server.stop() == 0


def test_an_open_live_stream_does_not_hold_up_the_stop(server: ServerProcess, admin: dict[str, str]) -> None:
    server.start()
    with (
        server.client(admin) as client,
        client.stream("GET", "/v1/live") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        with server.client(admin) as other:
            key = create_person(other, 1)
        assert key in next(line for line in lines if line.startswith("data: "))
        assert server.stop() == 0
        assert not [line for line in lines if line]


def test_a_demo_database_is_not_served_to_the_network(tmp_path: Path) -> None:
    with opened(Settings(data=tmp_path)) as (db, _), db.write() as s:
        mark_as_demo(s)
    with ServerProcess(tmp_path) as server:
        server.start("--host", "0.0.0.0")
        assert server.announced[-1]["event"] == "refused"
        assert server.stop() == cli.REFUSED
        server.start()
        assert server.announced[-1]["event"] == "ready"
        assert server.stop() == 0


def test_a_taken_port_is_refused_with_a_reason(server: ServerProcess, tmp_path: Path) -> None:
    server.start()
    port = server.url.rpartition(":")[2]
    with ServerProcess(tmp_path) as second:
        second.start("--port", port)
        last: dict[str, Any] = second.announced[-1]
        assert last["event"] == "refused"
        assert port in last["reason"]
        assert second.stop() == cli.REFUSED
    assert server.stop() == 0


def test_three_servers_on_one_postgresql_tell_each_other(postgresql: Cluster, tmp_path: Path) -> None:
    """A change made through one is heard through another, also after the third was killed."""
    name = f"test_{uuid4().hex[:12]}"
    postgresql.create_database(name)
    keys = json.dumps(dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "="))
    url = postgresql.url(name)
    headers = make_admin(Settings(data=tmp_path, keys=keys, DATABASE_URL=url))
    environment = {"STUDIO_KEYS": keys, "DATABASE_URL": url}
    with ExitStack() as stack:
        one, other, doomed = [
            stack.enter_context(ServerProcess(tmp_path / str(n), **environment)) for n in range(3)
        ]
        for server in (one, other, doomed):
            server.start()
        speaking = stack.enter_context(one.client(headers))
        hearing = stack.enter_context(other.client(headers))
        stream = stack.enter_context(hearing.stream("GET", "/v1/live"))
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        for number in range(2):
            key = create_person(speaking, number)
            assert key in next(line for line in lines if line.startswith('data: {"topic'))
            if doomed.child.poll() is None:
                doomed.kill()
        assert one.stop() == other.stop() == 0
    postgresql.drop_database(name)


def test_a_head_without_end_is_refused(server: ServerProcess) -> None:
    """Else whoever reaches the port could fill the memory, without any account."""
    server.start()
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 0), timeout=30) as wire:
        wire.sendall(b"GET /health HTTP/1.1\r\nHost: studio\r\n")
        endless = (b"X-More: " + b"x" * 8_000 + b"\r\n") * 4_000
        with pytest.raises(ConnectionError):
            wire.sendall(endless)
    with server.client() as client:
        assert client.get("/health").status_code == 200
    assert server.stop() == 0
