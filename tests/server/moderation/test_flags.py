"""Every voice counts once, joins one open item, and finds a standing decision where there is one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.kit import clock, events
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Forbidden, Invalid, NotFound
from server.kit.events import Bus
from server.kit.wire import Availability
from server.moderation import handlers, service
from server.moderation.models import Flag, Item
from server.moderation.rules import ContentType, FlagState, ItemState, Outcome, Source
from tests.server.moderation.conftest import CSAM, EXPLICIT, GORE, HATE, NCII, SPAM, NewPerson, Studio


def flag_state(db: Database, flag_id: object) -> FlagState:
    with db.read() as s:
        return s.execute(sa.select(Flag.state).where(Flag.id == flag_id)).scalar_one()


def test_a_first_flag_opens_an_item(studio: Studio, fan: Actor) -> None:
    with clock.held() as now:
        got = studio.flag(fan, studio.video("Lake"), GORE, ranges=[(100, 900)])
        item = studio.item(got.item_id)
    assert got.state is FlagState.LINKED
    assert (item.state, item.queue_id, item.policy, item.family) == ("pending", "general", GORE, "violence")
    assert (item.flag_count, item.reporters, item.subject_title) == (1, 1, "Lake")
    assert item.priority == sum(points for _, points in item.priority_why) == 3060
    assert item.due_at == now.at + timedelta(hours=24)


def test_the_same_voice_counts_once(studio: Studio, fan: Actor) -> None:
    video = studio.video()
    first = studio.flag(fan, video)
    again = studio.flag(fan, video)
    assert (again.flag_id, again.item_id, again.state) == (first.flag_id, first.item_id, FlagState.DUPLICATE)
    assert studio.item(first.item_id).flag_count == 1


def test_voices_of_one_family_join_and_count_people(studio: Studio, fan: Actor, person: NewPerson) -> None:
    video = studio.video()
    first = studio.flag(fan, video, "violence.glorification")
    studio.flag(fan, video, GORE)
    joined = studio.flag(person(Role.FAN), video, "violence.threat")
    item = studio.item(first.item_id)
    assert joined.item_id == first.item_id
    assert (item.flag_count, item.reporters) == (3, 2)
    assert (item.policy, item.severity, item.sla_class) == ("violence.threat", "critical", "critical")


def test_a_reporter_counts_by_their_own_record(
    studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    right = person(Role.FAN)
    for _ in range(3):
        ignored, followed = studio.flag(fan, studio.video()), studio.flag(right, studio.video())
        studio.decide(moderator, studio.take(moderator, ignored.item_id))
        studio.decide(moderator, studio.take(moderator, followed.item_id), Outcome.REMOVE, policy=SPAM)
    video = studio.video()
    got = studio.flag(fan, video, GORE)
    doubted = studio.item(got.item_id)
    assert (doubted.reporters, doubted.reporter_weight_bp) == (1, (50_000 + 3 * 2_000) // 8)
    assert doubted.priority_why[1] == ["1 reporter, counting as 0.7", 45]
    studio.flag(right, video, GORE)
    studio.flag(right, video, "violence.glorification")
    both = studio.item(got.item_id)
    assert (both.reporters, both.reporter_weight_bp) == (2, 7_000 + (50_000 + 3 * 15_000) // 8)
    assert both.priority == sum(points for _, points in both.priority_why) > doubted.priority


def test_another_family_opens_another_item(studio: Studio, fan: Actor) -> None:
    video = studio.video()
    assert studio.flag(fan, video, SPAM).item_id != studio.flag(fan, video, GORE).item_id


def test_a_later_flag_can_only_hasten(studio: Studio, fan: Actor, person: NewPerson) -> None:
    video = studio.video()
    with clock.held() as now:
        got = studio.flag(fan, video, "sexual.suggestive")
        now.advance(timedelta(hours=1))
        studio.flag(person(Role.FAN), video, EXPLICIT)
        hastened = studio.item(got.item_id).due_at
        assert hastened == now.at + timedelta(hours=24)
        now.advance(timedelta(hours=1))
        studio.flag(person(Role.FAN), video, EXPLICIT)
        assert studio.item(got.item_id).due_at == hastened


def test_ncii_has_a_term_of_the_law(studio: Studio, fan: Actor) -> None:
    with clock.held() as now:
        item = studio.item(studio.flag(fan, studio.video(), NCII).item_id)
    assert item.legal_due_at == now.at + timedelta(hours=48)


def test_programs_name_their_source(studio: Studio, fan: Actor, moderator: Actor) -> None:
    video = studio.video()
    with pytest.raises(Forbidden):
        studio.flag(fan, video, GORE, source=Source.HASH_MATCH)
    program = Actor("classifier", handle="gore-v1")
    got = studio.flag(
        program, video, GORE, source=Source.CLASSIFIER, source_ref="gore-v1", confidence_bp=9_100
    )
    again = studio.flag(program, video, GORE, source=Source.CLASSIFIER, source_ref="gore-v1")
    for claimed in set(Source) - {Source.USER, Source.STAFF}:
        with pytest.raises(Forbidden):
            studio.flag(moderator, video, GORE, source=claimed)
    studio.flag(SYSTEM, video, GORE, source=Source.TRUSTED_FLAGGER, source_ref="hotline")
    item = studio.item(got.item_id)
    assert again.state is FlagState.DUPLICATE
    assert (item.reporters, item.flag_count, item.max_confidence_bp) == (0, 2, 9_100)
    assert item.trusted_flagger
    assert item.priority == 3200


@pytest.mark.parametrize(
    "kind", [ContentType.COMMENT, ContentType.CAPTION, ContentType.PROFILE, ContentType.SPARK]
)
def test_every_kind_of_content_can_be_flagged(
    studio: Studio, fan: Actor, moderator: Actor, kind: ContentType
) -> None:
    video = studio.video()
    subject = {
        ContentType.COMMENT: studio.comment(video, studio.owner),
        ContentType.CAPTION: video,
        ContentType.PROFILE: studio.owner.person,
        ContentType.SPARK: uuid4(),
    }[kind]
    by, source = (moderator, Source.STAFF) if kind is ContentType.SPARK else (fan, Source.USER)
    item = studio.item(studio.flag(by, subject, HATE, kind, source=source).item_id)
    assert (item.content_type, item.content_id) == (kind, subject)


def test_a_user_does_not_fill_the_queue_with_sparks_that_nobody_can_look_up(
    studio: Studio, fan: Actor
) -> None:
    with pytest.raises(NotFound):
        studio.flag(fan, uuid4(), HATE, ContentType.SPARK)


def test_what_does_not_exist_cannot_be_flagged(studio: Studio, fan: Actor) -> None:
    with pytest.raises(NotFound):
        studio.flag(fan, uuid4())
    with pytest.raises(Invalid) as refused:
        studio.flag(fan, studio.video(), "no.such")
    assert refused.value.code == "unknown_policy"


@pytest.mark.parametrize(
    "hidden",
    [
        {"visibility": Visibility.PRIVATE},
        {"state": VideoState.PROCESSING},
        {"availability": Availability.REMOVED},
        {"deleted_at": datetime(2026, 5, 1, tzinfo=UTC)},
    ],
)
def test_what_one_may_not_see_cannot_be_flagged_either(
    db: Database, studio: Studio, fan: Actor, hidden: dict[str, object]
) -> None:
    video = studio.video()
    comment = studio.comment(video, studio.owner)
    with db.write() as s:
        s.execute(sa.update(Video).where(Video.id == video).values(hidden))
    with pytest.raises(NotFound) as unknown:
        studio.flag(fan, uuid4())
    for content_id, kind in (
        (video, ContentType.VIDEO),
        (video, ContentType.CAPTION),
        (comment, ContentType.COMMENT),
    ):
        with pytest.raises(NotFound) as refused:
            studio.flag(fan, content_id, SPAM, kind)
        assert refused.value.detail == unknown.value.detail


def test_whoever_flags_for_the_staff_does_not_judge_it(
    studio: Studio, moderator: Actor, person: NewPerson
) -> None:
    got = studio.flag(moderator, studio.video(), SPAM, source=Source.STAFF)
    assert studio.claim(moderator) is None
    with pytest.raises(Conflict) as refused:
        studio.take(moderator, got.item_id)
    assert refused.value.code == "excluded"
    assert studio.claim(person(Role.MODERATOR)) is not None


def test_every_member_of_the_staff_who_flags_is_kept_from_judging_it(
    studio: Studio, moderator: Actor, person: NewPerson
) -> None:
    video, second = studio.video(), person(Role.MODERATOR)
    first = studio.flag(moderator, video, SPAM, source=Source.STAFF)
    joined = studio.flag(second, video, SPAM, source=Source.STAFF)
    assert (joined.item_id, joined.state) == (first.item_id, FlagState.LINKED)
    assert studio.item(first.item_id).reporters == 2
    assert studio.claim(second) is None
    with pytest.raises(Conflict, match="flagged"):
        studio.take(second, first.item_id)


def test_a_repeated_flag_excludes_whoever_has_become_staff_since(
    studio: Studio, fan: Actor, person: NewPerson
) -> None:
    video, joining = studio.video(), person(Role.MODERATOR)
    before = Actor("person", joining.id, joining.handle, permissions=fan.permissions)
    got = studio.flag(before, video)
    assert studio.flag(joining, video).state is FlagState.DUPLICATE
    with pytest.raises(Conflict):
        studio.take(joining, got.item_id)


def test_nobody_but_a_program_gives_a_confidence_or_a_reference(
    studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video()
    for actor, source in ((fan, Source.USER), (moderator, Source.STAFF)):
        for forged in ({"confidence_bp": 10_000}, {"source_ref": "frame-rules 1"}):
            with pytest.raises(Invalid) as refused:
                studio.flag(actor, video, source=source, **forged)
            assert refused.value.code == "not_a_program"
    with pytest.raises(Forbidden):
        studio.flag(Actor("classifier", handle="gore-v1"), video, source=Source.STAFF)
    assert studio.item(studio.flag(fan, video).item_id).max_confidence_bp is None


def test_a_judged_version_stays_judged(
    studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    video = studio.video()
    first = studio.flag(fan, video)
    studio.decide(moderator, studio.take(moderator, first.item_id))
    repeat = studio.flag(person(Role.FAN), video)
    assert (repeat.item_id, repeat.state) == (first.item_id, FlagState.DUPLICATE)
    assert studio.item(first.item_id).state == ItemState.DECIDED


def test_an_edit_lets_new_people_speak_but_not_the_same_again(
    studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    video = studio.video()
    first = studio.flag(fan, video)
    studio.decide(moderator, studio.take(moderator, first.item_id))
    studio.retitle(video, "Now it is an advertisement")
    harried = studio.flag(fan, video)
    fresh = studio.flag(person(Role.FAN), video)
    assert (harried.item_id, harried.state) == (first.item_id, FlagState.DUPLICATE)
    assert fresh.item_id != first.item_id
    assert fresh.state is FlagState.LINKED


def test_another_family_or_source_is_heard_after_a_decision(
    studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video()
    first = studio.flag(fan, video)
    studio.decide(moderator, studio.take(moderator, first.item_id))
    assert studio.flag(fan, video, GORE).state is FlagState.LINKED
    matched = studio.flag(SYSTEM, video, SPAM, source=Source.HASH_MATCH, source_ref="bank")
    assert matched.state is FlagState.LINKED
    assert matched.item_id != first.item_id


def test_withdrawing_the_last_voice_cancels_the_item(
    db: Database, studio: Studio, fan: Actor, person: NewPerson
) -> None:
    video, other = studio.video(), person(Role.FAN)
    first, second = studio.flag(fan, video), studio.flag(other, video)
    with pytest.raises(NotFound), db.write() as s:
        service.withdraw_flag(s, actor=other, flag_id=first.flag_id)
    with db.write() as s:
        service.withdraw_flag(s, actor=fan, flag_id=first.flag_id)
    assert studio.item(first.item_id).state == ItemState.PENDING
    with db.write() as s:
        service.withdraw_flag(s, actor=other, flag_id=second.flag_id)
    assert studio.item(first.item_id).state == ItemState.CANCELLED
    with pytest.raises(Conflict), db.write() as s:
        service.withdraw_flag(s, actor=fan, flag_id=first.flag_id)


def test_withdrawing_takes_an_item_neither_from_whoever_has_it_nor_out_of_the_restricted_class(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    claimed, restricted = studio.flag(fan, studio.video()), studio.flag(fan, studio.video(), CSAM)
    claim = studio.take(moderator, claimed.item_id)
    for got in (claimed, restricted):
        with db.write() as s:
            service.withdraw_flag(s, actor=fan, flag_id=got.flag_id)
    assert studio.item(restricted.item_id).state == ItemState.PENDING
    studio.decide(moderator, claim)


def test_deleted_content_leaves_no_open_item(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video()
    of_video = studio.flag(fan, video)
    of_caption = studio.flag(fan, video, SPAM, ContentType.CAPTION)
    claim = studio.take(moderator, of_video.item_id)
    bus = Bus()
    handlers.register(bus)
    studio.delete(video)
    with db.write() as s:
        bus.emit(s, "content.video_deleted", video)
    assert bus.deliver_due(db) == 1
    assert {studio.item(got.item_id).state for got in (of_video, of_caption)} == {"cancelled"}
    assert flag_state(db, of_video.flag_id) is FlagState.MOOT
    with pytest.raises(Conflict):
        studio.decide(moderator, claim, Outcome.ALLOW)


def test_deleting_and_restoring_does_not_evade_a_judgement(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    video = studio.video()
    got = studio.flag(fan, video)
    studio.take(moderator, got.item_id)
    bus = Bus()
    handlers.register(bus)
    for happened in ("content.video_deleted", "content.video_restored", "content.video_deleted"):
        studio.delete(video, gone=happened == "content.video_deleted")
        with db.write() as s:
            bus.emit(s, happened, video)
        assert bus.deliver_due(db) == 1
    assert studio.item(got.item_id).state == ItemState.CANCELLED
    studio.delete(video, gone=False)
    with db.write() as s:
        bus.emit(s, "content.video_restored", video)
    assert bus.deliver_due(db) == 1
    assert studio.item(got.item_id).state == ItemState.PENDING
    assert flag_state(db, got.flag_id) is FlagState.LINKED
    assert studio.flag(fan, video).state is FlagState.DUPLICATE
    assert studio.item(got.item_id).flag_count == 1
    assert studio.claim(moderator) is not None


def test_deleting_does_not_end_the_judgement_of_the_restricted_class(
    db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    video = studio.video()
    got = studio.flag(fan, video, CSAM)
    events.bus.deliver_due(db)  # what the flag itself tells others
    bus = Bus()
    handlers.register(bus)
    studio.delete(video)
    with db.write() as s:
        bus.emit(s, "content.video_deleted", video)
    assert bus.deliver_due(db) == 1
    assert flag_state(db, got.flag_id) is FlagState.LINKED
    claim = studio.take(cleared, got.item_id)
    studio.decide(cleared, claim, Outcome.REMOVE, policy=CSAM, facts="a child at 0:02")


def test_every_linked_flag_is_on_the_record(db: Database, studio: Studio, fan: Actor) -> None:
    got = studio.flag(fan, studio.video())
    with db.read() as s:
        said = s.execute(
            sa.select(AuditEntry.actor).where(
                AuditEntry.action == "moderation.item_flagged", AuditEntry.target == f"item:{got.item_id}"
            )
        ).scalars()
        assert list(said) == [fan.ref]


def test_flags_that_come_at_once_share_one_item_and_all_count(
    db: Database, studio: Studio, person: NewPerson
) -> None:
    video = studio.video()
    crowd = [person(Role.FAN) for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda who: studio.flag(who, video), crowd))
    (item_id,) = {receipt.item_id for receipt in got}
    item = studio.item(item_id)
    assert (item.flag_count, item.reporters) == (12, 12)
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Item)) == 1
