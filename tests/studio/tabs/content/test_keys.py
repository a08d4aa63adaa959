"""My videos without a mouse: every control is met by Tab, F6 goes between its parts, nothing needs a drop."""

from __future__ import annotations

from pathlib import Path

import httpx
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from studio.tabs.content.tab import ContentTab
from studio.window import MainWindow, TabKind
from tests.studio.tabs.content.content_server import ME, ContentServer, file
from tests.studio.tabs.office import Office, play, until
from tests.studio.test_focus_order import controls
from tests.studio.test_focus_order import path as walked


async def shown(office: Office) -> tuple[MainWindow, ContentTab]:
    """A window with the tab in it."""
    window = MainWindow(office.context.keymap, office.context.messages)
    window.start(office.context, [TabKind(tab=ContentTab, build=ContentTab)], {})
    window.resize(1440, 900)
    window.show()
    tab = window.current
    assert isinstance(tab, ContentTab)
    await office.settle()
    window.activateWindow()
    await until(window.isActiveWindow)
    return window, tab


def close(window: MainWindow) -> None:
    """End with the story."""
    window.close_now()
    window.deleteLater()


def test_every_control_is_met_by_tab_with_an_upload_held(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        window, tab = await shown(office)
        server.before["PATCH file"] = [httpx.ConnectError("down")]
        tab.page.take_files([path])
        await office.settle()
        tab.page.new.begin.click()
        await until(lambda: tab.page.strip.rows and server.asked("PATCH", "file"))
        await until(lambda: tab.page.pane.video is not None and tab.page.pane.video.title == "My first video")
        (row,) = tab.page.strip.rows.values()
        row.hold.click()
        await office.settle()
        met = walked(window, Qt.Key.Key_Tab)
        assert {id(w) for w in met} == {id(w) for w in controls(window)}
        assert {row.hold, row.stop, tab.upload_button, tab.page.pane.delete_button} <= set(met)
        for part in (window.stack, tab.page.beside):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_F6)
            assert window.focusWidget() is not None, part
        close(window)

    play(qapp, tmp_path, server, story, me=ME)


def test_files_are_chosen_by_a_key(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    async def story(office: Office) -> None:
        window, tab = await shown(office)
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_U)
        (dialog,) = window.findChildren(QFileDialog)
        dialog.filesSelected.emit([str(file(tmp_path))])
        dialog.reject()
        await office.settle()
        assert window.focusWidget() is tab.page.new.files[0].title
        assert window.focusWidget().text() == "My first video"
        close(window)

    play(qapp, tmp_path, server, story, me=ME)


def test_no_field_takes_a_file_as_text(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    async def story(office: Office) -> None:
        window, tab = await shown(office)
        tab.page.take_files([file(tmp_path)])
        await office.settle()
        assert tab.acceptDrops()
        assert [each for each in tab.findChildren(QWidget) if each.acceptDrops()] == []
        close(window)

    play(qapp, tmp_path, server, story, me=ME)
