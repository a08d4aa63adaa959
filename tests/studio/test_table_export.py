"""A table leaves as a file: beside the Qt thread, whole or not at all, and also what is not read yet."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio import table_export
from studio.messages import Message
from studio.table_copy import CHUNK
from studio.table_export import TableExport
from studio.tabs.people.tab import PeopleTab
from studio.widgets.button import IconButton
from studio.widgets.progress_row import ProgressRow
from studio.widgets.table import Column, RowModel
from studio.widgets.table_view import TableView
from tests.studio.tabs.office import Office, Routes, play, until
from tests.studio.tabs.people.people_server import PeopleServer

Row = tuple[int, str]


class Desk:
    """A table of `count` rows and its export; `threads` are those on which cells were made."""

    def __init__(self, office: Office, count: int, **more: object) -> None:
        self.office = office
        self.threads: set[int] = set()
        self.model: RowModel[Row] = RowModel(
            [
                Column(id="id", title="Id", width=60, text=lambda row: str(row[0]), key=lambda row: row[0]),
                Column(id="name", title="Name", width=60, text=self._name),
            ],
            row_id=lambda row: row[0],
            search=lambda row: row[1],
        )
        self.table = TableView(self.model, "Some things", office.context.keymap)
        self.model.setParent(self.table)
        self.export = TableExport(office.context, self.table, nouns=("thing", "things"), **more)  # type: ignore[arg-type]
        self.model.set_rows([(n, f"=name {n}") for n in range(count)])

    def _name(self, row: Row) -> str:
        self.threads.add(threading.get_ident())
        return row[1]


def test_a_large_table_is_written_beside_the_screen(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "things.csv"

    async def story(office: Office) -> None:
        desk = Desk(office, 2 * CHUNK + 1)
        desk.table.sort_by("id", descending=True)
        desk.export.export(file)
        desk.export.export(tmp_path / "other.csv")
        assert desk.export.isVisibleTo(desk.export.parentWidget())
        await until(lambda: not desk.export.running)
        assert desk.export.isHidden()
        assert threading.get_ident() not in desk.threads
        assert [each.text for each in office.reports if isinstance(each, Message)] == [
            "An export is under way.",
            "2,001 things exported",
        ]

    play(qapp, tmp_path, Routes({}), story)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[:2] == ["Id,Name", "2000,'=name 2000"]
    assert lines[-1] == "0,'=name 0"
    assert not (tmp_path / "other.csv").exists()


def test_a_stopped_export_leaves_what_was_there(qapp: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / "things.csv"
    file.write_text("yesterday")

    async def story(office: Office) -> None:
        async def source() -> AsyncIterator[Sequence[Row]]:
            yield [(1, "one")]
            desk.export.findChild(ProgressRow).findChild(IconButton).click()
            yield [(2, "two")]

        desk = Desk(office, 0, source=source)
        desk.export.export(file)
        await until(lambda: not desk.export.running)
        assert desk.export.isHidden()
        assert office.reports == []

    play(qapp, tmp_path, Routes({}), story)
    assert [each.name for each in folder.iterdir()] == ["things.csv"]
    assert file.read_text() == "yesterday"


def test_the_folder_is_offered(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(table_export, "open_folder", opened.append)

    async def story(office: Office) -> None:
        desk = Desk(office, 1)
        desk.export.export(tmp_path / "things.csv")
        await until(lambda: not desk.export.running)
        told = office.reports[-1]
        assert isinstance(told, Message)
        assert told.action is not None
        assert told.action.title == "Show in folder"
        told.action.do()

    play(qapp, tmp_path, Routes({}), story)
    assert opened == [tmp_path]


def test_people_who_are_not_scrolled_to_are_exported_too(qapp: QApplication, tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        tab = PeopleTab(office.context)
        await office.show(tab)
        assert tab.people.count == 100
        tab.people.exporting.export(tmp_path / "people.csv")
        await until(lambda: not tab.people.exporting.running)
        assert "250 people exported" in office.told()
        assert tab.people.count == 100

    play(qapp, tmp_path, PeopleServer(250), story)
    assert len((tmp_path / "people.csv").read_text(encoding="utf-8-sig").splitlines()) == 251
