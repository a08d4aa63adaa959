"""Nothing that a person typed or decided is lost, and the time they looked is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from uuid import UUID

from studio.messages import Message, Problem
from studio.offline.changes import Changes
from studio.offline.edits import Edit
from studio.tabs.moderation.review_bundle import decision_key, note_key, refused_key
from studio.tabs.moderation.review_state import Phase
from studio.workplace import RESYNC
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    ONE,
    A,
    D,
    X,
    entries,
    text_world,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer, changed


def fill_disk(desk: Desk) -> None:
    """Nothing more can be handed to the outbox."""

    def full(_edit: Edit, *, drafts: Collection[str] = ()) -> Changes:
        raise sqlite3.OperationalError("database or disk is full")

    desk.context.outbox.add = full  # type: ignore[method-assign]


def problems(desk: Desk) -> list[Problem]:
    return [report for report in desk.reports if isinstance(report, Problem)]


def test_a_decision_that_the_disk_did_not_take_stays_on_the_screen(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        first, add = me.item, me.desk.context.outbox.add
        fill_disk(me.desk)
        me.press(ONE, D, ENTER)
        await me.until(lambda: problems(me.desk))
        (told,) = problems(me.desk)
        assert "disk did not take" in told.what_happened
        assert not [report for report in me.desk.reports if isinstance(report, Message)]
        assert me.item == first
        assert me.page.panel.draft.policy == "violence.graphic"
        key = decision_key(UUID(first))
        await me.until(lambda: "remove" in me.desk.context.store.draft(key))
        me.desk.context.outbox.add = add  # type: ignore[method-assign]
        me.host.sheet.accept()  # type: ignore[union-attr]
        me.page.panel.press_confirm()
        await me.until(lambda: me.item not in ("", first))
        assert len(entries(me.desk)) == 1
        assert me.desk.context.store.draft(key) == ""

    review(world_of(clip), story)


def test_a_note_that_the_disk_did_not_take_stays_in_its_field(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        notes, key = me.page.tabs.notes, note_key(UUID(me.item))
        fill_disk(me.desk)
        notes.field.setPlainText("half an hour of reading")
        notes.submit()
        await me.until(lambda: problems(me.desk))
        assert notes.field.toPlainText() == "half an hour of reading"
        assert not notes.field.isReadOnly()
        assert me.desk.context.store.draft(key) == "half an hour of reading"

    review(world_of(clip), story)


def test_a_refused_decision_is_offered_beside_the_one_in_the_making(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        first = me.item
        me.page.panel.facts.setPlainText("seen at the end")
        me.press(ONE, D, ENTER)
        await me.until(lambda: entries(me.desk) and me.page.flow.held is None)
        me.world.put(changed(me.world.items[first], state="pending", claimed_by=None))
        await me.open(0)
        me.press(A)
        me.world.lost = True
        me.online()
        await me.until(lambda: problems(me.desk))
        assert me.page.other_draft.isVisible()
        me.world.lost = False
        me.page.other_draft.acted.emit()
        assert me.page.panel.draft.facts == "seen at the end"
        store, item = me.desk.context.store, UUID(first)
        await me.until(lambda: "seen at the end" in store.draft(decision_key(item)))
        assert '"allow"' in store.draft(refused_key(item))
        me.host.sheet.accept()  # type: ignore[union-attr]
        me.page.panel.press_confirm()
        await me.until(lambda: me.item != first)
        assert not store.drafts()

    review(world_of(clip, 1), story)


def test_opening_another_item_gives_the_first_one_back(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open(0)
        first = me.item
        me.page.open(me.world.claim(1))
        await me.until(lambda: me.world.items[first].state == "pending")
        await me.until(lambda: me.item not in ("", first))

    review(world_of(clip), story)


def test_a_text_counts_as_viewed_while_it_can_be_read(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:

        def counting() -> bool:
            return me.page.exposure.viewed.running

        await me.open(uncover=False)
        assert me.phase() is Phase.OPEN
        assert counting()
        me.press(X)
        assert not counting()
        me.press(X)
        assert counting()
        me.page.hide()
        assert not counting()
        me.page.show()
        assert counting()

    review(text_world(severity="low"), story)


def test_after_a_gap_in_the_live_feed_the_open_item_is_read_anew(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        me.world.tokens[me.item] += 1
        me.desk.context.changes.send(Changes(kinds=frozenset({RESYNC})))
        await me.until(lambda: me.phase() is Phase.LOST)

    review(world_of(clip), story)
