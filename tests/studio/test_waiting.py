"""The dialog of waiting edits reads its list beside the Qt thread, and shows the newest reading."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtWidgets import QLabel

from studio.offline.edits import Entry
from studio.waiting import WaitingDialog
from tests.studio.tabs.moderation.conftest import Play, play, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.world import World

__all__ = ["play"]


def test_the_outbox_is_not_read_on_the_qt_thread(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(desk: Desk) -> None:
        readers: list[int] = []
        read = desk.context.outbox.entries

        def noted() -> list[Entry]:
            readers.append(threading.get_ident())
            return read()

        monkeypatch.setattr(desk.context.outbox, "entries", noted)
        dialog = WaitingDialog(desk.context)
        dialog.reload()

        def words() -> str:
            return " ".join(label.text() for label in dialog.findChildren(QLabel))

        await until(lambda: "Nothing waits" in words())
        assert readers
        assert threading.get_ident() not in readers
        dialog.deleteLater()

    play(World(), story)
