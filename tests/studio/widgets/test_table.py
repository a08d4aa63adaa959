"""The row model: filter, sort, live changes, what Qt is told and how often it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from studio.widgets import table
from studio.widgets.table import Column, RowModel, harmless, separated


@dataclass(frozen=True)
class Clip:
    id: int
    title: str
    score: int


def model(*, made: list[int] | None = None) -> RowModel[Clip]:
    def text(row: Clip) -> str:
        if made is not None:
            made.append(row.id)
        return row.title

    return RowModel(
        [
            Column(id="title", title="Title", width=100, text=text, key=lambda r: r.title),
            Column(
                id="score",
                title="Score",
                width=80,
                text=lambda r: str(r.score),
                key=lambda r: r.score,
                align="right",
            ),
            Column(
                id="note", title="Note", width=80, text=lambda r: "", tooltip=lambda r: f"<b>{r.title}</b>"
            ),
        ],
        row_id=lambda r: r.id,
        search=lambda r: r.title,
    )


def clips(*titles: str) -> list[Clip]:
    return [Clip(n, title, n * 10) for n, title in enumerate(titles)]


def shown(m: RowModel[Clip]) -> list[int]:
    return [m.row(n).id for n in range(m.rowCount())]


@pytest.mark.usefixtures("qapp")
class TestView:
    def test_qt_finds_no_fault(self, qtmodeltester: ModelTester) -> None:
        m = model()
        m.set_rows(clips("b", "a", "c"))
        qtmodeltester.check(m)  # type: ignore[no-untyped-call]

    def test_filter_wants_every_word_in_any_case(self) -> None:
        m = model()
        m.set_rows(clips("Red Fox", "red hen", "blue fox"))
        m.set_filter("FOX red")
        assert shown(m) == [0]
        m.set_filter("")
        assert shown(m) == [0, 1, 2]

    def test_filter_by_predicate_and_words(self) -> None:
        m = model()
        m.set_rows(clips("a", "a", "b"))
        m.set_filter("a", lambda r: r.score > 0)
        assert shown(m) == [1]

    def test_sort_by_text_ignores_case_and_is_stable(self) -> None:
        m = model()
        m.set_rows(clips("b", "A", "a", "B"))
        m.sort_by("title")
        assert shown(m) == [1, 2, 0, 3]
        m.sort_by(None)
        assert shown(m) == [0, 1, 2, 3]

    def test_sort_survives_a_filter(self) -> None:
        m = model()
        m.set_rows(clips("b", "a", "bb"))
        m.sort_by("score", descending=True)
        m.set_filter("b")
        assert shown(m) == [2, 0]
        assert m.sorted_by == ("score", True)

    @pytest.mark.parametrize("column", ["note", "nothing"])
    def test_what_cannot_be_sorted_by_is_refused(self, column: str) -> None:
        with pytest.raises(KeyError):
            model().sort_by(column)

    def test_counts_are_told(self, qtbot: QtBot) -> None:
        m = model()
        with qtbot.waitSignal(m.counted, check_params_cb=lambda s, h: (s, h) == (3, 3)):
            m.set_rows(clips("a", "b", "c"))
        with qtbot.waitSignal(m.counted, check_params_cb=lambda s, h: (s, h) == (1, 3)):
            m.set_filter("b")

    def test_rows_are_found_by_id(self) -> None:
        m = model()
        m.set_rows(clips("a", "b", "c"))
        m.sort_by("score", descending=True)
        assert m.numbers([2, 0, 99]) == {2: 0, 0: 2}
        row = m.get(1)
        assert row is not None
        assert row.title == "b"
        assert m.get(99) is None


@pytest.mark.usefixtures("qapp")
class TestLiveChanges:
    def test_a_thousand_changes_are_told_once(self, qtbot: QtBot) -> None:
        m = model()
        m.set_rows(clips(*"abcdef"))
        told: list[tuple[int, int]] = []
        m.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
        with qtbot.waitSignal(m.dataChanged):
            for score in range(1000):
                m.upsert([Clip(1 + score % 3, "x", 10)])
        assert told == [(1, 3)]

    def test_change_of_the_sort_key_moves_the_row(self) -> None:
        m = model()
        m.set_rows(clips("a", "b", "c"))
        m.sort_by("score")
        m.upsert([Clip(0, "a", 99)])
        assert shown(m) == [0, 1, 2], "not before the view is told"
        m.flush()
        assert shown(m) == [1, 2, 0]

    def test_change_of_another_column_resets_nothing(self) -> None:
        m = model()
        m.set_rows(clips("a", "b"))
        m.sort_by("score")
        resets: list[int] = []
        m.modelReset.connect(lambda: resets.append(1))
        m.upsert([Clip(0, "renamed", 0)])
        m.flush()
        assert resets == []
        assert m.cell(0, 0) == "renamed"

    def test_row_enters_and_leaves_the_filter(self) -> None:
        m = model()
        m.set_rows(clips("fox", "hen"))
        m.set_filter("fox")
        m.upsert([Clip(1, "fox too", 0), Clip(0, "hen", 0), Clip(7, "new fox", 0)])
        m.flush()
        assert shown(m) == [1, 7]

    def test_removed_row_is_gone(self) -> None:
        m = model()
        m.set_rows(clips("a", "b", "c"))
        m.remove([1, 99])
        assert m.get(1) is None
        m.flush()
        assert shown(m) == [0, 2]
        m.upsert([Clip(1, "b", 10)])
        m.flush()
        assert shown(m) == [0, 2, 1]

    def test_removing_asks_for_no_key_again(self) -> None:
        asked: list[int] = []

        def key(row: Clip) -> int:
            asked.append(row.id)
            return row.score

        m = model()
        m = RowModel([replace(m.columns[1], key=key)], row_id=lambda r: r.id, search=lambda r: r.title)
        m.set_rows(clips(*"abcdef"))
        m.sort_by("score")
        asked.clear()
        m.remove([3])
        m.flush()
        assert (shown(m), asked) == ([0, 1, 2, 4, 5], [])

    def test_gaps_are_closed_when_they_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table, "MOST_GAPS", 2)
        m = model()
        m.set_rows(clips(*"abcdef"))
        m.set_filter("")
        m.sort_by("score", descending=True)
        m.remove([0, 1, 2, 3])
        m.flush()
        assert shown(m) == [5, 4]
        assert len(m._rows) == 2

    def test_of_two_rows_with_one_id_the_later_stays(self) -> None:
        m = model()
        m.set_rows([Clip(1, "old", 0), Clip(1, "new", 0)])
        assert [m.row(n).title for n in range(m.rowCount())] == ["new"]

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_changes_end_where_a_fresh_model_would(self, data: st.DataObject) -> None:
        with patch.object(table, "MOST_GAPS", data.draw(st.sampled_from([0, 2, 1_000]))):
            self.change_and_compare(data)

    def change_and_compare(self, data: st.DataObject) -> None:
        title = st.text("abAB", max_size=3)
        row = st.builds(Clip, st.integers(0, 8), title, st.integers(0, 3))
        live = model()
        held: dict[int, Clip] = {}
        words, column, descending = data.draw(
            st.tuples(st.sampled_from(["", "a", "b a"]), st.sampled_from(["title", "score"]), st.booleans())
        )
        live.set_filter(words)
        live.sort_by(column, descending=descending)
        for _ in range(data.draw(st.integers(1, 6))):
            if data.draw(st.booleans()):
                rows = data.draw(st.lists(row, max_size=4))
                live.upsert(rows)
                held |= {r.id: r for r in rows}
            else:
                gone = data.draw(st.integers(0, 8))
                live.remove([gone])
                held.pop(gone, None)
            if data.draw(st.booleans()):
                live.flush()
        live.flush()
        fresh = model()
        fresh.set_rows(held.values())
        fresh.set_filter(words)
        fresh.sort_by(column, descending=descending)
        number = live.column_number(column)
        assert [live.cell(n, number).casefold() for n in range(live.rowCount())] == [
            fresh.cell(n, number).casefold() for n in range(fresh.rowCount())
        ]
        assert sorted(shown(live)) == sorted(shown(fresh))


@pytest.mark.usefixtures("qapp")
class TestCost:
    def test_roles_that_are_not_served_cost_nothing(self) -> None:
        made: list[int] = []
        m = model(made=made)
        m.set_rows(clips("a"))
        for role in (
            Qt.ItemDataRole.DecorationRole,
            Qt.ItemDataRole.BackgroundRole,
            Qt.ItemDataRole.SizeHintRole,
        ):
            assert m.data(m.index(0, 0), int(role)) is None
        assert made == []

    def test_text_is_made_once_and_only_for_what_is_asked(self) -> None:
        made: list[int] = []
        m = model(made=made)
        m.set_rows(clips("a", "b", "c"))
        for _ in range(3):
            m.cell(1, 0)
        assert made == [1]

    def test_live_column_is_made_each_time(self) -> None:
        made: list[int] = []
        m = model(made=made)
        m.columns = (replace(m.columns[0], live=True), *m.columns[1:])
        m.set_rows(clips("a"))
        m.cell(0, 0)
        m.cell(0, 0)
        assert made == [0, 0]

    def test_keys_are_computed_once_for_many_sorts(self) -> None:
        asked: list[int] = []

        def key(row: Clip) -> int:
            asked.append(row.id)
            return row.score

        m: RowModel[Clip] = RowModel(
            [Column(id="s", title="S", width=80, text=lambda r: "", key=key)],
            row_id=lambda r: r.id,
            search=lambda r: "",
        )
        m.set_rows(clips("a", "b", "c"))
        for descending in (False, True, False):
            m.sort_by("s", descending=descending)
        m.set_filter("", lambda r: r.id > 0)
        assert sorted(asked) == [0, 1, 2]


@pytest.mark.usefixtures("qapp")
class TestText:
    def test_tooltip_is_escaped(self) -> None:
        m = model()
        m.set_rows([Clip(1, "<script>", 0)])
        shown_text: Any = m.data(m.index(0, 2), int(Qt.ItemDataRole.ToolTipRole))
        assert "&lt;b&gt;&lt;script&gt;" in shown_text

    def test_header_and_empty_index(self) -> None:
        m = model()
        assert m.headerData(1, Qt.Orientation.Horizontal) == "Score"
        assert m.headerData(1, Qt.Orientation.Vertical) is None
        assert m.data(QModelIndex()) is None

    @pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-A1", "@x", " =1", "\t=1", "-2 x"])
    def test_formula_is_disarmed(self, cell: str) -> None:
        assert harmless(cell).startswith("'")

    @pytest.mark.parametrize("cell", ["-12.50", "+1", "-1,234.00", "plain", "a=b"])
    def test_what_is_harmless_is_left_alone(self, cell: str) -> None:
        assert harmless(cell) == cell

    def test_export_has_titles_and_one_line_a_row(self) -> None:
        m = model()
        m.set_rows([Clip(1, 'say "hi",\nthere', 5), Clip(2, "=cmd()", 6)])
        assert separated(m.columns[1::-1], m.shown(), ",", titles=True) == (
            'Score,Title\n5,"say ""hi"", there"\n6,\'=cmd()\n'
        )


def test_what_is_searched_is_read_while_nobody_waits_for_it(qtbot: QtBot) -> None:
    read: list[int] = []

    def search(row: Clip) -> str:
        read.append(row.id)
        return row.title

    m = RowModel[Clip]([], row_id=lambda r: r.id, search=search)
    with patch.object(table, "SLICE", 2):
        m.set_rows(clips("a", "b", "c", "d", "e"))
        m.upsert([Clip(1, "x", 0), Clip(9, "a", 0)])
        assert read == []
        qtbot.waitUntil(lambda: len(read) == 6)
    m.set_filter("a")
    assert len(read) == 6
    assert shown(m) == [0, 9]


def test_a_search_does_not_wait_for_the_reading_ahead(qapp: QApplication) -> None:
    m = model()
    with patch.object(table, "SLICE", 1):
        m.set_rows(clips("a", "b", "a"))
        qapp.processEvents()
        m.set_filter("a")
        assert shown(m) == [0, 2]
        m.upsert([Clip(1, "a", 0), Clip(7, "a", 0)])
        m.flush()
        assert shown(m) == [0, 1, 2, 7]
