"""A new entry is looked for in the library: at once, to the end, and no longer than it is wanted."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from server.forensics.banks import queries, scans, sweeps, workflow
from server.forensics.banks.rules import EntrySeverity, ScanState
from server.kit import job_history, jobs
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
