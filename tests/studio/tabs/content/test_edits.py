"""Editing and deleting a video: versions, conflicts, what is typed being kept, and undo."""

from __future__ import annotations

from pathlib import Path

import httpx
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.studio.tabs.content.content_server import ME, ContentServer, file, video
from tests.studio.tabs.content.screen import FIRST, cells, opened, undo
from tests.studio.tabs.office import Office, body, button, play, until, words


def test_an_edit_is_sent_with_its_version(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.page.pane
        assert not pane.save_button.isEnabled()
        pane.form.title.setFocus()
        pane.form.title.selectAll()
        QTest.keyClicks(pane.form.title, "Plain title")
        QTest.keyClick(pane.form.title, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        await office.settle()
        (request,) = server.asked("PATCH")
        assert request.headers["If-Match"] == '"3"'
        assert body(request) == {"title": "Plain title"}
        assert cells(tab, "title")[0] == "Plain title"
        assert "saved" in office.told()
        assert pane.unsaved() == frozenset()

    play(qapp, tmp_path, server, story, me=ME)


def test_a_conflict_shows_theirs_and_keeps_what_was_typed(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.page.pane
        pane.form.title.setText("Mine")
        pane.form.typed.emit()
        server.put(video(0, title="Theirs", caption="Their caption", version=4))
        pane.save_button.click()
        await office.settle()
        assert pane.conflict.isVisible()
        assert "Theirs" in words(pane.conflict)
        assert pane.form.draft().title == "Mine"
        assert pane.form.draft().caption == "Their caption"
        assert cells(tab, "title")[0] == "Theirs"
        pane.save_button.click()
        await office.settle()
        assert server.find(FIRST).title == "Mine"
        assert server.find(FIRST).caption == "Their caption"
        assert not pane.conflict.isVisible()

    play(qapp, tmp_path, server, story, me=ME)


def test_what_is_typed_survives_the_end_of_the_program(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def first(office: Office) -> None:
        tab = await opened(office)
        tab.page.pane.form.caption.setPlainText("Half a sen")
        await tab.leave()

    async def second(office: Office) -> None:
        tab = await opened(office)
        pane = tab.page.pane
        assert pane.form.draft().caption == "Half a sen"
        pane.discard()
        assert pane.form.draft().caption == "Caption 0"
        await tab.leave()
        assert office.context.store.drafts() == {}

    play(qapp, tmp_path, server, first, me=ME)
    play(qapp, tmp_path, server, second, me=ME)


def test_a_schedule_is_taken_back(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    at = video(0).created_at.replace(year=2027)
    server.put(video(0, published_at=None, publish_at=at))

    async def story(office: Office) -> None:
        tab = await opened(office)
        pane = tab.page.pane
        assert cells(tab, "state")[0] == "Scheduled"
        assert pane.form.publishing.publish_at == at
        assert not pane.save_button.isEnabled()
        pane.form.publishing.later.click()
        pane.save_button.click()
        await office.settle()
        assert body(server.asked("PATCH")[0]) == {"publish_now": True}

    play(qapp, tmp_path, server, story, me=ME)


def test_a_video_is_deleted_by_a_key_and_brought_back(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        page = tab.page
        tab.activateWindow()
        page.table.setFocus()
        QTest.keyClick(page.table, Qt.Key.Key_Delete)
        await office.settle()
        assert server.find(FIRST).deleted_at is not None
        assert cells(tab, "title") == ["Video 1", "Video 2"]
        assert "2 videos · all" in words(page.list)
        assert page.table.current_id() == video(1).id
        undo(office)
        await office.settle()
        assert server.find(FIRST).deleted_at is None
        assert cells(tab, "title") == ["Video 0", "Video 1", "Video 2"]
        assert "3 videos · all" in words(page.list)
        assert page.table.current_id() == FIRST

    play(qapp, tmp_path, server, story, me=ME)


def test_an_upload_that_is_stopped_can_be_taken_up_again(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        tab = await opened(office)
        page = tab.page
        server.before["PATCH file"] = [httpx.ConnectError("down")]
        page.take_files([path])
        await office.settle()
        page.new.begin.click()
        await until(lambda: page.strip.rows and server.asked("PATCH", "file"))
        ((name, row),) = page.strip.rows.items()
        row.stop.click()
        await office.settle()
        assert server.find(name).deleted_at is not None
        assert office.context.uploads.all() == []
        assert not page.strip.isVisible()
        undo(office)
        await office.settle()
        assert server.files[name] == path.read_bytes()
        assert len(server.asked("POST", "videos")) == 1

    play(qapp, tmp_path, server, story, me=ME)


def test_what_could_not_be_deleted_is_still_there(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        server.down = True
        button(tab.page.pane, "Delete").click()
        await office.settle()
        assert "was not deleted" in office.told()
        assert tab.page.model.rowCount() == 3

    play(qapp, tmp_path, server, story, me=ME)
