"""What the server does not take of what was said is told, and put back where it is shown."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt

from server.content.rules import EventKind
from studio.api.client import Answer
from studio.messages import Problem
from studio.offline.changes import Answered, Changes
from studio.offline.edits import Edit, EditKind
from studio.tabs.feed.events import PATH, SUBJECT
from studio.tabs.feed.verdicts import not_taken
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_blocking import blocked, order, undo
from tests.studio.tabs.feed.test_profile import opened, press
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.office import words

MAKER = UUID(int=100)


def problems(viewer: Viewer) -> list[Problem]:
    return [each for each in viewer.office.reports if isinstance(each, Problem)]


async def answered(viewer: Viewer) -> None:
    """Everything is sent, and what became of it is told."""
    await viewer.send()
    await viewer.office.settle()


def test_a_block_too_many_is_told_and_everything_of_theirs_is_there_again(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.most["blocked"] = 0
        pane = await blocked(viewer)
        await viewer.sees(1)
        assert "You block Maker 0" in words(pane)
        await answered(viewer)
        (problem,) = problems(viewer)
        assert problem.what_happened.startswith("Maker 0 is not blocked. You block 1,000 people")
        assert "Unblock somebody" in problem.what_to_do
        assert viewer.page.feed.blocked == set()
        assert set(order(viewer)) == {0, 1, 2, 3, 4, 5}
        assert "You block Maker 0" not in words(pane)
        assert pane.block_button.isVisible()
        viewer.world.most["blocked"] = 1
        pane.block_button.click()  # they have let somebody go
        await answered(viewer)
        assert viewer.world.said["blocked"] == {MAKER}
        assert len(problems(viewer)) == 1

    watch(story)


@pytest.mark.parametrize(
    ("why", "told"),
    [("too_many", "You follow 1,000 people"), ("not_found", "They cannot be followed now")],
)
def test_a_follow_that_is_refused_is_told_and_put_back(watch: Watch, why: str, told: str) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        press(viewer, Qt.Key.Key_F)
        assert pane.follow_button.text() == "Following"
        if why == "too_many":
            viewer.world.most["followed"] = 0
        else:
            viewer.world.away.add(MAKER)
        await answered(viewer)
        assert told in viewer.office.told()
        assert pane.follow_button.text() == "Follow"
        assert not viewer.item.mine.following

    watch(story)


def test_a_like_of_what_is_hidden_is_told_and_put_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        likes = viewer.item.counts.likes
        press(viewer, Qt.Key.Key_L)
        press(viewer, Qt.Key.Key_S)
        viewer.world.away.add(viewer.item.video.id)
        await answered(viewer)
        assert "A video is not liked" in viewer.office.told()
        assert "Save it again when it is back" in viewer.office.told()
        assert (viewer.item.mine.liked, viewer.item.mine.saved) == (False, False)
        assert viewer.item.counts.likes == likes

    watch(story)


def test_what_was_taken_back_meanwhile_is_not_told(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.most["blocked"] = 0
        await blocked(viewer)
        await viewer.sees(1)
        undo(viewer)
        await answered(viewer)
        assert problems(viewer) == []

    watch(story)


def test_what_was_taken_back_and_waits_is_neither_told_nor_put_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        viewer.page.log.add(EventKind.FOLLOW, person_id=MAKER)
        press(viewer, Qt.Key.Key_F)  # the last word, which has not left yet
        await viewer.page.log.settle()
        viewer.office.context.changes.send(said((EventKind.FOLLOW, "refused")))
        await viewer.office.settle()
        assert "You do not follow" not in viewer.office.told()
        assert pane.follow_button.text() == "Following"
        await viewer.send()

    watch(story)


def test_whoever_is_elsewhere_is_told_too_also_of_an_earlier_run(watch: Watch) -> None:
    async def block(viewer: Viewer) -> None:
        await blocked(viewer)
        viewer.tab.hide()
        await viewer.page.log.settle()

    async def later(viewer: Viewer) -> None:
        world.most["blocked"] = 0
        assert not viewer.tab.isVisible()
        await answered(viewer)
        assert "Maker 0 is not blocked" in viewer.office.told()

    world = watch(block)
    watch(later, world)


def test_many_refusals_are_one_notice(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        viewer.world.most["followed"] = 1
        for number in range(100, 106):
            viewer.page.log.add(EventKind.FOLLOW, person_id=UUID(int=number))
        await answered(viewer)
        assert viewer.office.told().count("You do not follow") == 1
        assert "You do not follow 5 people" in viewer.office.told()

    watch(story)


def test_who_did_too_much_in_a_day_is_told_so(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        refused = [(EventKind.BLOCK, "refused"), (EventKind.FOLLOW, "refused")]
        viewer.office.context.changes.send(said(*refused, code="day_full"))
        await viewer.office.settle()
        (problem,) = problems(viewer)
        assert problem.what_to_do == "Do it again tomorrow."
        assert "You do not follow Maker 0 You did more today" in viewer.office.told()

    watch(story)


def said(*told: tuple[EventKind, str], code: str = "too_many") -> Changes:
    """A batch of words on one person, and what became of each."""
    ids = [str(uuid4()) for _ in told]
    person = str(MAKER)
    events = [
        {"id": id_, "kind": kind, "person_id": person} for id_, (kind, _) in zip(ids, told, strict=True)
    ]
    verdicts = [
        {"id": id_, "verdict": verdict, "code": code if verdict == "refused" else None}
        for id_, (_, verdict) in zip(ids, told, strict=True)
    ]
    edit = Edit(EditKind.FEED_EVENT, "POST", PATH, {"events": events}, SUBJECT)
    answer = Answer(200, {}, json.dumps({"verdicts": verdicts}).encode())
    return Changes(frozenset({EditKind.FEED_EVENT}), answered=Answered(edit, answer))


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        ([(EventKind.FOLLOW, "refused")], False),
        ([(EventKind.FOLLOW, "accepted"), (EventKind.UNFOLLOW, "refused")], True),
        ([(EventKind.FOLLOW, "refused"), (EventKind.UNFOLLOW, "accepted")], None),
        ([(EventKind.UNFOLLOW, "refused"), (EventKind.FOLLOW, "refused")], None),  # they followed before
        ([(EventKind.FOLLOW, "duplicate")], None),
        ([(EventKind.SHARE, "refused")], None),
    ],
)
def test_the_last_word_of_a_batch_says_what_is_so(
    told: list[tuple[EventKind, str]], holds: bool | None
) -> None:
    found = [each.holds for each in not_taken(said(*told))]
    assert found == ([] if holds is None else [holds])


def test_an_answer_of_another_version_says_nothing() -> None:
    changes = said((EventKind.FOLLOW, "refused"))
    assert changes.answered is not None
    other = Answered(changes.answered.edit, Answer(200, {}, b"{}"))
    assert not_taken(Changes(changes.kinds, answered=other)) == []
