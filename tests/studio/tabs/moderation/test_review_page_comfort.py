"""What a review page does for the person: words, breaks, covers, notes, names."""

from __future__ import annotations

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from server.moderation.rules import Outcome
from studio.messages import Message, Problem
from studio.tabs.moderation.review_state import Phase
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    ONE,
    WORDS,
    A,
    D,
    X,
    Z,
    entries,
    text_world,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer


def test_letters_are_letters_while_typing(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Qt.Key.Key_F)
        me.type("a1rdzxs")
        assert me.page.panel.facts.toPlainText() == "a1rdzxs"
        assert me.page.panel.draft.outcome is None
        assert me.phase() is Phase.OPEN
        me.press(Qt.Key.Key_Escape, A)
        assert me.page.panel.draft.outcome is Outcome.ALLOW

    review(world_of(clip), story)


def test_a_break_blanks_everything_and_hears_nothing_but_its_end(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        me.press(X)
        assert me.page.on_break
        assert me.page.content.player.view.picture is None
        assert not me.page.panel.isVisible()
        me.press(A, ENTER, Z)
        assert me.page.on_break
        assert not entries(me.desk)
        me.press(X)
        assert not me.page.on_break
        assert me.phase() is Phase.OPEN
        assert me.page.panel.draft.outcome is None
        await me.picture()

    review(world_of(clip), story)


def test_covered_content_can_be_decided_without_a_look(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open(uncover=False)
        assert me.page.content.cover.isVisible()
        assert not me.page.content.video.isVisible()
        me.press(Qt.Key.Key_Space)
        head = me.page.content.player.player.head
        assert head is None or not head.playing
        me.press(ONE, D, ENTER)
        await me.until(lambda: entries(me.desk))
        body = me.desk.context.outbox.entries()[0].edit.body
        assert (body["ms_viewed"], body["ms_revealed"]) == (0, 0)

    review(world_of(clip), story)


def test_marks_and_the_stretch_between_in_and_out_go_with_the_decision(
    review: PlayReview, clip: bytes
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        me.press(Qt.Key.Key_I, Qt.Key.Key_Right, Qt.Key.Key_Right)
        me.press(Qt.Key.Key_Semicolon)
        note = QApplication.focusWidget()
        assert isinstance(note, QLineEdit)
        QTest.keyClicks(note, "here")
        me.press(Qt.Key.Key_Escape, Qt.Key.Key_O)
        assert me.page.panel.draft.marks[0].note == "here"
        me.press(ONE, D, ENTER)
        await me.until(lambda: entries(me.desk))
        stretch, frame = me.desk.context.outbox.entries()[0].edit.body["marks"]
        assert (frame["frame"], frame["note"]) == (2, "here")
        assert stretch["in_ms"] == 0
        assert stretch["out_ms"] > frame["ms"]

    review(world_of(clip), story)


def test_a_severe_text_is_masked_until_it_is_revealed(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        shown = me.page.content.text.view
        assert "x" * 4 in shown.toPlainText()
        assert not set("Mabhdkt,") & set(shown.toPlainText())
        assert "words" not in shown.toPlainText()
        QTest.keyPress(me.page, Qt.Key.Key_B)
        assert WORDS in shown.toPlainText()
        assert "earlier words" in shown.toPlainText()
        assert me.page.exposure.revealed._since is not None
        QTest.keyRelease(me.page, Qt.Key.Key_B)
        assert WORDS not in shown.toPlainText()
        assert me.page.exposure.revealed._since is None

    review(text_world(), story)


@pytest.mark.parametrize("end", ["shift", "break", "put away", "focus"])
def test_a_reveal_ends_with_whatever_takes_the_eye_or_the_item_away(review: PlayReview, end: str) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        text = me.page.content.text
        QTest.keyPress(me.page, Qt.Key.Key_B)
        assert text.revealed
        if end == "shift":
            QTest.keyPress(me.page, Qt.Key.Key_Shift)
            QTest.keyRelease(me.page, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
        elif end == "break":
            me.press(X)
        elif end == "put away":
            me.page.flow.pass_on()
        elif end == "focus":
            me.page.panel.focus_facts()
        assert not text.revealed
        assert me.page.exposure.revealed._since is None
        assert WORDS not in text.view.toPlainText()

    review(text_world(), story)


def test_a_mild_text_is_read_at_once_with_its_thread_around_it(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open(uncover=False)
        assert me.phase() is Phase.OPEN
        lines = me.page.content.text.view.toPlainText().splitlines()
        assert lines == ["@kemi: earlier words", WORDS, "@kemi: later words"]

    review(text_world(severity="low"), story)


def test_a_note_goes_through_the_outbox(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.page.tabs.notes.field.setPlainText("  compare with the other one ")
        me.page.tabs.notes.submit()
        await me.until(lambda: me.page.tabs.notes.field.toPlainText() == "")
        assert me.desk.context.outbox.entries()[0].edit.body["body"] == "compare with the other one"
        assert not me.desk.context.store.drafts()

    review(world_of(clip), story)


def test_out_of_reach_one_decides_on_and_nothing_is_lost(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        me.online()
        await me.open()
        await me.ahead()
        me.world.broken = httpx.ConnectError
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        me.press(A, ENTER)
        await me.until(lambda: me.wanted_next == 1)
        assert len(entries(me.desk)) == 2

    desk = review(world_of(clip), story)
    assert not any(isinstance(report, Problem) for report in desk.reports)


def test_the_video_that_does_not_come_can_be_tried_again(review: PlayReview, clip: bytes) -> None:
    world = world_of(clip)
    row = next(iter(world.items.values()))
    del world.videos[row.content_id]

    async def story(me: Reviewer) -> None:
        await me.open()
        await me.until(me.page.trouble.isVisible)
        me.world.videos[row.content_id] = clip
        me.page.trouble.acted.emit()
        await me.picture()
        assert not me.page.trouble.isVisible()

    review(world, story)


def test_every_control_has_a_name(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit)
        controls = [each for kind in kinds for each in me.page.findChildren(kind)]
        unnamed = [each for each in controls if not name_of(each) and not inner(each)]
        assert unnamed == []
        assert len(controls) > 30

    review(world_of(clip), story)


def name_of(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def inner(widget: QWidget) -> bool:
    """Parts that Qt makes itself: scroll buttons of a tab bar."""
    return widget.objectName() in ("ScrollLeftButton", "ScrollRightButton")


def test_messages_of_the_page_are_plain(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(Z)
        assert [r.text for r in me.desk.reports if isinstance(r, Message)] == [
            "There is no decision to undo any more."
        ]

    review(world_of(clip), story)
