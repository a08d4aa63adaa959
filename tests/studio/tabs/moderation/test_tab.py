"""The Queue tab as a person works with it: live changes, claims, the way between its pages."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from server.moderation.schemas import ItemRow
from studio.offline.changes import Changes
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.queue_peek import Peek
from studio.tabs.moderation.why import WhyPopover
from studio.workplace import RESYNC
from tests.studio.tabs.moderation.conftest import Play, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.seat import Seat, in_order
from tests.studio.tabs.moderation.world import MY_ID, NOW, World, item


def test_the_queue_stands_in_the_order_of_picking(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            assert seat.shown_ids() == in_order(seat.world)
            assert seat.queue.current() is not None
            rows = seat.world.items.values()
            over = sum(row.due_at < NOW for row in rows)
            mine = sum(row.claimed_by == MY_ID for row in rows)
            assert over
            assert mine
            facts = seat.queue.header.findChildren(QLabel)[1].text()
            assert facts == f"60 open · {over} over SLA · {mine} with you"
            await until(lambda: seat.queue.preview.review is not None)

    play(World(item(n) for n in range(60)), story)


def test_live_changes_keep_the_selection_by_id(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            chosen = seat.shown_ids()[5]
            seat.table.select([chosen], chosen)
            first = seat.shown_ids()[0]
            urgent = seat.world.put(item(900, priority=9_000, title="URGENT"))
            seat.world.put(ItemRow(**dict(seat.world.items[first]) | {"state": "decided", "version": 2}))
            seat.tell(urgent, first)
            await until(lambda: urgent in seat.queue.feed.rows)
            await seat.settled()
            assert seat.shown_ids()[0] == urgent
            assert first not in seat.shown_ids()
            assert seat.table.current_id() == chosen
            assert seat.table.selected_ids() == [chosen]

    play(World(item(n) for n in range(30)), story)


def test_the_cursor_stays_in_its_place_when_its_item_leaves(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            before = seat.shown_ids()
            seat.table.select([before[3]], before[3])
            del seat.world.items[before[3]]
            seat.tell(before[3])
            await until(lambda: before[3] not in seat.queue.feed.rows)
            await seat.settled()
            await until(lambda: seat.table.current_id() == before[4])

    play(World(item(n) for n in range(10)), story)


def test_a_hidden_tab_asks_for_nothing_until_it_is_shown(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.tab.hide()
            asked = len(seat.world.asked)
            new = seat.world.put(item(500))
            seat.tell(new)
            for _ in range(20):
                await asyncio.sleep(0)
            assert seat.world.asked[asked:] == []
            seat.tab.show()
            await until(lambda: new in seat.queue.feed.rows)

    play(World([item(0)]), story)


def test_a_resync_reads_everything_again_and_keeps_the_selection(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            kept = seat.shown_ids()[6]
            seat.table.select([kept], kept)
            for gone in seat.shown_ids()[:4]:
                del seat.world.items[gone]
            new = seat.world.put(item(500))
            desk.context.changes.send(Changes(kinds=frozenset({RESYNC}), origin="live"))
            await until(lambda: new in seat.queue.feed.rows)
            assert seat.world.asked.count("GET queue/snapshot") == 2
            assert seat.shown_ids() == in_order(seat.world)
            assert seat.table.selected_ids() == [kept] == [seat.table.current_id()]

    play(World(item(n) for n in range(8)), story)


def test_a_resync_while_the_queue_is_read_is_not_lost(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            read_anew: list[str] = []

            def meanwhile(request: httpx.Request) -> None:
                if request.url.path == snapshot.PATH:
                    read_anew.append(request.url.path)
                    if len(read_anew) == 1:
                        seat.tab.refresh()

            seat.world.before = meanwhile
            seat.tab.refresh()
            await until(lambda: len(read_anew) == 2)

    play(World([item(0)]), story)


def test_a_thousand_changes_are_painted_in_few_resets(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            resets: list[None] = []
            seat.queue.model.modelReset.connect(lambda: resets.append(None))
            for n in range(1000):
                new = seat.world.put(item(n, version=2, title="changed"))
                seat.tell(new)
            await until(lambda: not seat.queue.feed._announced and len(seat.queue.feed.rows) == 1000)
            seat.queue.model.flush()
            assert {row.version for row in seat.queue.feed.rows.values()} == {2}
            assert len(resets) <= seat.world.asked.count("GET items") + 1 <= 12

    play(World(item(n) for n in range(300)), story)


# By keyboard


def test_n_claims_the_next_item_and_left_comes_back(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.key(Qt.Key.Key_N)
            seat.key(Qt.Key.Key_N)
            await until(lambda: seat.review.claims)
            assert seat.world.asked.count("POST claims") == 1
            assert seat.review.isVisible()
            assert not seat.queue.isVisible()
            seat.review.wants_next.emit()
            await until(lambda: len(seat.review.claims) == 2)
            seat.review.left.emit()
            assert seat.queue.isVisible()
            assert seat.table.hasFocus()
            await seat.tab.leave()
            assert seat.review.gave_back

    play(World(item(n) for n in range(9)), story)


def test_enter_claims_the_selected_item(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            pending = next(i for i in seat.shown_ids() if seat.world.items[i].state == "pending")
            seat.table.select([pending], pending)
            seat.key(Qt.Key.Key_Return)
            await until(lambda: seat.review.claims)
            assert str(seat.review.claims[0].item_id) == pending

    play(World(item(n) for n in range(12)), story)


@pytest.mark.parametrize(("state", "asked"), [("on_hold", "resume"), ("claimed", "items")])
def test_enter_goes_on_with_what_is_mine(play: Play, state: str, asked: str) -> None:
    mine = item(0, state=state, claimed_by=MY_ID, claimed_by_handle="noor", lease_until=item(4).lease_until)

    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.key(Qt.Key.Key_Return)
            await until(lambda: seat.review.claims)
            assert seat.review.claims[0].item_id == mine.id
            assert "POST claims" not in seat.world.asked
            if state == "claimed":
                assert seat.review.claims[0].claim_token == 7

    play(World([mine]), story)


def test_letters_are_typed_while_filtering(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            QTest.keyClick(seat.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
            field = seat.queue.bar.line.field
            assert field.hasFocus()
            QTest.keyClicks(field, "n")
            assert field.text() == "n"
            assert "POST claims" not in seat.world.asked

    play(World(item(n) for n in range(3)), story)


def test_why_peek_and_account(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.key(Qt.Key.Key_W)
            await until(lambda: seat.window.findChildren(WhyPopover))
            why = seat.window.findChildren(WhyPopover)[0]
            text = " ".join(label.text() for label in why.findChildren(QLabel))
            first = seat.world.items[seat.shown_ids()[0]]
            assert f"{first.priority:,}" in text
            assert "Number 1 of 12" in text
            why.close_now()
            seat.key(Qt.Key.Key_P)
            await until(lambda: seat.window.findChildren(Peek))
            peek = seat.window.findChildren(Peek)[0]
            assert any("when he turns around" in label.text() for label in peek.findChildren(QLabel))
            peek.close_now()
            seat.key(Qt.Key.Key_C)
            await until(lambda: seat.tab.account.isVisible())
            await until(lambda: seat.tab.account.decisions.rowCount() == 9)
            seat.key(Qt.Key.Key_Escape)
            assert seat.queue.isVisible()
            assert not [each for each in seat.world.asked if each.startswith("POST")]

    play(World(item(n) for n in range(12)), story)


def test_copy_and_export(play: Play, tmp_path: Any) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.table.select(seat.shown_ids()[:2])
            seat.table.copy()
            lines = QGuiApplication.clipboard().text().splitlines()
            assert len(lines) == 3
            assert lines[0].split("\t")[:3] == ["Severity", "Item", "Creator"]
            exporting = seat.queue.exporting
            exporting.export(tmp_path / "queue.csv")
            await until(lambda: not exporting.running)
            assert len((tmp_path / "queue.csv").read_text(encoding="utf-8-sig").splitlines()) == 6
            assert seat.notices() == ["5 items exported"]
            exporting.export(tmp_path / "no" / "such" / "folder.csv")
            await until(lambda: not exporting.running)
            assert seat.notices()[1:] == ["“Moderation queue” was not exported."]

    play(World(item(n) for n in range(5)), story)
