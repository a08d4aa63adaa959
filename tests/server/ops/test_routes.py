"""Health, metrics, jobs and the doctor over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack

import anyio
import httpx
import pytest
import sqlalchemy as sa
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI, Request

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import TooMany
from server.kit.live import broadcaster
from server.kit.ticker import JobSchedule, ticker
from server.ops import live, routes
from server.ops.live import PER_SESSION, places
from tests.server.conftest import SignIn


def test_health_is_public(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_health_fails_when_the_database_is_gone(
    client: httpx.Client, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(db, "read", gone)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_every_answer_names_its_request(client: httpx.Client) -> None:
    own = client.get("/health", headers={"X-Request-Id": "abc-12345678"})
    assert own.headers["X-Request-Id"] == "abc-12345678"
    made = client.get("/health", headers={"X-Request-Id": "not\tgood"})
    assert made.headers["X-Request-Id"] != "not\tgood"
    assert len(made.headers["X-Request-Id"]) == 32


def test_answers_say_where_in_the_live_feed_they_were_read_but_not_to_strangers(
    client: httpx.Client, sign_in: SignIn
) -> None:
    mine = client.get("/v1/accounts/me", headers=sign_in(Role.MODERATOR))
    assert mine.headers["Live-Position"] == broadcaster.position
    assert "Live-Position" not in client.get("/health").headers
    assert "Live-Position" not in client.get("/v1/accounts/me").headers


def test_a_fault_is_logged_by_its_route_and_not_by_its_path(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/v1/breaks/{name}")
    def breaks(name: str) -> None:
        raise RuntimeError("no")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/v1/breaks/erika-mustermann")

    with caplog.at_level(logging.ERROR):
        assert anyio.run(ask).status_code == 500
    assert "unexpected fault at GET /v1/breaks/{name}" in caplog.text
    assert "erika" not in caplog.text


def test_metrics_count_requests_by_route(client: httpx.Client) -> None:
    client.get("/v1/nothing/here")
    client.get("/health")
    text = client.get("/metrics").text
    assert 'studio_requests_total{method="GET",route="/health",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert "nothing/here" not in text
    assert "studio_live_clients 0" in text


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), ("", 403), ("x", 403)]
)
def test_metrics_are_for_this_machine_only(
    app: FastAPI, portal: BlockingPortal, address: str, status: int
) -> None:
    async def ask() -> int:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
            return (await client.get("/metrics")).status_code

    assert portal.call(ask) == status


def test_jobs_are_listed_and_started(client: httpx.Client, db: Database, sign_in: SignIn) -> None:
    admin = sign_in(Role.ADMIN)
    names = [job["name"] for job in client.get("/v1/ops/jobs", headers=admin).json()["items"]]
    assert "audit.seal" in names
    answer = client.post("/v1/ops/jobs/audit.seal/run", headers=admin)
    assert answer.status_code == 202
    [job] = [job for job in answer.json()["items"] if job["name"] == "audit.seal"]
    assert (job["kind"], job["state"]) == ("recurring", "idle")
    with db.read() as s:
        assert s.get_one(JobSchedule, "audit.seal").started_at is None
        assert "ops.run_job" in s.scalars(sa.select(AuditEntry.action)).all()
    assert set(names) == set(ticker.jobs)


@pytest.mark.parametrize(
    ("name", "status"), [("no.such_job", 404), ("..%2Fetc", 404), ("A.B", 422), ("a.%00", 422)]
)
def test_an_unknown_job_is_refused(client: httpx.Client, sign_in: SignIn, name: str, status: int) -> None:
    assert client.post(f"/v1/ops/jobs/{name}/run", headers=sign_in(Role.ADMIN)).status_code == status


@pytest.mark.parametrize("role", [Role.FAN, Role.CREATOR, Role.MODERATOR, Role.FINANCE])
def test_operations_need_a_permission(client: httpx.Client, sign_in: SignIn, role: Role) -> None:
    headers = sign_in(role)
    assert client.get("/v1/ops/jobs", headers=headers).status_code == 403
    assert client.get("/v1/ops/doctor", headers=headers).status_code == 403
    assert client.post("/v1/ops/jobs/audit.seal/run", headers=headers).status_code == 403


def test_the_doctor_answers(client: httpx.Client, sign_in: SignIn) -> None:
    found = client.get("/v1/ops/doctor", headers=sign_in(Role.ADMIN)).json()
    checks = {check["name"]: check["level"] for check in found["checks"]}
    assert checks["database"] == checks["codecs"] == checks["live"] == checks["audit"] == "ok"
    assert checks["schema"] == checks["events"] == "ok"


def test_the_doctor_is_not_asked_again_and_again(client: httpx.Client, sign_in: SignIn) -> None:
    """Each look walks through every file."""
    headers = sign_in(Role.ADMIN)
    with clock.held():
        answers = [client.get("/v1/ops/doctor", headers=headers).status_code for _ in range(13)]
    assert answers == [200] * 12 + [429]


def test_a_session_listens_four_times_at_most(
    client: httpx.Client, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def brief(request: Request, actor: Actor, last_event_id: str | None) -> AsyncIterator[bytes]:
        """A stream that ends; meanwhile it takes all the places that are left."""
        with ExitStack() as others:
            for _ in range(PER_SESSION - 1):
                others.enter_context(places.take(actor.session_id))
            with pytest.raises(TooMany):
                others.enter_context(places.take(actor.session_id))
            yield b": connected\n\n"

    monkeypatch.setattr(routes, "stream", brief)
    headers = sign_in(Role.MODERATOR)
    for _ in range(PER_SESSION + 1):
        answer = client.get("/v1/live", headers=headers)
        assert (answer.status_code, answer.text) == (200, ": connected\n\n")
    monkeypatch.setattr(live, "PER_SESSION", 0)
    refused = client.get("/v1/live", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert refused.headers["Retry-After"] == "15"
