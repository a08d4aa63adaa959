"""Nothing is for keys alone, nothing vital is hidden, and what cannot be done says so."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from studio.tabs.moderation.review_aside import HOLD_REASONS
from studio.video.player import Player
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    WORDS,
    A,
    text_world,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer

MOVES = {
    "last-frame": 59,
    "second-back": 29,
    "ten-back": 19,
    "step-back": 18,
    "step-forward": 19,
    "ten-forward": 29,
    "second-forward": 59,
    "first-frame": 0,
}


def test_every_move_and_speed_has_a_button(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        player = me.page.content.player
        for name, frame in MOVES.items():
            button = player.button(name)
            assert button.isVisible()
            button.click()
            assert player.player.head is not None
            assert player.player.head.frame == frame, name
        player.button("shuttle-forward").click()
        assert player.player.head.rate > 0
        player.button("shuttle-stop").click()
        assert player.player.head.rate == 0
        player.button("shuttle-back").click()
        assert player.player.head.rate <= 0
        assert player._where.text().endswith("/ 0:02.000")

    review(world_of(clip, 1), story)


def test_unmuting_without_sound_says_why(
    review: PlayReview, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        player = me.page.content.player
        me.press(Qt.Key.Key_M)
        assert "has no sound" in player._status.text()
        assert player.player.muted
        assert player.player.index is not None
        object.__setattr__(player.player.index, "has_audio", True)
        monkeypatch.setattr(Player, "can_sound", property(lambda _self: False))
        me.press(Qt.Key.Key_M)
        assert "no sound device" in player._status.text()
        assert player.player.muted

    review(world_of(clip, 1), story)


def test_the_transcript_says_that_there_is_none(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_T)
        shown = me.page.tabs.currentWidget()
        assert shown is me.page.tabs.transcript
        assert any("No transcript" in label.text() for label in shown.findChildren(QLabel))
        assert not [reason for reason in HOLD_REASONS if "transcript" in reason]

    review(world_of(clip, 1), story)


def test_selected_words_of_a_text_are_quoted_and_marks_say_what_to_do(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_I)
        assert "select the words" in me.page.panel._told.text()
        view = me.page.content.text.view
        QTest.keyPress(me.page, Qt.Key.Key_B)
        at = view.toPlainText().index(WORDS)
        cursor = view.textCursor()
        cursor.setPosition(at)
        cursor.setPosition(at + len("Meet me"), QTextCursor.MoveMode.KeepAnchor)
        view.setTextCursor(cursor)
        QTest.keyRelease(me.page, Qt.Key.Key_B)
        me.press(Qt.Key.Key_Semicolon)
        assert me.page.panel.draft.facts == "“Meet me”"
        me.press(Qt.Key.Key_Semicolon)
        assert me.page.panel.draft.facts == "“Meet me”"

    review(text_world(), story)


def test_the_offer_to_undo_hides_nothing_of_what_is_known(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        stack, known = me.host.toasts, me.page.known
        side = known.mapTo(me.window, known.rect().topLeft()).x()
        await me.until(stack.isVisible)
        assert stack.geometry().right() <= side + 16

    review(world_of(clip, 2), story)


def test_a_policy_with_a_long_title_has_a_row_of_its_own(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        picker = me.page.panel.picker
        button = picker.buttons[0]
        long = button.node.model_copy(update={"title": "Credible threat of violence against a person"})
        picker.show_policies([long], None)
        await me.until(lambda: picker.buttons[0].width() >= picker.buttons[0].wanted_width())

    review(world_of(clip, 1), story)
