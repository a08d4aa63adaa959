"""What a search finds becomes matches: once each, graded, not of what is harmless, stopped in a flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.forensics.banks import handlers, matching
from server.forensics.banks.models import Match
from server.forensics.banks.record import MATCHED
from server.forensics.banks.rules import BankKind, EntryState, MatchVerdict
from server.forensics.rules import MatchClass
from server.kit import clock, job_history
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.kit.events import Event
from tests.server.forensics.banks.bench import Bench, copied, pictures

pytestmark = pytest.mark.usefixtures("context")
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def told(db: Database) -> list[str]:
    with db.read() as s:
        found = sa.select(Event.subject).where(Event.topic == MATCHED).order_by(Event.id)
        return list(s.scalars(found))


def test_a_copy_is_found_and_what_is_other_is_not(db: Database, bench: Bench) -> None:
    original = pictures(1)
    entry_id = bench.add(bench.bank(), bench.showing(original))
    copy, mirror = bench.showing(copied(original, 6)), bench.showing(pictures(2), flipped=original)
    stranger = bench.showing(pictures(3))
    assert [bench.search(video) for video in (copy, mirror, stranger)] == [1, 1, 0]
    [match] = bench.matches(copy)
    assert (match.entry_id, match.grade, match.bits, match.quality) == (entry_id, MatchClass.STRONG, 6, 90)
    assert (match.start_ms, match.end_ms) == (match.original_start_ms, match.original_end_ms) == (0, 19_000)
    assert not match.mirrored
    assert bench.matches(mirror)[0].mirrored
    assert told(db) == [str(copy), str(mirror)]


def test_a_stretch_of_a_longer_video_is_found_where_it_is(bench: Bench) -> None:
    original = pictures(1)
    bench.add(bench.bank(), bench.showing(original))
    longer = pictures(2, 40)
    longer[15:27] = original[5:17]
    video_id = bench.showing(longer)
    assert bench.search(video_id) == 1
    [match] = bench.matches()
    assert (match.start_ms, match.end_ms) == (15_000, 26_000)
    assert (match.original_start_ms, match.original_end_ms) == (5_000, 16_000)


def test_the_original_does_not_match_itself(bench: Bench) -> None:
    video_id = bench.showing(pictures(1))
    bench.add(bench.bank(), video_id)
    assert bench.search(video_id) == 0


def test_the_same_file_is_found_without_a_look(db: Database, bench: Bench) -> None:
    first = bench.video()
    entry_id = bench.add(bench.bank(), first)
    again = bench.video(sha256=first.hex * 2)
    with db.write() as s:
        handlers.video_ready(s, Event(topic="content.video_ready", subject=str(again), payload={}))
    [match] = bench.matches()
    assert (match.video_id, match.entry_id, match.bits, match.end_ms) == (again, entry_id, 0, 10_000)
    with db.read() as s:
        assert job_history.waiting(s, "forensics.match_video") == 1


def test_searching_again_finds_nothing_new(db: Database, bench: Bench) -> None:
    original = pictures(1)
    bench.add(bench.bank(), bench.showing(original))
    copy = bench.showing(original)
    assert [bench.search(copy), bench.search(copy)] == [1, 0]
    assert len(told(db)) == 1


def test_a_nearer_match_takes_the_place_of_a_weak_one(db: Database, bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    video_id = bench.video()
    assert bench.found(video_id, entry_id, MatchClass.WEAK, bits=36) == 1
    assert told(db) == []
    assert bench.found(video_id, entry_id, MatchClass.STRONG, start_ms=1_000, bits=4) == 1
    assert bench.found(video_id, entry_id, MatchClass.QUEUE, bits=20) == 0
    [match] = bench.matches()
    assert (match.grade, match.bits, match.start_ms, match.version) == (MatchClass.STRONG, 4, 1_000, 2)
    assert told(db) == [str(video_id)]


@pytest.mark.parametrize(("distance", "grade"), [(31, MatchClass.QUEUE), (10, MatchClass.WEAK)])
def test_beyond_the_distance_of_a_bank_a_match_is_only_similar(
    bench: Bench, distance: int, grade: MatchClass
) -> None:
    original = pictures(1)
    bench.add(bench.bank(distance=distance), bench.showing(original))
    bench.search(bench.showing(copied(original, 20)))
    assert [match.grade for match in bench.matches()] == [grade]


def test_a_bank_out_of_use_finds_nothing(bench: Bench) -> None:
    original = pictures(1)
    bank_id = bench.bank()
    bench.add(bank_id, bench.showing(original))
    bench.change_bank(bank_id, enabled=False)
    copy = bench.showing(original)
    assert bench.search(copy) == 0
    bench.change_bank(bank_id, enabled=True)
    assert bench.search(copy) == 1  # `test_scans`: whoever edits it has the library searched


def test_what_a_negative_bank_knows_is_suppressed_and_put_on_record(db: Database, bench: Bench) -> None:
    title, film = pictures(1, 12), pictures(2, 30)
    harmless = bench.add(bench.bank("titles", BankKind.NEGATIVE), bench.showing(title))
    original = film.copy()
    original[:12] = title
    harmful = bench.add(bench.bank(), bench.showing(original))
    other = pictures(3, 40)
    other[10:22] = title
    shares_the_title = bench.showing(other)
    assert bench.search(shares_the_title) == 1
    assert [match.entry_id for match in bench.matches()] == [harmless]
    assert "forensics.match_suppressed" in bench.actions()
    assert told(db) == []
    copy = bench.showing(original)  # far more than the title
    bench.search(copy)
    assert {match.entry_id for match in bench.matches(copy)} == {harmless, harmful}
    assert told(db) == [str(copy)]


def test_a_deleted_video_has_no_matches(bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    video_id = bench.video()
    bench.lab.delete(video_id)
    assert bench.found(video_id, entry_id) == 0


def test_a_flood_of_matches_takes_an_entry_out(bench: Bench) -> None:
    with clock.held(START) as now:
        entry_id = bench.add(bench.bank(), bench.video())
        now.advance(timedelta(minutes=1))
        for _ in range(10):
            bench.found(bench.video(), entry_id)
        assert bench.state(entry_id) is EntryState.ACTIVE
        for _ in range(3):  # what is only similar is no flood
            bench.found(bench.video(), entry_id, MatchClass.WEAK, bits=36)
        assert bench.state(entry_id) is EntryState.ACTIVE
        bench.found(bench.video(), entry_id)
        assert bench.state(entry_id) is EntryState.QUARANTINED
        assert bench.found(bench.video(), entry_id) == 0
        # A lead has looked: what was before does not count any more.
        now.advance(timedelta(minutes=1))
        bench.move(entry_id, "activate")
        now.advance(timedelta(minutes=1))
        bench.found(bench.video(), entry_id)
        assert bench.state(entry_id) is EntryState.ACTIVE


def test_the_same_file_again_and_again_is_no_flood(bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video(sha256="ab" * 32))
    for _ in range(12):
        bench.found(bench.video(sha256="ab" * 32), entry_id, MatchClass.STRONG, bits=0)
    assert bench.state(entry_id) is EntryState.ACTIVE


def test_what_is_usual_is_no_flood(db: Database, bench: Bench) -> None:
    with clock.held(START) as now:
        entry_id = bench.add(bench.bank(), bench.video())
        number, three = bench.entry(entry_id).id, [bench.video() for _ in range(3)]
        rows = [
            {
                "video_id": three[n],
                "entry_id": number,
                "grade": MatchClass.QUEUE,
                "bits": 20,
                "quality": 90,
                "start_ms": hour * 1_000 + n,
                "end_ms": hour * 1_000 + n + 1,
                "original_start_ms": 0,
                "original_end_ms": 1,
                "mirrored": False,
                "crop_bp": 0,
                "verdict": MatchVerdict.PENDING,
                "found_at": START + timedelta(hours=hour, minutes=30),
                "version": 1,
            }
            for hour in range(168)
            for n in range(3)
        ]
        with db.write() as s:
            s.execute(sa.insert(Match), rows)
        now.advance(timedelta(days=7))
        for _ in range(12):  # 15 an hour would be as usual
            bench.found(bench.video(), entry_id)
        assert bench.state(entry_id) is EntryState.ACTIVE
        for _ in range(4):
            bench.found(bench.video(), entry_id)
        assert bench.state(entry_id) is EntryState.QUARANTINED


def test_the_second_wrong_match_takes_an_entry_out(db: Database, bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    for _ in range(3):
        bench.found(bench.video(), entry_id)
    wrong = [match.id for match in bench.matches()]

    def judge(match_id: object, verdict: MatchVerdict) -> None:
        with db.write() as s:
            matching.judge(s, actor=SYSTEM, match_id=match_id, verdict=verdict)  # type: ignore[arg-type]

    judge(wrong[0], MatchVerdict.FALSE_POSITIVE)
    judge(wrong[0], MatchVerdict.FALSE_POSITIVE)
    judge(wrong[1], MatchVerdict.CONFIRMED)
    assert bench.state(entry_id) is EntryState.ACTIVE
    judge(wrong[1], MatchVerdict.FALSE_POSITIVE)
    assert bench.state(entry_id) is EntryState.QUARANTINED


def judged(db: Database, match: Match, verdict: MatchVerdict = MatchVerdict.FALSE_POSITIVE) -> None:
    with db.write() as s:
        matching.judge(s, actor=SYSTEM, match_id=match.id, verdict=verdict)


def spans(bench: Bench, video_id: UUID) -> list[tuple[int, int, int]]:
    return [(match.start_ms, match.end_ms, match.bits) for match in bench.matches(video_id)]


def test_a_video_that_repeats_a_clip_counts_once(db: Database, bench: Bench) -> None:
    entry_id, video_id = bench.add(bench.bank(), bench.video()), bench.video()
    for n in range(12):
        assert bench.found(video_id, entry_id, start_ms=n * 20_000, end_ms=n * 20_000 + 12_000) == 1
    assert bench.state(entry_id) is EntryState.ACTIVE
    first, second, *_ = bench.matches(video_id)
    judged(db, first)
    judged(db, second)
    assert bench.state(entry_id) is EntryState.ACTIVE
    bench.found(bench.video(), entry_id)
    judged(db, bench.matches()[-1])
    assert bench.state(entry_id) is EntryState.QUARANTINED


def test_a_nearer_match_takes_the_place_of_the_one_with_its_times(db: Database, bench: Bench) -> None:
    entry_id, video_id = bench.add(bench.bank(), bench.video()), bench.video()
    bench.found(video_id, entry_id, start_ms=0, end_ms=10_000, bits=20)
    bench.found(video_id, entry_id, start_ms=6_000, end_ms=16_000, bits=20)
    assert bench.found(video_id, entry_id, start_ms=2_000, end_ms=16_000, bits=9) == 1
    assert spans(bench, video_id) == [(2_000, 16_000, 9)]
    # A poorer one that lies within, and then a nearer one with the very times of the longer.
    bench.found(video_id, entry_id, start_ms=14_000, end_ms=40_000, bits=20)
    assert len(spans(bench, video_id)) == 2
    assert bench.found(video_id, entry_id, start_ms=14_000, end_ms=40_000, bits=8) == 1
    assert spans(bench, video_id) == [(2_000, 16_000, 9), (14_000, 40_000, 8)]


def test_a_nearer_match_never_takes_times_that_another_has(db: Database, bench: Bench) -> None:
    entry_id, video_id = bench.add(bench.bank(), bench.video()), bench.video()
    with db.write() as s:
        for start, end in ((0, 11_000), (1_000, 10_000)):
            values = {"grade": MatchClass.QUEUE, "bits": 20, "quality": 90, "mirrored": False, "crop_bp": 0}
            times = {"start_ms": start, "end_ms": end, "original_start_ms": 0, "original_end_ms": 1}
            s.add(Match(video_id=video_id, entry_id=entry_id, found_at=clock.now(), **values, **times))
    assert bench.found(video_id, entry_id, start_ms=1_000, end_ms=10_000, bits=4) == 1
    assert spans(bench, video_id) == [(1_000, 10_000, 4)]
    assert bench.found(video_id, entry_id, start_ms=1_000, end_ms=10_000, bits=4) == 0


def test_what_was_called_wrong_is_not_found_again_in_pieces(db: Database, bench: Bench) -> None:
    entry_id, video_id = bench.add(bench.bank(), bench.video()), bench.video()
    bench.found(video_id, entry_id, start_ms=0, end_ms=60_000)
    judged(db, bench.matches(video_id)[0])
    assert bench.found(video_id, entry_id, start_ms=20_000, end_ms=32_000, bits=2) == 0
    assert bench.found(video_id, entry_id, start_ms=55_000, end_ms=90_000, bits=2) == 1
    assert len(spans(bench, video_id)) == 2


def test_what_is_suppressed_is_put_on_record_once(db: Database, bench: Bench) -> None:
    title = pictures(1, 12)
    bench.add(bench.bank("titles", BankKind.NEGATIVE), bench.showing(title))
    bench.add(bench.bank(), bench.showing(title))
    copy = bench.showing(title)
    for _ in range(3):
        bench.search(copy)
    assert bench.actions().count("forensics.match_suppressed") == 1
