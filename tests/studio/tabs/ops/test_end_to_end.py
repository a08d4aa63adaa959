"""The Operations tab before the real server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QApplication

from server.kit.crypto import Keys
from server.kit.db import Database
from server.ops.schemas import Level
from studio.tabs.ops.state import CHECKS
from studio.tabs.ops.tab import OpsTab
from tests.studio.tabs.office import Office, play, words
from tests.studio.tabs.real import real


def test_doctor_jobs_figures_and_the_seal(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys
) -> None:
    server = real(tmp_path, db, keys)

    async def story(office: Office) -> None:
        tab = OpsTab(office.context)
        await office.show(tab)
        page = tab.page
        findings = page.doctor.findings
        assert findings is not None
        assert {check.name for check in findings.checks} == set(CHECKS)
        assert [c.level for c in findings.checks if c.name == "database"] == [Level.OK]
        card = page.jobs
        assert card.model.get("audit.seal") is not None
        card.table.select(["audit.seal"], "audit.seal")
        card.run_button.click()
        await office.settle()
        assert "audit.seal runs now" in office.told()
        page.seal.click()
        await office.settle()
        assert "Sealed to #" in office.told()
        page.refresh()
        await office.settle()
        assert "Requests" in words(page.tiles)
        assert "none" not in words(page.tiles).split("\n")[6:8]

    play(qapp, tmp_path, server.transport, story, token=server.token, me=server.me, now=datetime.now(UTC))
