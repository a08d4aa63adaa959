"""A claim changes hands: who gives it, who gets it, and who has it taken from them."""

from __future__ import annotations

from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from shiboken6 import isValid

from server.moderation.schemas import Colleague
from studio.messages import Message
from studio.offline.changes import Changes
from studio.tabs.moderation.handover import TOLD, TOPICS
from studio.tabs.moderation.handover_popover import HandOverPopover, TakeOverPopover
from studio.tabs.moderation.review_aside import AsidePopover
from studio.tabs.moderation.review_cover import LostScreen
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.tab import ModerationTab
from studio.workplace import RESYNC
from tests.studio.tabs.moderation.conftest import Play, PlayReview, until
from tests.studio.tabs.moderation.desk import PERMISSIONS, Desk
from tests.studio.tabs.moderation.review_parts import videos
from tests.studio.tabs.moderation.review_world import Reviewer, ReviewWorld
from tests.studio.tabs.moderation.seat import Seat
from tests.studio.tabs.moderation.world import World, item

LEADING = (*PERMISSIONS, "moderation.lead")
ADA = Colleague(id=UUID(int=21), handle="ada", name="Ada Lovelace")
KAI = Colleague(id=UUID(int=22), handle="kai", name="Kai Tan")


def texts(count: int = 2) -> ReviewWorld:
    rows = videos(count, content_type="comment", severity="low")
    world = ReviewWorld(rows, texts={row.content_id: "words" for row in rows})
    world.colleagues = [ADA, KAI]
    return world


def notices(desk: Desk) -> list[Message]:
    return [each for each in desk.reports if isinstance(each, Message)]


def said(screen: LostScreen) -> str:
    return " ".join(label.text() for label in screen.findChildren(QLabel) if not label.isHidden())


async def asked(me: Reviewer) -> HandOverPopover:
    me.press(Qt.Key.Key_P)
    ask = me.window.findChild(HandOverPopover)
    assert ask is not None
    await me.until(lambda: ask.list.count() == 2)
    return ask


# Giving


