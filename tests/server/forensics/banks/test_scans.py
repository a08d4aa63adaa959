"""A new entry is looked for in the library: at once, to the end, and no longer than it is wanted."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry
from server.forensics.banks import queries, scans, service, sweeps, workflow
from server.forensics.banks.models import Bank
from server.forensics.banks.rules import EntrySeverity, ScanState
from server.forensics.banks.schemas import BankEdit
from server.forensics.rules import MatchClass
from server.kit import job_history, jobs, live
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.kit.jobs import Context
from tests.server.forensics.banks.bench import Bench, copied, pictures

pytestmark = pytest.mark.usefixtures("context")


def test_what_is_there_already_is_found(db: Database, bench: Bench) -> None:
    original = pictures(1)
    copies = [bench.showing(copied(original, bits)) for bits in (0, 9, 30)]
    same_file = bench.video(sha256="ab" * 32)
    bench.looks(same_file, pictures(7, 2))
    stranger, gone = bench.showing(pictures(2)), bench.showing(original)
    bench.lab.delete(gone)
    bench.add(bench.bank(), bench.looks(bench.video(sha256="ab" * 32), original))
    [scan] = bench.scans()
    assert (scan.state, scan.total) == (ScanState.RUNNING, 7)
    bench.scan()
    assert {match.video_id for match in bench.matches()} == {*copies, same_file}
    assert bench.matches(stranger) == []
    [scan] = bench.scans()
    assert (scan.state, scan.done, scan.found) == (ScanState.DONE, 7, 4)
    with db.read() as s:
        assert job_history.waiting(s, scans.SCAN) == 1


def test_a_new_entry_is_matched_within_a_second(bench: Bench) -> None:
    original = pictures(1, 60)
    source, copy = bench.showing(original), bench.showing(copied(original, 8))
    for seed in range(2, 40):
        bench.showing(pictures(seed, 60))
    bank_id = bench.bank()
    workflow.found_in  # noqa: B018 - what it loads is loaded
    began = time.perf_counter()
    bench.add(bank_id, source)
    bench.scan()
    took = time.perf_counter() - began
    assert [match.video_id for match in bench.matches()] == [copy]
    assert took < 1.0


def test_a_look_goes_on_where_it_stopped(bench: Bench, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "VIDEOS_AT_ONCE", 2)
    original = pictures(1)
    copies = {bench.showing(original) for _ in range(5)}
    bench.add(bench.bank(), bench.showing(original))
    answers = iter([False, True])
    monkeypatch.setattr(jobs, "stopping", lambda: next(answers))
    bench.scan()
    [scan] = bench.scans()
    assert (scan.state, scan.done) == (ScanState.RUNNING, 2)
    with db.read() as s:
        assert job_history.waiting(s, scans.SCAN) == 2
    monkeypatch.setattr(jobs, "stopping", lambda: False)
    seen = []
    really = queries.looks_after
    monkeypatch.setattr(
        queries, "looks_after", lambda s, after, *, limit: seen.append(after) or really(s, after, limit=limit)
    )
    bench.scan()
    assert None not in seen
    [scan] = bench.scans()
    assert (scan.state, scan.done, scan.found) == (ScanState.DONE, 6, 5)
    assert {match.video_id for match in bench.matches()} == copies


def test_a_look_that_is_cancelled_stops(bench: Bench, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "VIDEOS_AT_ONCE", 1)
    original = pictures(1)
    for _ in range(3):
        bench.showing(original)
    bench.add(bench.bank(), bench.showing(original))
    scan_id = bench.scans()[0].id
    really = queries.looks_after

    def cancelled_meanwhile(*args: object, **given: object) -> object:
        found = really(*args, **given)  # type: ignore[arg-type]
        if bench.scans()[0].done == 1:
            with db.write() as s:
                scans.cancel(s, actor=SYSTEM, scan_id=scan_id)
        return found

    monkeypatch.setattr(queries, "looks_after", cancelled_meanwhile)
    bench.scan()
    [scan] = bench.scans()
    assert (scan.state, scan.done) == (ScanState.CANCELLED, 1)
    with pytest.raises(Conflict, match="ended"), db.write() as s:
        scans.cancel(s, actor=SYSTEM, scan_id=scan_id)
    with pytest.raises(NotFound), db.write() as s:
        scans.cancel(s, actor=SYSTEM, scan_id=uuid4())
    bench.scan()
    assert bench.scans()[0].done == 1


def test_nobody_looks_for_what_is_only_proposed_or_taken_out(bench: Bench, lead: Actor) -> None:
    entry_id = bench.add(
        bench.bank(), bench.showing(pictures(1)), actor=lead, severity=EntrySeverity.CRITICAL
    )
    assert bench.scans() == []
    bench.move(entry_id, "activate")
    bench.move(entry_id, "quarantine")
    assert [scan.state for scan in bench.scans()] == [ScanState.CANCELLED]
    bench.move(entry_id, "activate")
    assert [scan.state for scan in bench.scans()] == [ScanState.CANCELLED, ScanState.RUNNING]


def test_videos_from_before_the_banks_are_looked_at(context: Context, db: Database, bench: Bench) -> None:
    bench.showing(pictures(1))  # looked at, but nobody knows that it was searched for
    bench.video()
    bench.lab.delete(bench.video())
    assert sweeps.look(context) == 2
    assert sweeps.look(context) == 0  # while one waits
    with db.read() as s:
        assert job_history.waiting(s, workflow.MATCH) == 2


def edit(db: Database, bank_id: UUID, **given: Any) -> None:
    with db.write() as s:
        version = s.scalar(sa.select(Bank.version).where(Bank.id == bank_id)) or 0
        service.edit_bank(s, actor=SYSTEM, bank_id=bank_id, version=version, body=BankEdit(**given))


def test_a_bank_in_use_again_is_searched_for(db: Database, bench: Bench) -> None:
    bank_id, original = bench.bank(), pictures(1)
    added = [bench.add(bank_id, bench.showing(one)) for one in (original, pictures(2))]
    bench.move(bench.add(bank_id, bench.showing(pictures(3))), "quarantine")
    before = len(bench.scans())
    edit(db, bank_id, enabled=False)
    copy = bench.showing(original)
    assert bench.search(copy) == 0
    edit(db, bank_id, name="another")
    edit(db, bank_id, distance=10)
    edit(db, bank_id, distance=20)  # out of use it is searched for nothing
    assert len(bench.scans()) == before
    edit(db, bank_id, enabled=True)
    last = bench.scans()[-1]
    assert (last.first, last.last) == tuple(bench.entry(one).number for one in added)
    bench.scan()
    assert [match.video_id for match in bench.matches()] == [copy]
    edit(db, bank_id, enabled=True)
    assert len(bench.scans()) == before + 1


def test_a_bank_that_allows_more_bits_is_searched_for(db: Database, bench: Bench) -> None:
    bank_id, original = bench.bank(distance=10), pictures(1)
    bench.add(bank_id, bench.showing(original))
    bench.showing(copied(original, 20))
    bench.scan()
    assert [match.grade for match in bench.matches()] == [MatchClass.WEAK]
    edit(db, bank_id, distance=8)
    edit(db, bank_id, distance=24)
    assert len(bench.scans()) == 2
    bench.scan()
    assert [match.grade for match in bench.matches()] == [MatchClass.QUEUE]


def test_of_a_search_for_a_restricted_original_the_cleared_alone_hear(
    db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(live, "publish", lambda s, topic, subject, *_: heard.append((topic, str(subject))))
    bank_id = bench.bank()
    for restricted_class in (True, False):
        bench.add(bank_id, bench.video(restricted_class=restricted_class))
    secret, plain = (str(scan.id) for scan in bench.scans())
    bench.scan()
    with db.write() as s:
        scans.cancel(s, actor=SYSTEM, scan_id=UUID(secret))
    of_scans = {(topic, one) for topic, one in heard if "scan" in topic}
    assert of_scans == {("forensics.restricted_scan", secret), ("forensics.scan", plain)}
    with db.read() as s:
        said = sa.select(AuditEntry.restricted).where(AuditEntry.action == "forensics.scan_cancelled")
        assert list(s.scalars(said)) == [True]
