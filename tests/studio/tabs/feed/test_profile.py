"""The page of a person: who they are, their videos, and what is said of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import QBuffer, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from server.content.rules import Visibility
from server.kit.wire import Availability
from studio.api.live import Connection
from studio.offline.changes import Changes
from studio.tabs.feed.name_button import NameButton
from studio.tabs.feed.opening import GONE
from studio.tabs.feed.profile import ProfilePane
from studio.tabs.feed.tab import FEED
from studio.widgets.initials import initials_of
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import AT, MY_ID, FeedWorld, item
from tests.studio.tabs.office import nameless, until, words

MAKER = UUID(int=100)


def press(viewer: Viewer, key: Qt.Key) -> None:
    QTest.keyClick(viewer.page.stage, key)


async def opened(viewer: Viewer) -> ProfilePane:
    """The profile of who made the first video."""
    await viewer.sit_down()
    press(viewer, Qt.Key.Key_P)
    pane = viewer.page.aside.profile
    await until(lambda: pane.profile is not None)
    return pane


def numbers(pane: ProfilePane) -> list[int]:
    return [each.id.int - 1_000 for each in pane.grid.videos]


def click(pane: ProfilePane, row: int) -> None:
    grid = pane.grid
    at = grid.visualRect(grid.model().index(row, 0)).center()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=at - QPoint(0, 20))


def test_tells_who_it_is_and_opens_a_video_of_theirs(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(n) for n in range(6)], clip, others=[item(n) for n in (60, 63, 66, 69)])
    world.people[MAKER] = world.people[MAKER].model_copy(update={"bio": "I film **lakes**."})

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        told = words(pane)
        for text in ("Maker 0", "@maker0", "I film **lakes**.", "1.2 k followers  ·  3 following", "Follow"):
            assert text in told
        assert nameless(pane) == []
        assert numbers(pane)[:4] == [0, 3, 60, 63]
        click(pane, 2)
        await viewer.sees(60)
        assert pane.isVisible()
        assert [each.video.id.int - 1_000 for each in viewer.page.feed.items][:3] == [0, 60, 1]
        pane.grid.setFocus()
        QTest.keyClick(pane.grid, Qt.Key.Key_Right)
        QTest.keyClick(pane.grid, Qt.Key.Key_Return)
        await until(lambda: viewer.item.video.id != UUID(int=1_060))
        QTest.keyClick(pane.grid, Qt.Key.Key_Escape)
        assert not pane.isVisible()
        assert viewer.page.stage.hasFocus()

    watch(story, world)


def test_more_videos_come_as_one_scrolls(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(3 * n) for n in range(1, 30)], page=12)

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        bar = pane.grid.verticalScrollBar()

        def at_the_end() -> bool:
            bar.setValue(bar.maximum())  # which grows only when the next ones are laid out
            return len(pane.grid.videos) == 30

        await until(at_the_end)
        assert len(set(numbers(pane))) == 30

    watch(story, world)


def test_what_is_read_again_says_what_changed_and_goes_on_from_where_it_is(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(3 * n) for n in range(1, 60)], page=12)

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        await until(lambda: len(pane.grid.videos) >= 12 and pane._more is None)
        pane._read_more()
        await viewer.office.settle()
        many, cursor = len(pane.grid.videos), pane._cursor
        assert many >= 24
        pane.read()
        await viewer.office.settle()
        assert (len(pane.grid.videos), pane._cursor) == (many, cursor)
        world.items[0] = item(0, title="Another title")
        pane.read()
        await until(lambda: pane.grid.videos[0].title == "Another title")

    watch(story, world)


def test_nothing_of_one_person_is_left_for_the_next(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(3 * n) for n in range(1, 60)], page=12)
    other = item(1).video.owner

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        await viewer.office.settle()
        pane._freed = True  # as of somebody whose unblocking the server has not heard of
        pane._read_more()
        under_way = pane._more
        assert under_way is not None
        pane.open(other)
        assert pane._more is None
        await viewer.office.settle()
        assert under_way.cancelled()
        assert numbers(pane) == []
        assert "No public videos yet" in words(pane)

    watch(story, world)


def test_stills_are_fetched_and_painted(watch: Watch, clip: bytes) -> None:
    still, data = QImage(90, 160, QImage.Format.Format_RGB888), QBuffer()
    still.fill(QColor(250, 10, 10))
    still.save(data, "PNG")  # type: ignore[call-overload]
    world = FeedWorld([item(0, derivatives=["poster"])], clip, poster=data.data().data())

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)

        def red() -> bool:
            rect = pane.grid.visualRect(pane.grid.model().index(0, 0))
            color = pane.grid.viewport().grab().toImage().pixelColor(rect.center())
            return color.red() > 200 > color.green()

        await until(red)

    watch(story, world)


def test_what_is_not_public_is_not_among_them(watch: Watch, clip: bytes) -> None:
    hidden: list[dict[str, Any]] = [
        {"visibility": Visibility.UNLISTED},
        {"availability": Availability.REMOVED},
        {"published_at": None},
    ]
    others = [item(60 + 3 * n, **about) for n, about in enumerate(hidden)]

    async def story(viewer: Viewer) -> None:
        assert numbers(await opened(viewer)) == [0]

    watch(story, FeedWorld([item(0)], clip, others=others))


@pytest.mark.parametrize("hidden", [False, True], ids=["gone", "hidden"])
def test_one_that_is_taken_away_leaves_the_stills(watch: Watch, clip: bytes, hidden: bool) -> None:
    lost = UUID(int=1_063)
    world = FeedWorld([item(0)], clip, others=[item(60), item(63), item(66)])

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        await until(lambda: numbers(pane) == [0, 60, 63, 66])
        if hidden:
            world.others[1] = item(63, availability=Availability.RESTRICTED)
        else:
            world.gone.add(lost)
        viewer.office.changes.send(Changes(frozenset({FEED}), frozenset({str(lost)}), "live"))
        await until(lambda: numbers(pane) == [0, 60, 66])

    watch(story, world)


def test_one_that_cannot_be_opened_any_more_leaves_the_stills(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0), item(1)], clip, others=[item(60)])

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        await until(lambda: numbers(pane) == [0, 60])
        world.gone |= {UUID(int=1_060), UUID(int=1_001)}
        click(pane, 1)
        await until(lambda: numbers(pane) == [0])
        assert GONE in viewer.office.told()
        viewer.page.open_video(UUID(int=1_001))
        await until(lambda: viewer.page.feed.find(UUID(int=1_001)) is None)

    watch(story, world)


def test_follows_and_is_the_same_on_the_stage(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        pane.follow_button.click()
        assert viewer.item.mine.following
        assert "Following" in words(pane)
        press(viewer, Qt.Key.Key_F)
        assert pane.follow_button.text() == "Follow"
        press(viewer, Qt.Key.Key_F)
        pane.read()  # the server may not know yet
        await viewer.office.settle()
        assert pane.follow_button.text() == "Following"
        await viewer.send()
        await until(lambda: not viewer.page.people._said)
        pane.read()
        await viewer.office.settle()
        assert pane.follow_button.text() == "Following"

    world = watch(story)
    assert world.said["followed"] == {MAKER}


def test_one_is_read_about_by_name_among_comments_and_comes_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.world.comments = [comment(UUID(int=102), "Maker 2", "Mine is better")]
        await viewer.sit_down()
        aside = viewer.page.aside
        press(viewer, Qt.Key.Key_K)
        await until(lambda: "Mine is better" in words(aside))
        (name,) = aside.comments.findChildren(NameButton)
        name.click()
        assert aside.shown is aside.profile
        assert "Maker 2" in words(aside.profile)
        await until(lambda: aside.profile.profile is not None)
        QTest.keyClick(aside.profile, Qt.Key.Key_Escape)
        assert aside.shown is aside.comments

    watch(story)


def test_ones_own_page_has_nothing_to_press(watch: Watch, clip: bytes) -> None:
    mine = item(0).video.owner.model_copy(update={"id": MY_ID, "name": "Kemi"})

    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        assert pane.profile is not None
        assert pane.profile.me
        assert not pane.doings.isVisible()

    watch(story, FeedWorld([item(0, owner=mine)], clip))


def test_a_report_of_a_person_goes_out_as_any(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        pane = await opened(viewer)
        pane.report_button.click()
        sheet = viewer.page.deeds.report
        assert sheet is not None
        await until(sheet.list.count)
        assert "Report this person" in words(sheet)
        sheet.choose("spam")
        sheet.send.click()
        await until(lambda: "moderators get your report" in viewer.office.told())
        await viewer.send()

    (flag,) = watch(story).flags
    assert (flag["content_type"], flag["content_id"]) == ("profile", str(MAKER))


def test_says_what_is_wrong_and_tries_again(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await viewer.office.settle()
        world.offline = True
        press(viewer, Qt.Key.Key_P)
        pane = viewer.page.aside.profile
        assert "Maker 0" in words(pane)
        await until(lambda: "cannot be read now" in words(pane))
        world.offline = False
        person = world.people.pop(MAKER)
        viewer.tab.on_connection(Connection.ONLINE)
        await until(lambda: "not here any more" in words(pane))
        world.people[MAKER] = person
        world.gone.add(UUID(int=1_000))
        pane.states.retried.emit()
        await until(lambda: "No public videos yet" in words(pane))

    watch(story, world)


@pytest.mark.parametrize(
    ("name", "letters"), [("Mara", "M"), ("Mara van Dijk", "MD"), ("  ", "?"), ("🙂 noor", "N"), ("", "?")]
)
def test_the_first_letters_stand_for_a_picture(name: str, letters: str) -> None:
    assert initials_of(name) == letters


def comment(author: UUID, name: str, body: str) -> dict[str, Any]:
    """A comment by somebody else."""
    return {
        "id": str(UUID(int=author.int + 900)),
        "video_id": str(UUID(int=1_000)),
        "author": {"id": str(author), "handle": "x", "name": name},
        "parent_id": None,
        "body": body,
        "availability": "public",
        "created_at": AT.isoformat(),
        "version": 1,
    }
