"""What matches a hash bank is put into the queue, held back where that may be, never removed by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.content.models import Video
from server.forensics.banks import exchange, matching
from server.forensics.banks import service as banks
from server.forensics.banks.models import BankEntry
from server.forensics.banks.record import MATCHED
from server.forensics.banks.rules import BankAction, BankKind, EntrySeverity, EntryState
from server.forensics.banks.schemas import Format, NewBank, NewEntry, NewImport
from server.forensics.rules import MatchClass
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Invalid
from server.kit.events import bus
from server.kit.wire import Availability
from server.moderation import service
from server.moderation.models import Flag, Item
from server.moderation.rules import ItemState, Outcome, Severity, Source
from server.moderation.schemas import Judgement
from tests.server.moderation.conftest import CSAM, GORE, GRACE_S, LEASE_S, SPAM, Studio

pytestmark = pytest.mark.usefixtures("installed")
STRICT = {"action": BankAction.RESTRICT_INTERIM, "confirmed": True}


class Shelf:
    """A bank with an entry, and what is found of it."""

    def __init__(self, db: Database, studio: Studio, **more: Any) -> None:
        self.db, self.studio = db, studio
        self.bank_id = self.bank("removed", **more)
        self.original = studio.video()
        body = NewEntry(video_id=self.original, severity=EntrySeverity.HIGH, reason="It was removed.")
        with db.write() as s:
            self.entry_id = banks.add_entry(s, actor=SYSTEM, bank_id=self.bank_id, body=body, two_people=True)

    def bank(self, name: str, kind: BankKind = BankKind.HARMFUL, **more: Any) -> UUID:
        with self.db.write() as s:
            body = NewBank(name=name, kind=kind, **{"policy": GORE} | more)
            return banks.create_bank(s, actor=SYSTEM, body=body)

    def entries(self) -> list[BankEntry]:
        with self.db.read() as s:
            return list(s.scalars(sa.select(BankEntry).order_by(BankEntry.number)))

    def found(self, video_id: UUID, grade: MatchClass = MatchClass.STRONG, **more: Any) -> None:
        values = {
            "bits": 4,
            "quality": 90,
            "start_ms": 1_000,
            "end_ms": 9_000,
            "original_start_ms": 0,
            "original_end_ms": 8_000,
        }
        hit = matching.Hit(entry=self.entries()[0].number, grade=grade, **values | more)
        with self.db.write() as s:
            matching.keep(s, video_id=video_id, hits=[hit])
        deliver(self.db)


def deliver(db: Database) -> None:
    while bus.deliver_due(db):
        pass


def flags(db: Database) -> list[Flag]:
    with db.read() as s:
        return list(s.scalars(sa.select(Flag).order_by(Flag.received_at)))


def the_item(db: Database) -> Item:
    with db.read() as s:
        return s.scalars(sa.select(Item)).one()


def test_a_match_puts_a_video_into_the_queue_with_its_stretches(db: Database, studio: Studio) -> None:
    shelf, video_id = Shelf(db, studio), studio.video()
    shelf.found(video_id, MatchClass.QUEUE, bits=20)
    [flag], item = flags(db), the_item(db)
    assert (flag.source, flag.policy, flag.ranges) == (Source.HASH_MATCH, GORE, [[1_000, 9_000]])
    assert flag.source_ref == f"hash entry {shelf.entry_id}"
    assert (item.severity, item.hash_match, item.content_id) == (Severity.HIGH, True, video_id)
    assert studio.availability(video_id) == Availability.PUBLIC


def test_a_video_is_flagged_once_for_each_entry(db: Database, studio: Studio) -> None:
    shelf, video_id = Shelf(db, studio), studio.video()
    shelf.found(video_id)
    shelf.found(video_id, start_ms=60_000, end_ms=70_000)
    with db.write() as s:
        bus.emit(s, MATCHED, video_id, entry=str(shelf.entry_id))
    deliver(db)
    assert len(flags(db)) == 1


def test_what_is_only_similar_is_not_flagged(db: Database, studio: Studio) -> None:
    Shelf(db, studio).found(studio.video(), MatchClass.WEAK, bits=36)
    assert flags(db) == []


def test_a_match_that_is_late_or_does_not_stand_flags_nothing(db: Database, studio: Studio) -> None:
    shelf, gone = Shelf(db, studio), studio.video()
    shelf.found(gone, MatchClass.WEAK, bits=36)
    studio.delete(gone)
    for subject in (gone, studio.video()):
        with db.write() as s:
            bus.emit(s, MATCHED, subject, entry=str(shelf.entry_id))
    deliver(db)
    assert flags(db) == []


@pytest.mark.parametrize(
    ("bank", "match", "restricted"),
    [
        (STRICT, {}, True),
        (STRICT | {"confirmed": False}, {}, False),
        (STRICT | {"action": BankAction.QUEUE}, {}, False),
        (STRICT, {"bits": 11}, False),
        (STRICT, {"quality": 79}, False),
        (STRICT, {"grade": MatchClass.QUEUE}, False),
    ],
)
def test_only_a_sure_match_in_a_confirmed_bank_restricts_meanwhile(
    db: Database, studio: Studio, bank: dict[str, Any], match: dict[str, Any], restricted: bool
) -> None:
    shelf, video_id = Shelf(db, studio, **bank), studio.video()
    shelf.found(video_id, **match)
    assert len(flags(db)) == 1
    wanted = Availability.RESTRICTED if restricted else Availability.PUBLIC
    assert studio.availability(video_id) == wanted


def test_allowing_lifts_the_restriction_and_undo_brings_it_back(
    db: Database, studio: Studio, moderator: Actor
) -> None:
    shelf, video_id = Shelf(db, studio, **STRICT), studio.video()
    with clock.held() as now:
        shelf.found(video_id)
        assert studio.availability(video_id) == Availability.RESTRICTED
        first = studio.decide(moderator, studio.take(moderator, the_item(db).id))
        assert studio.availability(video_id) == Availability.RESTRICTED  # within the grace
        with db.write() as s:
            again = service.undo(s, actor=moderator, decision_id=first, lease_s=LEASE_S)
        now.advance(timedelta(seconds=GRACE_S + 1))
        assert studio.availability(video_id) == Availability.RESTRICTED
        assert again.item_id == the_item(db).id
        studio.decide(moderator, again)
        now.advance(timedelta(seconds=GRACE_S))
        assert studio.availability(video_id) == Availability.PUBLIC


def test_removing_takes_the_place_of_the_restriction(db: Database, studio: Studio, moderator: Actor) -> None:
    shelf, video_id = Shelf(db, studio, **STRICT), studio.video()
    with clock.held() as now:
        shelf.found(video_id)
        claim = studio.take(moderator, the_item(db).id)
        studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE)
        assert studio.availability(video_id) == Availability.RESTRICTED
        now.advance(timedelta(seconds=GRACE_S))
        assert studio.availability(video_id) == Availability.REMOVED


def test_deleting_and_restoring_does_not_lift_it(db: Database, studio: Studio) -> None:
    shelf, video_id = Shelf(db, studio, **STRICT), studio.video()
    shelf.found(video_id)
    for topic, gone in (("content.video_deleted", True), ("content.video_restored", False)):
        studio.delete(video_id, gone=gone)
        with db.write() as s:
            bus.emit(s, topic, video_id)
        deliver(db)
    assert the_item(db).state is ItemState.PENDING
    assert studio.availability(video_id) == Availability.RESTRICTED


def test_a_bank_of_the_restricted_class_hides_what_matches_from_all_but_the_cleared(
    db: Database, studio: Studio, moderator: Actor
) -> None:
    shelf, video_id = Shelf(db, studio, policy=CSAM), studio.video()
    shelf.found(video_id, MatchClass.QUEUE, bits=20)
    item = the_item(db)
    assert item.restricted
    assert studio.claim(moderator) is None


def test_a_policy_that_is_gone_is_flagged_as_its_parent(db: Database, studio: Studio) -> None:
    shelf = Shelf(db, studio, policy="violence.gone_by_now")
    shelf.found(studio.video())
    assert [flag.policy for flag in flags(db)] == ["violence"]


# Adding what is removed


def test_a_decision_adds_what_it_removes_and_its_reversal_takes_it_out(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    shelf, video_id = Shelf(db, studio), studio.video()
    item_id = studio.flag(fan, video_id, SPAM).item_id
    with clock.held() as now:
        claim = studio.take(moderator, item_id)
        decision = studio.decide(
            moderator, claim, Outcome.REMOVE, policy=SPAM, facts="Sells.", bank_id=shelf.bank_id
        )
        [_, entry] = shelf.entries()
        assert (entry.source_video_id, entry.decision_id, entry.policy) == (video_id, decision, SPAM)
        assert (entry.severity, entry.state, entry.reason) == ("medium", EntryState.ACTIVE, "Sells.")
        now.advance(timedelta(seconds=GRACE_S + 1))
        with db.write() as s:
            body = Judgement(outcome=Outcome.ALLOW, facts="It does not.")
            service.reverse(s, actor=lead, decision_id=decision, body=body)
    assert shelf.entries()[1].state is EntryState.DECONFIRMED


def test_undoing_a_decision_takes_its_entry_out(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    shelf = Shelf(db, studio)
    item_id = studio.flag(fan, studio.video(), SPAM).item_id
    claim = studio.take(moderator, item_id)
    decision = studio.decide(moderator, claim, Outcome.REMOVE, policy=SPAM, bank_id=shelf.bank_id)
    with db.write() as s:
        back = service.undo(s, actor=moderator, decision_id=decision, lease_s=LEASE_S)
    assert shelf.entries()[1].state is EntryState.DECONFIRMED
    studio.decide(moderator, back, Outcome.REMOVE, policy=SPAM, bank_id=shelf.bank_id)
    assert [entry.state for entry in shelf.entries()[1:]] == [EntryState.DECONFIRMED, EntryState.ACTIVE]


def test_a_grave_one_waits_for_a_second_person_unless_two_have_decided(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, second: Actor
) -> None:
    shelf = Shelf(db, studio)
    item_id = studio.flag(fan, studio.video(), GORE).item_id
    claim = studio.take(moderator, item_id)
    studio.decide(moderator, claim, Outcome.REMOVE, policy=GORE, facts="Blood.", bank_id=shelf.bank_id)
    assert shelf.entries()[1].state is EntryState.PROPOSED
    dual = studio.flag(fan, studio.video(), "terrorism.propaganda").item_id
    words = {"policy": "terrorism.propaganda", "facts": "A flag.", "bank_id": shelf.bank_id}
    studio.decide(moderator, studio.take(moderator, dual), Outcome.REMOVE, **words)
    assert len(shelf.entries()) == 2  # not before the item is decided
    studio.decide(second, studio.take(second, dual), Outcome.REMOVE, **words)
    assert shelf.entries()[2].state is EntryState.ACTIVE


def test_only_a_removed_video_can_be_added_and_only_to_what_holds_such(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    shelf = Shelf(db, studio)
    negative = shelf.bank("titles", BankKind.NEGATIVE)
    item_id = studio.flag(fan, studio.video(), SPAM).item_id
    claim = studio.take(moderator, item_id)
    for outcome, bank_id in (
        (Outcome.ALLOW, shelf.bank_id),
        (Outcome.REMOVE, negative),
        (Outcome.REMOVE, UUID(int=0)),
    ):
        policy = SPAM if outcome is Outcome.REMOVE else None
        with pytest.raises(Invalid) as refused:
            studio.decide(moderator, claim, outcome, policy=policy, bank_id=bank_id)
        assert refused.value.code == "invalid_decision"


def test_what_the_bank_holds_already_is_no_reason_to_refuse_a_decision(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    shelf = Shelf(db, studio)
    item_id = studio.flag(fan, shelf.original, SPAM).item_id
    claim = studio.take(moderator, item_id)
    studio.decide(moderator, claim, Outcome.REMOVE, policy=SPAM, bank_id=shelf.bank_id)
    assert len(shelf.entries()) == 1
    body = NewEntry(video_id=shelf.original, severity=EntrySeverity.LOW, reason="It was removed.")
    with pytest.raises(Conflict), db.write() as s:
        banks.add_entry(s, actor=SYSTEM, bank_id=shelf.bank_id, body=body)


def test_a_flood_does_not_let_go_of_whoever_brought_it_about(db: Database, studio: Studio) -> None:
    shelf = Shelf(db, studio, **STRICT)
    videos = [studio.video() for _ in range(12)]
    number = shelf.entries()[0].number
    hit = matching.Hit(number, MatchClass.STRONG, 4, 90, 0, 9_000, 0, 9_000)
    with db.write() as s:  # as a look through the library keeps them
        kept = [matching.keep(s, video_id=video_id, hits=[hit]) for video_id in videos]
    assert (sum(kept), shelf.entries()[0].state) == (11, EntryState.QUARANTINED)
    deliver(db)
    held_back = [studio.availability(video_id) == Availability.RESTRICTED for video_id in videos]
    assert held_back == [True] * 11 + [False]


def test_what_a_lead_takes_out_restricts_nothing_any_more(db: Database, studio: Studio, lead: Actor) -> None:
    shelf, video_id = Shelf(db, studio, **STRICT), studio.video()
    hit = matching.Hit(shelf.entries()[0].number, MatchClass.STRONG, 4, 90, 0, 9_000, 0, 9_000)
    with db.write() as s:
        matching.keep(s, video_id=video_id, hits=[hit])
        banks.move(s, actor=lead, entry_id=shelf.entry_id, event="quarantine", reason="It is wrong.")
    deliver(db)
    assert len(flags(db)) == 1
    assert studio.availability(video_id) == Availability.PUBLIC


def test_a_file_on_a_list_of_others_is_flagged_and_restricts_nothing(db: Database, studio: Studio) -> None:
    shelf, video_id = Shelf(db, studio, **STRICT), studio.video()
    with db.write() as s:
        sha256 = s.scalar(sa.select(Video.sha256).where(Video.id == video_id))
        body = NewImport(format=Format.CSV, content=f"hash,type\n{sha256},sha256\n", reason="A list.")
        assert exchange.take_in(s, actor=SYSTEM, bank_id=shelf.bank_id, body=body).added == 1
        hits = matching.same_file(s, video_id)
        assert matching.keep(s, video_id=video_id, hits=hits) == len(hits) == 1
    deliver(db)
    assert len(flags(db)) == 1
    assert studio.availability(video_id) == Availability.PUBLIC
