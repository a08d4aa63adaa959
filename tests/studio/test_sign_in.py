"""What the sign-in card says when it does not go through."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.api.errors import Offline
from studio.sign_in import SignInPage
from tests.studio.tabs.office import words


def test_without_a_server_it_promises_no_try_by_itself(qtbot: QtBot) -> None:
    page = SignInPage("This computer", "fan@demo.local")
    qtbot.addWidget(page)
    page.show()
    page.refuse(Offline())
    said = words(page)
    assert "The server cannot be reached. Sign in when it is back." in said
    assert "by itself" not in said
