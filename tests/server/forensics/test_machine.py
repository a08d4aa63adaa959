"""Analyses against a simple model: asked for, begun, kept, given back, cancelled, in any order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from server.audit.models import AuditEntry
from server.content.media.results import Refused
from server.forensics import service
from server.forensics.models import Analysis, Score
from server.forensics.rules import (
    KEPT,
    MACHINE,
    OPEN,
    RUNS,
    AnalysisKind,
    AnalysisState,
    Priority,
)
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.kit.errors import Conflict
from tests.server.forensics.lab import Lab, found

VIDEOS = 2
ENDS = ["keep", "die", "refuse", "tell", "stop"]
KNOWN = {(t.before, t.after) for t in MACHINE}
DIED = Refused("worker_failed", "It died.")
BAD = Refused("unreadable", "It is damaged.")


class Analyses(RuleBasedStateMachine):
    """`known` is what the model believes: state, priority, runs and job of each analysis."""

    db: Database
    lab: Lab

    @initialize()
    def begin(self) -> None:
        self.videos = [self.lab.video() for _ in range(VIDEOS)]
        self.known: dict[UUID, dict[str, Any]] = {}
        self.order: list[UUID] = []
        self.jobs = 0
        self.seen: dict[UUID, AnalysisState] = {}
        self.current: dict[tuple[UUID, AnalysisKind], UUID] = {}

    def opened(self, video_id: UUID, kind: AnalysisKind) -> UUID | None:
        for analysis_id, b in self.known.items():
            if (b["video"], b["kind"]) == (video_id, kind) and b["state"] in OPEN:
                return analysis_id
        return None

    @rule(
        n=st.integers(0, VIDEOS - 1), kind=st.sampled_from(AnalysisKind), priority=st.sampled_from(Priority)
    )
    def ask(self, n: int, kind: AnalysisKind, priority: Priority) -> None:
        video_id = self.videos[n]
        there = self.opened(video_id, kind)
        asked = self.lab.ask(video_id, kind, priority)
        if there is None:
            assert asked not in self.known
            self.order.append(asked)
            self.known[asked] = {
                "video": video_id,
                "kind": kind,
                "state": AnalysisState.QUEUED,
                "priority": priority,
                "runs": 0,
                "job": None,
            }
            return
        assert asked == there
        for b in self.known.values():  # the other kind of the video is wanted no less
            if b["video"] == video_id and b["state"] is AnalysisState.QUEUED:
                b["priority"] = max(b["priority"], priority)

    @rule()
    def start(self) -> None:
        self.jobs += 1
        job = f"job {self.jobs}"
        waiting = [i for i in self.order if self.known[i]["state"] is AnalysisState.QUEUED]
        waiting.sort(key=lambda i: (-self.known[i]["priority"], self.known[i]["kind"]))
        begun = self.lab.begin(job)
        assert begun == (waiting[0] if waiting else None)
        if begun:
            b = self.known[begun]
            b.update(state=AnalysisState.RUNNING, job=job, runs=b["runs"] + 1)

    @rule(
        pick=st.integers(0, 50),
        mine=st.booleans(),
        how=st.sampled_from(["keep", "die", "refuse", "tell", "stop"]),
    )
    def end(self, pick: int, mine: bool, how: str) -> None:
        """Whoever has the job, or had it, or another one says how it went."""
        if not self.order:
            return
        analysis_id = self.order[pick % len(self.order)]
        b = self.known[analysis_id]
        job = b["job"] if mine and b["job"] else "another"
        holds = b["state"] is AnalysisState.RUNNING and job == b["job"]
        given: dict[str, Any] = {"actor": SYSTEM, "analysis_id": analysis_id, "job": job}
        with self.db.write() as s:
            if how == "keep":
                done = service.keep(s, **given, found=found(b["video"].hex * 2))
            elif how == "stop":
                done = service.postpone(s, **given)
            elif how == "tell":
                done = service.progress(s, analysis_id=analysis_id, job=job, progress_bp=4_000)
            else:
                end = service.give_back if how == "die" else service.refuse
                done = end(s, **given, why=DIED if how == "die" else BAD)
        assert done is holds
        if not holds or how == "tell":
            return
        if how == "keep":
            b["state"] = AnalysisState.DONE
            self.current[b["video"], b["kind"]] = analysis_id
        elif how == "stop":
            b.update(state=AnalysisState.QUEUED, job=None, runs=b["runs"] - 1)
        elif how == "refuse":
            b["state"] = AnalysisState.REFUSED
        elif b["runs"] < RUNS:
            b.update(state=AnalysisState.QUEUED, job=None)
        else:
            b["state"] = AnalysisState.PARKED

    @rule(pick=st.integers(0, 50))
    def cancel(self, pick: int) -> None:
        if not self.order:
            return
        analysis_id = self.order[pick % len(self.order)]
        b = self.known[analysis_id]
        try:
            with self.db.write() as s:
                service.cancel_one(s, actor=SYSTEM, analysis_id=analysis_id)
            assert b["state"] in OPEN
            b["state"] = AnalysisState.CANCELLED
        except Conflict:
            assert b["state"] not in OPEN

    @invariant()
    def the_database_says_the_same(self) -> None:
        with self.db.read() as s:
            rows = s.scalars(sa.select(Analysis).where(Analysis.video_id.in_(self.videos))).all()
            scored = set(s.scalars(sa.select(Score.analysis_id).distinct()))
            asked = s.scalars(
                sa.select(AuditEntry.seq)
                .where(AuditEntry.action == "forensics.requested")
                .where(AuditEntry.target.in_([f"video:{video_id}" for video_id in self.videos]))
            ).all()
        assert {row.id: (row.state, row.priority, row.runs) for row in rows} == {
            i: (b["state"], b["priority"], b["runs"]) for i, b in self.known.items()
        }
        assert {row.id for row in rows if row.is_current} == set(self.current.values())
        assert len(asked) == len(rows)
        for row in rows:
            assert (row.id in scored) is (row.state in KEPT)
            was = self.seen.get(row.id)
            assert was is row.state or (was, row.state) in KNOWN, (was, row.state)
            self.seen[row.id] = row.state

    def teardown(self) -> None:
        """The next example finds an empty queue."""
        with self.db.write() as s:
            service.cancel(s, actor=SYSTEM, which=sa.true())


def try_out(db: Database, lab: Lab, examples: int) -> None:
    class Here(Analyses):
        pass

    Here.db, Here.lab = db, lab
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_is_tried_in_any_order(db: Database, lab: Lab) -> None:
    try_out(db, lab, 6 if db.sqlite else 3)


@pytest.mark.drill
def test_whatever_is_tried_for_long(db: Database, lab: Lab) -> None:
    try_out(db, lab, 100)
