"""The review as a person works with it, before a server in memory and real clips."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

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

from benchmarks.coded_clips import Recipe, write_clip
from server.moderation.rules import Outcome, Severity
from server.moderation.schemas import ItemRow
from studio.messages import Message, Problem
from studio.tabs.moderation.review_bundle import decision_key, note_key
from studio.tabs.moderation.review_state import Phase
from studio.widgets.toast import Toast
from tests.studio.tabs.moderation.conftest import Play
from tests.studio.tabs.moderation.desk import PERMISSIONS, Desk
from tests.studio.tabs.moderation.review_world import NODES, Reviewer, ReviewWorld, changed, comment
from tests.studio.tabs.moderation.world import item

ONE, A, D, R, Z, X, ENTER = (
    Qt.Key.Key_1,
    Qt.Key.Key_A,
    Qt.Key.Key_D,
    Qt.Key.Key_R,
    Qt.Key.Key_Z,
    Qt.Key.Key_X,
    Qt.Key.Key_Return,
)
WORDS = "Meet me behind the station, alone"


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Let what a test leaves in cycles end on this thread: on a decoder's it would take Qt's timers along."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("review") / "clip.mp4"
    return write_clip(path, Recipe(), frames=60, width=160, height=90).read_bytes()


def videos(count: int = 3, **changes: Any) -> list[ItemRow]:
    """Waiting videos of high severity, the same policy."""
    common = {"state": "pending", "claimed_by": None, "claimed_by_handle": None, "content_type": "video"}
    return [
        item(n, **common | {"severity": "high", "policy": "violence.graphic"} | changes) for n in range(count)
    ]


def world_of(clip: bytes, count: int = 3, **changes: Any) -> ReviewWorld:
    rows = videos(count, **changes)
    return ReviewWorld(rows, videos={row.content_id: clip for row in rows})


def entries(desk: Desk) -> list[str]:
    return [str(entry.edit.id) for entry in desk.context.outbox.entries()]


def test_a_routine_decision_takes_three_keys_and_the_next_item_is_there(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.picture()
            await me.ahead()
            first, following = me.item, me.page.flow.prefetch.ready
            assert following is not None
            asked = len(me.world.asked)
            me.press(ONE, D, ENTER)
            assert me.item == str(following.bundle.item_id) != first
            assert me.phase() is Phase.COVERED
            assert me.wanted_next == 0
            assert not [
                each for each in me.world.asked[asked:] if each.startswith(("GET file", "POST claims"))
            ]
            await me.until(lambda: entries(desk))
            (entry,) = desk.context.outbox.entries()
            assert entry.edit.body["outcome"] == "remove"
            assert entry.edit.body["policy"] == "violence.graphic"
            assert entry.edit.body["id"] == str(entry.edit.id)
            me.page.proceed()
            await me.picture()

    play(world_of(clip), story)


def test_allow_takes_two_keys(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.press(A, ENTER)
            await me.until(lambda: entries(desk))
            assert desk.context.outbox.entries()[0].edit.body["outcome"] == "allow"

    play(world_of(clip), story)


def test_the_last_item_asks_for_the_next_claim(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.desk.ticker.pass_time(seconds=1)
            await me.until(lambda: not me.page.flow.prefetch.under_way)
            me.press(A, ENTER)
            await me.until(lambda: me.wanted_next == 1)
            assert me.phase() is Phase.LOADING

    play(world_of(clip, 1), story)


def test_critical_needs_facts_and_enter_twice(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.press(ONE, D, ENTER)
            assert not entries(desk)
            me.press(Qt.Key.Key_F)
            me.type("a person is named")
            me.press(Qt.Key.Key_Escape, ENTER)
            assert not entries(desk)
            assert me.page.panel.confirm.text() == "Enter again"
            me.press(ENTER)
            await me.until(lambda: entries(desk))
            assert desk.context.outbox.entries()[0].edit.body["facts"] == "a person is named"

    critical = next(node.code for node in NODES if node.severity is Severity.CRITICAL)
    play(world_of(clip, severity="critical", policy=critical), story)


def test_undo_drops_what_has_not_left(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.ahead()
            first = me.item
            me.press(ONE, R, ENTER)
            second = me.item
            await me.until(lambda: entries(desk))
            me.press(Z)
            await me.until(lambda: me.item == first)
            assert not entries(desk)
            assert not me.world.undone
            assert me.page.panel.draft.outcome is Outcome.RESTRICT
            assert me.page.flow.held is not None
            assert me.page.flow.held.token == 1
            ready = me.page.flow.prefetch.ready
            assert ready is not None
            assert str(ready.bundle.item_id) == second
            assert me.world.items[second].state == "claimed"
            assert not [toast for toast in me.host.toasts.toasts() if toast.message.undo is not None]

    play(world_of(clip), story)


def test_undo_asks_the_server_for_what_it_has_accepted(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            me.online()
            await me.open()
            await me.ahead()
            first = me.item
            me.press(ONE, R, ENTER)
            await me.until(lambda: me.world.decided and not entries(desk))
            (toast,) = [each for each in me.window.findChildren(Toast) if each.message.undo is not None]
            toast._undo()
            await me.until(lambda: me.item == first)
            assert me.world.undone == list(me.world.decided)
            assert me.page.flow.held is not None
            assert me.page.flow.held.token == 2
            assert me.page.panel.draft.policy == "violence.graphic"
            me.page.proceed()
            await me.picture()
            me.press(D, ENTER)
            await me.until(lambda: len(me.world.decided) == 2)

    play(world_of(clip), story)


def test_undo_waits_for_a_decision_that_is_just_being_sent(play: Play, clip: bytes) -> None:
    world = world_of(clip)
    sent: list[Reviewer] = []

    def before(request: httpx.Request) -> None:
        if request.url.path.endswith("/decisions") and sent:
            sent.pop().page.flow.undo()

    handle = world.handle

    def watched(request: httpx.Request) -> httpx.Response:
        before(request)
        return handle(request)

    world.handle = watched  # type: ignore[method-assign]

    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            sent.append(me)
            await me.open()
            first = me.item
            me.press(A, ENTER)
            me.online()
            await me.until(lambda: me.world.undone)
            await me.until(lambda: me.item == first)

    play(world, story)


def test_a_refused_decision_is_told_and_kept(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            first = me.item
            me.press(Qt.Key.Key_F)
            me.type("seen at the end")
            me.press(Qt.Key.Key_Escape, ONE, D, ENTER)
            me.world.lost = True
            me.online()
            await me.until(lambda: any(isinstance(report, Problem) for report in desk.reports))
            (told,) = [report for report in desk.reports if isinstance(report, Problem)]
            assert "not accepted" in told.what_happened
            assert not entries(desk)
            me.world.lost = False
            me.world.put(changed(me.world.items[first], state="pending", claimed_by=None))
            await me.open(0)
            assert me.page.panel.facts.toPlainText() == "seen at the end"
            assert me.page.panel.draft.outcome is Outcome.REMOVE
            assert not me.page.panel._case.problems(me.page.panel.draft)  # type: ignore[union-attr]

    play(world_of(clip), story)


def test_a_lost_claim_hides_the_item_and_keeps_what_was_typed(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.picture()
            me.press(ONE, D, Qt.Key.Key_F)
            me.type("half a sent")
            me.world.lost = True
            me.desk.ticker.pass_time(seconds=250)
            await me.until(lambda: me.phase() is Phase.LOST)
            assert me.page.content.player.view.picture is None
            assert me.page.panel.facts.toPlainText() == "half a sent"
            assert not me.page.panel.confirm.isEnabled()
            assert not list((desk.context.store.path.parent / "media").iterdir())
            me.world.lost = False
            first = me.item
            me.world.put(changed(me.world.items[first], state="pending", claimed_by=None))
            me.page.flow.again()
            await me.until(lambda: me.phase() is Phase.COVERED)
            assert me.item == first
            assert me.page.panel.draft.facts == "half a sent"
            assert me.page.panel.draft.outcome is Outcome.REMOVE

    play(world_of(clip), story)


def test_leaving_keeps_the_words_gives_all_back_and_wipes_the_copies(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.picture()
            await me.ahead()
            item_id = UUID(me.item)
            assert list((desk.context.store.path.parent / "media").iterdir())
            me.press(Qt.Key.Key_F)
            me.type("unfinished")
            me.page.tabs.notes.field.setPlainText("ask Samir")
            await me.page.leave()
            await me.until(lambda: desk.context.store.draft(note_key(item_id)) == "ask Samir")
            assert '"unfinished"' in desk.context.store.draft(decision_key(item_id))
            assert {row.state for row in me.world.items.values()} == {"pending"}
            assert not list((desk.context.store.path.parent / "media").iterdir())

    play(world_of(clip), story)


def test_a_restricted_video_never_touches_the_disk(play: Play, clip: bytes, tmp_path: Path) -> None:
    def copies() -> list[Path]:
        piece = clip[len(clip) // 2 :][:64]
        return [path for path in tmp_path.rglob("*") if path.is_file() and piece in path.read_bytes()]

    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open(uncover=False)
            assert me.phase() is Phase.COVERED
            me.page.proceed()
            await me.picture()
            await me.ahead()
            assert copies() == []
            assert not list((tmp_path / "media").iterdir())
            me.press(A, ENTER)
            me.page.proceed()
            await me.picture()
            assert copies() == []
            assert me.page.header._restricted.isVisibleTo(me.page)

    permissions = (*PERMISSIONS, "moderation.restricted")
    play(world_of(clip, queue="restricted", severity="critical"), story, permissions=permissions)


def test_letters_are_letters_while_typing(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.press(Qt.Key.Key_F)
            me.type("a1rdzxs")
            assert me.page.panel.facts.toPlainText() == "a1rdzxs"
            assert me.page.panel.draft.outcome is None
            assert me.phase() is Phase.OPEN
            me.press(Qt.Key.Key_Escape, A)
            assert me.page.panel.draft.outcome is Outcome.ALLOW

    play(world_of(clip), story)


def test_a_break_blanks_everything_and_hears_nothing_but_its_end(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.picture()
            me.press(X)
            assert me.phase() is Phase.BREAK
            assert me.page.content.player.view.picture is None
            assert not me.page.panel.isVisible()
            me.press(A, ENTER, Z)
            assert me.phase() is Phase.BREAK
            assert not entries(desk)
            me.press(X)
            assert me.phase() is Phase.OPEN
            assert me.page.panel.draft.outcome is None
            await me.picture()

    play(world_of(clip), story)


def test_covered_content_can_be_decided_without_a_look(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open(uncover=False)
            assert me.page.content.cover.isVisible()
            assert not me.page.content.video.isVisible()
            me.press(Qt.Key.Key_Space)
            head = me.page.content.player.player.head
            assert head is None or not head.playing
            me.press(ONE, D, ENTER)
            await me.until(lambda: entries(desk))
            body = desk.context.outbox.entries()[0].edit.body
            assert (body["ms_viewed"], body["ms_revealed"]) == (0, 0)

    play(world_of(clip), story)


def test_marks_and_the_stretch_between_in_and_out_go_with_the_decision(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
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
            await me.until(lambda: entries(desk))
            stretch, frame = desk.context.outbox.entries()[0].edit.body["marks"]
            assert (frame["frame"], frame["note"]) == (2, "here")
            assert stretch["in_ms"] == 0
            assert stretch["out_ms"] > frame["ms"]

    play(world_of(clip), story)


def text_world(**changes: Any) -> ReviewWorld:
    rows = videos(2, content_type="comment", **changes)
    world = ReviewWorld(rows, texts={row.content_id: WORDS for row in rows})
    world.thread = [
        comment(3, "later words"),
        comment(rows[0].content_id.int, WORDS),
        comment(2, "earlier words"),
    ]
    return world


def test_a_severe_text_is_masked_until_it_is_revealed(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
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

    play(text_world(), story)


def test_a_mild_text_is_read_at_once_with_its_thread_around_it(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open(uncover=False)
            assert me.phase() is Phase.OPEN
            lines = me.page.content.text.view.toPlainText().splitlines()
            assert lines == ["@kemi: earlier words", WORDS, "@kemi: later words"]

    play(text_world(severity="low"), story)


def test_a_note_goes_through_the_outbox(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.page.tabs.notes.field.setPlainText("  compare with the other one ")
            me.page.tabs.notes.submit()
            await me.until(lambda: entries(desk))
            assert desk.context.outbox.entries()[0].edit.body["body"] == "compare with the other one"
            assert me.page.tabs.notes.field.toPlainText() == ""

    play(world_of(clip), story)


def test_out_of_reach_one_decides_on_and_nothing_is_lost(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            me.online()
            await me.open()
            await me.ahead()
            me.world.broken = httpx.ConnectError
            me.press(A, ENTER)
            me.press(A, ENTER)
            await me.until(lambda: len(entries(desk)) == 2)
            assert me.wanted_next == 1

    desk = play(world_of(clip), story)
    assert not any(isinstance(report, Problem) for report in desk.reports)


def test_the_video_that_does_not_come_can_be_tried_again(play: Play, clip: bytes) -> None:
    world = world_of(clip)
    row = next(iter(world.items.values()))
    del world.videos[row.content_id]

    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.until(me.page.trouble.isVisible)
            me.world.videos[row.content_id] = clip
            me.page.trouble.acted.emit()
            await me.picture()
            assert not me.page.trouble.isVisible()

    play(world, story)


def test_every_control_has_a_name(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.picture()
            kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit)
            controls = [each for kind in kinds for each in me.page.findChildren(kind)]
            unnamed = [each for each in controls if not name_of(each) and not inner(each)]
            assert unnamed == []
            assert len(controls) > 30

    play(world_of(clip), story)


def name_of(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def inner(widget: QWidget) -> bool:
    """Parts that Qt makes itself: scroll buttons of a tab bar."""
    return widget.objectName() in ("ScrollLeftButton", "ScrollRightButton")


def test_messages_of_the_page_are_plain(play: Play, clip: bytes) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            me.press(Z)
            assert [r.text for r in desk.reports if isinstance(r, Message)] == [
                "There is no decision to undo any more."
            ]

    play(world_of(clip), story)
