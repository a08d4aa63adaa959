"""The job from the ticket to the scores: what the engine says, how it ends, and who stops it."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.content.media.results import Refused
from server.forensics import engine, queries, service, sweeps, workflow
from server.forensics.banks.sweeps import look
from server.forensics.models import Analysis
from server.forensics.rules import AnalysisState, Priority
from server.kit import attention, job_history, jobs
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.kit.jobs import Context
from tests.server.conftest import SignIn
from tests.server.forensics.lab import CORE, TEXT, Engine, Lab, found

pytestmark = pytest.mark.usefixtures("context")


def test_a_job_makes_the_most_urgent_analysis(lab: Lab, looks: Engine) -> None:
    video_id = lab.video()
    asked = lab.ask(video_id)
    workflow.analyse_video("one")
    assert lab.row(asked).state is AnalysisState.DONE
    [given] = looks.asked
    assert (given["sha256"], given["kind"], given["restricted"]) == (video_id.hex * 2, CORE, False)
    workflow.analyse_video("two")
    assert len(looks.asked) == 1


def test_what_nothing_could_be_made_of_is_told(
    lab: Lab, looks: Engine, client: httpx.Client, sign_in: SignIn
) -> None:
    looks.says = lambda **given: found(given["sha256"], slots=(), signals=(), missing=("No words.",))
    video_id = lab.video()
    lab.ask(video_id, TEXT)
    workflow.analyse_video("one")
    told = client.get(f"/v1/forensics/videos/{video_id}", headers=sign_in(Role.MODERATOR)).json()
    result = told["text"]["result"]
    assert result["analysis"]["state"] == "partly"
    assert result["analysis"]["missing"] == ["No words."]
    assert {(score["score_bp"], score["abstained"]) for score in result["scores"]} == {(None, "no_model")}


def test_the_same_file_is_looked_at_once_and_again_where_a_person_asks(
    db: Database, lab: Lab, looks: Engine
) -> None:
    first = lab.video()
    again = lab.video(sha256=first.hex * 2)
    asked = [lab.ask(first), lab.ask(again)]
    for run in ("one", "two"):
        workflow.analyse_video(run)
    assert len(looks.asked) == 1
    with db.read() as s:
        scores = [[_plain(row) for row in queries.scores(s, [one])[one]] for one in asked]
        signals = [[_plain(row) for row in queries.signals(s, [one])[one]] for one in asked]
    assert scores[0] == scores[1]
    assert signals[0] == signals[1] != []
    verdicts = [(row.deepfake_score_bp, row.confidence_bp, row.method) for row in map(lab.row, asked)]
    assert verdicts[0] == verdicts[1]
    lab.ask(again, priority=Priority.ASKED)
    workflow.analyse_video("three")
    assert len(looks.asked) == 2
    looks.versions = {"face": "2"}
    lab.ask(again, priority=Priority.REFRESH)
    workflow.analyse_video("four")
    assert len(looks.asked) == 3


def test_what_was_kept_without_evidence_is_not_used_for_others(lab: Lab, looks: Engine) -> None:
    first = lab.video(restricted_class=True)
    again = lab.video(sha256=first.hex * 2)
    lab.ask(first)
    workflow.analyse_video("one")
    lab.ask(again)
    workflow.analyse_video("two")
    assert len(looks.asked) == 2


def _plain(row: Any) -> dict[str, Any]:
    return {c.name: getattr(row, c.name) for c in row.__table__.c if c.name != "analysis_id"}


@pytest.mark.parametrize(
    ("said", "after", "runs"),
    [
        (Refused("unreadable", "It is damaged."), AnalysisState.REFUSED, 1),
        (Refused("worker_failed", "It died."), AnalysisState.PARKED, 2),
        (Refused("timed_out", "It took too long."), AnalysisState.PARKED, 2),
    ],
)
def test_how_an_analysis_ends_without_scores(
    lab: Lab, looks: Engine, said: Refused, after: AnalysisState, runs: int
) -> None:
    asked = lab.ask(lab.video())
    looks.says = lambda **_: said
    for run in range(3):
        workflow.analyse_video(f"run {run}")
    row = lab.row(asked)
    assert (row.state, row.code, row.reason, row.runs) == (after, said.code, said.reason, runs)


def test_a_fault_of_the_engine_ends_like_a_death_of_its_worker(lab: Lab, looks: Engine) -> None:
    asked = lab.ask(lab.video())

    def fail(**_: Any) -> Refused:
        raise ValueError("a fault")

    looks.says = fail
    workflow.analyse_video("one")
    workflow.analyse_video("two")
    assert (lab.row(asked).state, lab.row(asked).code) == (AnalysisState.PARKED, "worker_failed")


def test_a_cancel_reaches_the_running_engine(
    lab: Lab, looks: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "WATCH_S", 0.01)
    asked = lab.ask(lab.video())

    def until_cancelled(*, cancel: threading.Event, **_: Any) -> Refused:
        with lab.db.write() as s:
            service.cancel_one(s, actor=SYSTEM, analysis_id=asked)
        assert cancel.wait(30)
        return Refused("cancelled", "It was cancelled.")

    looks.says = until_cancelled
    workflow.analyse_video("one")
    assert (lab.row(asked).state, lab.row(asked).code) == (AnalysisState.CANCELLED, None)


def test_a_server_that_stops_gives_the_work_back_and_that_is_no_failure(
    lab: Lab, looks: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "WATCH_S", 0.01)
    monkeypatch.setattr(jobs, "stopping", lambda: True)
    asked = lab.ask(lab.video())

    def until_stopped(*, cancel: threading.Event, **_: Any) -> Refused:
        assert cancel.wait(30)
        return Refused("cancelled", "It was cancelled.")

    looks.says = until_stopped
    for run in range(3):
        workflow.analyse_video(f"run {run}")
        assert (lab.row(asked).state, lab.row(asked).runs) == (AnalysisState.QUEUED, 0)
    monkeypatch.setattr(jobs, "stopping", lambda: False)
    looks.says = lambda **given: found(given["sha256"])
    workflow.analyse_video("last")
    assert lab.row(asked).state is AnalysisState.DONE


def test_progress_is_written_while_the_engine_looks(
    lab: Lab, looks: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "WATCH_S", 0.01)
    asked = lab.ask(lab.video())
    seen = threading.Event()
    really = service.progress

    def progress(*args: Any, **given: Any) -> bool:
        wanted = really(*args, **given)
        seen.set()
        return wanted

    monkeypatch.setattr(service, "progress", progress)

    def half(*, progress: Any, sha256: str, **_: Any) -> Any:
        progress(5_000)
        assert seen.wait(30)
        return found(sha256)

    looks.says = half
    before = lab.row(asked).version
    workflow.analyse_video("one")
    assert lab.row(asked).version == before + 3  # begun, half way, kept


def test_what_no_job_works_on_is_taken_back(context: Context, lab: Lab, looks: Engine) -> None:
    asked = lab.ask(lab.video())
    assert lab.begin("a job that nobody knows") == asked
    sweeps.resume(context)
    assert lab.row(asked).state is AnalysisState.QUEUED
    workflow.analyse_video("another")
    assert lab.row(asked).state is AnalysisState.DONE


def test_what_waits_without_a_job_gets_one(context: Context, db: Database, lab: Lab) -> None:
    for _ in range(3):
        lab.ask(lab.video())
    with db.write() as s:
        schema = "" if db.sqlite else "dbos."
        s.execute(sa.text(f"DELETE FROM {schema}workflow_status"))
    sweeps.resume(context)
    sweeps.resume(context)
    with db.read() as s:
        assert job_history.waiting(s, service.JOB) == 3


def test_other_detectors_look_again_and_the_same_ones_do_not(
    context: Context, lab: Lab, looks: Engine
) -> None:
    video_id = lab.video()
    for kind in (CORE, TEXT):
        lab.ask(video_id, kind)
        workflow.analyse_video(kind)
    sweeps.refresh(context)
    assert len(lab.rows(video_id)) == 2
    looks.versions = {"face": "2"}
    looks.says = lambda **given: found(given["sha256"], detectors={"face": "2"})
    sweeps.refresh(context)
    sweeps.refresh(context)  # while some wait, nothing more is asked for
    waiting = [row for row in lab.rows(video_id) if row.state is AnalysisState.QUEUED]
    assert [(row.kind, row.priority) for row in waiting] == [
        (CORE, Priority.REFRESH),
        (TEXT, Priority.REFRESH),
    ]
    workflow.analyse_video("three")
    workflow.analyse_video("four")
    sweeps.refresh(context)
    assert len(lab.rows(video_id)) == 4


def test_a_file_that_other_detectors_refuse_is_not_asked_for_for_ever(
    context: Context, lab: Lab, looks: Engine
) -> None:
    video_id = lab.video()
    lab.analysed(video_id)
    lab.analysed(video_id, TEXT)
    looks.versions = {"face": "2"}
    looks.says = lambda **_: Refused("unreadable", "It is damaged.")
    for _ in range(2):
        sweeps.refresh(context)
        workflow.analyse_video("one")
        workflow.analyse_video("two")
    assert len(looks.asked) == 2
    current = lab.current(video_id)
    assert current is not None
    assert current.build == engine.build_of({"face": "1"})


def test_videos_from_before_are_asked_for(context: Context, db: Database, lab: Lab) -> None:
    video_id = lab.video()
    gone = lab.video()
    lab.delete(gone)
    sweeps.refresh(context)
    assert [row.kind for row in lab.rows(video_id)] == [CORE, TEXT]
    assert lab.rows(gone) == []
    with db.read() as s:
        assert set(s.scalars(sa.select(Analysis.priority))) == {Priority.REFRESH}


def test_what_nobody_waits_for_rests_while_somebody_is_at_the_computer(
    context: Context, lab: Lab, looks: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = True
    monkeypatch.setattr(attention, "somebody_is_here", lambda: here)
    own = Context(context.db, context.settings.model_copy(update={"stand_back": True}), context.keys)
    never, waits, wanted = lab.video(), lab.video(), lab.video()
    old, new = lab.ask(waits, priority=Priority.REFRESH), lab.ask(wanted, priority=Priority.UPLOAD)
    with jobs.using(own):
        sweeps.refresh(own)
        assert look(own) == 0
        workflow.analyse_video("one")
        workflow.analyse_video("two")
    assert [lab.row(each).state for each in (old, new)] == [AnalysisState.QUEUED, AnalysisState.DONE]
    assert not analyses_of(context, never)
    here = False
    with jobs.using(own):
        workflow.analyse_video("three")
        assert lab.row(old).state is AnalysisState.DONE
        sweeps.refresh(own)
        assert analyses_of(context, never)
        assert look(own) > 0


def analyses_of(context: Context, video_id: UUID) -> list[Analysis]:
    with context.db.read() as s:
        return list(s.scalars(sa.select(Analysis).where(Analysis.video_id == video_id)))
