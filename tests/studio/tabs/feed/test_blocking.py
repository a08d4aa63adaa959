"""Blocking somebody: nothing of theirs stays, and the way back is near."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from server.kit.wire import Page
from studio.messages import Message
from studio.tabs.feed.profile import ProfilePane
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_profile import comment, numbers, opened, press
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
from tests.studio.tabs.office import button, nameless, until, words

MAKER = UUID(int=100)


def order(viewer: Viewer) -> list[int]:
    return [each.video.id.int - 1_000 for each in viewer.page.feed.items]


def undo(viewer: Viewer) -> None:
    """Press Undo in the last notice."""
    report = viewer.office.reports[-1]
    assert isinstance(report, Message)
    assert report.undo is not None
    report.undo()


async def blocked(viewer: Viewer) -> ProfilePane:
    pane = await opened(viewer)
    await until(lambda: viewer.page.feed.ended)
    pane.block_button.click()
    return pane


def test_what_plays_goes_and_all_of_theirs_with_it(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.comments = [comment(MAKER, "Maker 0", "Look at mine")]
        pane = await blocked(viewer)
        await viewer.sees(1)
        await until(lambda: viewer.playing)
        assert order(viewer) == [1, 2, 4, 5]
        assert "You block Maker 0" in words(pane)
        assert "They are not told" in viewer.office.told()
        assert nameless(pane) == []
        viewer.page.aside.toggle_comments()
        await until(lambda: "No comments yet" in words(viewer.page.aside))
        await viewer.send()
        assert order(viewer) == [1, 2, 4, 5]

    world = watch(story)
    assert world.said["blocked"] == {MAKER}
    assert len(world.told("block")) == 1


def test_undo_brings_back_what_played_and_the_follow(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_F)
        pane = await blocked(viewer)
        await viewer.sees(1)
        undo(viewer)
        await viewer.sees(0)
        assert sorted(order(viewer)) == [0, 1, 2, 3, 4, 5]
        assert viewer.item.mine.following
        assert pane.follow_button.text() == "Following"
        undo(viewer)  # twice is once
        await viewer.send()

    world = watch(story)
    assert (world.said["blocked"], world.said["followed"]) == (set(), {MAKER})
    kinds = [each["kind"] for each in world.events.values() if each.get("person_id")]
    assert sorted(kinds) == ["block", "follow", "follow", "unblock", "unfollow"]


def test_whoever_is_unblocked_is_seen_again_once_the_server_knows(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await blocked(viewer)
        await viewer.sees(1)
        await viewer.send()
        await until(lambda: not viewer.page.people._said)
        button(pane, "Unblock").click()
        assert "on their way" in words(pane)
        await viewer.send()
        await until(lambda: numbers(pane) == [0, 3])
        await until(lambda: set(order(viewer)) == {0, 1, 2, 3, 4, 5})

    watch(story)


def test_a_page_that_was_asked_for_before_brings_nothing_of_theirs(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        pane.block_button.click()
        viewer.page.look_again()
        await until(lambda: viewer.page.feed.ended)
        assert 0 not in order(viewer)
        assert 3 not in order(viewer)

    watch(story, FeedWorld([item(n) for n in range(6)], clip, page=2))


def test_what_was_kept_of_them_on_this_computer_goes_too(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        kept = viewer.page.watching._kept
        await until(lambda: [each.item.video.id.int for each in kept._seen] == [1_000])
        maker = viewer.item.video.owner
        press(viewer, Qt.Key.Key_Down)
        viewer.page.feed.remove(UUID(int=1_000))
        viewer.page.people.block(maker, following=False)
        await until(lambda: UUID(int=1_000) not in {each.item.video.id for each in kept._seen})

    watch(story)


def test_nothing_is_left_where_everything_was_theirs(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await blocked(viewer)
        await until(lambda: "Nothing to watch yet" in words(viewer.tab))
        undo(viewer)
        await viewer.sees(0)

    watch(story, FeedWorld([item(0), item(3)], clip))


def test_the_list_of_the_blocked_lets_go_and_takes_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.said["blocked"] |= {UUID(int=101), UUID(int=102)}
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_B)
        pane = viewer.page.aside.blocked
        await until(lambda: len(pane.rows) == 2)
        assert nameless(pane) == []
        row = pane.rows[UUID(int=101)]
        row.button.click()
        assert row.button.text() == "Block"
        row.button.click()
        assert row.button.text() == "Unblock"
        row.button.click()
        await viewer.send()
        pane.open()
        await until(lambda: list(pane.rows) == [UUID(int=102)])
        pane.rows[UUID(int=102)].name.click()
        profile = viewer.page.aside.profile
        await until(lambda: "You block Maker 2" in words(profile))
        QTest.keyClick(profile, Qt.Key.Key_Escape)
        assert viewer.page.aside.shown is pane
        QTest.keyClick(pane, Qt.Key.Key_Escape)
        assert viewer.page.stage.hasFocus()

    watch(story)


def test_the_list_says_that_it_is_empty_or_cannot_be_read(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        viewer.world.offline = True
        pane.blocked_button.click()
        shown = viewer.page.aside.blocked
        await until(lambda: "cannot be read now" in words(shown))
        viewer.world.offline = False
        shown.states.retried.emit()
        await until(lambda: "You block nobody" in words(shown))

    watch(story)


def test_a_profile_read_before_a_block_does_not_undo_it(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        assert pane.profile is not None
        people, told = viewer.page.people, pane.profile
        generation = people.generation
        pane.block_button.click()
        await viewer.send()
        await until(lambda: not people._said)
        pane._take({}, generation, (told, Page(items=[], next_cursor=None)))
        await viewer.office.settle()
        assert viewer.page.feed.blocked == {MAKER}
        assert "You block Maker 0" in words(pane)

    watch(story)


def test_whoever_was_blocked_meanwhile_joins_the_list(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.said["blocked"].add(UUID(int=102))
        await viewer.sit_down()
        maker = viewer.item.video.owner
        press(viewer, Qt.Key.Key_B)
        pane = viewer.page.aside.blocked
        await until(lambda: list(pane.rows) == [UUID(int=102)])
        pane.rows[UUID(int=102)].button.click()
        viewer.page.people.block(maker, following=False)
        await viewer.send()
        await until(lambda: MAKER in pane.rows)
        assert pane.rows[UUID(int=102)].button.text() == "Block"  # it can still be taken back
        assert pane._column.indexOf(pane.rows[MAKER]) == 0

    watch(story)


def test_a_long_list_is_read_page_by_page(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, page=2)
    maker = world.people[MAKER]
    for n in range(5):
        person = maker.model_copy(update={"id": UUID(int=200 + n), "name": f"Other {n}"})
        world.people[person.id] = person
        world.said["blocked"].add(person.id)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_B)
        pane = viewer.page.aside.blocked
        for count in (2, 4, 5):
            await until(lambda count=count: len(pane.rows) == count)
            if count == 2:
                world.offline = True
                pane.more.click()
                await until(lambda: "Not all was read" in words(pane))
                world.offline = False
            if count < 5:
                pane.more.click()
        assert "Not all was read" not in words(pane)
        assert not pane.more.isVisible()

    watch(story, world)
