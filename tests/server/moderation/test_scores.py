"""Scores become flags by a small table, once for each thing that is new, and never become a measure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.content.models import Video
from server.forensics import service as forensics
from server.forensics.models import Analysis, Score
from server.forensics.results import SlotScore
from server.forensics.rules import AnalysisKind, Priority, Slot
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.events import bus
from server.kit.wire import Availability
from server.moderation import policy as policies
from server.moderation import scores, service
from server.moderation.models import Flag, Item
from server.moderation.rules import ItemState, Severity, Source
from tests.server.forensics.lab import found
from tests.server.moderation.conftest import LEASE_S, SPAM, Studio

pytestmark = pytest.mark.usefixtures("installed")


def deliver(db: Database) -> None:
    while bus.deliver_due(db):
        pass


def analyse(db: Database, video_id: UUID, **more: Any) -> UUID:
    """Have a video looked at; `more` is what was found."""
    with db.write() as s:
        asked = forensics.request(
            s, actor=SYSTEM, video_id=video_id, kind=AnalysisKind.CORE, priority=Priority.UPLOAD
        )
        assert forensics.begin(s, actor=SYSTEM, job="job") == asked
        sha256 = s.scalar(sa.select(Video.sha256).where(Video.id == video_id)) or ""
        kept = forensics.keep(s, actor=SYSTEM, analysis_id=asked, job="job", found=found(sha256, **more))
        assert kept
    deliver(db)
    return asked


def flags(db: Database) -> list[Flag]:
    with db.read() as s:
        return list(s.scalars(sa.select(Flag).order_by(Flag.received_at, Flag.policy)))


def items(db: Database) -> list[Item]:
    with db.read() as s:
        return list(s.scalars(sa.select(Item).order_by(Item.created_at)))


def face(**more: Any) -> tuple[SlotScore, ...]:
    [score] = found("0" * 64).slots
    return (replace(score, **more),)


def test_a_score_that_passes_a_threshold_puts_the_video_into_the_queue(db: Database, studio: Studio) -> None:
    video_id = studio.video()
    asked = analyse(db, video_id)
    [flag], [item] = flags(db), items(db)
    assert (flag.source, flag.policy, flag.confidence_bp) == (
        Source.CLASSIFIER,
        "synthetic.unlabelled",
        7_400,
    )
    assert flag.source_ref == f"analysis {asked} face_manipulation scores-1"
    assert flag.ranges == [[1_000, 2_000]]  # an instant is no stretch
    assert (item.severity, item.state, item.max_confidence_bp) == (Severity.LOW, ItemState.PENDING, 7_400)
    with db.read() as s:
        assert s.get_one(Video, video_id).availability is Availability.PUBLIC


def test_what_passes_none_is_only_shown(db: Database, studio: Studio) -> None:
    analyse(db, studio.video(), slots=face(look_closer=False))
    assert flags(db) == []


def test_each_slot_speaks_for_itself_and_items_are_by_family(db: Database, studio: Studio) -> None:
    [score] = face(likely=True)
    slots = (score, replace(score, slot=Slot.LIP_SYNC, likely=False), replace(score, slot=Slot.EXPLICIT))
    analyse(db, studio.video(), slots=slots)
    assert sorted((flag.policy, flag.source_ref.split()[2]) for flag in flags(db) if flag.source_ref) == [
        ("sexual.explicit", "explicit"),
        ("synthetic.deceptive", "face_manipulation"),
        ("synthetic.unlabelled", "lip_sync"),
    ]
    assert sorted((item.family, item.severity) for item in items(db)) == [
        ("sexual", Severity.HIGH),
        ("synthetic", Severity.MEDIUM),
    ]


def test_the_same_said_by_newer_detectors_is_no_news(db: Database, studio: Studio, moderator: Actor) -> None:
    video_id = studio.video()
    analyse(db, video_id)
    analyse(db, video_id, score_bp=7_900)
    assert len(flags(db)) == 1
    analyse(db, video_id, slots=face(likely=True))
    assert [flag.policy for flag in flags(db)] == ["synthetic.unlabelled", "synthetic.deceptive"]
    analyse(db, video_id, slots=face(look_closer=False))
    analyse(db, video_id)
    assert len(flags(db)) == 3  # it had been taken back in between


def test_an_event_that_comes_twice_or_late_flags_once(db: Database, studio: Studio) -> None:
    video_id = studio.video()
    asked = analyse(db, video_id)
    with db.write() as s:
        bus.emit(s, forensics.ANALYSED, asked)
    deliver(db)
    assert len(flags(db)) == 1


def test_a_video_that_is_deleted_by_now_is_not_flagged(db: Database, studio: Studio) -> None:
    video_id = studio.video()
    asked = analyse(db, video_id, slots=face(look_closer=False))
    with db.write() as s:
        s.execute(sa.update(Score).where(Score.score_bp.is_not(None)).values(look_closer=True))
        bus.emit(s, forensics.ANALYSED, asked)
    studio.delete(video_id)
    deliver(db)
    assert flags(db) == []
    studio.delete(video_id, gone=False)
    for _ in range(2):
        with db.write() as s:
            bus.emit(s, "content.video_restored", video_id)
        deliver(db)
    [flag] = flags(db)  # what was found meanwhile is told once it is back, and once
    assert flag.source_ref == f"analysis {asked} face_manipulation scores-1"


def test_what_an_analysis_said_is_flagged_though_another_came_before_it_was_told(
    db: Database, studio: Studio
) -> None:
    video_id = studio.video()
    with db.write() as s:
        sha256 = s.scalar(sa.select(Video.sha256).where(Video.id == video_id)) or ""
        for job in ("first", "second"):
            asked = forensics.request(
                s, actor=SYSTEM, video_id=video_id, kind=AnalysisKind.CORE, priority=Priority.UPLOAD
            )
            assert forensics.begin(s, actor=SYSTEM, job=job) == asked
            assert forensics.keep(s, actor=SYSTEM, analysis_id=asked, job=job, found=found(sha256))
    deliver(db)
    assert len(flags(db)) == 1


def test_a_policy_that_hides_by_itself_is_never_named_by_a_score(
    db: Database, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = '{"slot": "face_manipulation", "threshold": "look_closer", "policy": "%s", "severity": "low"}'
    for policy in ("child_safety.csam", "no.such.policy"):
        table = scores.read('{"version": 2, "flags": [' + row % policy + "]}")
        monkeypatch.setattr(scores, "shipped", lambda table=table: table)
        analyse(db, studio.video())
    assert flags(db) == []


def test_the_shipped_table_names_policies_that_exist_and_hide_nothing(db: Database) -> None:
    with db.read() as s:
        nodes = policies.current(s).nodes
    table = scores.shipped()
    assert len(table.flags) == 12
    for row in table.flags.values():
        assert scores.may_be_flagged(nodes[row.policy]), row
        assert row.severity.tier <= nodes[row.policy].severity.tier, row


def test_a_table_that_says_two_things_is_refused() -> None:
    row = '{"slot": "explicit", "threshold": "likely", "policy": "sexual", "severity": "low"}'
    with pytest.raises(ValueError, match="two flags"):
        scores.read('{"version": 1, "flags": [' + f"{row}, {row}" + "]}")


def test_claiming_an_item_hastens_the_analysis_of_its_video(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    first, second = studio.video(), studio.video()
    item_id = studio.flag(fan, second, SPAM).item_id
    with db.write() as s:
        for video_id in (first, second):
            forensics.request(
                s, actor=SYSTEM, video_id=video_id, kind=AnalysisKind.CORE, priority=Priority.UPLOAD
            )
    with db.write() as s:
        service.claim_item(s, actor=moderator, item_id=item_id, lease_s=LEASE_S)
    with db.read() as s:
        urgent = dict(s.execute(sa.select(Analysis.video_id, Analysis.priority)).all())
    assert urgent == {first: Priority.UPLOAD, second: Priority.CLAIMED}
