"""A real file from the upload to its match, and what becomes of files that cannot be read."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.content.media import worker
from server.content.media.results import FileLimits, Refused
from server.forensics.banks import exchange, workflow
from server.forensics.banks.models import Fingerprint
from server.forensics.banks.rules import OURS, REFERENCE, BankKind
from server.forensics.banks.schemas import Format, NewImport
from server.forensics.hashing.frames import query_hashes
from server.forensics.hashing.pdq import pdq
from server.forensics.hashing.results import QueryHashes
from server.forensics.rules import MatchClass
from server.kit import job_history, jobs
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.kit.jobs import Context
from server.kit.storage import Store
from tests.server.forensics.banks.bench import Bench, pictures, sampled
from tests.server.forensics.hashing.scenes import Scene, decode, encode


def fingerprints(db: Database) -> dict[UUID, int]:
    with db.read() as s:
        return {row.video_id: len(row.packed) for row in s.scalars(sa.select(Fingerprint))}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A scene of four seconds, and the same in the mirror."""
    folder = tmp_path_factory.mktemp("scenes")
    frames = list(Scene(5, 4).frames())
    plain = encode(folder / "a.mp4", frames)
    mirrored = encode(folder / "b.mp4", [frame[:, ::-1] for frame in frames])
    return plain.read_bytes(), mirrored.read_bytes()


def stored(context: Context, bench: Bench, data: bytes) -> UUID:
    with context.db.write() as s:
        sha256 = Store(context.settings.media).put(s, data)
    return bench.video(sha256=sha256, duration_ms=4_000)


def test_a_file_is_hashed_banked_and_its_copy_found(
    context: Context, db: Database, bench: Bench, files: tuple[bytes, bytes]
) -> None:
    if not db.sqlite:
        pytest.skip("files are the same on both databases")
    original, copy = (stored(context, bench, data) for data in files)
    entry_id = bench.add(bench.bank(), original)
    workflow.hash_entry(str(entry_id))
    assert bench.entry(entry_id).hashes > 13 * 4
    workflow.match_video(str(copy))
    [match] = bench.matches()
    assert (match.video_id, match.mirrored) == (copy, True)
    assert match.grade is not MatchClass.WEAK
    bench.scan()
    assert len(bench.matches()) == 1


def test_a_frame_on_a_list_of_others_is_found(
    context: Context,
    db: Database,
    bench: Bench,
    files: tuple[bytes, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(files[0])
    digits = pdq(decode(path)[0][12]).hex  # the second second begins
    seen = query_hashes(path, FileLimits(), reference=1)
    says = Says(seen)
    monkeypatch.setattr(worker, "run", says.run)
    bank_id, video_id = bench.bank("others", BankKind.EXCHANGE), bench.video(duration_ms=4_000)
    body = NewImport(format=Format.CSV, content=f"hash,type\n{digits},pdq\n", reason="a list")
    with db.write() as s:
        assert exchange.take_in(s, actor=SYSTEM, bank_id=bank_id, body=body).added == 1
    workflow.match_video(str(video_id))
    [match] = bench.matches()
    assert (match.video_id, match.start_ms, match.bits) == (video_id, 1_000, 0)
    with db.read() as s:
        assert set(s.scalars(sa.select(Fingerprint.algorithm))) == {OURS, REFERENCE}
    bench.scan()
    assert len(bench.matches()) == 1


class Says:
    """Stands in for the worker."""

    def __init__(self, *answers: QueryHashes | Refused) -> None:
        self.answers = list(answers)
        self.asked: list[Path] = []

    def run(self, task: type, path: Path, **_: object) -> QueryHashes | Refused:
        self.asked.append(path)
        return self.answers.pop(0)


SEEN = sampled(pictures(1))
DIED, BAD = Refused("worker_failed", "It died."), Refused("unreadable", "It is damaged.")


def test_a_video_is_looked_at_once_and_the_same_file_not_again(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = Says(SEEN)
    monkeypatch.setattr(worker, "run", says.run)
    first = bench.video()
    again = bench.video(sha256=first.hex * 2)
    for video_id in (first, first, again):
        assert workflow.fingerprint(str(video_id))
    assert len(says.asked) == 1
    found = fingerprints(db)
    assert found[first] == found[again] == 69 * len(SEEN.t_ms)
    gone = bench.video()
    bench.lab.delete(gone)
    assert not workflow.fingerprint(str(gone))


def test_a_worker_that_dies_is_tried_once_more_and_a_bad_file_is_not(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = Says(DIED, SEEN, BAD, DIED, DIED)
    monkeypatch.setattr(worker, "run", says.run)
    good, bad, dead = (bench.video() for _ in range(3))
    assert [workflow.fingerprint(str(video_id)) for video_id in (good, bad, dead)] == [True, False, False]
    assert says.answers == []
    found = fingerprints(db)
    assert (found[bad], dead in found) == (0, False)
    assert workflow.fingerprint(str(bad))  # nobody looks again
    entry_id = bench.add(bench.bank(), bad)
    says.answers = [BAD]
    workflow.hash_entry(str(entry_id))
    assert bench.entry(entry_id).fault == "unreadable"


def test_a_server_that_stops_has_the_video_looked_at_later(
    context: Context, db: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "LOOK_S", 0.01)
    monkeypatch.setattr(jobs, "stopping", lambda: True)

    def run(task: type, path: Path, *, cancel: object, **_: object) -> Refused:
        assert cancel.wait(30)  # type: ignore[attr-defined]
        return Refused("cancelled", "It was cancelled.")

    monkeypatch.setattr(worker, "run", run)
    video_id = bench.video()
    workflow.match_video(str(video_id))
    assert fingerprints(db) == {}
    entry_id = bench.add(bench.bank(), video_id)
    workflow.hash_entry(str(entry_id))
    assert bench.entry(entry_id).fault is None
    with db.read() as s:
        assert job_history.waiting(s, workflow.MATCH) == 1
        assert job_history.waiting(s, "forensics.hash_entry") == 2
