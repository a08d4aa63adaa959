"""A creator at the client, up to the moment at which it is killed.

As a program, `python -m tests.stories.creator PROFILE FILM`, it drops the film, says what it is, sends it,
and kills itself in the middle of a part; what the server had acknowledged by then is printed, a line each.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from PySide6.QtCore import QDateTime, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from server.content.schemas import VideoView
from studio.app import App
from studio.stage import play, until
from studio.tabs.content.page import ContentPage
from studio.tabs.content.tab import ContentTab
from studio.widgets.label import Label
from tests.stories.hands import THEME, Hands
from tests.stories.wire import Wire, tapped

EMAIL = "tiana@studio.test"
TITLE = "Harbour before the day"
CAPTION = "Four seconds of quiet, then the gulls."
SIZE = QSize(1440, 900)
KILLED_IN = 4
"""The part in which the client is killed, of the eight that the film has."""


class Creator(Hands):
    """At the tab My videos."""

    story: ClassVar[str] = "uploader"

    @property
    def tab(self) -> ContentTab:
        tab = self.app.window.tabs["content"]
        assert isinstance(tab, ContentTab)
        return tab

    @property
    def page(self) -> ContentPage:
        return self.tab.page

    def video(self, name: UUID) -> VideoView:
        """A video as the list has it."""
        found = self.page.model.get(name)
        assert found is not None
        return found

    async def come(self) -> None:
        """Open the tab in a window that keys go to."""
        self.app.window.open_tab("content")
        self.app.window.activateWindow()
        await until(self.app.window.isActiveWindow, "the window to have the keys")

    async def drop(self, path: Path) -> None:
        """Hold a file over the tab, look, and let go."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self.tab, QDragEnterEvent(QPoint(400, 300), *how))
        self.shot("held-over")
        QApplication.sendEvent(self.tab, QDropEvent(QPointF(400, 300), *how))
        new = self.page.new
        await until(lambda: new.filled and new.files[0].title.hasFocus(), "the file to be looked at")

    def describe(self) -> None:
        """Say what the video is called, what is in it, and that it comes later; by keys alone."""
        self.type(TITLE)  # the proposed title is selected
        self.press(Qt.Key.Key_Tab)
        self.type(CAPTION)
        self.press(Qt.Key.Key_Tab)
        self.press(Qt.Key.Key_Tab)
        self.press(Qt.Key.Key_Space)

    def set_time(self, at: datetime) -> None:
        """Choose a time of publication; to the second, where a person chooses minutes."""
        field = self.page.pane.form.publishing.time
        field.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.astimezone(UTC).timestamp())))


def main(profile: Path, film: Path) -> None:
    """Play up to the kill."""
    qt = QApplication.instance() or QApplication([])
    assert isinstance(qt, QApplication)
    made: list[Creator] = []

    async def half_way(wire: Wire) -> None:
        if len(wire.sent) == KILLED_IN:
            made[0].shot("on-its-way")
            print(*wire.acknowledged, sep="\n", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    async def scene(app: App) -> None:
        creator = Creator(app)
        made.append(creator)
        await creator.come()
        page = creator.page
        await until(lambda: _says(page, "Drop a video here"), "the empty list")
        creator.shot("nothing-yet")
        await creator.drop(film)
        creator.describe()
        creator.shot("described")
        page.new.begin.click()
        await until(lambda: False, "the end")

    with tapped(half_way):
        play(qt, profile, scene, email=EMAIL, size=SIZE, theme=THEME)


def _says(page: ContentPage, words: str) -> bool:
    return any(words in label.text() for label in page.findChildren(Label) if label.isVisible())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
