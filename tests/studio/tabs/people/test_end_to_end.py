"""The People tab before the real server: a role is granted with a real one-time code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyotp
from PySide6.QtWidgets import QApplication

from server.accounts import queries
from server.accounts.permissions import Role
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from studio.tabs.people.tab import PeopleTab
from tests.studio.tabs.office import Office, play, words
from tests.studio.tabs.real import person, real


def test_a_role_is_granted_with_a_code_and_put_on_record(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys
) -> None:
    server = real(tmp_path, db, keys)
    mara = person(db, keys, "mara", Role.MODERATOR)

    async def story(office: Office) -> None:
        async def step_up() -> bool:
            code = pyotp.TOTP(server.secret).now()
            await office.api.post("/v1/accounts/step-up", json={"code": code})
            return True

        object.__setattr__(office.context, "step_up", step_up)
        tab = PeopleTab(office.context)
        await office.show(tab)
        tab.people.table.select([mara.id], mara.id)
        await office.settle()
        assert "m…@demo.local" in words(tab.people.pane)
        tab.people.pane.form.roles.boxes[Role.LEAD].click()
        tab.people.pane.save_button.click()
        await office.settle()
        assert "Roles: moderator → lead, moderator" in words(tab.people.pane.history)
        tab.people.pane.form.name.setText("Mara V.")
        tab.people.pane.form.typed.emit()
        tab.people.pane.save_button.click()
        await office.settle()
        tab.pages.setCurrentWidget(tab.roles)
        await office.settle()
        assert tab.roles.model.rowCount() > 10

    play(
        qapp,
        tmp_path,
        server.transport,
        story,
        token=server.token,
        me=server.me,
        now=datetime.now(UTC),
    )
    with db.read() as s:
        assert queries.roles_of(s, [mara.id])[mara.id] == [Role.MODERATOR, Role.LEAD]
        assert queries.card(s, SYSTEM, mara.id).name == "Mara V."
