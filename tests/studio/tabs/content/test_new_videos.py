"""What is typed about files before their upload begins is not lost: by no disk, no restart, no other drop."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.content.rules import Visibility
from studio.offline.store import Store
from studio.offline.upload import upload_of
from studio.offline.uploads import PREFIX
from studio.tabs.content.kept import NEW
from studio.tabs.content.new_videos import NewVideosPane
from studio.tabs.content.tab import ContentTab
from tests.studio.tabs.content.content_server import BLOCK, ME, ContentServer, file
from tests.studio.tabs.content.screen import opened
from tests.studio.tabs.office import Office, play, until, words


class FullDisk:
    """While `full`, nothing can be remembered of an upload."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        really_save = Store.save_drafts

        def save(store: Store, texts: Mapping[str, str]) -> None:
            if self.full and any(key.startswith(PREFIX) for key in texts):
                raise sqlite3.OperationalError("database or disk is full")
            really_save(store, texts)

        monkeypatch.setattr(Store, "save_drafts", save)


async def asked(office: Office, tab: ContentTab, *paths: Path) -> NewVideosPane:
    """The questions about these files."""
    tab.page.take_files(paths)
    await until(lambda: len(tab.page.new.files) == len(paths))
    return tab.page.new


def describe(new: NewVideosPane) -> None:
    """Type something into each field."""
    title = new.files[0].title
    title.clear()
    QTest.keyClicks(title, "Harbour")
    new.caption.setPlainText("At dawn")
    new.publishing.visibility.setCurrentIndex(1)
    new.publishing.visibility.activated.emit(1)


def typed(new: NewVideosPane) -> tuple[Any, ...]:
    titles = [each.title.text() for each in new.files]
    return titles, new.caption.toPlainText(), new.publishing.chosen


def kept(office: Office, prefix: str) -> list[str]:
    return [key for key in office.context.store.drafts() if key.startswith(prefix)]


def test_a_disk_that_refuses_leaves_what_was_typed_and_begins_nothing(
    qapp: QApplication, tmp_path: Path, server: ContentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    paths = file(tmp_path), file(tmp_path, "second.mov", BLOCK)

    async def story(office: Office) -> None:
        tab = await opened(office)
        new = await asked(office, tab, *paths)
        describe(new)
        before = typed(new)
        new.begin.click()
        assert not new.begin.isEnabled()
        await until(lambda: "disk did not take it" in words(new))
        assert typed(new) == before == (["Harbour", "Second"], "At dawn", Visibility.UNLISTED)
        assert tab.page.beside.page is new
        assert server.asked("POST") == []
        assert office.context.uploads.all() == []
        assert kept(office, PREFIX) == []
        disk.full = False
        new.begin.click()
        await office.settle()
        assert [each.title for each in server.videos[:2]] == ["Second", "Harbour"]
        assert not new.filled
        assert tab.page.beside.page is tab.page.pane
        await until(lambda: not kept(office, NEW))

    play(qapp, tmp_path, server, story, me=ME)


def test_a_program_that_ended_asks_again_with_what_was_typed(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def first(office: Office) -> None:
        tab = await opened(office)
        new = await asked(office, tab, path)
        describe(new)
        new.files[0].title.setText("")
        new.files[0].title.textEdited.emit("")
        await tab.leave()

    async def second(office: Office) -> None:
        tab = await opened(office)
        new = tab.page.new
        assert new.isVisible()
        assert typed(new) == ([""], "At dawn", Visibility.UNLISTED)
        assert "needs a title" in words(new)
        QTest.keyClicks(new.files[0].title, "Harbour")
        new.begin.click()
        await office.settle()
        (sent,) = [each for each in server.videos if each.title == "Harbour"]
        assert (sent.caption, sent.visibility) == ("At dawn", Visibility.UNLISTED)
        assert server.files[sent.id] == path.read_bytes()

    async def third(office: Office) -> None:
        tab = await opened(office)
        assert not tab.page.new.filled

    for story in (first, second, third):
        play(qapp, tmp_path, server, story, me=ME)


def test_what_is_left_out_or_cancelled_is_forgotten(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    paths = file(tmp_path), file(tmp_path, "second.mov", BLOCK)

    async def story(office: Office) -> None:
        tab = await opened(office)
        new = await asked(office, tab, *paths)
        describe(new)
        await new.keeping.finish()
        assert len(kept(office, NEW)) == 2
        new.files[1].drop.click()
        await new.keeping.finish()
        assert len(kept(office, NEW)) == 1
        new.cancel.click()
        await new.keeping.finish()
        assert kept(office, NEW) == []
        assert tab.page.beside.page is tab.page.pane
        await asked(office, tab, paths[0])
        assert new.caption.toPlainText() == ""
        assert new.publishing.chosen is Visibility.PUBLIC

    play(qapp, tmp_path, server, story, me=ME)


def test_an_upload_that_began_right_before_a_kill_is_not_asked_about(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def first(office: Office) -> None:
        tab = await opened(office)
        new = await asked(office, tab, path)
        describe(new)
        await new.keeping.finish()
        assert len(kept(office, NEW)) == 1
        await office.context.uploads._keep(new.files[0].upload)  # and killed before anything else
        assert kept(office, NEW) == []

    async def second(office: Office) -> None:
        tab = await opened(office)
        assert not tab.page.new.filled
        await office.context.uploads.begin()
        await office.settle()
        assert len(server.files) == 1

    async def third(office: Office) -> None:
        assert not (await opened(office)).page.new.filled

    for story in (first, second, third):
        play(qapp, tmp_path, server, story, me=ME)


def test_files_that_come_later_join_those_that_are_there(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab = await opened(office)
        new = await asked(office, tab, file(tmp_path))
        describe(new)
        tab.page.ask([upload_of(file(tmp_path, "second.mov", BLOCK))])
        assert typed(new) == (["Harbour", "Second"], "At dawn", Visibility.UNLISTED)

    play(qapp, tmp_path, server, story, me=ME)
