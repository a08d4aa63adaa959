"""A worker that dies is tried once more, then the version is parked; a job that ends without a word too."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from server.content.media import worker
from server.content.media.results import FileLimits, Refused
from server.kit import jobs
from server.kit.db import Database
from server.kit.jobs import Context
from server.sparks import judging, sweeps, workflow
from server.sparks.engine import gates
from server.sparks.judging import Judgement
from server.sparks.rules import RUNS, SparkState, VersionState
from tests.server.sparks.studio import Studio, content, died, passed

WAY = judging.judge
"""The real one: the fixture `studio` puts another in its place."""


def jobs_end(db: Database) -> None:
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    with db.write() as s:
        s.execute(sa.text(f"UPDATE {table} SET status = 'ERROR'"))


def test_a_dead_worker_is_tried_once_more_then_the_version_is_parked(studio: Studio) -> None:
    made = studio.create()
    studio.ask(made)
    first = studio.version(made).job
    studio.says = died
    studio.work(made)
    again = studio.version(made)
    assert (again.state, again.runs, again.fault) == (VersionState.JUDGING, RUNS, "worker_failed")
    assert again.job != first
    studio.work(made)
    parked = studio.version(made)
    assert (parked.state, parked.job, parked.reason) == (VersionState.PARKED, None, "It died.")
    assert studio.spark(made).state is SparkState.DRAFT
    studio.says = passed
    studio.ask(made)
    studio.work(made)
    assert studio.spark(made).state is SparkState.PUBLISHED


def test_a_worker_that_did_better_the_second_time_publishes(studio: Studio) -> None:
    made = studio.create()
    studio.ask(made)
    studio.says = died
    studio.work(made)
    studio.says = passed
    studio.work(made)
    kept = studio.version(made)
    assert (kept.state, kept.fault) == (VersionState.PASSED, None)


def test_a_job_that_lost_its_version_changes_nothing(studio: Studio) -> None:
    made = studio.create()
    studio.ask(made)
    workflow.judge_version(str(made), 1, "another job")
    assert studio.asked == []
    assert studio.version(made).state is VersionState.JUDGING


def test_an_answer_that_comes_too_late_is_dropped(
    db: Database, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = studio.create()
    studio.ask(made)

    def slow(*_: object, **__: object) -> Judgement:
        with db.write() as s:
            s.execute(sa.text("UPDATE sparks_versions SET job = 'another'"))
        return passed()

    monkeypatch.setattr(judging, "judge", slow)
    studio.work(made)
    assert studio.version(made).state is VersionState.JUDGING


def test_a_version_whose_job_ended_without_a_word_gets_another(
    context: Context, db: Database, studio: Studio
) -> None:
    made = studio.create()
    studio.ask(made)
    assert sweeps.resume(context) == 0
    jobs_end(db)
    assert sweeps.resume(context) == 1
    assert studio.version(made).state is VersionState.JUDGING
    jobs_end(db)
    assert sweeps.resume(context) == 1
    parked = studio.version(made)
    assert (parked.state, parked.fault) == (VersionState.PARKED, "job_failed")
    assert sweeps.resume(context) == 0


def test_a_process_that_ends_gives_the_version_back(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    made = studio.create()
    studio.ask(made)
    monkeypatch.setattr(workflow, "LOOK_S", 0.01)
    monkeypatch.setattr(jobs, "stopping", lambda: True)

    def until_cancelled(*_: object, cancel: Event, **__: object) -> Refused:
        assert cancel.wait(10)
        return Refused("cancelled", "")

    monkeypatch.setattr(judging, "judge", until_cancelled)
    before = studio.version(made)
    studio.work(made)
    after = studio.version(made)
    assert (after.state, after.runs) == (VersionState.JUDGING, before.runs)
    assert after.job != before.job


# The worker itself


def test_a_worker_that_takes_too_long_is_ended(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "judge", WAY)
    monkeypatch.setattr(judging, "LIMITS", replace(judging.LIMITS, wall_seconds=0.01))
    made = studio.create()
    studio.ask(made)
    studio.work(made)
    assert studio.version(made).fault == "timed_out"
    studio.work(made)
    parked = studio.version(made)
    assert parked.state is VersionState.PARKED
    assert parked.reason == "The spark could not be judged: playing it took too long."


def test_a_worker_that_is_killed_is_tried_once_more_then_the_version_is_parked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "judge", WAY)
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(worker, "_command", lambda: [sys.executable, "-c", killed])
    made = studio.create()
    studio.ask(made)
    studio.work(made)
    assert (studio.version(made).state, studio.version(made).fault) == (VersionState.JUDGING, "worker_failed")
    studio.work(made)
    parked = studio.version(made)
    assert (parked.state, studio.spark(made).state) == (VersionState.PARKED, SparkState.DRAFT)
    assert parked.reason == "The spark could not be judged: playing it stopped the isolated player."


def test_a_worker_sees_for_itself_that_the_content_is_another(studio: Studio) -> None:
    found = WAY(content().text, "0" * 64)
    assert isinstance(found, Judgement)
    assert [one.code for one in found.refusals] == ["hash_mismatch"]


def test_a_worker_reads_the_file_anew(studio: Studio) -> None:
    found = WAY('{"schema": "spark/1"}', "0" * 64)
    assert isinstance(found, Judgement)
    assert {one.code for one in found.refusals} == {"faulty_spark"}


def test_an_answer_in_another_shape_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ask", lambda *_, **__: {"odd": 1})
    found = WAY(content().text, content().sha256)
    assert isinstance(found, Refused)
    assert found.code == "worker_failed"


def test_what_the_engine_says_is_kept_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    region = SimpleNamespace(x=1, y=2, width=3, height=4)
    said = SimpleNamespace(code="flashes_on_black", message="It flashes.", at_s=2.0, region=region)
    verdict = SimpleNamespace(refusals=[said], engine="new", model_dump=lambda **_: {"particles": 7})
    monkeypatch.setattr(gates, "judge", lambda spark: verdict)
    found = judging.examine(Path("ember.json"), FileLimits(), content=content().text, sha256=content().sha256)
    assert (found.measured, found.engine) == ({"particles": 7}, "new")
    [kept] = found.refusals
    assert (kept.code, kept.second, kept.region) == ("flashes_on_black", 2.0, (1, 2, 3, 4))
