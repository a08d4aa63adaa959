"""The queue page: narrowing it, its failures, and what it owes to everybody."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QLineEdit

from studio.api.live import Connection
from studio.settings import FILTERS
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.queue_bar import LIST, QueueBar
from studio.widgets.filter_bar import Filter
from tests.studio.tabs.moderation.conftest import Play, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.seat import Seat
from tests.studio.tabs.moderation.world import World, item, problem

# Narrowing


def test_filters_narrow_at_once_and_are_remembered(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            bar = seat.queue.bar
            bar.line.field.setText("severity:critical")
            await until(lambda: len(seat.shown_ids()) < 60)
            assert {seat.world.items[i].severity for i in seat.shown_ids()} == {"critical"}
            state = seat.tab.save_state()
            bar.clear()
            assert len(seat.shown_ids()) == 60
            seat.tab.restore_state(state)
            assert bar.line.field.text() == "severity:critical"
            bar.line.save("Worst first")
            await until(lambda: (desk.context.settings._path).exists())
            assert "Worst first" in desk.context.settings._path.read_text()

    play(World(item(n) for n in range(60)), story)


@pytest.mark.parametrize(
    "state",
    [{}, {"columns": 3, "filter": "x"}, {"columns": {"widths": 1}, "filter": {"text": 3}}, {"filter": {}}],
)
def test_any_remembered_state_is_borne(play: Play, state: dict[str, Any]) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.tab.restore_state(state)
            assert len(seat.shown_ids()) == 3
            assert seat.table.isColumnHidden(seat.queue.model.column_number("priority"))

    play(World(item(n) for n in range(3)), story)


def test_hidden_columns_take_no_room(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.tab.resize(1440, 900)
            head = seat.table.horizontalHeader()
            assert head.length() == sum(map(head.sectionSize, range(head.count())))
            for hide in (False, True):
                seat.table.setColumnHidden(seat.queue.model.column_number("priority"), hide)
                assert head.length() == sum(map(head.sectionSize, range(head.count())))
            assert seat.tab.save_state()["columns"]["widths"] == {}

    play(World(item(n) for n in range(3)), story)


def test_columns_are_remembered(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            priority = seat.queue.model.column_number("priority")
            seat.table.setColumnHidden(priority, False)
            seat.table.sort_by("due", descending=True)
            state = json.loads(json.dumps(seat.tab.save_state()))
            seat.table.setColumnHidden(priority, True)
            seat.table.sort_by("priority")
            seat.tab.restore_state(state)
            assert not seat.table.isColumnHidden(priority)
            assert seat.queue.model.sorted_by == ("due", True)

    play(World(item(n) for n in range(3)), story)


def test_the_menu_writes_into_the_line(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            menu = seat.queue.bar.menu()
            groups = {group.text(): group.menu() for group in menu.actions()}
            assert list(groups) == ["Severity", "Type", "State", "Policy", "Score", "Due"]
            severity: Any = groups["Severity"]
            severity.actions()[0].trigger()
            assert seat.queue.bar.line.field.text() == "severity:critical"
            policy: Any = groups["Policy"]
            assert "Graphic violence" in [action.text() for action in policy.actions()]
            again: Any = seat.queue.bar.menu().actions()[0].menu()
            assert again.actions()[0].isChecked()
            again.actions()[0].trigger()
            assert seat.queue.bar.line.field.text() == ""

    play(World(item(n) for n in range(6)), story)


def test_saved_filters_are_a_persons_own(play: Play) -> None:
    async def story(desk: Desk) -> None:
        settings, keymap = desk.context.settings, desk.context.keymap
        settings.set(FILTERS, {LIST: [{"name": "Of all", "text": "severity:low", "toggles": []}]})
        mine = QueueBar(settings, person=UUID(int=1), keymap=keymap)
        assert list(mine.line._saved) == ["Of all"]
        mine.line.apply(Filter("severity:critical"))
        mine.line.save("Worst")
        again = QueueBar(settings, person=UUID(int=1), keymap=keymap)
        assert list(again.line._saved) == ["Of all", "Worst"]
        other = QueueBar(settings, person=UUID(int=2), keymap=keymap)
        assert list(other.line._saved) == ["Of all"]

    play(World([item(0)]), story)


def test_an_item_comes_into_over_sla_when_its_time_is_over(play: Play) -> None:
    soon = item(0, state="pending")

    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            left = soon.due_at - desk.ticker.at
            seat.queue.bar.line._toggles["over"].click()
            assert seat.shown_ids() == []
            assert "Nothing matches" in seat.words()
            desk.ticker.pass_time(seconds=left.total_seconds() + 1)
            assert seat.shown_ids() == [str(soon.id)]
            assert "1 over SLA" in seat.queue.header.findChildren(QLabel)[1].text()

    play(World([soon]), story)


def test_while_a_filter_is_set_it_is_said_how_many_are_shown(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            facts = seat.queue.header._subtitle
            assert facts.text().startswith("60 open")
            seat.queue.bar.line.apply(Filter("severity:critical"))
            seat.queue.model.flush()
            shown = len(seat.shown_ids())
            assert 0 < shown < 60
            assert facts.text().startswith(f"{shown} of 60 shown")
            seat.queue.bar.line.apply(Filter("colour:red"))
            seat.queue.model.flush()
            assert facts.text().startswith("0 of 60 shown")
            assert "severity:" in seat.words()
            seat.queue.bar.clear()
            seat.queue.model.flush()
            assert facts.text().startswith("60 open")

    play(World(item(n) for n in range(60)), story)


def test_down_goes_from_the_words_to_the_first_row_and_enter_takes_it(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.queue.bar.line.focus()
            QTest.keyClicks(seat.queue.bar.line.field, "state:waiting")
            seat.key(Qt.Key.Key_Down)
            assert seat.table.hasFocus()
            first = seat.shown_ids()[0]
            assert all(seat.world.items[each].state == "pending" for each in seat.shown_ids())
            assert seat.table.current_id() == first
            seat.key(Qt.Key.Key_Return)
            await until(lambda: seat.review.claims)
            assert str(seat.review.claims[0].item_id) == first

    play(World(item(n) for n in range(60)), story)


def test_going_to_a_hidden_item_clears_the_filter(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            wanted = seat.shown_ids()[-1]
            seat.queue.bar.line.field.setText("zebra")
            await until(lambda: not seat.shown_ids())
            seat.tab.open(item=UUID(wanted))
            assert seat.table.current_id() == wanted
            gone = UUID(int=8001)
            seat.world.broken = problem(404, "not_found", "There is no such item.")
            seat.tab.open(item=gone)
            await until(lambda: desk.reports)
            with pytest.raises(TypeError):
                seat.tab.open(person=gone)

    play(World(item(n) for n in range(9)), story)


# When it fails


def test_a_clear_queue_says_what_was_done(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            await until(lambda: "You decided 42 items today, about 38 s each" in seat.words())
            seat.tab.claim_next()
            await until(lambda: seat.notices() == ["Nothing waits for you now."])

    play(World(), story)


def test_a_failed_load_can_be_tried_again(play: Play) -> None:
    async def story(desk: Desk) -> None:
        desk.world.broken = httpx.Response(500, json={"code": "boom"})
        async with Seat(desk) as seat:
            assert "The server made an error." in seat.words()
            seat.world.broken = None
            again = [b for b in seat.queue.states.findChildren(QAbstractButton) if b.text() == "Try again"]
            again[0].click()
            await until(lambda: len(seat.shown_ids()) == 4)

    play(World(item(n) for n in range(4)), story)


def test_offline_the_kept_queue_is_shown_as_old(play: Play) -> None:
    async def story(desk: Desk) -> None:
        kept = [snapshot.row_of(item(n)) for n in range(7)]
        snapshot.keep(desk.context.store, kept, {"adult.nudity": "Adult nudity"})
        desk.world.broken = httpx.ConnectError
        async with Seat(desk) as seat:
            await until(lambda: seat.queue.stale.isVisible())
            assert len(seat.shown_ids()) == 7
            assert "The server cannot be reached." in seat.queue.stale.accessibleName()
            seat.world.broken = None
            seat.tab.on_connection(Connection.ONLINE)
            await until(lambda: len(seat.shown_ids()) == 2)
            await until(lambda: not seat.queue.stale.isVisible())

    play(World(item(n) for n in range(2)), story)


def test_a_lost_connection_keeps_the_rows(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.tab.on_connection(Connection.OFFLINE)
            assert seat.queue.stale.isVisible()
            assert len(seat.shown_ids()) == 3
            seat.tab.on_connection(Connection.ONLINE)
            await until(lambda: not seat.queue.stale.isVisible())

    play(World(item(n) for n in range(3)), story)


def test_a_claim_that_somebody_else_has_is_told_and_the_row_renewed(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            first = seat.shown_ids()[0]
            row = seat.queue.feed.rows[first]
            seat.world.put(item(0, state="claimed", claimed_by_handle="samir", version=2))
            seat.tab.claim(row)
            await until(lambda: seat.notices() == ["Samir Haddad has this item."])
            await until(lambda: seat.queue.feed.rows[first].claimed_by == "samir")
            assert not seat.review.claims
            await until(lambda: not seat.queue.preview.claim.isEnabled())

    play(World([item(0)]), story)


def test_offline_nothing_is_claimed(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.world.next_claim = httpx.Response(502)
            seat.desk.api._backoff = type(seat.desk.api._backoff)(base_s=0.0, cap_s=0.0)
            seat.tab.claim_next()
            await until(lambda: seat.notices())
            assert "cannot be claimed" in seat.notices()[0]

    play(World([item(0)]), story)


def test_who_may_only_read_claims_nothing(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            assert not seat.queue.next.isEnabled()
            assert not seat.queue.preview.claim.isEnabled()
            seat.key(Qt.Key.Key_Return)
            seat.key(Qt.Key.Key_N)
            for _ in range(5):
                await asyncio.sleep(0)
            assert not [each for each in seat.world.asked if each.startswith("POST")]

    play(World(item(n) for n in range(3)), story, permissions=("moderation.read",))


def test_leaving_keeps_the_queue_for_next_time(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            new = seat.world.put(item(77))
            seat.tell(new)
            await until(lambda: new in seat.queue.feed.rows)
            await seat.tab.leave()
            kept = snapshot.recall(desk.context.store)
            assert kept is not None
            assert {row.id for row in kept.rows} == set(seat.world.items)

    play(World(item(n) for n in range(3)), story)


# For everybody


def test_hostile_titles_stay_text(play: Play) -> None:
    title = "<img src=x><b>bold</b> &amp; \u202egnp.exe"

    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            assert seat.queue.model.cell(0, seat.queue.model.column_number("title")) == title
            label = seat.queue.preview.title
            assert label.text() == title
            assert label.textFormat() == Qt.TextFormat.PlainText

    play(World([item(0, title=title)]), story)


def test_every_control_has_a_name(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            await until(lambda: seat.queue.preview.review is not None)
            seat.tab.open_account(UUID(int=100))
            await until(lambda: seat.tab.account.decisions.rowCount() == 9)
            kinds = (QAbstractButton, QAbstractItemView, QLineEdit)
            for page in (seat.queue, seat.tab.account):
                found = [w for kind in kinds for w in page.findChildren(kind) if w.isVisibleTo(page)]
                assert len(found) > 4
                assert [w.metaObject().className() for w in found if not w.accessibleName()] == []

    play(World(item(n) for n in range(9)), story)
