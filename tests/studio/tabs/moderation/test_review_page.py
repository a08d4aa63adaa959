"""The decisions of a review, as a person takes them, before a server in memory and real clips."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import httpx
from PySide6.QtCore import Qt

from server.moderation.rules import Outcome, Severity
from studio.messages import Problem
from studio.tabs.moderation.review_bundle import decision_key, note_key
from studio.tabs.moderation.review_state import Phase
from studio.widgets.toast import Toast
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.desk import PERMISSIONS
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    ONE,
    A,
    D,
    R,
    Z,
    entries,
    world_of,
)
from tests.studio.tabs.moderation.review_world import NODES, Reviewer, changed


def test_a_routine_decision_takes_three_keys_and_the_next_item_is_there(
    review: PlayReview, clip: bytes
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        await me.ahead()
        first, following = me.item, me.page.flow.prefetch.ready
        assert following is not None
        asked = len(me.world.asked)
        me.press(ONE, D, ENTER)
        await me.until(lambda: me.item == str(following.bundle.item_id) != first)
        assert me.phase() is Phase.COVERED
        assert me.wanted_next == 0
        assert not [each for each in me.world.asked[asked:] if each.startswith(("GET file", "POST claims"))]
        await me.until(lambda: entries(me.desk))
        (entry,) = me.desk.context.outbox.entries()
        assert entry.edit.body["outcome"] == "remove"
        assert entry.edit.body["policy"] == "violence.graphic"
        assert entry.edit.body["id"] == str(entry.edit.id)
        me.page.proceed()
        await me.picture()

    review(world_of(clip), story)


def test_allow_takes_two_keys(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(A, ENTER)
        await me.until(lambda: entries(me.desk))
        assert me.desk.context.outbox.entries()[0].edit.body["outcome"] == "allow"

    review(world_of(clip), story)


def test_the_last_item_asks_for_the_next_claim(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.desk.ticker.pass_time(seconds=1)
        await me.until(lambda: not me.page.flow.prefetch.under_way)
        me.press(A, ENTER)
        await me.until(lambda: me.wanted_next == 1)
        assert me.phase() is Phase.LOADING

    review(world_of(clip, 1), story)


def test_critical_needs_facts_and_enter_twice(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.press(ONE, D, ENTER)
        assert not entries(me.desk)
        me.type("a person is named")
        me.press(Qt.Key.Key_Escape, ENTER)
        assert not entries(me.desk)
        assert me.page.panel.confirm.text() == "Enter again"
        me.press(ENTER)
        await me.until(lambda: entries(me.desk))
        assert me.desk.context.outbox.entries()[0].edit.body["facts"] == "a person is named"

    critical = next(node.code for node in NODES if node.severity is Severity.CRITICAL)
    review(world_of(clip, severity="critical", policy=critical), story)


def test_undo_drops_what_has_not_left(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        first = me.item
        me.press(ONE, R, ENTER)
        await me.until(lambda: me.item not in ("", first))
        second = me.item
        me.press(Z)
        await me.until(lambda: me.item == first)
        assert not entries(me.desk)
        assert not me.world.undone
        assert me.page.panel.draft.outcome is Outcome.RESTRICT
        assert me.page.flow.held is not None
        assert me.page.flow.held.token == 1
        ready = me.page.flow.prefetch.ready
        assert ready is not None
        assert str(ready.bundle.item_id) == second
        assert me.world.items[second].state == "claimed"
        assert not [toast for toast in me.host.toasts.toasts() if toast.message.undo is not None]

    review(world_of(clip), story)


def test_undo_asks_the_server_for_what_it_has_accepted(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        me.online()
        await me.open()
        await me.ahead()
        first = me.item
        me.press(ONE, R, ENTER)
        await me.until(lambda: me.world.decided and not entries(me.desk))
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

    review(world_of(clip), story)


def test_undo_waits_for_a_decision_that_is_just_being_sent(review: PlayReview, clip: bytes) -> None:
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

    async def story(me: Reviewer) -> None:
        sent.append(me)
        await me.open()
        first = me.item
        me.press(A, ENTER)
        me.online()
        await me.until(lambda: me.world.undone)
        await me.until(lambda: me.item == first)

    review(world, story)


def test_a_refused_decision_is_told_and_kept(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        first = me.item
        me.press(Qt.Key.Key_F)
        me.type("seen at the end")
        me.press(Qt.Key.Key_Escape, ONE, D, ENTER)
        me.world.lost = True
        me.online()
        await me.until(lambda: any(isinstance(report, Problem) for report in me.desk.reports))
        (told,) = [report for report in me.desk.reports if isinstance(report, Problem)]
        assert "not accepted" in told.what_happened
        assert not entries(me.desk)
        me.world.lost = False
        me.world.put(changed(me.world.items[first], state="pending", claimed_by=None))
        await me.open(0)
        assert me.page.panel.facts.toPlainText() == "seen at the end"
        assert me.page.panel.draft.outcome is Outcome.REMOVE
        assert not me.page.panel._case.problems(me.page.panel.draft)  # type: ignore[union-attr]

    review(world_of(clip), story)


def test_a_lost_claim_hides_the_item_and_keeps_what_was_typed(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
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
        ways_out = list(me.page.panel.ways_out.values())
        assert not any(each.isEnabled() for each in ways_out)
        assert all("not yours any more" in each.toolTip() for each in ways_out)
        assert not list((me.desk.context.store.path.parent / "media").iterdir())
        me.world.lost = False
        first = me.item
        me.world.put(changed(me.world.items[first], state="pending", claimed_by=None))
        me.page.flow.again()
        await me.until(lambda: me.phase() is Phase.COVERED)
        assert me.item == first
        assert me.page.panel.draft.facts == "half a sent"
        assert me.page.panel.draft.outcome is Outcome.REMOVE
        assert all(each.isEnabled() for each in ways_out)
        assert not any("not yours any more" in each.toolTip() for each in ways_out)

    review(world_of(clip, 1), story)


def test_leaving_keeps_the_words_gives_all_back_and_wipes_the_copies(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        await me.ahead()
        item_id = UUID(me.item)
        assert list((me.desk.context.store.path.parent / "media").iterdir())
        me.press(Qt.Key.Key_F)
        me.type("unfinished")
        me.page.tabs.notes.field.setPlainText("ask Samir")
        await me.page.leave()
        await me.until(lambda: me.desk.context.store.draft(note_key(item_id)) == "ask Samir")
        await me.until(lambda: '"unfinished"' in me.desk.context.store.draft(decision_key(item_id)))
        assert {row.state for row in me.world.items.values()} == {"pending"}
        assert not list((me.desk.context.store.path.parent / "media").iterdir())

    review(world_of(clip), story)


def test_a_restricted_video_never_touches_the_disk(review: PlayReview, clip: bytes, tmp_path: Path) -> None:
    def copies() -> list[Path]:
        piece = clip[len(clip) // 2 :][:64]
        return [path for path in tmp_path.rglob("*") if path.is_file() and piece in path.read_bytes()]

    async def story(me: Reviewer) -> None:
        await me.open(uncover=False)
        assert me.phase() is Phase.COVERED
        me.page.proceed()
        await me.picture()
        await me.ahead()
        assert copies() == []
        assert not list((tmp_path / "media").iterdir())
        first = me.item
        me.press(A, ENTER)
        await me.until(lambda: me.item not in ("", first))
        me.page.proceed()
        await me.picture()
        assert copies() == []
        assert me.page.header._restricted.isVisibleTo(me.page)

    permissions = (*PERMISSIONS, "moderation.restricted")
    review(world_of(clip, queue="restricted", severity="critical"), story, permissions=permissions)
