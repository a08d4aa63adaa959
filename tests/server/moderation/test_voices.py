"""Each voice counts once, whatever is taken back, undone or heard of late."""

from __future__ import annotations

from server.accounts.permissions import Role
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.events import Bus
from server.moderation import handlers, service
from server.moderation.models import Flag
from server.moderation.rules import FlagState, ItemState
from server.moderation.schemas import FlagReceipt
from tests.server.moderation.conftest import NewPerson, Studio


def state_of(db: Database, got: FlagReceipt) -> FlagState:
    with db.read() as s:
        return s.get_one(Flag, got.flag_id).state


def test_flagging_withdrawing_and_flagging_again_is_one_voice(
    db: Database, studio: Studio, fan: Actor, person: NewPerson
) -> None:
    video = studio.video()
    item_id = studio.flag(person(Role.FAN), video).item_id
    for _ in range(3):
        got = studio.flag(fan, video)
        assert (studio.item(item_id).reporters, studio.item(item_id).flag_count) == (2, 2)
        with db.write() as s:
            service.withdraw_flag(s, actor=fan, flag_id=got.flag_id)
        assert studio.item(item_id).flag_count == 1


def test_a_flag_that_an_undone_decision_had_answered_is_heard_after_all(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, person: NewPerson
) -> None:
    video, second = studio.video(), person(Role.FAN)
    item_id = studio.flag(fan, video).item_id
    decision = studio.decide(moderator, studio.take(moderator, item_id))
    late = studio.flag(second, video)
    assert late.state is FlagState.DUPLICATE
    with db.write() as s:
        service.undo(s, actor=moderator, decision_id=decision, lease_s=600)
    assert state_of(db, late) is FlagState.LINKED
    item = studio.item(item_id)
    assert (item.reporters, item.flag_count, item.state) == (2, 2, ItemState.CLAIMED)


def test_a_deletion_that_is_heard_of_after_the_restoration_cancels_nothing(
    db: Database, studio: Studio, fan: Actor
) -> None:
    video = studio.video()
    got = studio.flag(fan, video)
    bus = Bus()
    handlers.register(bus)
    for happened in ("content.video_restored", "content.video_deleted"):  # The other way round
        with db.write() as s:
            bus.emit(s, happened, video)
        assert bus.deliver_due(db) == 1
    assert studio.item(got.item_id).state == ItemState.PENDING
    assert state_of(db, got) is FlagState.LINKED
