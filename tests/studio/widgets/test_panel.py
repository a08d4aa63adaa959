"""Lent panels: only the one in front works."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QLabel, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.panel import PanelHost, Subject

FIRST, SECOND = (Subject("video", UUID(int=n)) for n in (1, 2))


class Fake:
    icon = "shield"

    def __init__(self, title: str) -> None:
        self.title = title
        self.seen: list[Subject | None] = []
        self._widget = QLabel(title)

    def widget(self) -> QWidget:
        return self._widget

    def show_subject(self, subject: Subject | None) -> None:
        self.seen.append(subject)


def test_hidden_panel_is_told_when_it_comes_to_the_front(qtbot: QtBot) -> None:
    host = PanelHost("About this item")
    qtbot.addWidget(host)
    scores, account = Fake("Scores"), Fake("Account")
    host.lend(scores)
    host.lend(account)
    host.show_subject(FIRST)
    host.show_subject(SECOND)
    assert (scores.seen[-2:], account.seen) == ([FIRST, SECOND], [])
    tabs = host.findChildren(QTabWidget)[0]
    tabs.setCurrentIndex(1)
    assert account.seen == [SECOND]
    tabs.setCurrentIndex(0)
    assert scores.seen.count(SECOND) == 1


def test_host_without_panels_takes_no_room(qtbot: QtBot) -> None:
    host = PanelHost("About this item")
    qtbot.addWidget(host)
    assert host.isHidden()
    host.lend(Fake("Scores"))
    assert not host.isHidden()
