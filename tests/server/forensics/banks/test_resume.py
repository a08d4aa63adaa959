"""A job that fails is made good: the video is searched for, the search goes on, the entry is hashed; or it is
parked, and said so, and nothing else waits behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry
from server.content.media import worker
from server.content.media.results import Refused
from server.forensics.banks import looks, matching, queries, sweeps, workflow
from server.forensics.banks.models import Fingerprint, Look
from server.forensics.banks.rules import TRIES, LookState, ScanState
from server.forensics.hashing.results import BankHashes
from server.kit import job_history
from server.kit.db import Database
from server.kit.jobs import Context
from tests.server.forensics.banks.bench import Bench, pictures, sampled

pytestmark = pytest.mark.usefixtures("context")
DIED, BAD = Refused("worker_failed", "It died."), Refused("unreadable", "It is damaged.")


def jobs_end(db: Database) -> None:
    """All jobs that were queued have ended, in whatever way."""
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    with db.write() as s:
        s.execute(sa.text(f"UPDATE {table} SET status = 'ERROR'"))


def ask(db: Database, video_id: UUID) -> UUID:
    with db.write() as s:
        looks.ask(s, video_id)
    return video_id


def look(db: Database, video_id: UUID) -> Look:
    with db.read() as s:
        return s.get_one(Look, video_id)


def waiting(db: Database, name: str) -> int:
    with db.read() as s:
        return job_history.waiting(s, name)


def worker_says(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[Any]:
    left = list(answers)

    def run(task: type, path: Path, **_: object) -> Any:
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(worker, "run", run)
    return left


def test_a_video_whose_search_failed_is_searched_for(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.add(bench.bank(), bench.showing(pictures(1)))
    copy = ask(db, bench.video(duration_ms=20_000))
    worker_says(monkeypatch, sampled(pictures(1)))
    with monkeypatch.context() as broken:
        broken.setattr(queries, "looks_of", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            workflow.match_video(str(copy))
    assert (look(db, copy).state, bench.matches()) == (LookState.WAITING, [])
    assert sweeps.resume(context) == 0  # its job is still there
    jobs_end(db)
    assert sweeps.resume(context) == 3  # and the entry's, and the look through the library
    assert waiting(db, looks.MATCH) == 1
    assert sweeps.resume(context) == 0
    workflow.match_video(str(copy))
    assert [match.video_id for match in bench.matches()] == [copy]
    seen = look(db, copy)
    assert (seen.state, seen.tries) == (LookState.SEARCHED, 2)
    assert seen.searched_at is not None


def test_what_ends_every_job_is_parked_and_hides_nothing(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "AT_ONCE", 1)
    poison, secret = ask(db, bench.video()), ask(db, bench.video(restricted_class=True))
    for _ in range(TRIES):
        jobs_end(db)
        sweeps.resume(context)
    assert {look(db, one).state for one in (poison, secret)} == {LookState.PARKED}
    with db.read() as s:
        said = s.execute(
            sa.select(AuditEntry.target, AuditEntry.restricted)
            .where(AuditEntry.action == "forensics.look_parked")
            .order_by(AuditEntry.seq)
        ).all()
    assert [tuple(row) for row in said] == [(f"video:{poison}", False), (f"video:{secret}", True)]
    jobs_end(db)
    assert sweeps.resume(context) == 0
    fresh = bench.video()
    assert sweeps.look(context) == 1
    assert look(db, fresh).state is LookState.WAITING
    jobs_end(db)
    assert sweeps.look(context) == 0  # neither the fresh one, which waits, nor those that are parked
    ask(db, poison)
    assert (look(db, poison).state, look(db, poison).tries) == (LookState.WAITING, 1)


def test_a_dead_worker_leaves_nothing_of_a_file(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = worker_says(monkeypatch, DIED)
    video_id = ask(db, bench.video(duration_ms=20_000))
    workflow.match_video(str(video_id))
    with db.read() as s:
        assert s.scalars(sa.select(Fingerprint)).all() == []
    seen = look(db, video_id)
    assert (seen.state, seen.fault) == (LookState.WAITING, "worker_failed")
    jobs_end(db)
    sweeps.resume(context)
    left[:] = [sampled(pictures(1))]
    workflow.match_video(str(video_id))
    assert (look(db, video_id).state, look(db, video_id).fault) == (LookState.SEARCHED, None)
    left[:] = [DIED]
    other = ask(db, bench.video())
    for _ in range(TRIES):
        workflow.match_video(str(other))
        jobs_end(db)
        sweeps.resume(context)
    assert (look(db, other).state, look(db, other).fault) == (LookState.PARKED, "worker_failed")


def test_an_empty_fingerprint_is_not_taken_over(
    db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = worker_says(monkeypatch, BAD)
    first = ask(db, bench.video())
    again = ask(db, bench.video(sha256=first.hex * 2))
    workflow.match_video(str(first))
    assert (look(db, first).state, look(db, first).fault) == (LookState.REFUSED, "unreadable")
    left[:] = [sampled(pictures(1))]
    workflow.match_video(str(again))
    with db.read() as s:
        packed = dict(s.execute(sa.select(Fingerprint.video_id, Fingerprint.packed)).all())
    assert (packed[first], bool(packed[again])) == (b"", True)


def test_a_search_of_the_library_goes_on_after_its_job_failed(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = bench.showing(pictures(1))
    bench.add(bench.bank(), bench.showing(pictures(1)))
    with monkeypatch.context() as broken:
        broken.setattr(queries, "looks_after", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bench.scan()
    jobs_end(db)
    sweeps.resume(context)
    bench.scan()
    assert [match.video_id for match in bench.matches()] == [copy]
    assert bench.scans()[0].state is ScanState.DONE


def test_a_search_that_never_comes_further_is_parked(context: Context, db: Database, bench: Bench) -> None:
    bench.add(bench.bank(), bench.showing(pictures(1)))
    for _ in range(TRIES):
        assert bench.scans()[0].state is ScanState.RUNNING
        jobs_end(db)
        sweeps.resume(context)
    [scan] = bench.scans()
    assert scan.state is ScanState.PARKED
    assert scan.finished_at is not None
    assert bench.actions().count("forensics.scan_parked") == 1


@pytest.mark.parametrize("where", ["searching", "keeping"])
def test_a_poison_video_does_not_end_a_search(
    db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    copies = {bench.showing(pictures(1)) for _ in range(4)}
    poison = bench.showing(pictures(1))
    bench.add(bench.bank(), bench.showing(pictures(1)))
    if where == "searching":
        with db.write() as s:
            mine = sa.update(Fingerprint).where(Fingerprint.video_id == poison)
            s.execute(mine.values(packed=b"no rows"))
    else:
        really = matching.keep

        def keep(s: Any, *, video_id: UUID, hits: Any) -> int:
            if video_id == poison:
                raise ValueError
            return really(s, video_id=video_id, hits=hits)

        monkeypatch.setattr(matching, "keep", keep)
    bench.scan()
    assert {match.video_id for match in bench.matches()} == copies
    [scan] = bench.scans()
    assert (scan.state, scan.done, scan.found) == (ScanState.DONE, 6, 4)
    assert look(db, poison).state is LookState.WAITING  # it has a job of its own


def test_an_entry_that_was_not_hashed_is_hashed_again(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = worker_says(monkeypatch, DIED)
    entry_id = bench.add(bench.bank(), bench.showing(pictures(1)))
    for _ in range(TRIES):
        workflow.hash_entry(str(entry_id))
        assert bench.entry(entry_id).job is not None
        jobs_end(db)
        sweeps.resume(context)
    entry = bench.entry(entry_id)
    assert (entry.job, entry.fault, entry.hashes) == (None, "worker_failed", len(pictures(1)))
    assert bench.actions().count("forensics.entry_not_hashed") == 1
    # Whoever takes it into use again has it hashed once more.
    bench.move(entry_id, "quarantine")
    bench.move(entry_id, "activate")
    assert bench.entry(entry_id).job is not None
    seen = pictures(1, 3)
    left[:] = [
        BankHashes(
            algorithm="pdq-1s",
            duration_ms=3_000,
            t_ms=(0, 500, 1_000),
            crop_bp=(0, 0, 0),
            quality=(90, 90, 90),
            hashes=seen.tobytes(),
        )
    ]
    workflow.hash_entry(str(entry_id))
    entry = bench.entry(entry_id)
    assert (entry.job, entry.fault, entry.hashes) == (None, None, 3)


def test_a_job_that_is_repeated_changes_nothing(
    db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_says(monkeypatch, sampled(pictures(1)))
    video_id = ask(db, bench.video(duration_ms=20_000))
    bench.add(bench.bank(), bench.showing(pictures(1)))
    for _ in range(2):
        workflow.match_video(str(video_id))
    assert (len(bench.matches()), look(db, video_id).state) == (1, LookState.SEARCHED)
