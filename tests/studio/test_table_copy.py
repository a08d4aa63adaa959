"""Many rows of a table are copied beside the Qt thread, and a long copy can be seen and stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import get_ident

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio import table_copy
from studio.table_copy import CHUNK
from studio.widgets import clipboard
from studio.widgets.button import IconButton
from studio.widgets.progress_row import ProgressRow
from studio.widgets.table_view import COPIED_HERE
from tests.studio.tabs.office import Office, Routes, play, until
from tests.studio.test_table_export import Desk


def test_many_rows_are_copied_beside_the_screen(qapp: QApplication, tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        desk = Desk(office, 2 * CHUNK + 1)
        desk.table.sort_by("id", descending=True)
        desk.table.selectAll()
        desk.table.copy()
        assert desk.export.copying
        await until(lambda: not desk.export.copying)
        assert get_ident() not in desk.threads
        assert office.told().strip() == "2,001 things copied"
        lines = QGuiApplication.clipboard().text().splitlines()
        assert lines[:2] == ["Id\tName", "2000\t'=name 2000"]
        assert lines[-1] == "0\t'=name 0"
        assert len(lines) == 2 * CHUNK + 2

    play(qapp, tmp_path, Routes({}), story)


def test_a_few_are_there_at_once(qapp: QApplication, tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        desk = Desk(office, COPIED_HERE)
        desk.table.selectAll()
        desk.table.copy()
        assert not desk.export.copying
        assert len(QGuiApplication.clipboard().text().splitlines()) == COPIED_HERE + 1

    play(qapp, tmp_path, Routes({}), story)


def test_a_long_copy_is_seen_and_can_be_stopped(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_copy, "PATIENCE_S", 0.0)

    async def story(office: Office) -> None:
        QGuiApplication.clipboard().setText("before")
        desk = Desk(office, 3 * CHUNK)
        desk.table.selectAll()
        desk.table.copy()
        await until(lambda: desk.export.findChild(ProgressRow))
        assert desk.export.isVisibleTo(desk.export.parentWidget())
        desk.export.findChild(ProgressRow).findChild(IconButton).click()
        await until(lambda: not desk.export.copying)
        assert desk.export.isHidden()
        assert office.reports == []
        assert QGuiApplication.clipboard().text() == "before"

    play(qapp, tmp_path, Routes({}), story)


def one_row(desk: Desk) -> None:
    desk.table.select([7])
    desk.table.copy()


def another_thing(_: Desk) -> None:
    clipboard.put("Id\tName\n7\t'=name 7\n")


def a_row_of_another_table(desk: Desk) -> None:
    one_row(Desk(desk.office, 8))


@pytest.mark.parametrize("newer", [one_row, another_thing, a_row_of_another_table])
def test_a_long_copy_does_not_overwrite_a_newer_one(
    qapp: QApplication, tmp_path: Path, newer: Callable[[Desk], None]
) -> None:
    async def story(office: Office) -> None:
        desk = Desk(office, 2 * CHUNK)
        desk.table.selectAll()
        desk.table.copy()
        assert desk.export.copying
        newer(desk)
        await until(lambda: not desk.export.copying)
        assert QGuiApplication.clipboard().text().splitlines() == ["Id\tName", "7\t'=name 7"]
        assert office.reports == []

    play(qapp, tmp_path, Routes({}), story)


def test_of_two_copies_the_last_one_counts(qapp: QApplication, tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        desk = Desk(office, 2 * CHUNK)
        desk.table.selectAll()
        desk.table.copy()
        desk.model.set_filter("name 1")
        desk.table.selectAll()
        desk.table.copy()
        await until(lambda: not desk.export.copying)
        assert office.told().strip() == "1,271 things copied"

    play(qapp, tmp_path, Routes({}), story)
