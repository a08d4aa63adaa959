"""The audit log over HTTP: pages, filters, verification, sealing and exports."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit import export, queries, service
from server.audit.schemas import Entry, ExportFormat
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from tests.server.conftest import SignIn

AUDIT = "/v1/audit"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOT = Actor(kind="classifier", handle="bot")


@pytest.fixture
def reader(sign_in: SignIn) -> dict[str, str]:
    """The headers of someone who may read the log."""
    return sign_in(Role.LEAD)


@pytest.fixture
def written(db: Database, reader: dict[str, str]) -> list[str]:
    """Twelve entries, a minute apart; answers their actions, oldest first."""
    actions = []
    with clock.held(START) as now:
        for n in range(12):
            actions.append(f"test.{'odd' if n % 2 else 'even'}")
            with db.write() as s:
                service.record(s, actor=BOT if n < 4 else SYSTEM, action=actions[-1], target=f"row:{n}", n=n)
            now.advance(timedelta(minutes=1))
    return actions


def get(client: httpx.Client, reader: dict[str, str], path: str, **params: Any) -> Any:
    answer = client.get(f"{AUDIT}/{path}", headers=reader, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_page_together_is_the_log_newest_first(
    client: httpx.Client, reader: dict[str, str], written: list[str]
) -> None:
    seen: list[dict[str, Any]] = []
    page = get(client, reader, "entries", limit=5)
    while True:
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        page = get(client, reader, "entries", limit=5, cursor=page["next_cursor"])
    numbers = [entry["seq"] for entry in seen]
    assert numbers == list(range(len(numbers), 0, -1))
    assert [entry["action"] for entry in seen[:12]] == written[::-1]
    assert seen[0]["data"] == {"n": 11}
    for newer, older in pairwise(seen):
        assert newer["prev_hash"] == older["hash"]


@pytest.mark.parametrize(
    ("params", "rows"),
    [
        ({"actor": "classifier:bot"}, [3, 2, 1, 0]),
        ({"action": "test.odd", "actor": "classifier:bot"}, [3, 1]),
        ({"target": "row:7"}, [7]),
        ({"target": "row"}, []),
        ({"after": "2026-03-01T12:10:00Z", "action": "test.even"}, [10]),
        ({"after": "2026-03-01T13:09:00+01:00", "before": "2026-03-01T12:11:00Z"}, [10, 9]),
        ({"before": "2026-03-01T12:00:00.000001Z", "target": "row:0"}, [0]),
        ({"before": "2026-03-01T12:00:00Z", "target": "row:0"}, []),
    ],
)
def test_filters(
    client: httpx.Client,
    reader: dict[str, str],
    written: list[str],
    params: dict[str, str],
    rows: list[int],
) -> None:
    found = get(client, reader, "entries", **params)["items"]
    assert [entry["target"] for entry in found] == [f"row:{n}" for n in rows]


def test_one_entry(client: httpx.Client, reader: dict[str, str], written: list[str]) -> None:
    newest = get(client, reader, "head")["seq"]
    entry = get(client, reader, f"entries/{newest}")
    assert (entry["target"], entry["at"]) == ("row:11", "2026-03-01T12:11:00Z")
    missing = client.get(f"{AUDIT}/entries/{newest + 1}", headers=reader)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_sealing_moves_the_signed_head(
    client: httpx.Client, reader: dict[str, str], written: list[str], sign_in: SignIn
) -> None:
    before = get(client, reader, "head")
    assert (before["sealed_to"], before["sealed_at"]) == (0, None)
    assert before["unsealed"] == before["seq"] >= 12
    assert client.post(f"{AUDIT}/seal", headers=reader).status_code == 403
    sealed = client.post(f"{AUDIT}/seal", headers=sign_in(Role.ADMIN)).json()
    assert (sealed["sealed_to"], sealed["unsealed"]) == (sealed["seq"], 0)
    assert client.post(f"{AUDIT}/seal", headers=sign_in(Role.ADMIN)).json() == sealed


def test_verification_says_what_does_not_hold(
    client: httpx.Client, reader: dict[str, str], written: list[str], db: Database
) -> None:
    whole = client.post(f"{AUDIT}/verify", headers=reader).json()
    assert (whole["whole"], whole["broken_at"], whole["reason"]) == (True, None, None)
    assert whole["entries"] == whole["unsealed"] == get(client, reader, "head")["seq"]
    with db.writer.begin() as c:
        if db.sqlite:
            c.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        else:
            c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        c.exec_driver_sql("UPDATE audit_log SET target = 'row:99' WHERE target = 'row:5'")
    broken = client.post(f"{AUDIT}/verify", headers=reader).json()
    changed = get(client, reader, "entries", target="row:99")["items"][0]["seq"]
    assert (broken["whole"], broken["broken_at"]) == (False, changed)
    assert str(changed) in broken["reason"]


def test_verification_is_not_run_too_often(client: httpx.Client, reader: dict[str, str]) -> None:
    statuses = [client.post(f"{AUDIT}/verify", headers=reader).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]


def test_an_erased_payload_is_shown_as_erased(
    client: httpx.Client, reader: dict[str, str], written: list[str], db: Database
) -> None:
    newest = get(client, reader, "head")["seq"]
    with db.writer.begin() as c:
        c.execute(
            sa.text("UPDATE audit_payloads SET json = NULL, erased_at = :at WHERE seq = :seq"),
            {"at": "2026-03-02 00:00:00+00:00", "seq": newest},
        )
    entry = get(client, reader, f"entries/{newest}")
    assert (entry["data"], entry["erased_at"]) == (None, "2026-03-02T00:00:00Z")


def test_exports_hold_the_whole_log_in_order(
    client: httpx.Client,
    reader: dict[str, str],
    written: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "BATCH", 5)
    url = f"{AUDIT}/entries/export"
    jsonl = client.get(url, headers=reader, params={"format": "jsonl"})
    assert jsonl.headers["content-type"] == "application/x-ndjson"
    assert jsonl.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    entries = [json.loads(line) for line in jsonl.text.splitlines()]
    assert [e["seq"] for e in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["action"] == "audit.exported"
    assert entries[-1]["data"]["format"] == "jsonl"
    answer = client.get(url, headers=reader, params={"action": "test.odd"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["target"] for row in rows] == [f"row:{n}" for n in range(1, 12, 2)]
    by_seq = {str(e["seq"]): e for e in entries}
    for row in rows:
        original = by_seq[row["seq"]]
        assert json.loads(row["data"]) == original["data"]
        assert (row["at"], row["hash"]) == (original["at"], original["hash"])


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_becomes_a_formula(start: str) -> None:
    entry = Entry(
        seq=1,
        at=START,
        actor=start,
        action='quo"te,\r\n=1',
        target=start,
        data=None,
        erased_at=None,
        hash="0" * 64,
        prev_hash="0" * 64,
    )
    text = "".join(export.lines([entry], ExportFormat.CSV))
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["actor"] == row["target"] == f"'{start}"
    assert row["action"] == entry.action


def test_the_log_of_an_export_ends_where_it_began(db: Database) -> None:
    def write(n: int) -> None:
        with db.write() as s:
            service.record(s, actor=SYSTEM, action="test.wrote", target=f"row:{n}")

    for n in range(3):
        write(n)
    streamed = queries.stream(db, SYSTEM, queries.Filter())
    first = next(streamed)
    write(3)
    assert [first.seq, *(entry.seq for entry in streamed)] == [1, 2, 3]


def test_what_is_about_the_restricted_class_exists_for_cleared_readers_only(
    client: httpx.Client,
    reader: dict[str, str],
    written: list[str],
    db: Database,
    sign_in: SignIn,
    people: dict[Role, Person],
) -> None:
    with db.write() as s:
        service.record(s, actor=SYSTEM, action="test.hid", target="row:hidden", restricted=True, n=99)
        s.execute(sa.update(Person).where(Person.id == people[Role.ADMIN].id).values(cleared=True))
    seq = get(client, reader, "head")["seq"]
    for wanted in ({}, {"action": "test.hid"}, {"target": "row:hidden"}, {"actor": SYSTEM.ref}):
        assert seq not in [entry["seq"] for entry in get(client, reader, "entries", **wanted)["items"]]
        exported = client.get(f"{AUDIT}/entries/export", headers=reader, params={**wanted, "format": "jsonl"})
        assert seq not in [json.loads(line)["seq"] for line in exported.text.splitlines()]
    assert client.get(f"{AUDIT}/entries/{seq}", headers=reader).status_code == 404
    assert client.post(f"{AUDIT}/verify", headers=reader).json()["whole"]

    cleared = sign_in(Role.ADMIN)
    shown = get(client, cleared, f"entries/{seq}")
    assert (shown["target"], shown["restricted"], shown["data"]) == ("row:hidden", True, {"n": 99})
    assert [e["seq"] for e in get(client, cleared, "entries", action="test.hid")["items"]] == [seq]
    url, by_name = f"{AUDIT}/entries/export", {"target": "row:hidden"}
    assert client.get(url, headers=cleared, params=by_name).text.count("row:hidden") == 1
    exports = get(client, reader, "entries", action="audit.exported")["items"]
    assert not [e for e in exports if e["actor"] == f"person:{people[Role.ADMIN].id}"]
