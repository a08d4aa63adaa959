"""The table: selection that survives, keyboard, columns remembered, copy and export."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHeaderView, QMenu
from pytestqt.qtbot import QtBot

from studio.gallery_samples import Item, items, queue_model
from studio.keys import Keymap
from studio.theme import style
from studio.widgets.table import ChipLook, Column, RowModel
from studio.widgets.table_view import TableView


@pytest.fixture
def rows(qtbot: QtBot) -> RowModel[Item]:
    made = queue_model()
    made.set_rows(items(200))
    return made


@pytest.fixture
def table(qtbot: QtBot, rows: RowModel[Item]) -> TableView:
    made = TableView(rows, "Queue", Keymap())
    qtbot.addWidget(made)
    made.resize(900, 400)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.setFocus()
    return made


def test_selection_current_and_place_survive_a_filter(table: TableView, rows: RowModel[Item]) -> None:
    table.select([4910, 4912], 4912)
    rows.set_filter("clip_49")
    assert table.selected_ids() == [4910, 4912]
    assert table.current_id() == 4912
    rows.set_filter("")
    assert table.selected_ids() == [4910, 4912]


def test_selection_survives_a_sort_and_a_live_change(table: TableView, rows: RowModel[Item]) -> None:
    table.select([4820])
    table.sort_by("score", descending=True)
    rows.upsert([items(200)[10]._replace(score=10_000)])
    rows.flush()
    assert table.selected_ids() == [4820]
    assert rows.id_at(0) == 4820


def test_a_whole_selected_table_stays_one_run_in_another_order(table: TableView) -> None:
    table.selectAll()
    table.sort_by("score", descending=True)
    assert len(table.selected_ids()) == 200
    assert len(table.selectionModel().selection()) == 1


class Asked(RowModel[Item]):
    """Counts how often Qt asks what can be done with a cell."""

    times = 0

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        self.times += 1
        return super().flags(index)


def test_titles_are_painted_without_asking_every_row(qtbot: QtBot, rows: RowModel[Item]) -> None:
    """With 100,000 of them selected that took seconds, at every paint."""
    model = Asked(rows.columns, row_id=lambda row: row.id, search=lambda row: row.title)
    model.set_rows(items(200))
    table = TableView(model, "Queue", Keymap())
    qtbot.addWidget(table)
    with qtbot.waitExposed(table):
        table.show()
    table.selectAll()
    model.times = 0
    table.horizontalHeader().viewport().repaint()
    assert model.times < model.rowCount()


def test_current_row_is_told_once(table: TableView, rows: RowModel[Item]) -> None:
    told: list[object] = []
    table.current.connect(told.append)
    table.select([4820])
    rows.upsert([items(200)[3]._replace(score=1)])
    rows.upsert([Item(9999, "new", "x", "Spam", "low", 0, 0, 0, "")])
    rows.flush()
    table.sort_by("score")
    assert told == [4820]
    rows.remove([4820])
    rows.flush()
    assert told == [4820, None]


def test_first_visible_row_stays_first(table: TableView, rows: RowModel[Item]) -> None:
    table.verticalScrollBar().setValue(80)
    top = rows.id_at(table.rowAt(0))
    rows.upsert([Item(9999, "new", "x", "Spam", "low", 0, 0, 0, "")])
    rows.flush()
    assert rows.id_at(table.rowAt(0)) == top


def test_row_that_leaves_the_filter_leaves_the_selection(table: TableView, rows: RowModel[Item]) -> None:
    table.select([4810])
    rows.set_filter("clip_49")
    assert table.selected_ids() == []


def test_enter_opens_the_current_row(table: TableView, qtbot: QtBot) -> None:
    table.select([4813])
    with qtbot.waitSignal(table.opened, check_params_cb=lambda name: name == 4813):
        QTest.keyClick(table, Qt.Key.Key_Return)


def test_home_and_end_go_to_the_first_and_last_row(table: TableView) -> None:
    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.current_id() == 4810 + 199
    QTest.keyClick(table, Qt.Key.Key_Home)
    assert table.current_id() == 4810


def test_header_click_sorts_up_then_down_then_not(table: TableView, rows: RowModel[Item]) -> None:
    number = rows.column_number("score")
    table.horizontalHeader().sectionClicked.emit(number)
    assert rows.sorted_by == ("score", False)
    table.horizontalHeader().sectionClicked.emit(number)
    assert rows.sorted_by == ("score", True)
    table.horizontalHeader().sectionClicked.emit(number)
    assert rows.sorted_by is None


def test_copy_is_tab_separated_in_the_order_on_screen(table: TableView) -> None:
    table.restore_columns({"order": ["score", "title"], "hidden": ["creator", "policy", "severity"]})
    table.select([4811, 4810])
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:2] == ["Score", "Title".replace("Title", "Item")]
    assert [line.split("\t")[1] for line in lines[1:]] == ["clip_4810.mp4", "clip_4811.mp4"]


def test_what_leaves_passes_the_filter_in_the_order_on_screen(table: TableView, rows: RowModel[Item]) -> None:
    rows.set_filter("tiana")
    table.sort_by("score", descending=True)
    table.restore_columns({"hidden": ["policy"]})
    assert [row.score for row in table.rows.shown()] == sorted(
        (row.score for row in items(200) if "tiana" in row.creator), reverse=True
    )
    assert "policy" not in [column.id for column in table.shown_columns()]


def test_columns_are_remembered(qtbot: QtBot, table: TableView) -> None:
    table.setColumnWidth(0, 321)
    table.setColumnHidden(2, True)
    table.horizontalHeader().moveSection(5, 0)
    table.sort_by("due", descending=True)
    state = table.save_columns()
    fresh = queue_model()
    fresh.set_rows(items(5))
    other = TableView(fresh, "Queue", Keymap())
    qtbot.addWidget(other)
    other.restore_columns(state)
    assert other.save_columns() == state
    assert fresh.sorted_by == ("due", True)


def test_state_of_another_version_is_harmless(table: TableView) -> None:
    before = table.save_columns()
    table.restore_columns(
        {"widths": {"gone": 10}, "order": ["gone"], "hidden": ["gone"], "sort": ["gone", True]}
    )
    assert table.save_columns() == before


def test_columns_that_begin_hidden_stay_so_when_nothing_is_remembered(table: TableView) -> None:
    table.setColumnHidden(2, True)
    table.restore_columns({})
    assert table.isColumnHidden(2)


def test_menu_does_all_the_header_does(table: TableView, rows: RowModel[Item]) -> None:
    menu = table.menu()
    order, shown = (m for m in menu.findChildren(QMenu))
    next(a for a in order.actions() if a.text() == "Score").trigger()
    next(a for a in shown.actions() if a.text() == "Policy").trigger()
    assert rows.sorted_by == ("score", False)
    assert table.isColumnHidden(rows.column_number("policy"))


def test_the_last_column_cannot_be_hidden(table: TableView, rows: RowModel[Item]) -> None:
    for number in range(1, len(rows.columns)):
        table.setColumnHidden(number, True)
    _order, shown = table.menu().findChildren(QMenu)
    assert next(a.isEnabled() for a in shown.actions()) is False


def test_rows_are_fixed_and_never_measured(table: TableView) -> None:
    assert table.verticalHeader().sectionResizeMode(0) == QHeaderView.ResizeMode.Fixed
    modes = {table.horizontalHeader().sectionResizeMode(n) for n in range(table.model().columnCount())}
    assert QHeaderView.ResizeMode.ResizeToContents not in modes


def test_only_what_is_visible_is_made(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = queue_model()
    rows.set_rows(items(5_000))
    asked: set[int] = set()
    cell = rows.cell

    def counting(number: int, column: int) -> str:
        asked.add(number)
        return cell(number, column)

    monkeypatch.setattr(rows, "cell", counting)
    table = TableView(rows, "Queue", Keymap())
    qtbot.addWidget(table)
    table.resize(900, 400)
    table.show()
    table.grab()
    assert asked
    assert max(asked) < 20


def test_selected_row_is_painted_as_such(table: TableView, rows: RowModel[Item]) -> None:
    table.select([4811])
    image: QImage = table.viewport().grab().toImage()
    y = table.rowViewportPosition(1) + 3
    assert image.pixelColor(2, y).name() == style.tokens().selected
    assert image.pixelColor(2, table.rowViewportPosition(2) + 3).name() == style.tokens().surface


def stretching(qtbot: QtBot, width: int) -> TableView:
    columns = [
        Column[int](id="name", title="Name", width=100, stretch=3, text=str),
        Column[int](id="fixed", title="Fixed", width=80, text=str),
        Column[int](id="note", title="Note", width=60, stretch=1, text=str),
    ]
    model = RowModel[int](columns, row_id=lambda row: row, search=str)
    made = TableView(model, "Stretching", Keymap())
    model.setParent(made)
    qtbot.addWidget(made)
    made.resize(width, 200)
    made.show()
    return made


def widths(table: TableView) -> list[int]:
    return [table.columnWidth(n) for n in range(3)]


def test_what_is_left_over_goes_to_the_columns_that_stretch(qtbot: QtBot) -> None:
    table = stretching(qtbot, 640)
    assert sum(widths(table)) == table.viewport().width() == 640
    assert widths(table) == [400, 80, 160]


def test_columns_keep_what_they_need_in_a_narrow_table(qtbot: QtBot) -> None:
    assert widths(stretching(qtbot, 150)) == [100, 80, 60]


def test_a_width_that_was_chosen_stays_and_alone_is_remembered(qtbot: QtBot) -> None:
    table = stretching(qtbot, 640)
    table.setColumnWidth(0, 200)
    table.resize(840, 200)
    assert widths(table) == [200, 80, 560]
    assert table.save_columns()["widths"] == {"name": 200}


def test_a_hidden_column_leaves_its_room_to_the_others(qtbot: QtBot) -> None:
    table = stretching(qtbot, 640)
    table.setColumnHidden(2, True)
    assert widths(table) == [560, 80, 0]
    table.setColumnHidden(2, False)
    assert widths(table) == [400, 80, 160]
    assert table.save_columns()["widths"] == {}


def two_lines(qtbot: QtBot) -> TableView:
    model = RowModel[tuple[str, str]](
        [
            Column(id="name", title="Name", width=80, text=lambda row: row[0]),
            Column(id="handle", title="Handle", width=80, text=lambda row: row[1], below="name"),
        ],
        row_id=lambda row: row[0],
        search=lambda row: row[0],
    )
    model.set_rows([("Mara", "@mara"), ("Joon", "@joon")])
    made = TableView(model, "People", Keymap())
    model.setParent(made)
    qtbot.addWidget(made)
    return made


def test_a_column_stands_under_another_until_it_is_shown_by_itself(qtbot: QtBot) -> None:
    table = two_lines(qtbot)
    double = table.rowHeight(0)
    assert [column.id for column in table.shown_columns()] == ["name", "handle"]
    table.setColumnHidden(1, False)
    assert [column.id for column in table.shown_columns()] == ["name", "handle"]
    assert table.rowHeight(0) < double


def test_compact_rows_are_remembered(qtbot: QtBot) -> None:
    table, other = two_lines(qtbot), two_lines(qtbot)
    roomy = table.rowHeight(0)
    table.set_compact(True)
    assert table.rowHeight(0) < roomy
    other.restore_columns(table.save_columns())
    assert other.rowHeight(0) == table.rowHeight(0)
    assert table.grab().toImage() != QImage()


@pytest.mark.parametrize("reason", ["Spam", ""])
def test_a_chip_has_room_for_a_second_line(qtbot: QtBot, reason: str) -> None:
    model = RowModel[str](
        [
            Column(
                id="state",
                title="State",
                width=160,
                text=str,
                chip=lambda _: ChipLook("danger", "", "Removed"),
            ),
            Column(id="reason", title="Reason", width=160, text=lambda _: reason, below="state"),
        ],
        row_id=lambda row: row,
        search=lambda row: row,
    )
    model.set_rows(["x"])
    table = TableView(model, "Videos", Keymap())
    model.setParent(table)
    qtbot.addWidget(table)
    table.resize(200, 200)
    cell = table.visualRect(model.index(0, 0))
    below = cell.adjusted(0, cell.height() - 11, 0, -2)  # where a chip alone does not reach
    painted = table.viewport().grab(below).toImage()
    colours = {painted.pixel(x, y) for x in range(painted.width()) for y in range(painted.height())}
    assert (len(colours) > 1) is bool(reason)
