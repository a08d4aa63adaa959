"""The Audit tab before the real server: whole, then tampered with behind its back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from server.accounts.permissions import Role
from server.kit.crypto import Keys
from server.kit.db import Database
from studio.tabs.audit.tab import AuditTab
from tests.studio.tabs.office import Office, play, words
from tests.studio.tabs.real import person, real


def tamper(file: Path) -> None:
    """Change a stored payload as someone with the file in hand would: without the triggers."""
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in found.fetchall():
            if name.startswith("audit_"):
                connection.execute(f"DROP TRIGGER {name}")
        changed = connection.execute("UPDATE audit_payloads SET json = '{}' WHERE seq = 3")
        assert changed.rowcount == 1
        connection.commit()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_log_is_verified_exported_and_found_broken(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys
) -> None:
    server = real(tmp_path, db, keys)
    for n in range(4):
        person(db, keys, f"mara{n}", Role.FAN)

    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        assert page.model.rowCount() == 6
        actor = page.model.column_number("actor")
        assert {page.model.cell(n, actor) for n in range(6)} == {"system"}
        page.verify_button.click()
        await office.settle()
        assert "The log is whole" in words(page.verify)
        file = tmp_path / "log.jsonl"
        page.export(file)
        await office.settle()
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
        assert lines[-1]["action"] == "audit.exported"
        tamper(Path(str(db.writer.url.database)))
        page.verify_button.click()
        await office.settle()
        assert "Broken at #3" in words(page.verify)
        page.filters.actor.setText("@noor")
        page.filters.apply()
        await office.settle()
        assert [page.model.row(n).action for n in range(page.model.rowCount())] == ["audit.exported"]

    play(qapp, tmp_path, server.transport, story, token=server.token, me=server.me, now=datetime.now(UTC))
