"""What a review says of what a key did: a note that is left, a stretch that is marked, an item put aside."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from studio.messages import Message
from studio.tabs.moderation.review_aside import HOLD_REASONS, SKIP_REASONS, AsidePopover
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import ENTER, ONE, D, text_world, world_of
from tests.studio.tabs.moderation.review_world import Reviewer


def told(me: Reviewer) -> list[str]:
    return [each.text for each in me.desk.reports if isinstance(each, Message)]


def test_enter_leaves_the_note_of_a_mark_and_letters_act_again(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        me.press(Qt.Key.Key_Semicolon)
        assert isinstance(QApplication.focusWidget(), QLineEdit)
        me.type("a knife")
        me.press(ENTER)
        assert QApplication.focusWidget() is me.page
        assert me.page.panel.draft.marks[0].note == "a knife"
        assert me.page.panel.draft.outcome is None
        me.press(ONE, D)
        assert me.page.panel.draft.outcome == "remove"
        assert me.page.panel.draft.marks[0].note == "a knife"

    review(world_of(clip, 1), story)


def test_a_marked_stretch_is_said_to_go_with_the_decision(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        said = me.page.panel._told
        assert "stretch" not in said.text()
        me.press(Qt.Key.Key_I, Qt.Key.Key_Right, Qt.Key.Key_O)
        assert "The stretch 0:00.000 to " in said.text()
        assert "goes with the decision" in said.text()
        first = said.text()
        me.press(Qt.Key.Key_Right, Qt.Key.Key_O)
        assert said.text() != first
        me.page.attach_range()
        assert "goes with" not in said.text()

    review(world_of(clip, 1), story)


@pytest.mark.parametrize(
    ("key", "text", "state"),
    [
        (Qt.Key.Key_H, f"On hold: {HOLD_REASONS[1]}", "on_hold"),
        (Qt.Key.Key_S, f"Skipped: {SKIP_REASONS[1]}", "escalated"),
    ],
)
def test_a_digit_chooses_why_an_item_is_put_aside_and_enter_does_it(
    review: PlayReview, key: Qt.Key, text: str, state: str
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        item = me.item
        me.press(key, Qt.Key.Key_D, Qt.Key.Key_2, Qt.Key.Key_Space, Qt.Key.Key_N)
        ask = me.window.findChild(AsidePopover)
        assert ask is not None
        assert ask.isVisible()
        assert not ask.waiting
        assert not told(me)
        assert me.page.panel.draft.empty
        me.press(ENTER)
        await me.until(lambda: text in told(me))
        assert me.world.items[item].state == state

    review(text_world(), story)


def test_own_words_take_the_place_of_a_chosen_reason(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_S, ONE)
        ask = me.window.findChild(AsidePopover)
        assert ask is not None
        ask.reason.setFocus()
        me.type("2 of them are my friends")
        me.press(ENTER)
        await me.until(lambda: "Skipped: 2 of them are my friends" in told(me))

    review(text_world(), story)


def test_the_policy_tab_says_that_allow_is_always_possible(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(ONE)
        shown = me.page.tabs.policy.entries()
        words = [label.text() for entry in shown for label in entry.findChildren(QLabel)]
        assert [word for word in words if word.startswith("Possible: allow, ") and word.count("allow") == 1]

    review(text_world(), story)
