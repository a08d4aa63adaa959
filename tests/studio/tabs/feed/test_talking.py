"""Comments from the feed, and why a video is there."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from server.content.schemas import CommentView
from studio.tabs.feed.comment_list import SLICE
from studio.tabs.feed.comment_row import CommentRow
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_profile import comment
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import AT, MY_ID
from tests.studio.tabs.office import nameless, until, words


async def opened(viewer: Viewer) -> None:
    await viewer.sit_down()
    QTest.keyClick(viewer.page.stage, Qt.Key.Key_K)
    await until(lambda: viewer.page.aside.comments._thread.read)


def rows(viewer: Viewer) -> list[CommentRow]:
    found = viewer.page.aside.comments.findChildren(CommentRow)
    return [each for each in found if each.isVisibleTo(viewer.page.aside.comments)]


def test_writes_answers_and_takes_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await opened(viewer)
        pane = viewer.page.aside.comments
        assert "No comments yet" in words(pane)
        assert nameless(viewer.tab) == []
        QTest.keyClicks(pane.field, "I like L and S")
        assert not viewer.item.mine.liked
        pane.send.click()
        await until(lambda: "I like L and S" in words(pane))
        assert viewer.item.counts.comments == 1
        rows(viewer)[0].answered.emit()
        QTest.keyClicks(pane.field, "And an answer")
        pane.send.click()
        await until(lambda: "And an answer" in words(pane))
        assert [row.comment.body for row in rows(viewer)] == ["I like L and S", "And an answer"]
        assert rows(viewer)[1].comment.parent_id == rows(viewer)[0].comment.id
        rows(viewer)[1].deleted.emit()
        await until(lambda: "And an answer" not in words(pane))
        assert viewer.item.counts.comments == 1
        QTest.keyClick(pane, Qt.Key.Key_Escape)
        assert not pane.isVisible()

    watch(story)


def test_a_follow_leaves_the_comments_as_they_are(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.comments = [comment(UUID(int=102), "Maker 2", "Mine is better")]
        await opened(viewer)
        await until(lambda: rows(viewer))
        (row,) = rows(viewer)
        maker = viewer.item.video.owner
        viewer.page.people.follow(maker, True)
        assert rows(viewer) == [row]
        viewer.page.people.block(maker.model_copy(update={"id": UUID(int=102)}), following=False)
        assert rows(viewer) == []

    watch(story)


def test_what_is_typed_outlives_a_swipe_and_a_lost_connection(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await opened(viewer)
        pane = viewer.page.aside.comments
        viewer.world.offline = True
        QTest.keyClicks(pane.field, "Half a thou")
        pane.send.click()
        await until(pane.fault.isVisible)
        assert pane.field.toPlainText() == "Half a thou"
        viewer.world.offline = False
        viewer.page.go(1)
        await until(lambda: pane.field.toPlainText() == "")
        viewer.page.go(-1)
        await until(lambda: pane.field.toPlainText() == "Half a thou")

    watch(story)


POST = "POST /v1/content/videos/.*/comments"


async def under_way(viewer: Viewer) -> None:
    """Press Send; the answer of the server waits for the gate."""
    world, posts = viewer.world, len(viewer.world.comments)
    world.slow = POST
    viewer.page.aside.comments.send.click()
    await until(lambda: len(world.comments) > posts)


def test_what_is_typed_while_a_comment_is_sent_outlives_a_swipe(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await opened(viewer)
        pane = viewer.page.aside.comments
        QTest.keyClicks(pane.field, "First.")
        await under_way(viewer)
        QTest.keyClicks(pane.field, " And a second thought")
        viewer.page.go(1)
        await until(lambda: pane.field.toPlainText() == "")
        viewer.world.gate.set()
        await until(lambda: not pane._sending)
        viewer.page.go(-1)
        await until(lambda: pane.field.toPlainText() == "First. And a second thought")

    watch(story)


def test_what_was_sent_is_no_draft_any_more_wherever_one_is_by_then(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await opened(viewer)
        pane, store = viewer.page.aside.comments, viewer.office.context.store
        for step in (0, 1):
            QTest.keyClicks(pane.field, "First. ")
            pane.field.keep_now()
            viewer.world.gate.clear()
            await under_way(viewer)
            if step:
                viewer.page.go(step)
            viewer.world.gate.set()
            await until(lambda: not pane._sending)
            await until(lambda: not store.drafts())
            assert pane.field.toPlainText() == ""

    watch(story)


@pytest.mark.parametrize("whom", [0, 1], ids=["the same", "another"])
def test_an_answer_begun_while_one_is_sent_stays_an_answer(watch: Watch, whom: int) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.comments = [comment(UUID(int=100 + n), f"Maker {n}", f"Question {n}") for n in (1, 2)]
        await opened(viewer)
        await until(lambda: len(rows(viewer)) == 2)
        pane = viewer.page.aside.comments
        first, second = rows(viewer)[0], rows(viewer)[whom]
        first.answered.emit()
        QTest.keyClicks(pane.field, "One")
        await under_way(viewer)
        second.answered.emit()
        pane.field.selectAll()
        QTest.keyClicks(pane.field, "Two")
        viewer.world.gate.set()
        await until(lambda: not pane._sending)
        assert pane.answering.isVisible()
        pane.send.click()
        await until(lambda: viewer.world.comments[-1]["body"] == "Two")
        assert viewer.world.comments[-1]["parent_id"] == str(second.comment.id)
        await until(lambda: not pane.answering.isVisible())

    watch(story)


def questions(count: int) -> list[dict[str, Any]]:
    """Comments by many, the newest last."""
    return [
        comment(UUID(int=200 + n), f"Fan {n}", f"Question {n}")
        | {"created_at": (AT + timedelta(seconds=n)).isoformat()}
        for n in range(count)
    ]


def in_order(viewer: Viewer) -> list[CommentRow]:
    return sorted(rows(viewer), key=lambda row: row.y())


def test_many_comments_are_made_few_at_a_time_and_none_of_them_twice(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.comments = questions(30)
        await opened(viewer)
        pane, least = viewer.page.aside.comments, [0]

        def all_there() -> bool:
            least.append(len(rows(viewer)))
            return least[-1] == 30

        await until(all_there)
        assert max(after - before for before, after in pairwise(least)) <= SLICE
        before = in_order(viewer)
        assert [row.comment.body for row in before] == [f"Question {n}" for n in reversed(range(30))]
        assert all(above.geometry().bottom() < row.y() for above, row in pairwise(before))
        QTest.keyClicks(pane.field, "Mine")
        pane.send.click()
        await until(lambda: len(rows(viewer)) > 30)
        after = in_order(viewer)
        assert after[1:] == before
        after[0].deleted.emit()
        await until(lambda: len(rows(viewer)) == 30)
        assert in_order(viewer) == before
        assert pane.list.minimumHeight() > before[-1].geometry().bottom()

    watch(story)


def test_the_keyboard_stays_in_the_pane_whatever_goes(watch: Watch) -> None:
    mine = [each | {"author": {"id": str(MY_ID), "handle": "kemi", "name": "Kemi"}} for each in questions(3)]

    async def story(viewer: Viewer) -> None:
        viewer.world.comments = mine
        await opened(viewer)
        await until(lambda: len(rows(viewer)) == 3)
        pane = viewer.page.aside.comments
        newest, middle, oldest = in_order(viewer)
        for row, heir in ((middle, oldest), (oldest, newest)):
            row.delete.first.setFocus()
            QTest.keyClick(row.delete.first, Qt.Key.Key_Space)
            row.delete.yes.setFocus()
            QTest.keyClick(row.delete.yes, Qt.Key.Key_Space)
            await until(row.isHidden)
            assert heir.answer.hasFocus()
        QTest.keyClick(newest.answer, Qt.Key.Key_Space)
        assert pane.field.hasFocus()
        pane.stop.setFocus()
        QTest.keyClick(pane.stop, Qt.Key.Key_Space)
        assert pane.field.hasFocus()
        QTest.keyClicks(pane.field, "Sent by its button")
        newest.answer.setFocus()
        pane.send.setFocus()
        QTest.keyClick(pane.send, Qt.Key.Key_Space)
        assert pane.field.hasFocus()
        await until(lambda: len(rows(viewer)) == 2)
        newest.answer.setFocus()
        viewer.page.go(1)
        assert pane.field.hasFocus()

    watch(story)


def test_an_answer_moves_below_what_it_answers_when_that_is_read(watch: Watch, clip: bytes) -> None:
    asked, answered, last = questions(3)
    answered["parent_id"] = asked["id"]

    async def story(viewer: Viewer) -> None:
        await opened(viewer)
        pane = viewer.page.aside.comments
        thread = pane._thread
        thread.add([CommentView(**last), CommentView(**answered)], "more")
        pane.refill()
        kept, orphan = in_order(viewer)
        assert "Answers an earlier comment" in words(orphan)
        orphan.answer.setFocus()
        assert pane.list.more.isVisible()
        thread.add([CommentView(**asked)], None)
        pane.refill()
        assert [row.comment.body for row in in_order(viewer)] == ["Question 2", "Question 0", "Question 1"]
        assert in_order(viewer)[0] is kept
        assert kept.answer.hasFocus()
        assert not pane.list.more.isVisible()

    watch(story)


def test_says_why(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_W)
        assert "published 5 hours ago" in words(viewer.tab.window())

    watch(story)