def test_an_item_is_handed_over_by_keys_and_the_next_one_comes(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        first = me.item
        me.press(Qt.Key.Key_F)
        me.type("he says where he lives")
        me.press(Qt.Key.Key_Escape)
        ask = await asked(me)
        assert not ask.act.isEnabled()
        me.type("KAI")
        assert ask.person() == KAI
        me.press(Qt.Key.Key_Return)
        me.type("you speak it")
        assert ask.act.isEnabled()
        me.press(Qt.Key.Key_Return)
        await me.until(lambda: me.wanted_next == 1)
        row = me.world.items[first]
        assert row.claimed_by_handle == "kai"
        assert me.world.notes[first][0].body == "Handed over to @kai: you speak it"
        assert [each.text for each in notices(me.desk)] == ["Handed over to Kai Tan"]
        await me.until(lambda: me.desk.context.store.drafts())
        assert "he says where he lives" in next(iter(me.desk.context.store.drafts().values()))

    review(texts(1), story)


def test_of_several_people_the_arrows_choose_one(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        ask = await asked(me)
        assert ask.person() == ADA
        me.press(Qt.Key.Key_Down)
        assert ask.person() == KAI
        me.type("nobody at all")
        assert ask.person() is None
        me.press(Qt.Key.Key_Escape)  # clears the words
        assert ask.person() == ADA
        me.press(Qt.Key.Key_Escape)
        assert me.phase() is Phase.OPEN
        assert me.page.flow.held is not None

    review(texts(), story)


def test_when_they_cannot_take_it_the_question_stays_with_what_was_typed_and_says_why(
    review: PlayReview,
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        first = me.item
        ask = await asked(me)
        me.world.colleagues = [KAI]
        ask.reason.setText("you speak it")
        ask.act.click()
        assert ask.waiting
        await me.until(lambda: ask.fault.isVisible())
        assert "cannot take" in ask.fault.text()
        assert ask.surface.geometry().height() >= ask.surface.minimumSizeHint().height()
        assert not ask.waiting
        assert (ask.why(), ask.person()) == ("you speak it", ADA)
        assert notices(me.desk) == []
        assert me.phase() is Phase.OPEN
        assert me.wanted_next == 0
        me.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
        await me.until(lambda: me.wanted_next == 1)
        assert me.world.items[first].claimed_by_handle == "kai"
        assert me.world.notes[first][0].body == "Handed over to @kai: you speak it"
        assert not isValid(ask) or not ask.isVisible()

    review(texts(1), story)


def test_what_was_typed_stays_also_when_the_item_has_gone_meanwhile(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        ask = await asked(me)
        me.world.move(me.item, "Taken over from @noor: it is urgent", by="lea", to="lea")
        ask.reason.setText("you speak it")
        ask.act.click()
        await me.until(lambda: ask.fault.isVisible())
        assert "no longer have this item" in ask.fault.text()
        assert ask.why() == "you speak it"
        assert me.phase() is Phase.LOST

    review(texts(), story)


def test_who_does_not_wait_for_the_answer_is_told_in_passing(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        ask = await asked(me)
        me.world.colleagues = []
        ask.reason.setText("please")
        ask.act.click()
        me.press(Qt.Key.Key_Escape)
        await me.until(lambda: notices(me.desk))
        assert "cannot take" in notices(me.desk)[0].text

    review(texts(), story)


@pytest.mark.parametrize("key", [Qt.Key.Key_S, Qt.Key.Key_H])
def test_the_reason_of_a_refused_skip_or_hold_is_kept(review: PlayReview, key: Qt.Key) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.world.refusal = ("nobody_else", "Nobody else can take this item.")
        me.press(key)
        ask = me.window.findChild(AsidePopover)
        assert ask is not None
        ask.reason.setText("known to me")
        ask.reason.setFocus()
        me.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
        await me.until(lambda: ask.fault.isVisible())
        assert "Nobody else" in ask.fault.text()
        assert ask.why() == "known to me"
        me.world.refusal = None
        me.press(Qt.Key.Key_Return)
        await me.until(lambda: me.wanted_next == 1)

    review(texts(1), story)


@pytest.mark.parametrize("key", [Qt.Key.Key_S, Qt.Key.Key_H])
@pytest.mark.parametrize("known", [False, True])
def test_a_skip_or_hold_of_an_item_that_has_gone_is_not_taken_for_done(
    review: PlayReview, key: Qt.Key, known: bool
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(key)
        ask = me.window.findChild(AsidePopover)
        assert ask is not None
        ask.reason.setText("known to me")
        ask.reason.setFocus()
        me.world.move(me.item, "Taken over from @noor: it is urgent", by="lea", to="lea")
        if known:
            assert me.page.flow.held is not None
            await me.page.flow.held.beat(me.desk.ticker.now())
        me.press(Qt.Key.Key_Return)
        await me.until(lambda: ask.fault.isVisible())
        assert "no longer have this item" in ask.fault.text()
        assert ask.why() == "known to me"
        assert not ask.waiting
        assert me.phase() is Phase.LOST
        assert me.wanted_next == 0

    review(texts(), story)


def test_a_skip_when_nothing_is_held_any_more_is_refused_too(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_S)
        ask = me.window.findChild(AsidePopover)
        assert ask is not None
        ask.reason.setText("known to me")
        ask.reason.setFocus()
        me.page.flow.held = None
        me.press(Qt.Key.Key_Return)
        await me.until(lambda: ask.fault.isVisible())
        assert "no longer have this item" in ask.fault.text()
        assert ask.why() == "known to me"

    review(texts(), story)


# Losing


@pytest.mark.parametrize(
    ("note", "by", "title"),
    [
        ("Taken over from @noor: it is urgent", "lea", "@lea took this item over"),
        ("Handed over to @lea: it is urgent", "noor", "You handed this item to @lea"),
    ],
)
def test_who_has_it_now_is_said_and_what_was_typed_is_kept(
    review: PlayReview, note: str, by: str, title: str
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_F)
        me.type("half a sentence")
        me.world.move(me.item, note, by=by, to="lea")
        ids = frozenset({me.item})
        me.desk.context.changes.send(Changes(kinds=frozenset({"moderation.item"}), ids=ids, origin="live"))
        await me.until(lambda: me.phase() is Phase.LOST)
        screen = me.page.findChild(LostScreen)
        assert screen is not None
        assert title in said(screen)
        assert "“it is urgent”" in said(screen)
        assert not screen.again.isVisible()
        assert me.page.panel.facts.toPlainText() == "half a sentence"
        await me.until(lambda: me.desk.context.store.drafts())

    review(texts(), story)


def test_a_heartbeat_that_is_refused_also_learns_who_has_it(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.world.move(me.item, "Taken over from @noor: it is urgent", by="lea", to="lea")
        held = me.page.flow.held
        assert held is not None
        await held.beat(me.desk.ticker.now())
        screen = me.page.findChild(LostScreen)
        assert screen is not None
        await me.until(lambda: "@lea took this item over" in said(screen))

    review(texts(), story)


# Getting


def test_who_is_handed_an_item_hears_of_it_and_opens_it(play: Play) -> None:
    async def story(desk: Desk) -> None:
        watcher = ModerationTab.watch(desk.context)
        world: ReviewWorld = desk.world  # type: ignore[assignment]
        mine, other = world.items
        world.move(mine, "Handed over to @noor: you speak it", by="ada", to="noor", mine=True)
        world.move(other, "Handed over to @lea: you speak it", by="ada", to="lea")
        desk.context.changes.send(Changes(kinds=TOPICS, ids=frozenset(world.items), origin="live"))
        await until(lambda: world.asked.count("GET handovers") == 2 and notices(desk))
        (told,) = notices(desk)
        assert told.text == "@ada handed you a comment"
        assert told.detail == "you speak it"
        assert told.action is not None
        told.action.do()
        assert desk.went == [("moderation", {"claim": mine})]
        del watcher

    play(texts(), story)


def kept(desk: Desk) -> list[bytes]:
    """The ids of the hand-overs that were told of, as they lie on the disk."""
    row = desk.context.store.get(TOLD)
    return row.value.split() if row is not None else []


def test_what_was_handed_to_one_who_was_away_is_told_once(play: Play) -> None:
    async def story(desk: Desk) -> None:
        world: ReviewWorld = desk.world  # type: ignore[assignment]
        first, second = world.items
        world.move(first, "Handed over to @noor: you speak it", by="ada", to="noor", mine=True)
        watcher = ModerationTab.watch(desk.context)  # one signs in
        await until(lambda: len(notices(desk)) == 1)
        world.move(second, "Handed over to @noor: and this", by="kai", to="noor", mine=True)
        desk.context.changes.send(Changes(kinds=frozenset({RESYNC}), origin="live"))
        await until(lambda: len(notices(desk)) == 2)
        await until(lambda: len(kept(desk)) == 2)
        del watcher
        world.move(first, "Handed over to @noor: once more", by="kai", to="noor", mine=True)
        watcher = ModerationTab.watch(desk.context)  # and again
        await until(lambda: len(notices(desk)) == 3)
        assert [each.detail for each in notices(desk)] == ["you speak it", "and this", "once more"]
        del watcher

    play(texts(), story)


def test_who_may_not_claim_is_not_asked_for(play: Play) -> None:
    async def story(desk: Desk) -> None:
        watcher = ModerationTab.watch(desk.context)
        desk.context.changes.send(Changes(kinds=frozenset({RESYNC}), origin="live"))
        await desk.context.tasks.close()
        assert desk.world.asked == []
        del watcher

    play(texts(), story, permissions=("moderation.read",))


def test_opening_it_keeps_what_is_open_as_the_next_item(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        first, second = me.world.items
        me.page.turn_to(me.world.claim(1))
        await me.until(lambda: me.item == second)
        assert not any("release" in each for each in me.world.asked)
        me.page.flow.part(lambda held: held.skip("not mine"))
        await me.until(lambda: me.item == first)

    review(texts(), story)


def test_the_tab_goes_on_with_an_item_that_was_handed_over(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            mine = next(iter(seat.world.items))
            seat.tab.open(claim=mine)
            await until(lambda: seat.review.turned_to)
            assert str(seat.review.turned_to[0].item_id) == mine

    play(World([item(0, state="pending", claimed_by=None)]), story)


# Taking


def test_a_lead_takes_an_item_over_from_the_queue(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            taken, free = (str(item(n).id) for n in (4, 0))
            seat.table.select([free], free)
            assert not seat.queue.preview.take_over.isVisible()
            seat.table.select([taken], taken)
            assert seat.queue.preview.take_over.isVisible()
            assert "Take over" in [action.text() for action in seat.table.menu().actions()]
            seat.key(Qt.Key.Key_T)
            ask = seat.window.findChild(TakeOverPopover)
            assert ask is not None
            assert not ask.act.isEnabled()
            seat.world.refusal = ("too_many_claims", "You have five items already.")
            QTest.keyClicks(ask.reason, "it is urgent")
            QTest.keyClick(ask.reason, Qt.Key.Key_Return)
            await until(lambda: ask.fault.isVisible())
            assert "five items" in ask.fault.text()
            assert ask.why() == "it is urgent"
            seat.world.refusal = None
            QTest.keyClick(ask.reason, Qt.Key.Key_Return)
            await until(lambda: seat.review.claims)
            assert str(seat.review.claims[0].item_id) == taken
            assert {"reason": "it is urgent"} in seat.world.bodies

    play(World(item(n) for n in range(6)), story, permissions=LEADING)


def test_nobody_else_is_offered_to_take_over(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            taken = str(item(4).id)
            seat.table.select([taken], taken)
            assert not seat.queue.preview.take_over.isVisible()
            assert "Take over" not in [a.text() for a in seat.table.menu().actions() if a.isVisible()]
            seat.key(Qt.Key.Key_T)
            assert seat.window.findChild(TakeOverPopover) is None

    play(World(item(n) for n in range(6)), story)
