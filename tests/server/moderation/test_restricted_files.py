"""The restricted class is a matter of the file: whoever shows the same bytes shows what was flagged."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.content import service as content
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, VideoState
from server.kit.access import Actor
from server.kit.db import Database, WriteSession
from server.kit.errors import DomainError
from server.kit.events import Bus, Event
from server.moderation import handlers
from server.moderation.models import Flag, Item
from server.moderation.rules import ContentType, Outcome, Source
from server.moderation.service import decisions, flags, restriction
from tests.server.moderation.conftest import CSAM, SPAM, NewPerson, Studio

FILE = "ab" * 32


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    """The events of content go to the handlers of moderation, and nowhere else."""
    bus = Bus()
    handlers.register(bus)
    monkeypatch.setattr(content, "bus", bus)
    return bus


def items_of(db: Database, video: UUID) -> set[tuple[str, str, str, bool]]:
    with db.read() as s:
        rows = s.execute(
            sa.select(Item.policy, Item.queue_id, Item.state, Item.hash_match).where(Item.content_id == video)
        )
        return {(row.policy, row.queue_id, row.state.value, row.hash_match) for row in rows}


def is_restricted(db: Database, video: UUID) -> bool:
    with db.read() as s:
        return s.get_one(Video, video).restricted_class


def test_every_video_of_the_file_goes_along_with_its_items_and_is_judged_itself(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, cleared: Actor, bus: Bus
) -> None:
    first, copy = studio.video(sha256=FILE), studio.video(sha256=FILE)
    other = studio.video()
    with db.write() as s:
        s.add(Derivative(video_id=copy, kind=DerivativeKind.POSTER, sha256="1" * 64, size=1, meta={}))
    spam = studio.flag(fan, copy, SPAM)
    claim = studio.take(moderator, spam.item_id)
    studio.flag(fan, other, SPAM)
    studio.flag(fan, first, CSAM)
    assert is_restricted(db, copy)
    assert not is_restricted(db, other)
    with db.read() as s:
        assert s.get(Derivative, (copy, DerivativeKind.POSTER)) is None
    assert items_of(db, copy) == {(SPAM, "restricted", "pending", False)}
    with pytest.raises(Exception, match="no such item"):
        studio.decide(moderator, claim)
    assert bus.deliver_due(db) == 1
    assert items_of(db, copy) == {
        (SPAM, "restricted", "pending", False),
        ("child_safety", "restricted", "pending", True),
    }
    assert {item[0] for item in items_of(db, first)} == {CSAM}
    assert {item[1] for item in items_of(db, other)} == {"general"}


def test_a_later_upload_of_the_bytes_is_born_into_the_class_and_shown_to_the_cleared(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, cleared: Actor, bus: Bus
) -> None:
    studio.flag(fan, studio.video(sha256=FILE), CSAM)
    taken = studio.claim(cleared)
    assert taken is not None
    with db.write() as s:
        later = content.create_video(s, actor=studio.owner, filename="again.mp4", size=1, title="Again").id
        content.finish_upload(s, actor=studio.owner, video_id=later, sha256=FILE)
    assert is_restricted(db, later)
    assert bus.deliver_due(db) == 1
    assert items_of(db, later) == {("child_safety", "restricted", "pending", True)}
    assert studio.claim(moderator) is None
    claim = studio.claim(cleared)
    assert claim is not None
    assert claim.subject.content_id == later
    with db.read() as s:
        sources = s.scalars(sa.select(Flag.source).where(Flag.content_id == later)).all()
    assert sources == [Source.HASH_MATCH]


def test_a_deleted_copy_does_not_get_out_of_it(db: Database, studio: Studio, fan: Actor, bus: Bus) -> None:
    first, deleted = studio.video(sha256=FILE), studio.video(sha256=FILE)
    with db.write() as s:
        content.delete_video(s, actor=studio.owner, video_id=deleted)
    studio.flag(fan, first, CSAM)
    while bus.deliver_due(db):
        pass
    assert items_of(db, deleted) == {("child_safety", "restricted", "pending", True)}


def test_the_words_of_a_caption_say_nothing_of_other_videos(
    db: Database, studio: Studio, fan: Actor, cleared: Actor, bus: Bus
) -> None:
    first, copy = studio.video(sha256=FILE), studio.video(sha256=FILE)
    studio.flag(fan, first, CSAM, ContentType.CAPTION)
    assert is_restricted(db, first)
    assert not is_restricted(db, copy)
    studio.flag(cleared, first, CSAM)
    assert is_restricted(db, copy)


def test_a_file_without_a_name_yet_restricts_nothing_but_its_video(
    db: Database, studio: Studio, moderator: Actor
) -> None:
    on_their_way = [studio.video() for _ in range(2)]
    with db.write() as s:
        uploading = {"state": VideoState.UPLOADING, "sha256": None}
        s.execute(sa.update(Video).where(Video.id.in_(on_their_way)).values(uploading))
    studio.flag(moderator, on_their_way[0], CSAM)
    assert [is_restricted(db, video) for video in on_their_way] == [True, False]
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).where(Event.topic == content.COPY_OF_RESTRICTED)) == 0


@pytest.mark.parametrize("how", ["flags", "decisions"])
def test_two_people_who_say_it_of_one_file_at_once_do_not_wait_for_each_other(
    db: Database, studio: Studio, fan: Actor, person: NewPerson, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each comes as far as it can before the other goes on."""
    both, quarantine = threading.Barrier(2), restriction.quarantine

    def late(s: WriteSession, **subject: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        quarantine(s, **subject)

    videos = [studio.video(sha256=FILE) for _ in range(2)]
    found = [studio.flag(fan, video, SPAM) for video in videos]
    team = [person(Role.MODERATOR, cleared=True) for _ in videos]
    claims = [studio.take(who, got.item_id) for who, got in zip(team, found, strict=True)]
    monkeypatch.setattr(flags, "quarantine", late)
    monkeypatch.setattr(decisions, "quarantine", late)

    def say(n: int) -> str:
        try:
            if how == "flags":
                studio.flag(team[n], videos[n], CSAM)
            else:
                studio.decide(team[n], claims[n], Outcome.REMOVE, policy=CSAM, facts="a child")
        except DomainError as refusal:
            return refusal.code
        return "said"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(say, range(2)))
    # Whoever decides second has lost the item to the class meanwhile.
    assert said == (["said", "said"] if how == "flags" else ["lease_lost", "said"])
    assert [is_restricted(db, video) for video in videos] == [True, True]
