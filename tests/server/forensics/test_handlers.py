"""What becomes of videos reaches forensics, in whatever order it is told."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.content import service as content
from server.content import workflow as content_workflow
from server.content.rules import VideoState
from server.forensics import queries
from server.forensics.rules import AnalysisKind, AnalysisState
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.events import bus
from tests.server.forensics.lab import Lab


def deliver(db: Database) -> None:
    while bus.deliver_due(db):
        pass


def states(lab: Lab, video_id: UUID) -> list[tuple[AnalysisKind, AnalysisState]]:
    return [(row.kind, row.state) for row in lab.rows(video_id)]


QUEUED = [(kind, AnalysisState.QUEUED) for kind in AnalysisKind]
CANCELLED = [(kind, AnalysisState.CANCELLED) for kind in AnalysisKind]


@pytest.mark.usefixtures("context")
def test_a_video_that_is_published_is_analysed(db: Database, lab: Lab) -> None:
    video_id = lab.video(state=VideoState.PROCESSING)
    content_workflow.publish(str(video_id))
    deliver(db)
    assert states(lab, video_id) == QUEUED


def test_a_deleted_video_is_not_looked_at_and_a_restored_one_is(
    db: Database, lab: Lab, creator: Actor
) -> None:
    video_id = lab.video()
    for kind in AnalysisKind:
        lab.ask(video_id, kind)
    with db.write() as s:
        content.delete_video(s, actor=creator, video_id=video_id)
    deliver(db)
    assert states(lab, video_id) == CANCELLED
    with db.write() as s:
        content.restore_video(s, actor=creator, video_id=video_id)
    deliver(db)
    assert sorted(states(lab, video_id)) == sorted([*CANCELLED, *QUEUED])


def test_what_is_told_late_counts_as_it_stands_now(db: Database, lab: Lab, creator: Actor) -> None:
    video_id = lab.video()
    lab.ask(video_id)
    with db.write() as s:
        content.delete_video(s, actor=creator, video_id=video_id)
        content.restore_video(s, actor=creator, video_id=video_id)
    deliver(db)
    assert states(lab, video_id) == QUEUED
    with db.write() as s:
        bus.emit(s, "content.video_ready", video_id)
    lab.delete(video_id)
    deliver(db)
    assert len(lab.rows(video_id)) == 2


def test_the_evidence_goes_when_a_video_becomes_restricted(db: Database, lab: Lab, cleared: Actor) -> None:
    video_id = lab.video()
    asked = lab.analysed(video_id)
    with db.write() as s:
        content.set_restricted_class(s, actor=cleared, video_id=video_id)
    deliver(db)
    with db.read() as s:
        assert [row.evidence for row in queries.signals(s, [asked])[asked]] == [None]
