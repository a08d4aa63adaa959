"""My videos by keys alone, from choosing a file to taking a deletion back."""

from __future__ import annotations

from pathlib import Path

import httpx
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from server.content.rules import DerivativeKind, VideoState, Visibility
from studio.offline.uploads import Phase
from tests.studio.tabs.content.content_server import ME, ContentServer, file, video
from tests.studio.tabs.content.screen import FIRST
from tests.studio.tabs.content.test_keys import close, shown
from tests.studio.tabs.content.test_stills import sheet
from tests.studio.tabs.office import Office, play, until, words

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
MOUSE = {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.Wheel, QEvent.Type.Drop}


class NoMouse(QObject):
    """Counts what a mouse did."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.seen += event.type() in MOUSE
        return False


def focus() -> QWidget:
    """What has the keyboard."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    return widget


def press(*keys: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(focus(), key, modifier)


def type_in(text: str) -> None:
    QTest.keyClicks(focus(), text)


def tab_to(widget: QWidget) -> None:
    """Go on by Tab until `widget` has the keyboard."""
    for _ in range(40):
        if focus() is widget:
            return
        press(Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {widget.accessibleName()}")


def test_everything_can_be_done_by_keys_alone(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)
    whole = path.read_bytes()
    server.sheet = sheet()
    server.put(video(0, derivatives=[DerivativeKind.STORYBOARD]))
    mouse = NoMouse()
    qapp.installEventFilter(mouse)

    async def story(office: Office) -> None:
        window, tab = await shown(office)
        page = tab.page
        press(Key.Key_U)
        assert window.findChildren(QFileDialog)
        await until(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
        name = focus()
        assert isinstance(name, QLineEdit)
        name.setText(str(path))  # typed, it would open a list of files that this platform cannot place
        press(Key.Key_Return)
        await until(lambda: page.new.filled)
        window.activateWindow()
        await until(lambda: QApplication.focusWidget() is page.new.files[0].title)
        type_in("Harbour")
        press(Key.Key_Tab)
        type_in("At dawn")
        press(Key.Key_Tab, Key.Key_Down)
        assert page.new.publishing.chosen is Visibility.UNLISTED
        server.before["PATCH file"] = [httpx.ConnectError("down")]
        tab_to(page.new.begin)
        press(Key.Key_Space)
        await until(lambda: office.context.uploads.all() and server.asked("PATCH", "file"))
        (upload,) = office.context.uploads.all()
        await until(lambda: page.table.current_id() == upload.id and page.table.hasFocus())
        press(Key.Key_P)
        assert office.context.uploads.progress(upload.id).phase is Phase.PAUSED  # type: ignore[union-attr]
        press(Key.Key_P)
        await office.settle()
        arrived = server.find(upload.id)
        assert (arrived.title, arrived.caption, arrived.visibility, arrived.state) == (
            "Harbour",
            "At dawn",
            Visibility.UNLISTED,
            VideoState.PROCESSING,
        )
        assert server.files[upload.id] == whole

        press(Key.Key_Down)
        assert page.table.current_id() == FIRST
        press(Key.Key_L)
        assert QGuiApplication.clipboard().text().endswith(str(FIRST))
        press(Key.Key_Return)
        assert focus() is page.pane.form.title
        press(Key.Key_A, modifier=CONTROL)
        type_in("Noon")
        await until(page.pane.form.strip.isVisible)
        tab_to(page.pane.form.strip)
        press(Key.Key_Right, Key.Key_Right)
        press(Key.Key_S, modifier=CONTROL)
        await office.settle()
        assert focus() is page.pane.form.strip
        saved = server.find(FIRST)
        assert (saved.title, saved.poster_at_ms) == ("Noon", 10_000)

        press(Key.Key_F6)
        while focus() is not page.table:
            press(Key.Key_F6)
        press(Key.Key_Delete)
        await office.settle()
        assert server.find(FIRST).deleted_at is not None
        assert "“Noon” deleted" in words(window.host.toasts)
        press(Key.Key_Z)
        await office.settle()
        assert server.find(FIRST).deleted_at is None
        assert "deleted" not in words(window.host.toasts)
        press(Key.Key_Z)  # there is nothing left to undo
        await until(lambda: page.table.current_id() == FIRST)
        assert mouse.seen == 0
        close(window)

    try:
        play(qapp, tmp_path, server, story, me=ME)
    finally:
        qapp.removeEventFilter(mouse)
