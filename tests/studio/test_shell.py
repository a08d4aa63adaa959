"""The shell over a real server: search from any tab, what the palette offers, another server, Tab's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from server.accounts import passwords, service
from server.accounts.permissions import Role, permissions_of
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import WriteSession
from server.moderation import service as moderation
from server.runtime import opened
from server.settings import Settings as ServerSettings
from studio.app import App
from studio.messages import Level
from studio.paths import Profile
from studio.settings import SERVER_URL
from studio.stage import PASSWORD, play, until
from tests.server.crash.place import flagged_videos

EMAIL = "lea@studio.test"
NOWHERE = "http://127.0.0.1:9"
pytestmark = pytest.mark.crash


def person(s: WriteSession, keys: Keys, handle: str, role: Role, **more: str) -> Actor:
    made = service.create_person(
        s, actor=SYSTEM, keys=keys, handle=handle, name=handle.title(), roles=[role], **more
    )
    granted = permissions_of(frozenset({role}), cleared=False)
    return Actor("person", made.id, handle, frozenset({role}), granted)


@pytest.fixture
def shop(tmp_path: Path, qapp: QApplication) -> Iterator[tuple[Path, UUID, UUID]]:
    """A profile with a lead and one flagged video; the ids of the video and of who made it."""
    places = Profile(tmp_path / "profile").create()
    hashed = passwords.hashed(PASSWORD)
    with opened(ServerSettings(data=places.server_data)) as (db, keys), db.write() as s:
        moderation.install(s)
        person(s, keys, "lea", Role.LEAD, email=EMAIL, password_hash=hashed)
        owner, fan = person(s, keys, "tiana", Role.CREATOR), person(s, keys, "kemi", Role.FAN)
        (video,) = flagged_videos(s, owner, fan, 1)
    yield places.root, video, owner.person
    qapp.closeAllWindows()


def results(app: App) -> list[str]:
    model = app.window.palette_overlay.list.model()
    return [str(model.index(n, 0).data()) for n in range(model.rowCount())]


def test_content_is_found_from_every_tab_by_id_address_handle_and_title(
    qapp: QApplication, shop: tuple[Path, UUID, UUID]
) -> None:
    root, video, owner = shop

    async def scene(app: App) -> None:
        assert app.context is not None
        # Signed in anew on another tab: nothing is registered twice, nothing needs the Queue to be built.
        app.window.open_tab("audit")
        await app.sign_out()
        await app.sign_in(EMAIL, PASSWORD)
        assert app.window.current is not None
        assert set(app.window.tabs) == {"audit"}
        for text, wanted in (
            (str(video), "A day at the lake"),
            (f"https://studio.example/videos/{video}", "A day at the lake"),
            ("a day at", "A day at the lake"),
            ("@tiana", "@tiana"),
            (str(owner), "@tiana"),
        ):
            app.window.open_palette()
            app.window.palette_overlay.field.setText(text)
            await until(lambda wanted=wanted: wanted in results(app), f"{wanted} to be found by {text}")
            assert results(app).count(wanted) == 1
            app.window.palette_overlay.close_now()

    play(qapp, root, scene, email=EMAIL)


def test_notices_go_with_whom_they_are_for(qapp: QApplication, shop: tuple[Path, UUID, UUID]) -> None:
    root, _, _ = shop
    undone: list[str] = []

    def undo() -> None:
        undone.append("Harbour")

    async def scene(app: App) -> None:
        toasts = app.window.host.toasts
        app.messages.notify(Level.INFO, "“Harbour” deleted", undo=undo)
        await until(toasts.toasts, "the notice")
        await app.sign_out()
        assert toasts.toasts() == []
        assert not toasts.undo_last()
        assert undone == []

    play(qapp, root, scene, email=EMAIL)


def test_only_what_can_act_here_is_offered(qapp: QApplication, shop: tuple[Path, UUID, UUID]) -> None:
    root, _, _ = shop

    async def scene(app: App) -> None:
        window = app.window
        window.open_tab("moderation")
        await until(lambda: window.current is not None and window.current.isVisible(), "the queue")
        window.current.claim_next()  # type: ignore[union-attr]
        await until(lambda: any("review." in c.id for c in window._commands()), "the review")
        offered = {command.id for command in window._commands()}
        assert "review.reveal" not in offered, "it acts only while its key is held"
        window.current.show_queue()  # type: ignore[union-attr]
        offered = {command.id for command in window._commands()}
        assert not any(name.startswith("review.") for name in offered)
        assert "queue.claim-next" in offered
        assert "sign-out" in offered

    play(qapp, root, scene, email=EMAIL)


def test_another_server_is_used_at_once_and_a_wrong_address_says_what_to_do(
    qapp: QApplication, shop: tuple[Path, UUID, UUID]
) -> None:
    root, _, _ = shop

    async def scene(app: App) -> None:
        await app.sign_out()
        assert app.sign_in_page is not None
        app.sign_in_page.server_wanted.emit()
        dialog = next(w for w in qapp.topLevelWidgets() if w.accessibleName() == "Settings" and w.isVisible())
        assert dialog.pages.currentItem().text() == SERVER_URL.page  # type: ignore[attr-defined]
        app._setting_changed(app._settings.set(SERVER_URL, NOWHERE))
        await until(
            lambda: app.sign_in_page and NOWHERE in app.sign_in_page.server.text(), "the other server"
        )
        page = app.sign_in_page
        assert page is not None
        await until(lambda: "Change server" in page._fault.text(), "what to do about it")
        app._setting_changed(app._settings.set(SERVER_URL, ""))
        await until(lambda: app.sign_in_page not in (None, page), "the server of this computer")
        dialog.close()
        await app.sign_in(EMAIL, PASSWORD)
        await until(lambda: app.me is not None, "the sign-in at the first server")

    play(qapp, root, scene, email=EMAIL)


def walk(start: QWidget, most: int) -> list[str]:
    """The names that Tab meets from `start`, until it comes back."""
    start.setFocus()
    met: list[QWidget] = []
    for _ in range(most):
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in met:
            break
        met.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    return [widget.accessibleName() for widget in met]


def test_tab_walks_through_sign_in_in_the_order_of_reading(
    qapp: QApplication, shop: tuple[Path, UUID, UUID]
) -> None:
    root, _, _ = shop

    async def scene(app: App) -> None:
        page = app.sign_in_page
        assert page is not None
        app.window.activateWindow()
        met = walk(page.email, 12)
        assert met[:5] == ["E-mail address", "Password", "Show the password", "Sign in", "Change server"]

    play(qapp, root, scene, email=None)
