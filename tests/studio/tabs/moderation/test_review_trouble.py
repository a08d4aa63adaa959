"""When things get in each other's way: a break while the item goes, an undo from elsewhere, no next item."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.api.errors import Offline
from studio.api.live import Connection
from studio.messages import Message
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.tab import ModerationTab
from tests.studio.tabs.moderation.conftest import Play, PlayReview, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    A,
    X,
    Z,
    text_world,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer

PANIC = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@asynccontextmanager
async def first_review(desk: Desk) -> AsyncIterator[tuple[ModerationTab, ReviewPage]]:
    """The whole tab on screen, with the first item open in its review."""
    tab = ModerationTab(desk.context, review=ReviewPage)
    tab.resize(1280, 772)
    tab.show()
    tab.activateWindow()
    tab.claim_next()
    await until(lambda: tab._review is not None and tab._review.flow.bundle is not None)
    yield tab, tab._review
    await tab.leave()
    tab.close()
    tab.deleteLater()


@pytest.mark.parametrize("during", ["lost", "loaded", "failed"])
def test_a_break_lasts_whatever_happens_meanwhile(review: PlayReview, clip: bytes, during: str) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        me.press(X)
        match during:
            case "lost":
                assert me.page.flow.held is not None
                me.page.flow.held.lost()
            case "loaded":
                me.page.flow.pass_on()
                await me.open(1, uncover=False)
            case _:
                me.page.show_failed(Offline())
        assert me.page.on_break
        assert me.page.pause.isVisible()
        assert not me.page.panel.isVisible()
        me.press(A, ENTER)
        assert me.page.panel.draft.outcome is None
        player = me.page.content.player.player
        assert player.blank
        me.press(X)
        assert not me.page.on_break
        assert me.page.panel.isVisible()
        assert not player.blank
        expected = {"lost": Phase.LOST, "loaded": Phase.COVERED, "failed": Phase.FAILED}
        assert me.phase() is expected[during]

    review(world_of(clip, 2), story)


def test_panic_works_while_typing_and_over_a_popover(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_F)
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, X, PANIC)
        assert me.page.on_break
        me.press(X)
        me.page.ask_skip()
        focus = QApplication.focusWidget()
        assert focus is not None
        assert not me.page.isAncestorOf(focus)
        QTest.keyClick(focus, X, PANIC)
        assert me.page.on_break
        assert me.page.panel.facts.toPlainText() == ""

    review(world_of(clip, 1), story)


@pytest.mark.parametrize("kind", ["video", "text"])
def test_a_panic_button_is_seen_on_every_item_and_its_cover(
    review: PlayReview, clip: bytes, kind: str
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open(uncover=False)
        for _ in range(2):
            assert me.page.header.panic.isVisible()
            me.page.header.panic.click()
            assert me.page.on_break
            me.press(X)
            me.page.proceed()

    review(world_of(clip, 1) if kind == "video" else text_world(), story)


def test_enter_on_a_still_goes_there_and_decides_nothing(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        player = me.page.content.player
        await me.until(lambda: len(player.storyboard._stills) > 2)
        me.press(A)
        player.storyboard.setFocus()
        me.press(Qt.Key.Key_Right, Qt.Key.Key_Right)
        assert player.player.head is not None
        assert player.player.head.frame == 0
        me.press(ENTER)
        assert player.player.head.frame == player.storyboard._stills[2].frame
        assert me.item
        me.page.tabs.tabBar().setFocus()
        before = me.page.tabs.currentIndex()
        me.press(Qt.Key.Key_Right)
        assert me.page.tabs.currentIndex() == before + 1

    review(world_of(clip, 1), story)


def test_undo_reaches_back_one_decision_after_the_other(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        await me.ahead()
        second = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", second))

        def offers() -> list[bool]:
            toasts = [each.message for each in me.host.toasts.toasts() if each.message.undo is not None]
            return ["1 more can be undone" in each.detail for each in toasts]

        await me.until(lambda: offers() == [True])
        me.press(Z)
        await me.until(lambda: me.item == second)
        assert offers() == [False]
        me.press(Z)
        await me.until(lambda: me.item == first)
        assert not [each for each in me.host.toasts.toasts() if each.message.undo is not None]

    review(world_of(clip), story)


def test_a_decision_can_be_undone_after_giving_the_next_item_back(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        fronted: list[bool] = []
        me.page.front_wanted.connect(lambda: fronted.append(True))
        await me.open()
        await me.ahead()
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        me.page.flow.give_back()
        await me.until(lambda: me.has_left)
        (toast,) = [each for each in me.host.toasts.toasts() if each.message.undo is not None]
        toast._undo()
        await me.until(lambda: me.item == first and fronted)
        me.page.proceed()
        await me.picture()

    review(world_of(clip), story)


def test_after_the_grace_nothing_is_offered(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        me.desk.ticker.pass_time(seconds=11)
        assert not [each for each in me.host.toasts.toasts() if each.message.undo is not None]
        me.press(Z)
        told = [each.text for each in me.desk.reports if isinstance(each, Message)]
        assert told[-1] == "There is no decision to undo any more."

    review(world_of(clip), story)


def test_a_next_item_that_cannot_be_claimed_is_told_and_tried_again(play: Play, clip: bytes) -> None:
    world = world_of(clip, 1)
    handle = world.handle
    down = [False]

    def broken(request: httpx.Request) -> httpx.Response:
        if down[0]:
            raise httpx.ConnectError("down")
        return handle(request)

    world.handle = broken  # type: ignore[method-assign]

    async def story(desk: Desk) -> None:
        async with first_review(desk) as (tab, page):
            desk.ticker.pass_time(seconds=1)
            await until(lambda: not page.flow.prefetch.under_way)
            down[0] = True
            page.flow.pass_on()
            await until(lambda: page.phase is Phase.FAILED)
            assert tab._stack.currentWidget() is page
            down[0] = False
            row = next(iter(world.items.values()))
            world.put(type(row)(**dict(row) | {"state": "pending", "claimed_by": None}))
            page.on_connection(Connection.ONLINE)
            await until(lambda: page.flow.bundle is not None)

    play(world, story)


def test_undo_from_the_queue_brings_the_review_back(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with first_review(desk) as (tab, page):
            page.setFocus()
            for key in (A, ENTER):
                QTest.keyClick(page, key)
            await until(tab.queue.isVisible)
            page.flow.undo()
            await until(page.isVisible)
            assert page.flow.bundle is not None
            assert ("moderation", {}) in desk.went

    play(world_of(clip, 1), story)
