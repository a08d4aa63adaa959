"""The Queue tab as a person works with it: live, by keyboard, and when the server fails."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QLineEdit, QWidget

from server.moderation.schemas import Claim, ItemRow
from studio.api.live import Connection
from studio.messages import Message
from studio.offline.changes import Changes
from studio.tabs.moderation import snapshot
from studio.tabs.moderation.queue_peek import Peek
from studio.tabs.moderation.tab import ModerationTab
from studio.tabs.moderation.why import WhyPopover
from studio.widgets.empty_state import EmptyState
from studio.workplace import RESYNC
from tests.studio.tabs.moderation.conftest import Play, until
from tests.studio.tabs.moderation.world import MY_ID, NOW, Desk, World, item, problem


class FakeReview(QWidget):
    """A review page that only remembers what it was asked for."""

    left = Signal()
    wants_next = Signal()
    account_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.claims: list[Claim] = []
        self.gave_back = False

    def open(self, claim: Claim) -> None:
        self.claims.append(claim)

    def on_connection(self, connection: Connection) -> None:
        pass

    async def leave(self) -> None:
        self.gave_back = True


class Seat:
    """A shown tab at a desk; `async with` closes it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.world = desk, desk.world
        self.review = FakeReview()
        self.window = QWidget()
        self.tab = ModerationTab(desk.context, review=lambda _context: self.review)
        self.tab.setParent(self.window)
        self.queue = self.tab.queue
        self.table = self.queue.table

    async def __aenter__(self) -> Seat:
        self.window.resize(1280, 800)
        self.tab.resize(1280, 800)
        self.window.show()
        self.window.activateWindow()
        await until(self.window.isActiveWindow)
        self.tab.setFocus()
        await self.settled()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.window.close()
        self.window.deleteLater()

    async def settled(self) -> None:
        """Wait until the feed has caught up."""
        states, stale = self.queue.states, self.queue.stale
        await until(
            lambda: self.queue.feed.read_once or stale.isVisible() or isinstance(states.shown(), EmptyState)
        )
        await until(lambda: not self.queue.feed._announced)
        self.queue.model.flush()

    def key(self, key: Qt.Key, text: str = "") -> None:
        focus = self.window.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)

    def tell(self, *ids: str) -> None:
        """Broadcast what the live stream would."""
        kinds = frozenset({"moderation.item"})
        self.desk.context.changes.send(Changes(kinds=kinds, ids=frozenset(ids), origin="live"))

    def shown_ids(self) -> list[str]:
        model = self.queue.model
        return [model.row(n).id for n in range(model.rowCount())]

    def words(self) -> str:
        shown = self.queue.states.shown()
        assert shown is not None
        return " ".join(label.text() for label in shown.findChildren(QLabel))

    def notices(self) -> list[str]:
        return [each.text for each in self.desk.reports if isinstance(each, Message)]


def in_order(world: World) -> list[str]:
    rows = sorted(world.items.values(), key=lambda row: (-row.priority, row.due_at, row.id))
    return [str(row.id) for row in rows]


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
            assert len(seat.world.asked) == asked
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
            assert lines[0].split("\t")[:3] == ["Severity", "Item", "Due"]
            seat.queue.export(str(tmp_path / "queue.csv"))
            assert len((tmp_path / "queue.csv").read_text(encoding="utf-8-sig").splitlines()) == 6
            assert seat.notices() == ["5 items exported"]
            seat.queue.export(str(tmp_path / "no" / "such" / "folder.csv"))
            assert seat.notices()[1:] == ["The queue could not be exported."]

    play(World(item(n) for n in range(5)), story)


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
