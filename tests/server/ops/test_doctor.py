"""Each finding of the doctor, provoked."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit import service as audit
from server.content.media.results import Refused
from server.forensics import service as analyses
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.crypto import Keys, generate
from server.kit.db import Database
from server.kit.events import STUCK_AFTER, Delivery, Event
from server.kit.storage import Store
from server.kit.ticker import GIVE_UP, JobSchedule
from server.ops import doctor, service
from server.ops.schemas import Check, Level
from server.settings import Settings
from tests.server.forensics.lab import Lab, acting


def check(name: str, settings: Settings, db: Database, keys: Keys) -> Check:
    [found] = [one for one in doctor.examine(settings, db, keys).checks if one.name == name]
    return found


@jobs.workflow("test.doctor_work")
def work(_: str) -> None:
    raise NotImplementedError


def test_a_bad_pair_of_python_and_qt_fails(
    settings: Settings, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "6.12.0")
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    assert check("python", settings, db, keys).level is Level.FAIL
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    assert check("python", settings, db, keys).level is Level.OK


@pytest.mark.parametrize(("free", "level"), [(1, Level.FAIL), (2**30, Level.WARN), (2**40, Level.OK)])
def test_disk_space(
    settings: Settings, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free, total=2**41))
    found = check("disk", settings, db, keys)
    assert found.level is level
    assert bool(found.advice) == (level is not Level.OK)


def test_keys_in_a_file_are_announced_and_refused_with_postgresql(
    db: Database, keys: Keys, tmp_path: Path
) -> None:
    from_file = Keys(keys.field_key, keys.pepper, keys.audit_seed, "file")
    assert check("keys", Settings(data=tmp_path), db, from_file).level is Level.WARN
    shared = Settings.model_construct(
        **{**Settings(data=tmp_path).model_dump(), "database_url": "postgresql://x"}
    )
    assert check("keys", shared, db, from_file).level is Level.FAIL


def test_a_late_seal_is_seen(settings: Settings, db: Database, keys: Keys) -> None:
    with clock.held() as now:
        with db.write() as s:
            audit.record(s, actor=SYSTEM, action="test.wrote", target="row:1")
        assert check("audit", settings, db, keys).level is Level.OK
        now.advance(doctor.SEAL_LATE + timedelta(minutes=1))
        assert check("audit", settings, db, keys).level is Level.WARN
        with db.write() as s:
            audit.seal(s, keys)
        assert check("audit", settings, db, keys).finding == "1 entries, 0 unsealed"


def test_late_and_failed_recurring_jobs_are_seen(settings: Settings, db: Database, keys: Keys) -> None:
    with db.write() as s:
        s.add(JobSchedule(name="test.late", next_at=clock.now() - 2 * GIVE_UP))
    assert check("recurring", settings, db, keys).finding == "overdue: test.late"
    with db.write() as s:
        s.execute(sa.update(JobSchedule).values(error="ValueError: no"))
    assert check("recurring", settings, db, keys).finding == "failed last time: test.late"


def test_work_of_another_version_is_counted(settings: Settings, db: Database, keys: Keys) -> None:
    with db.write() as s:
        jobs.enqueue(s, "test.doctor_work", "a")
    assert check("durable", settings, db, keys).level is Level.OK
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    with db.write() as s:
        s.execute(sa.text(f"UPDATE {table} SET application_version = 'older'"))
    assert check("durable", settings, db, keys).finding == "1 jobs of another version wait"
    with db.write() as s:
        s.execute(sa.text(f"UPDATE {table} SET application_version = '1', status = 'ERROR'"))
    assert check("durable", settings, db, keys).finding == "1 jobs failed within a day"


def test_events_that_no_handler_takes_are_told(settings: Settings, db: Database, keys: Keys) -> None:
    assert check("events", settings, db, keys).level is Level.OK
    with db.write() as s:
        event = Event(topic="t", subject="x", payload={})
        s.add(event)
        s.flush()
        s.add(Delivery(event_id=event.id, handler="broken", attempts=STUCK_AFTER))
    assert check("events", settings, db, keys).finding == "undelivered: 1 for broken"


def test_keys_that_are_missing_or_not_the_databases_own_fail(
    settings: Settings, db: Database, keys: Keys
) -> None:
    assert doctor.examine(settings, db, None).level is not Level.FAIL, "there were none yet"
    with db.write() as s:
        service.remember_keys(s, generate())
    assert check("keys", settings, db, keys).level is Level.FAIL
    [found] = [one for one in doctor.examine(settings, db, None).checks if one.name == "keys"]
    assert (found.level, found.finding) == (Level.FAIL, "not found")


def test_files_without_a_row_are_counted(settings: Settings, db: Database, keys: Keys) -> None:
    store = Store(settings.media)
    with db.write() as s:
        store.put(s, b"nobody needs this")
    assert check("files", settings, db, keys).level is Level.OK, "a young file may just be on its way in"
    with clock.held(clock.now() + timedelta(days=1)):
        assert check("files", settings, db, keys).level is Level.WARN


def test_analyses_that_were_given_up_are_told_until_somebody_asks_again(
    settings: Settings, db: Database, keys: Keys, people: dict[Role, Person]
) -> None:
    lab = Lab(db, acting(people[Role.CREATOR], Role.CREATOR))
    asked = lab.ask(lab.video())
    assert check("analyses", settings, db, keys).finding == "1 videos wait to be analysed"
    for job in ("one", "two"):
        lab.begin(job)
        with db.write() as s:
            analyses.give_back(s, actor=SYSTEM, analysis_id=asked, job=job, why=Refused("timed_out", "Slow."))
    found = check("analyses", settings, db, keys)
    assert (found.level, found.finding) == (Level.WARN, "0 videos wait to be analysed, 1 were given up")
    lab.ask(lab.row(asked).video_id)
    assert check("analyses", settings, db, keys).level is Level.OK


def test_a_check_that_breaks_is_a_finding(
    settings: Settings, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("/home/erika is gone")

    monkeypatch.setattr(doctor, "sweep_files", broken)
    found = check("files", settings, db, keys)
    assert found.level is Level.FAIL
    assert found.finding == "could not be checked (OSError)"
