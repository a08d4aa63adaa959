"""What viewers are told: every change of the feed that one can see, and nothing of what was never in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.content import availability, derivatives, posters, service
from server.content.announcing import LIVE_FEED
from server.content.models import Video
from server.content.publishing import publish_due
from server.content.rules import ContentType, DerivativeKind, VideoState, Visibility
from server.content.workflow import publish
from server.kit import clock, jobs, live
from server.kit.access import SYSTEM, Actor
from server.kit.clock import Held
from server.kit.db import Database, WriteSession
from server.kit.storage import Store
from server.kit.wire import Availability
from server.ops.live import may_hear
from tests.server.content.conftest import AddVideo

pytestmark = pytest.mark.usefixtures("context")
NOW = datetime(2026, 5, 17, 12, 0, 0, tzinfo=UTC)
GRACE = timedelta(seconds=10)
Told = list[tuple[UUID, int]]
Heard = list[live.Change]
Do = Callable[[WriteSession, Actor, UUID], object]


@pytest.fixture(autouse=True)
def now() -> Iterator[Held]:
    with clock.held(NOW) as held:
        yield held


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is published to viewers."""
    heard: Told = []

    def publish(
        s: WriteSession, topic: str, subject: UUID, version: int, *, not_to: UUID | None = None
    ) -> None:
        if topic == LIVE_FEED:
            heard.append((subject, version))

    monkeypatch.setattr(live, "publish", publish)
    return heard


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Everything that is published."""
    changes: Heard = []

    def publish(
        s: WriteSession, topic: str, subject: object, version: int, *, not_to: UUID | None = None
    ) -> None:
        changes.append(live.Change(topic, str(subject), version, str(not_to) if not_to else None))

    monkeypatch.setattr(live, "publish", publish)
    return changes


def edit(**values: Any) -> Do:
    def do(s: WriteSession, owner: Actor, video_id: UUID) -> None:
        version = s.scalars(sa.select(Video.version).where(Video.id == video_id)).one()
        service.edit_video(s, actor=owner, video_id=video_id, version=version, **values)

    return do


def judge(to: Availability, kind: ContentType = ContentType.VIDEO, *, after: timedelta = timedelta()) -> Do:
    def do(s: WriteSession, _owner: Actor, video_id: UUID) -> None:
        at = clock.now() + after
        availability.schedule_availability(
            s, actor=SYSTEM, content_type=kind, content_id=video_id, availability=to, effective_at=at
        )

    return do


def delete(s: WriteSession, owner: Actor, video_id: UUID) -> None:
    service.delete_video(s, actor=owner, video_id=video_id)


def restore(s: WriteSession, owner: Actor, video_id: UUID) -> None:
    service.restore_video(s, actor=owner, video_id=video_id)


def close_account(s: WriteSession, owner: Actor, _video_id: UUID) -> None:
    service.delete_videos_of(s, actor=SYSTEM, owner_id=owner.person)


def restrict_class(s: WriteSession, _owner: Actor, video_id: UUID) -> None:
    service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)


def draw(s: WriteSession, _owner: Actor, video_id: UUID) -> None:
    """A still takes the place of the one before."""
    store = Store(jobs.context().settings.media)
    derivatives.add(s, store, video_id, DerivativeKind.POSTER, derivatives.Product(b"before", {}))
    s.execute(sa.update(Video).where(Video.id == video_id).values(poster_asked_at=NOW))
    made = derivatives.Product(b"a still", {})
    posters.take(s, store, video_id=video_id, at_ms=None, made=made)


CHANGES: dict[str, Do] = {
    "another poster": draw,
    "title": edit(title="Another"),
    "caption": edit(caption="Other words"),
    "private": edit(visibility=Visibility.PRIVATE),
    "unlisted": edit(visibility=Visibility.UNLISTED),
    "deleted": delete,
    "account closed": close_account,
    "restricted": judge(Availability.RESTRICTED),
    "removed": judge(Availability.REMOVED),
    "caption withheld": judge(Availability.REMOVED, ContentType.CAPTION),
    "restricted class": restrict_class,
}
COMES: dict[str, tuple[dict[str, Any], Do]] = {
    "made public": ({"visibility": Visibility.PRIVATE}, edit(visibility=Visibility.PUBLIC)),
    "restored": ({"deleted_at": NOW, "published_at": NOW}, restore),
    "allowed": ({"availability": Availability.REMOVED, "published_at": NOW}, judge(Availability.PUBLIC)),
}
NEVER: dict[str, dict[str, Any]] = {
    "unlisted": {"visibility": Visibility.UNLISTED},
    "private": {"visibility": Visibility.PRIVATE},
    "once public, now unlisted": {"visibility": Visibility.UNLISTED, "published_at": NOW},
    "scheduled": {"publish_at": NOW + timedelta(days=1)},
    "restricted class": {"restricted_class": True, "published_at": NOW},
    "processing": {"state": VideoState.PROCESSING},
}


@pytest.mark.parametrize("change", CHANGES)
def test_viewers_hear_of_each_change_of_the_feed(
    db: Database, add_video: AddVideo, creator: Actor, told: Told, change: str
) -> None:
    video = add_video(creator, published_at=NOW)
    with db.write() as s:
        CHANGES[change](s, creator, video)
    assert told == [(video, 0)]


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_hears_of_none_of_it_so_that_the_class_is_not_told(
    db: Database, add_video: AddVideo, creator: Actor, fan: Actor, heard: Heard, change: str
) -> None:
    video = add_video(creator, published_at=NOW)
    heard.clear()
    with db.write() as s:
        CHANGES[change](s, creator, video)
    of_feed = [told for told in heard if told.topic == LIVE_FEED]
    assert [told.id for told in of_feed] == [str(video)]
    assert [(may_hear(creator, told), may_hear(fan, told)) for told in of_feed] == [(False, True)]


@pytest.mark.parametrize("change", COMES)
def test_viewers_hear_of_what_comes(
    db: Database, add_video: AddVideo, creator: Actor, told: Told, change: str
) -> None:
    before, do = COMES[change]
    video = add_video(creator, **before)
    with db.write() as s:
        do(s, creator, video)
    assert told == [(video, 0)]


def test_a_poster_is_told_when_it_is_there_and_not_when_it_is_chosen(
    db: Database, add_video: AddVideo, creator: Actor, told: Told
) -> None:
    video = add_video(creator, published_at=NOW)
    with db.write() as s:
        edit(poster_at_ms=1_000)(s, creator, video)
    assert told == []
    with db.write() as s:
        posters.take(s, Store(jobs.context().settings.media), video_id=video, at_ms=1_000, made=None)
    assert told == []
    with db.write() as s:
        edit(poster_at_ms=1_000, title="Another")(s, creator, video)
    assert told == [(video, 0)]


@pytest.mark.parametrize("kind", NEVER)
def test_nobody_is_told_of_what_is_not_in_the_feed(
    db: Database, add_video: AddVideo, creator: Actor, told: Told, kind: str
) -> None:
    for n, (name, change) in enumerate(CHANGES.items()):
        video = add_video(creator, f"{kind} {n}".encode(), **NEVER[kind])
        with db.write() as s:
            change(s, creator, video)
        assert told == [], name


def test_a_decision_is_told_when_it_takes_effect(
    db: Database, now: Held, add_video: AddVideo, creator: Actor, told: Told
) -> None:
    video = add_video(creator, published_at=NOW)
    for to in (Availability.REMOVED, Availability.PUBLIC):
        with db.write() as s:
            judge(to, after=GRACE)(s, creator, video)
            availability.fold_due(s)
        assert told == []
        now.advance(GRACE)
        with db.write() as s:
            assert availability.fold_due(s) == 1
        assert told == [(video, 0)]
        told.clear()


def test_what_was_decided_before_it_was_told_is_told_first(
    db: Database, now: Held, add_video: AddVideo, creator: Actor, told: Told
) -> None:
    video = add_video(creator, published_at=NOW)
    with db.write() as s:
        judge(Availability.REMOVED, after=GRACE)(s, creator, video)
    now.advance(GRACE)
    with db.write() as s:
        judge(Availability.PUBLIC, after=GRACE)(s, creator, video)
    assert told == [(video, 0)]


def test_a_removed_video_that_is_deleted_is_not_told_again(
    db: Database, add_video: AddVideo, creator: Actor, told: Told
) -> None:
    video = add_video(creator, published_at=NOW, availability=Availability.REMOVED)
    with db.write() as s:
        delete(s, creator, video)
    assert told == []


def test_what_is_published_is_told(
    db: Database, context: jobs.Context, add_video: AddVideo, creator: Actor, told: Told
) -> None:
    ready = add_video(creator, state=VideoState.PROCESSING)
    hidden = add_video(creator, state=VideoState.PROCESSING, visibility=Visibility.UNLISTED)
    due = add_video(creator, publish_at=NOW)
    for video in (ready, hidden):
        publish(str(video))
    with db.write() as s:
        assert publish_due(s) == 1
    assert told == [(ready, 0), (due, 0)]
