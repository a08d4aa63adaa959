"""The Operations tab: doctor, jobs, figures, and looking again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.audit.schemas import Head
from server.ops.schemas import Check, Findings, Job, Jobs, JobState, Level
from studio.offline.changes import Changes
from studio.tabs.ops.page import EXAMINE_EVERY
from studio.tabs.ops.state import duration
from studio.tabs.ops.tab import OpsTab
from studio.widgets.cell_delegate import PADDING
from tests.studio.tabs.office import (
    ADMIN,
    NOW,
    Office,
    Routes,
    button,
    nameless,
    person_me,
    play,
    problem,
    words,
)

SEAL, SWEEP, VIDEO = "audit.seal", "content.sweep_files", "content.process_video"


def job(name: str, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "name": name,
        "kind": "recurring",
        "state": "idle",
        "last_run_at": NOW - timedelta(minutes=3),
        "duration_ms": 40,
        "next_run_at": NOW + timedelta(seconds=90),
        "error": None,
    }
    return Job(**values | changes)


def jobs(state: JobState = JobState.IDLE) -> Jobs:
    return Jobs(
        items=[
            job(SEAL, state=state),
            job(SWEEP, state="failed", error="PermissionError: <b>media</b>"),
            job(VIDEO, kind="durable", next_run_at=None, done=12),
        ]
    )


@pytest.fixture
def server() -> Routes:
    checks = [
        Check(name="disk", level=Level.OK, finding="80 GiB free"),
        Check(name="recurring", level=Level.WARN, finding="failed last time", advice="See the error."),
    ]
    return Routes(
        {
            "GET /v1/ops/jobs": jobs(),
            "GET /v1/ops/doctor": Findings(level=Level.WARN, checks=checks),
            "GET /metrics": httpx.Response(
                200, content=b'studio_requests_total{method="GET",route="/x",status="200"} 41\n'
            ),
        }
    )


def test_everything_is_told(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        page = tab.page
        assert page.jobs.model.rowCount() == 3
        assert "3 in all · 1 failed last time" in words(page.jobs)
        assert "1 to look at · 1 well" in words(page.doctor)
        assert "See the error." in words(page.doctor)
        assert "Recurring jobs: failed last time" in words(page.header)
        assert "41" in words(page.tiles)
        page.jobs.table.select([SWEEP], SWEEP)
        assert page.jobs.error.toPlainText() == "PermissionError: <b>media</b>"
        button(page.jobs, "Copy the error").click()
        assert QGuiApplication.clipboard().text() == f"{SWEEP}\nPermissionError: <b>media</b>"
        page.jobs.table.select([SEAL], SEAL)
        assert page.jobs.error.isHidden()
        assert "next in 1 min" in words(page.jobs)
        assert nameless(tab) == []

    play(qapp, tmp_path, server, story)


def test_how_long_a_job_took_is_not_cut(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        table, model = tab.page.jobs.table, tab.page.jobs.model
        room = table.columnWidth(model.column_number("took")) - 2 * PADDING
        for ms in (339, 59_900, 185_000):
            assert table.fontMetrics().horizontalAdvance(duration(ms)) <= room

    play(qapp, tmp_path, server, story)


def test_a_job_is_run_now_by_keyboard(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    server.answers[f"POST /v1/ops/jobs/{SEAL}/run"] = jobs(JobState.RUNNING)

    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        card = tab.page.jobs
        card.table.select([SEAL], SEAL)
        QTest.keyClick(card.table, Qt.Key.Key_Return)
        assert not card.run_button.isEnabled()
        card.run()
        await office.settle()
        assert len(server.asked(f"POST /v1/ops/jobs/{SEAL}/run")) == 1
        assert card.current() == job(SEAL, state="running")
        assert not card.run_button.isEnabled()
        card.table.select([VIDEO], VIDEO)
        assert not card.run_button.isEnabled()
        card.table.select([SWEEP], SWEEP)
        server.answers[f"POST /v1/ops/jobs/{SWEEP}/run"] = problem(409, "running", "It runs now.")
        card.run_button.click()
        await office.settle()
        assert "It runs now." in office.told()
        assert card.run_button.isEnabled()

    play(qapp, tmp_path, server, story)


def test_a_reader_may_look_only(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        assert not tab.page.jobs.run_button.isVisible()
        assert not tab.page.seal.isVisible()
        tab.page.jobs.run()
        await office.settle()
        assert all(each.method == "GET" for each in server.requests)

    me = person_me(permissions=[each for each in ADMIN if each != "ops.run"])
    play(qapp, tmp_path, server, story, me=me)


def test_the_log_is_sealed(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    head = Head(seq=9, hash="a" * 64, sealed_to=9, sealed_at=NOW, unsealed=0, public_key="b" * 64)
    server.answers["POST /v1/audit/seal"] = head

    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        tab.page.seal.click()
        assert not tab.page.seal.isEnabled()
        await office.settle()
        assert "Sealed to #9" in office.told()
        server.answers["POST /v1/audit/seal"] = httpx.ConnectError("down")
        tab.page.seal.click()
        await office.settle()
        assert "was not sealed" in office.told()
        assert tab.page.seal.isEnabled()

    play(qapp, tmp_path, server, story)


def test_figures_are_kept_to_the_machine(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    server.answers["GET /metrics"] = problem(403, "forbidden")

    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        assert "only on the server's own machine" in words(tab.page.tiles)

    play(qapp, tmp_path, server, story)


def test_a_live_job_reads_the_jobs_alone(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        server.requests.clear()
        changes = Changes(kinds=frozenset({"ops.job"}), ids=frozenset({SEAL}))
        office.changes.send(changes)
        await office.settle()
        assert [each.url.path for each in server.requests] == ["/v1/ops/jobs"]
        tab.hide()
        office.changes.send(changes)
        await office.settle()
        assert len(server.requests) == 1

    play(qapp, tmp_path, server, story)


def test_it_looks_again_only_while_it_is_seen(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        assert not tab.page.timer.isActive()
        await office.show(tab)
        assert tab.page.timer.isActive()
        server.requests.clear()
        for _ in range(EXAMINE_EVERY):
            tab.page.timer.timeout.emit()
            await office.settle()
        assert len(server.asked("GET /v1/ops/jobs")) == EXAMINE_EVERY
        assert len(server.asked("GET /v1/ops/doctor")) == 1
        tab.hide()
        assert not tab.page.timer.isActive()

    play(qapp, tmp_path, server, story)


def test_failures_keep_what_is_here(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    good = dict(server.answers)

    async def story(office: Office) -> None:
        server.answers.update(dict.fromkeys(good, httpx.ConnectError("down")))
        tab = OpsTab(office.context)
        await office.show(tab)
        assert words(tab).count("The server cannot be reached.") == 2
        server.answers.update(good)
        tab.refresh()
        await office.settle()
        assert tab.page.jobs.model.rowCount() == 3
        server.answers.update(dict.fromkeys(good, problem(503, "busy", "Too much to do.")))
        tab.refresh()
        await office.settle()
        assert tab.page.jobs.model.rowCount() == 3
        assert "Not refreshed: Too much to do." in words(tab.page.jobs)
        assert "80 GiB free" in words(tab.page.doctor)

    play(qapp, tmp_path, server, story)


def test_time_goes_on_in_the_table(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        card = tab.page.jobs
        card.table.select([SEAL], SEAL)
        column = card.model.column_number("next")
        assert card.model.cell(0, column) == "in 1 min"
        office.ticker.pass_time(seconds=60)
        assert card.model.cell(0, column) == "in 30 s"
        assert "next in 30 s" in words(card)

    play(qapp, tmp_path, server, story)


@pytest.mark.parametrize("state", [{}, {"columns": 7, "splitter": ["x", 1]}, {"splitter": {"a": 1}}])
def test_any_stored_state_is_borne(
    qapp: QApplication, tmp_path: Path, server: Routes, state: dict[str, object]
) -> None:
    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        tab.restore_state(state)
        await office.show(tab)
        tab.page.jobs.table.sort_by("state")
        again = OpsTab(office.context)
        again.restore_state(json.loads(json.dumps(tab.save_state())))
        assert again.page.jobs.model.sorted_by == ("state", False)

    play(qapp, tmp_path, server, story)
