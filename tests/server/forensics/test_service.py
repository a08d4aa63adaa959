"""What becomes of an analysis: asked for once, begun by one job, kept once; other jobs change nothing."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry
from server.content import service as content
from server.content.media.results import Refused
from server.content.rules import VideoState
from server.forensics import queries, service
from server.forensics.models import Analysis, Score, Signal
from server.forensics.rules import (
    SLOTS_OF,
    Abstained,
    AnalysisKind,
    AnalysisState,
    Priority,
    Slot,
)
from server.kit import job_history
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.kit.events import Event
from tests.server.forensics.lab import CORE, TEXT, Lab, found

DIED = Refused("worker_failed", "It died.")


def actions(db: Database) -> Counter[str]:
    with db.read() as s:
        entries = s.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("forensics.")))
        return Counter(entries)


def topics(db: Database) -> list[str]:
    with db.read() as s:
        found = sa.select(Event.topic).where(Event.topic.startswith("forensics.")).order_by(Event.id)
        return list(s.scalars(found))


def tickets(db: Database) -> int:
    with db.read() as s:
        return job_history.waiting(s, service.JOB)


def test_what_is_asked_for_twice_is_queued_once(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    first = lab.ask(video_id)
    assert lab.ask(video_id) == first
    assert tickets(db) == 1
    assert actions(db) == {"forensics.requested": 1}
    assert lab.ask(video_id, TEXT) != first
    assert tickets(db) == 2


def test_asking_again_makes_it_more_urgent_and_never_less(lab: Lab) -> None:
    video_id = lab.video()
    asked = lab.ask(video_id, priority=Priority.REFRESH)
    lab.ask(video_id, priority=Priority.CLAIMED)
    lab.ask(video_id, priority=Priority.UPLOAD)
    assert lab.row(asked).priority == Priority.CLAIMED


@pytest.mark.parametrize("state", [VideoState.UPLOADING, VideoState.PROCESSING, VideoState.REFUSED])
def test_only_what_is_ready_can_be_looked_at(lab: Lab, state: VideoState) -> None:
    with pytest.raises(Conflict) as refused:
        lab.ask(lab.video(state=state))
    assert refused.value.code == "not_ready"


def test_what_is_deleted_is_not_looked_at(lab: Lab) -> None:
    video_id = lab.video()
    lab.delete(video_id)
    with pytest.raises(NotFound):
        lab.ask(video_id)


def test_the_most_urgent_comes_first_then_the_core_then_the_oldest(lab: Lab) -> None:
    oldest, second, claimed = lab.video(), lab.video(), lab.video()
    text = lab.ask(oldest, TEXT)
    first = lab.ask(oldest)
    other = lab.ask(second)
    urgent = lab.ask(claimed, TEXT)
    with lab.db.write() as s:
        assert service.hasten(s, video_id=claimed, priority=Priority.CLAIMED)
    begun = [lab.begin(f"job {n}") for n in range(5)]
    assert begun == [urgent, first, other, text, None]


def test_what_was_found_is_kept_with_a_reason_where_nothing_was_looked_at(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    asked = lab.analysed(video_id)
    row = lab.row(asked)
    assert (row.state, row.progress_bp, row.frames) == (AnalysisState.DONE, 10_000, 96)
    assert (row.deepfake_score_bp, row.confidence_bp, row.is_deepfake) == (7_400, 4_000, None)
    assert row.is_current
    with db.read() as s:
        scores = {score.slot: score for score in queries.scores(s, [asked])[asked]}
        [signal] = queries.signals(s, [asked])[asked]
    assert set(scores) == set(SLOTS_OF[CORE])
    assert scores[Slot.FACE_MANIPULATION].score_bp == 7_400
    for slot in set(scores) - {Slot.FACE_MANIPULATION}:
        assert (scores[slot].score_bp, scores[slot].abstained) == (None, Abstained.NO_MODEL)
    assert signal.evidence is not None
    assert signal.evidence["curves"][0]["values"] == [0.1, None, None]
    assert [span["start_ms"] for span in signal.evidence["spans"]] == [1_000, 4_000]
    assert topics(db) == ["forensics.analysed"]


def test_what_says_that_something_is_missing_is_kept_as_partly(lab: Lab) -> None:
    asked = lab.analysed(lab.video(), missing=("the sound",))
    assert lab.row(asked).state is AnalysisState.PARTLY
    assert lab.row(asked).missing == ["the sound"]


def test_a_later_analysis_takes_the_place_of_the_one_before(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    first, second = lab.analysed(video_id, score_bp=2_500), lab.analysed(video_id, score_bp=8_000)
    with db.read() as s:
        there = queries.of_video(s, video_id)[CORE]
    assert there.current is not None
    assert there.earlier is not None
    assert (there.current.id, there.earlier.id) == (second, first)
    assert not lab.row(first).is_current


def test_a_job_that_has_not_begun_it_keeps_nothing(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    asked = lab.ask(video_id)
    assert not lab.keep(asked, found(video_id.hex * 2))
    assert lab.begin("mine") == asked
    assert not lab.keep(asked, found(video_id.hex * 2), job="another")
    assert not lab.keep(asked, found("0" * 64), job="mine")  # another file
    assert lab.keep(asked, found(video_id.hex * 2), job="mine")
    assert not lab.keep(asked, found(video_id.hex * 2), job="mine")
    assert actions(db)["forensics.analysed"] == 1


def test_a_worker_that_dies_is_tried_once_more_then_parked(db: Database, lab: Lab) -> None:
    asked = lab.ask(lab.video())
    for run, after in ((1, AnalysisState.QUEUED), (2, AnalysisState.PARKED)):
        assert lab.begin(f"run {run}") == asked
        with db.write() as s:
            assert service.give_back(s, actor=SYSTEM, analysis_id=asked, job=f"run {run}", why=DIED)
        assert lab.row(asked).state is after
    assert lab.row(asked).reason == "It died."
    assert tickets(db) == 2  # as nothing has run them here
    assert actions(db) == {
        "forensics.requested": 1,
        "forensics.begun": 2,
        "forensics.given_back": 1,
        "forensics.parked": 1,
    }
    assert topics(db) == ["forensics.parked"]
    assert lab.ask(lab.row(asked).video_id) != asked  # an admin asks anew


def test_cancelling_ends_what_waits_and_what_runs_and_nothing_else(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    running, waiting = lab.ask(video_id), lab.ask(video_id, TEXT)
    assert lab.begin() == running
    for analysis_id in (running, waiting):
        with db.write() as s:
            service.cancel_one(s, actor=SYSTEM, analysis_id=analysis_id)
        with pytest.raises(Conflict), db.write() as s:
            service.cancel_one(s, actor=SYSTEM, analysis_id=analysis_id)
    assert not lab.keep(running, found(video_id.hex * 2))
    with pytest.raises(NotFound), db.write() as s:
        service.cancel_one(s, actor=SYSTEM, analysis_id=uuid4())
    assert lab.begin() is None


def test_the_progress_of_another_job_is_not_written(db: Database, lab: Lab) -> None:
    asked = lab.ask(lab.video())
    lab.begin("mine")
    with db.write() as s:
        assert not service.progress(s, analysis_id=asked, job="another", progress_bp=9_000)
        assert service.progress(s, analysis_id=asked, job="mine", progress_bp=12_000)
    assert lab.row(asked).progress_bp == 10_000


def test_of_the_restricted_class_no_evidence_is_kept_and_the_audit_says_less(db: Database, lab: Lab) -> None:
    video_id = lab.video(restricted_class=True)
    asked = lab.analysed(video_id)
    with db.read() as s:
        [signal] = queries.signals(s, [asked])[asked]
        told = s.scalars(
            sa.select(AuditEntry.restricted).where(AuditEntry.action.startswith("forensics."))
        ).all()
    assert (signal.evidence, signal.score_bp) == (None, 7_400)
    assert len(told) == 3
    assert all(told)


def test_a_video_that_becomes_restricted_loses_its_evidence(db: Database, lab: Lab, cleared: Actor) -> None:
    video_id = lab.video()
    asked = lab.analysed(video_id)
    with db.write() as s:
        content.set_restricted_class(s, actor=cleared, video_id=video_id)
        assert service.drop_evidence(s, video_id=video_id) == 1
    with db.read() as s:
        assert [row.evidence for row in queries.signals(s, [asked])[asked]] == [None]


def test_the_database_itself_allows_one_open_and_one_current_of_a_kind(db: Database, lab: Lab) -> None:
    video_id = lab.video()
    lab.analysed(video_id)
    lab.ask(video_id)
    for change in ({"state": AnalysisState.RUNNING}, {"is_current": True, "state": AnalysisState.DONE}):
        row = lab.rows(video_id)[0]
        values = {c.name: getattr(row, c.name) for c in Analysis.__table__.c}
        with pytest.raises(sa.exc.IntegrityError), db.write() as s:
            s.execute(sa.insert(Analysis), values | {"id": uuid4(), "is_current": False} | change)


def test_more_than_can_be_shown_is_not_kept(db: Database, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SIGNALS_MAX", 3)
    [signal] = found("0" * 64).signals
    asked = lab.analysed(lab.video(), signals=(signal,) * 5)
    with db.read() as s:
        kept = s.scalar(sa.select(sa.func.count()).select_from(Signal).where(Signal.analysis_id == asked))
        assert s.scalar(sa.select(sa.func.count()).select_from(Score)) == len(SLOTS_OF[CORE])
    assert kept == 3


def test_every_slot_of_the_seed_belongs_to_one_kind() -> None:
    slots = [slot for kind in AnalysisKind for slot in SLOTS_OF[kind]]
    assert sorted(slots) == sorted(set(Slot) - {Slot.PROVENANCE})
