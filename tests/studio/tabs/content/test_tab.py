"""The My videos tab: the list, its states, files that are dropped, and uploads held by a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.content.rules import DerivativeKind, VideoState, Visibility
from server.content.schemas import Counts
from server.kit.wire import Availability
from studio.messages import Message
from studio.offline.changes import Changes
from studio.offline.upload import upload_of
from studio.offline.uploads import Phase
from studio.tabs.content import state
from studio.tabs.content.tab import ContentTab
from studio.workplace import RESYNC
from tests.studio.tabs.content.content_server import BLOCK, GORE, ME, ContentServer, file, video
from tests.studio.tabs.content.screen import FIRST, cells, opened
from tests.studio.tabs.office import Office, body, button, nameless, play, problem, until, words


def test_own_videos_are_listed_and_the_first_is_shown(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    server.put(video(1, counts=Counts(views=1204, likes=31, comments=0, shares=0, saves=0)))
    hidden = {"availability": Availability.RESTRICTED, "visibility": Visibility.UNLISTED}
    server.put(video(2, **hidden, restriction=GORE))

    async def story(office: Office) -> None:
        tab = await opened(office)
        assert cells(tab, "title") == ["Video 0", "Video 1", "Video 2"]
        assert cells(tab, "views") == ["—", "1,204", "—"]
        assert cells(tab, "visibility") == ["Public", "Public", "Unlisted"]
        assert cells(tab, "state")[0] == "Ready"
        assert cells(tab, "state")[2] == "Hidden from feeds"
        assert cells(tab, "reason") == ["", "", "Graphic violence"]
        assert server.asked("GET", "videos")[0].url.params["owner"] == "me"
        assert tab.page.pane.form.title.text() == "Video 0"
        assert nameless(tab) == []
        tab.page.table.select([video(2).id], video(2).id)
        said = words(tab.page.pane)
        assert "hid this video from feeds, since it breaks the rule “Graphic violence”." in said
        assert GORE.until is not None
        assert f"The decision ends on {state.moment(GORE.until)}" in said
        assert "name decision 00000000" in said

    play(qapp, tmp_path, server, story, me=ME)


def test_files_are_dropped_titled_and_sent(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    paths = [file(tmp_path, "my_first-video.mp4"), file(tmp_path, "second.mov", BLOCK + 1)]
    (tmp_path / "notes.txt").write_text("no video")

    async def story(office: Office) -> None:
        tab = await opened(office)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in (*paths, tmp_path / "notes.txt")])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(tab, QDragEnterEvent(QPoint(9, 9), copy, data, left, none))
        assert tab.veil.isVisible()
        QApplication.sendEvent(tab, QDropEvent(QPointF(9, 9), copy, data, left, none))
        await office.settle()
        assert not tab.veil.isVisible()
        assert "notes.txt" in office.told()
        new = tab.page.new
        assert [each.title.text() for each in new.files] == ["My first video", "Second"]
        assert nameless(tab) == []
        new.files[0].title.clear()
        QTest.keyClicks(new.files[0].title, "Harbour")
        new.caption.setPlainText("At dawn")
        new.publishing.visibility.setCurrentIndex(1)
        new.publishing.visibility.activated.emit(1)
        button(new, "Upload 2 videos").click()
        await office.settle()
        assert [each.title for each in server.videos[:2]] == ["Second", "Harbour"]
        assert {each.caption for each in server.videos[:2]} == {"At dawn"}
        assert {each.visibility for each in server.videos[:2]} == {Visibility.UNLISTED}
        assert [server.files[each.id] for each in server.videos[:2]] == [
            path.read_bytes() for path in reversed(paths)
        ]
        assert cells(tab, "title")[:2] == ["Second", "Harbour"]
        assert "Being processed" in cells(tab, "state")[0]
        assert not tab.page.strip.isVisible()

    play(qapp, tmp_path, server, story, me=ME)


def test_a_time_of_publication_goes_with_it(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.page.take_files([path])
        await office.settle()
        new = tab.page.new
        new.publishing.later.click()
        new.publishing.time.setDateTime(new.publishing.time.dateTime().addYears(-1))
        assert "has passed" in words(new)
        assert not new.begin.isEnabled()
        new.publishing.time.setDateTime(new.publishing.time.dateTime().addYears(2))
        QTest.keyClick(new.files[0].title, Qt.Key.Key_Return)
        await office.settle()
        (sent,) = server.asked("POST")
        assert body(sent)["publish_at"].startswith("2027-03-0")
        assert server.videos[0].publish_at is not None

    play(qapp, tmp_path, server, story, me=ME)


def test_an_upload_is_held_by_a_key_and_goes_on(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        tab = await opened(office)
        page = tab.page
        tab.activateWindow()
        server.before["PATCH file"] = [httpx.ConnectError("down")]
        page.take_files([path])
        await office.settle()
        page.new.begin.click()
        await until(lambda: page.strip.rows)
        (name,) = page.strip.rows
        uploads = office.context.uploads
        await until(lambda: uploads.progress(name).phase is Phase.RETRYING)  # type: ignore[union-attr]
        await until(lambda: page.table.current_id() == name)
        assert "cannot be reached" in words(page.strip)
        assert "Waiting at 0 %" in cells(tab, "state")[0]
        page.table.setFocus()
        QTest.keyClick(page.table, Qt.Key.Key_P)
        assert uploads.progress(name).phase is Phase.PAUSED  # type: ignore[union-attr]
        assert "Paused at 0 %" in cells(tab, "state")[0]
        assert nameless(tab) == []
        QTest.keyClick(page.table, Qt.Key.Key_P)
        await office.settle()
        assert server.files[name] == path.read_bytes()
        assert not page.strip.isVisible()

    play(qapp, tmp_path, server, story, me=ME)


def test_what_is_held_says_one_figure_in_both_places(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    """After a restart only the server knows how much of a held upload has arrived."""
    upload = replace(upload_of(file(tmp_path, size=4_000)), announced=True, paused=True)
    server.videos.insert(0, video(0, id=upload.id, state=VideoState.UPLOADING, received=1_000))

    async def story(office: Office) -> None:
        await office.context.uploads.add([upload])
        tab = await opened(office)
        assert cells(tab, "state")[0] == "Paused at 25 %"
        assert "25 %" in words(tab.page.strip)

    play(qapp, tmp_path, server, story, me=ME)


def test_a_link_is_copied_where_there_is_one(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    server.put(video(1, visibility=Visibility.PRIVATE))

    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.activateWindow()
        tab.page.table.setFocus()
        QTest.keyClick(tab.page.table, Qt.Key.Key_L)
        assert QGuiApplication.clipboard().text() == f"studio:video/{FIRST}"
        tab.page.table.selectRow(1)
        assert not tab.page.pane.link_button.isEnabled()

    play(qapp, tmp_path, server, story, me=ME)


def test_changes_elsewhere_are_shown_at_once(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    def changed(number: int) -> Changes:
        return Changes(kinds=frozenset({"content.video"}), ids=frozenset({str(video(number).id)}))

    async def story(office: Office) -> None:
        tab = await opened(office)
        server.put(video(0, availability=Availability.REMOVED, version=4))
        office.changes.send(changed(0))
        await office.settle()
        assert "Removed" in cells(tab, "state")[0]
        assert "Moderation removed this video" in words(tab.page.pane)
        office.changes.send(changed(77))
        assert len(server.asked("GET", "videos")) == 1
        server.put(video(1, state=VideoState.PROCESSING, version=4))
        own = frozenset({"content.own_videos"})
        office.changes.send(Changes(kinds=own, ids=frozenset({str(ME.id)}), origin="live"))
        assert tab.page.later.isActive()
        await until(lambda: "Being processed" in cells(tab, "state")[1])
        tab.page.later.stop()
        office.changes.send(Changes(kinds=frozenset({RESYNC})))
        await office.settle()
        assert len(server.asked("GET", "videos")) == 3

    play(qapp, tmp_path, server, story, me=ME)


def test_stills_are_fetched_for_what_is_seen(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    image = QImage(640, 360, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    still = tmp_path / "still.jpg"
    assert image.save(str(still))
    server.before["GET poster"] = [httpx.Response(200, content=still.read_bytes())]
    server.put(video(0, derivatives=[DerivativeKind.POSTER]))

    async def story(office: Office) -> None:
        tab = await opened(office)
        await until(lambda: tab.page.posters.get(server.find(FIRST)))
        assert tab.page.posters.get(server.find(FIRST)).width() == 480  # type: ignore[union-attr]
        tab.grab()
        await office.settle()
        assert len(server.asked("GET", "poster")) == 1

    play(qapp, tmp_path, server, story, me=ME)


@pytest.mark.parametrize("down", [True, False])
def test_nothing_and_no_server_say_what_to_do(qapp: QApplication, tmp_path: Path, down: bool) -> None:
    server = ContentServer(0)
    server.down = down

    async def story(office: Office) -> None:
        tab = await opened(office)
        said = words(tab)
        assert ("cannot be reached" in said) is down
        assert ("Drop a video here" in said) is not down
        assert not tab.page.beside.page.isVisible()
        assert nameless(tab) == []

    play(qapp, tmp_path, server, story, me=ME)


def test_widths_are_remembered(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.page.table.setColumnWidth(tab.page.model.column_number("state"), 213)
        kept = tab.save_state()
        other = ContentTab(office.context)
        other.restore_state(kept)
        await office.show(other, 1240, 800)
        assert other.page.table.columnWidth(tab.page.model.column_number("state")) == 213
        other.restore_state({"columns": 7, "splitter": ["x"]})

    play(qapp, tmp_path, server, story, me=ME)


def test_what_becomes_of_an_upload_is_told_elsewhere_too(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path, other = file(tmp_path), file(tmp_path, "other.mp4", BLOCK)
    server.before["POST"] = [problem(413, "too_large", "A video may have at most 4 MiB.")]

    async def story(office: Office) -> None:
        notices = ContentTab.watch(office.context)
        await office.context.uploads.add([upload_of(path), upload_of(other)])
        await office.settle()
        assert "“My first video” was not sent A video may have at most 4 MiB." in office.told()
        assert "“Other” has arrived" in office.told()
        assert len(office.reports) == 2
        told = office.reports[-1]
        assert isinstance(told, Message)
        assert told.action is not None
        told.action.do()
        assert office.went == [("content", {"video": server.videos[0].id})]
        del notices

    play(qapp, tmp_path, server, story, me=ME)
