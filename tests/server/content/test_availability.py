"""A decision takes effect at its instant and not a microsecond before, on everything that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry, AuditPayload
from server.content import availability, comments, queries, service
from server.content.models import Comment, Video
from server.content.rules import ContentType
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.clock import Held
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.kit.wire import Availability
from tests.server.content.conftest import AddVideo

GRACE = timedelta(seconds=10)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def now() -> Iterator[Held]:
    with clock.held(datetime(2026, 5, 17, 12, 0, 0, tzinfo=UTC)) as held:
        yield held


@pytest.fixture
def video_id(add_video: AddVideo, creator: Actor) -> UUID:
    return add_video(creator)


@pytest.fixture
def comment_id(db: Database, video_id: UUID, creator: Actor) -> UUID:
    with db.write() as s:
        return comments.add_comment(s, actor=creator, video_id=video_id, body="first").id


def schedule(db: Database, kind: ContentType, content_id: UUID, to: Availability, at: datetime) -> None:
    with db.write() as s:
        availability.schedule_availability(
            s, actor=SYSTEM, content_type=kind, content_id=content_id, availability=to, effective_at=at
        )


def cancel(db: Database, kind: ContentType, content_id: UUID) -> None:
    with db.write() as s:
        availability.cancel_scheduled_availability(s, actor=SYSTEM, content_type=kind, content_id=content_id)


def may_watch(db: Database, viewer: Actor, video_id: UUID) -> bool:
    """By SQL; checked against the property of the row."""
    with db.read() as s:
        found = queries.video(s, viewer, video_id) is not None
        assert found is (s.get_one(Video, video_id).available is Availability.PUBLIC)
    return found


def test_a_video_goes_at_the_instant_and_comes_back_at_the_next(
    db: Database, now: Held, video_id: UUID, fan: Actor
) -> None:
    schedule(db, ContentType.VIDEO, video_id, Availability.REMOVED, now() + GRACE)
    now.advance(GRACE - INSTANT)
    assert may_watch(db, fan, video_id)
    now.advance(INSTANT)
    assert not may_watch(db, fan, video_id)
    schedule(db, ContentType.VIDEO, video_id, Availability.PUBLIC, now() + GRACE)
    assert not may_watch(db, fan, video_id)
    now.advance(GRACE)
    assert may_watch(db, fan, video_id)


def test_a_caption_goes_and_its_video_stays(db: Database, now: Held, video_id: UUID, fan: Actor) -> None:
    schedule(db, ContentType.CAPTION, video_id, Availability.REMOVED, now() + GRACE)
    for passed, shown in ((GRACE - INSTANT, Availability.PUBLIC), (INSTANT, Availability.REMOVED)):
        now.advance(passed)
        with db.read() as s:
            row = queries.video(s, fan, video_id)
            assert row is not None
            assert row.caption_availability_now == shown


def test_a_comment_goes_for_all_but_its_author_and_reviewers(
    db: Database, now: Held, video_id: UUID, comment_id: UUID, fan: Actor, creator: Actor, moderator: Actor
) -> None:
    schedule(db, ContentType.COMMENT, comment_id, Availability.REMOVED, now() + GRACE)

    def readers() -> list[bool]:
        with db.read() as s:
            return [
                bool(queries.comments(s, viewer, video_id=video_id, before=None, limit=10))
                for viewer in (fan, creator, moderator)
            ]

    now.advance(GRACE - INSTANT)
    assert readers() == [True, True, True]
    now.advance(INSTANT)
    assert readers() == [False, True, True]


@pytest.mark.parametrize("kind", list(ContentType))
def test_what_is_not_in_force_yet_can_be_taken_back_until_that_instant(
    db: Database, now: Held, video_id: UUID, comment_id: UUID, kind: ContentType
) -> None:
    content_id = comment_id if kind is ContentType.COMMENT else video_id
    schedule(db, kind, content_id, Availability.RESTRICTED, now() + GRACE)
    now.advance(GRACE - INSTANT)
    cancel(db, kind, content_id)
    now.advance(GRACE)
    schedule(db, kind, content_id, Availability.RESTRICTED, now() + GRACE)
    now.advance(GRACE)
    with pytest.raises(Conflict) as late:
        cancel(db, kind, content_id)
    assert late.value.code == "in_force"


def test_a_second_decision_replaces_one_that_is_not_in_force_and_builds_on_one_that_is(
    db: Database, now: Held, video_id: UUID
) -> None:
    schedule(db, ContentType.VIDEO, video_id, Availability.RESTRICTED, now())
    schedule(db, ContentType.VIDEO, video_id, Availability.PUBLIC, now() + GRACE)
    schedule(db, ContentType.VIDEO, video_id, Availability.REMOVED, now() + GRACE)
    with db.read() as s:
        video = s.get_one(Video, video_id)
        assert (video.availability, video.available) == (Availability.RESTRICTED,) * 2
    now.advance(GRACE)
    with db.read() as s:
        assert s.get_one(Video, video_id).available is Availability.REMOVED


def test_folding_changes_the_stored_value_and_nothing_that_is_read(
    db: Database, now: Held, video_id: UUID, comment_id: UUID, fan: Actor
) -> None:
    schedule(db, ContentType.VIDEO, video_id, Availability.RESTRICTED, now() + GRACE)
    schedule(db, ContentType.CAPTION, video_id, Availability.REMOVED, now() + GRACE)
    schedule(db, ContentType.COMMENT, comment_id, Availability.REMOVED, now() + 2 * GRACE)
    now.advance(GRACE)
    before = may_watch(db, fan, video_id)
    with db.write() as s:
        assert availability.fold_due(s) == 2
    with db.write() as s:
        assert availability.fold_due(s) == 0
    assert may_watch(db, fan, video_id) is before is False
    with db.read() as s:
        video, comment = s.get_one(Video, video_id), s.get_one(Comment, comment_id)
    assert (video.availability, video.next_availability) == (Availability.RESTRICTED, None)
    assert (video.caption_availability, video.caption_next_availability_at) == (Availability.REMOVED, None)
    assert comment.next_availability is Availability.REMOVED


def test_there_is_no_availability_of_what_does_not_exist(db: Database, now: Held) -> None:
    for kind in ContentType:
        with pytest.raises(NotFound):
            schedule(db, kind, UUID(int=7), Availability.REMOVED, now())
        with pytest.raises(NotFound):
            cancel(db, kind, UUID(int=7))


@pytest.mark.parametrize("kind", [ContentType.VIDEO, ContentType.CAPTION])
def test_the_record_tells_no_outcome_of_the_restricted_class(
    db: Database, now: Held, video_id: UUID, kind: ContentType
) -> None:
    schedule(db, kind, video_id, Availability.RESTRICTED, now.at + GRACE)
    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
    cancel(db, kind, video_id)
    schedule(db, kind, video_id, Availability.REMOVED, now.at + GRACE)
    with db.read() as s:
        said = s.scalars(
            sa.select(AuditPayload.json)
            .join(AuditEntry, AuditEntry.seq == AuditPayload.seq)
            .where(AuditEntry.action == "content.availability")
            .order_by(AuditEntry.seq)
        ).all()
    assert [json.loads(text or "") for text in said] == [
        {"to": "restricted", "effective_at": (now.at + GRACE).isoformat()},
        {},
        {},
    ]
