"""What one person tells has bounds, and nobody waits for the counting of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from server.content import availability, viewing, watching
from server.content.models import VideoCounts, VideoReaction
from server.content.recount import recount
from server.content.rules import BEATS_A_MINUTE, ContentType, EventKind, Reaction
from server.content.schemas import ViewerEvent
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.content.conftest import AddVideo
from tests.server.content.viewers import DURATION_MS, codes, numbers, said, send, viewer, watch


@pytest.fixture
def videos(add_video: AddVideo, creator: Actor) -> list[UUID]:
    made = clock.now() - timedelta(days=50)
    return [add_video(creator, str(n).encode(), duration_ms=DURATION_MS, created_at=made) for n in range(2)]


def minute() -> datetime:
    return clock.now().replace(second=0, microsecond=0) - timedelta(hours=2)


def test_how_much_a_minute_holds_does_not_depend_on_the_batches(db: Database, videos: list[UUID]) -> None:
    def at(second: int) -> list[ViewerEvent]:
        begin = minute() + timedelta(seconds=second)
        return [
            watch(videos[0], begin + timedelta(milliseconds=n), end_ms=1, wall_ms=1)
            for n in range(BEATS_A_MINUTE // 2)
        ]

    seconds = (1, 25, 49)
    together = codes(send(db, viewer(db), [each for second in seconds for each in at(second)]))
    actor = viewer(db)
    apart = [code for second in seconds for code in codes(send(db, actor, at(second)))]
    assert together.count("accepted") == apart.count("accepted") == BEATS_A_MINUTE
    assert together.count("too_many") == apart.count("too_many") == BEATS_A_MINUTE // 2


def test_of_what_is_too_much_the_earliest_counts(db: Database, videos: list[UUID]) -> None:
    begin = minute()
    events = [
        watch(videos[0], begin + timedelta(milliseconds=n), end_ms=1, wall_ms=1)
        for n in range(BEATS_A_MINUTE + 5)
    ]
    verdicts = codes(send(db, viewer(db), [*reversed(events)]))
    assert verdicts == ["too_many"] * 5 + ["accepted"] * BEATS_A_MINUTE


def test_only_what_lies_near_is_read_and_in_one_statement(db: Database, videos: list[UUID]) -> None:
    actor, begin = viewer(db), minute()
    far = [watch(videos[0], begin + timedelta(seconds=30 * n)) for n in range(20)]
    send(db, actor, far)
    run: list[str] = []

    def note(c: object, cursor: object, statement: str, *rest: object) -> None:
        run.append(statement)

    sa.event.listen(db.reader, "before_cursor_execute", note)
    try:
        with db.read() as s:
            found = watching.around(s, actor.person, [each.at for each in far[::2]])
    finally:
        sa.event.remove(db.reader, "before_cursor_execute", note)
    assert {beat.id for beat in found} == {each.id for each in far[::2]}
    assert len([each for each in run if "content_events" in each]) == 1


def test_who_shares_a_video_again_and_again_shared_it_once(db: Database, videos: list[UUID]) -> None:
    one, other = viewer(db), viewer(db)
    for actor in (one, one, other):
        share = [said(EventKind.SHARE, video_id=videos[0]) for _ in range(3)]
        assert set(codes(send(db, actor, share))) == {"accepted"}
    assert numbers(db, videos)[videos[0]]["shares"] == 2
    assert recount(db) == []


def test_a_day_has_an_end(db: Database, videos: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "FACTS_A_DAY", 5)
    actor = viewer(db)
    likes = [said(EventKind.LIKE, video_id=videos[0]) for _ in range(4)]
    with clock.held() as now:
        assert codes(send(db, actor, likes)) == ["accepted"] * 4
        verdicts = codes(send(db, actor, [said(EventKind.LIKE, video_id=videos[0]) for _ in range(3)]))
        assert sorted(verdicts) == ["accepted", "too_many", "too_many"]
        assert codes(send(db, actor, likes)) == ["duplicate"] * 4
        now.advance(timedelta(days=1, seconds=1))
        assert codes(send(db, actor, [said(EventKind.LIKE, video_id=videos[0])])) == ["accepted"]


def test_a_long_batch_is_counted_in_several_transactions(
    db: Database, videos: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "AT_ONCE", 3)
    events = [watch(videos[0], minute() + timedelta(seconds=4 * n)) for n in range(8)]
    actor = viewer(db)
    verdicts = viewing.take_in_all(db, actor=actor, events=[*events, events[0]])
    assert codes(verdicts) == ["accepted"] * 8 + ["duplicate"]
    assert [each.id for each in verdicts] == [each.id for each in [*events, events[0]]]
    assert recount(db) == []


def test_a_recount_also_sees_what_nobody_ever_said(db: Database, videos: list[UUID], fan: Actor) -> None:
    now = clock.now()
    with db.write() as s:
        s.add(
            VideoReaction(
                person_id=fan.person,
                kind=Reaction.LIKE,
                video_id=videos[0],
                holds=True,
                at=now,
                told_at=now,
                event_id=uuid4(),
            )
        )
        s.add(VideoCounts(video_id=videos[0], likes=1))
    assert ("like", -1) in {(each.what, each.by) for each in recount(db, repair=True)}
    assert recount(db) == []
    assert numbers(db, videos)[videos[0]]["likes"] == 0


def test_a_decision_and_whoever_watches_do_not_wait_for_each_other(
    db: Database, videos: list[UUID], fan: Actor
) -> None:
    if db.sqlite:
        pytest.skip("SQLite has one writer")
    with db.write() as s:
        viewing.take_in(s, actor=fan, events=[said(EventKind.LIKE, video_id=videos[0])])
        with db.write() as other:
            other.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            availability.lock(other, content_type=ContentType.VIDEO, content_id=videos[0])
