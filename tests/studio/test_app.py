"""The client from the splash to the last window, over a real embedded server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import get_ident

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from studio import app
from studio.app import App
from studio.offline.edits import Edit, EditKind
from studio.offline.store import Store
from studio.stage import PASSWORD, Scene, play, until
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.error_sheet import ErrorSheet
from studio.widgets.overlay import Overlay
from tests.studio.profiles import EMAIL, with_moderator

pytestmark = pytest.mark.crash


@pytest.fixture
def profile(tmp_path: Path, qapp: QApplication) -> Iterator[Path]:
    """A profile whose embedded server knows one moderator."""
    yield with_moderator(tmp_path, PASSWORD)
    qapp.closeAllWindows()


def perform(qapp: QApplication, profile: Path, scene: Scene, *, email: str | None = EMAIL) -> None:
    play(qapp, profile, scene, email=email)


def shown_text(widget: QWidget) -> str:
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return "\n".join(labels)


def server_pid(profile: Path) -> int:
    return int(json.loads((profile / "server/server.json").read_text())["pid"])


def test_the_file_of_drafts_is_opened_beside_the_screen(
    qapp: QApplication, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    class Watched(Store):
        def __init__(self, path: Path) -> None:
            threads.append(get_ident())
            super().__init__(path)

    monkeypatch.setattr(app, "Store", Watched)

    async def scene(app: App) -> None:
        assert app.me is not None

    perform(qapp, profile, scene)
    assert threads
    assert get_ident() not in threads


def test_sign_in_by_keyboard_and_a_wrong_password_keeps_the_address(
    qapp: QApplication, profile: Path
) -> None:
    async def scene(app: App) -> None:
        page = app.sign_in_page
        assert page is not None
        page.email.setFocus()
        QTest.keyClicks(page.email, EMAIL)
        QTest.keyClick(page.email, Qt.Key.Key_Tab)
        QTest.keyClicks(page.password, "not the password")
        QTest.keyClick(page.password, Qt.Key.Key_Return)
        await until(lambda: "password" in shown_text(page).lower() and page.button.isEnabled(), "a refusal")
        assert app.me is None
        assert page.email.text() == EMAIL
        page.password.clear()
        QTest.keyClicks(page.password, PASSWORD)
        QTest.keyClick(page.password, Qt.Key.Key_Return)
        await until(lambda: app.me is not None, "the sign-in")
        assert "Mo Deri" in shown_text(app.window.status)

    perform(qapp, profile, scene, email=None)


def test_the_client_reconnects_when_its_server_was_killed(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        await until(lambda: "Online" in shown_text(app.window.status), "the connection")
        before = server_pid(profile)
        os.kill(before, signal.SIGKILL)
        await until(lambda: "Online" not in shown_text(app.window.status), "the loss to be seen")
        await until(lambda: "Online" in shown_text(app.window.status), "the return")
        assert server_pid(profile) != before
        assert app.me is not None

    perform(qapp, profile, scene)


def test_an_edit_made_while_the_server_is_away_arrives_later(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        context = app.context
        assert context is not None
        await until(lambda: "Online" in shown_text(app.window.status), "the connection")
        os.kill(server_pid(profile), signal.SIGKILL)
        body = {"title": "Mine", "body": "Seen in full.", "shared": False}
        edit = Edit(
            kind=EditKind.NOTE, method="POST", path="/v1/moderation/reasons", body=body, subject="reasons"
        )
        context.tasks.write(lambda: context.outbox.add(edit))
        await until(lambda: "1 edit waiting" in shown_buttons(app.window.status), "the edit to wait")
        await until(lambda: not context.outbox.entries(), "the edit to be accepted")
        reasons = (await context.api.get("/v1/moderation/reasons")).json()
        assert [reason["title"] for reason in reasons["items"]] == ["Mine"]

    perform(qapp, profile, scene)


def shown_buttons(widget: QWidget) -> str:
    return "\n".join(b.text() for b in widget.findChildren(QPushButton) if b.isVisible())


def test_a_refused_edit_stays_and_can_be_given_up(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        context = app.context
        assert context is not None
        edit = Edit(
            kind=EditKind.NOTE,
            method="POST",
            path="/v1/moderation/reasons",
            body={"title": ""},
            subject="reasons",
        )
        context.tasks.write(lambda: context.outbox.add(edit))
        await until(lambda: any(e.refusal for e in context.outbox.entries()), "the refusal")
        app.window.waiting_wanted.emit()
        dialog = next(w for w in qapp.topLevelWidgets() if w.accessibleName() == "Waiting edits")

        def shown() -> set[str]:
            names = {w.accessibleName() for w in dialog.findChildren(QWidget)}
            return names | {w.text() for w in dialog.findChildren(QLabel)}

        await until(lambda: "Not accepted" in shown(), "the edit and what became of it")
        give_up = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Give up")
        give_up.click()
        await until(lambda: not context.outbox.entries(), "the edit to be gone")
        dialog.close()

    perform(qapp, profile, scene)


def test_a_session_ended_elsewhere_leads_to_the_sign_in_page(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        context = app.context
        assert context is not None
        await until(lambda: "Online" in shown_text(app.window.status), "the connection")
        await context.api.post("/v1/accounts/sign-out")
        await until(lambda: app.sign_in_page is not None, "the sign-in page")
        assert "session has ended" in shown_text(app.window)
        assert app.me is None

    perform(qapp, profile, scene)


def test_a_file_of_a_newer_version_is_told_and_left_alone(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        assert app.context is not None
        path = app.context.store.path
        await app.sign_out()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")
        await app.sign_in(EMAIL, PASSWORD)
        assert app.me is None
        assert app.sign_in_page is not None
        sheet = next(w for w in qapp.topLevelWidgets() if isinstance(w, ErrorSheet) and w.isVisible())
        assert "newer version" in shown_text(sheet)
        assert str(path) in shown_text(sheet)
        sheet.accept()

    perform(qapp, profile, scene)


def test_signing_out_twice_is_once(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        await asyncio.gather(app.sign_out(), app.sign_out())
        page = app.sign_in_page
        app._hear_signed_out()
        await app.sign_out()
        assert app.sign_in_page is page

    perform(qapp, profile, scene)


def test_no_sheet_of_one_person_stays_for_the_next(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        sheet = Overlay("Report this video", app.window, 460)
        sheet.open()
        app.window.open_palette()
        closed: list[bool] = []
        sheet.closed.connect(lambda: closed.append(True))
        await app.sign_out()
        assert closed == [True]
        assert not [each for each in app.window.findChildren(Overlay) if each.isVisible()]

    perform(qapp, profile, scene)


def test_a_tab_that_fails_at_the_end_keeps_nobody_from_leaving(
    qapp: QApplication, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: App) -> None:
        current = app.window.current
        assert current is not None

        async def fail() -> None:
            raise OSError("no space left")

        monkeypatch.setattr(current, "leave", fail)
        await app.sign_out()
        assert app.sign_in_page is not None
        await until(lambda: app.window.findChild(ErrorSheet) is not None, "the failure to be told")

    perform(qapp, profile, scene)


def test_palette_keys_and_settings_open_by_key_and_say_what_they_are(
    qapp: QApplication, profile: Path
) -> None:
    async def scene(app: App) -> None:
        app.window.open_palette()
        assert app.window.palette_overlay.isVisible()
        assert isinstance(qapp.focusWidget(), QLineEdit) or app.window.palette_overlay.field.isVisible()
        app.window.palette_overlay.close_now()
        app.window.show_keys()
        assert "Search and commands" in shown_text(app.window.keys_overlay)
        app.window.keys_overlay.close_now()
        app.window.settings_wanted.emit()
        dialog = next(w for w in qapp.topLevelWidgets() if w.accessibleName() == "Settings")
        assert dialog.isVisible()  # what its fields are called: tests/studio/test_settings_dialog.py
        dialog.close()

    perform(qapp, profile, scene)


def draft_field(app: App) -> DraftEdit:
    """A text field in the open tab, kept as every note is."""
    context = app.context
    assert context is not None
    kept = context.store.draft("note:1")
    field = DraftEdit(
        "Note", lambda text: context.store.save_draft("note:1", text), text=kept, parent=app.window.current
    )
    field.show()
    field.setFocus()
    return field


def test_the_window_asks_nothing_and_loses_nothing_when_closed(qapp: QApplication, profile: Path) -> None:
    async def scene(app: App) -> None:
        field = draft_field(app)
        QTest.keyClicks(field, "half a sentence")
        app.window.close()

    async def again(app: App) -> None:
        assert draft_field(app).toPlainText() == "half a sentence"

    perform(qapp, profile, scene)
    perform(qapp, profile, again)
    assert not [w for w in qapp.topLevelWidgets() if isinstance(w, ErrorSheet) and w.isVisible()]
