"""What a viewer does is counted once, whatever happens to network and program."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from server.content.rules import BATCH_MAX, BEATS_A_MINUTE, EventKind
from studio.offline.edits import EditKind, EditState
from studio.offline.outbox import Outbox
from studio.offline.store import Store
from studio.tabs.feed.beats import ROUNDS_A_MINUTE, Beat
from studio.tabs.feed.events import EventLog, together
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_blocking import blocked, undo
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.office import until


async def played(viewer: Viewer, ms: int) -> None:
    """Let the present video play until `ms`, by the clock that watching is measured by."""
    slot = viewer.slot
    await until(lambda: viewer.playing)
    slot.player.seek_ms(ms)
    viewer.clock.at += ms / 1_000


def test_a_swipe_tells_what_was_watched(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await played(viewer, 1_500)
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)
        await viewer.sees(1)
        viewer.tab.hide()
        await viewer.send()

    world = watch(story)
    (beat,) = world.told("watch")
    assert beat["video_id"] == str(UUID(int=1_000))
    assert beat["start_ms"] == 0
    assert 0 < beat["end_ms"] <= beat["wall_ms"] == 1_500
    assert len(world.told("session_start")) == len(world.told("session_end")) == 1


def test_hours_offline_are_few_edits_and_arrive_once(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        viewer.world.offline = True
        outbox, log = viewer.office.context.outbox, viewer.page.log
        for n in range(BATCH_MAX):
            log.watched(Beat(UUID(int=1_000), UUID(int=5), n, n + 1, 5))
            if n % 50 == 0:
                await log.settle()
        await log.settle()
        assert len(outbox.entries()) <= 3
        assert outbox.counts(without=EditKind.FEED_EVENT)[EditState.WAITING] == 0
        viewer.world.offline = False
        await viewer.send()

    world = watch(story)
    assert len(world.told("watch")) == BATCH_MAX
    assert max(world.batches) <= BATCH_MAX


def test_stretches_that_are_told_late_carry_the_time_at_which_they_ended(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        log = viewer.page.log
        for start, ago in ((0, 7_000), (5_000, 2_000)):
            log.watched(Beat(UUID(int=1_000), UUID(int=5), start, start + 5_000, 5_000, ago))
        await viewer.send()

    told = sorted(watch(story).told("watch"), key=lambda each: each["start_ms"])
    first, second = (datetime.fromisoformat(each["at"]) for each in told)
    assert second - first == pytest.approx(timedelta(seconds=5), abs=timedelta(seconds=1))
    assert first - timedelta(milliseconds=told[0]["wall_ms"]) < first <= second - timedelta(seconds=4)


def test_what_was_stored_outlives_the_program(watch: Watch) -> None:
    told: list[int] = []

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        viewer.page.handlers["feed.like"]()
        await viewer.page.log.settle()
        # Another process opens the file while this one has it: as after a kill, nothing was closed.
        again = Store(viewer.office.context.store.path)
        entries = Outbox(again).entries()
        told.extend(1 for each in entries for event in each.edit.body["events"] if event["kind"] == "like")
        again.close()

    watch(story)
    assert told == [1]


def test_a_disk_that_refuses_loses_nothing(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await viewer.page.log.settle()
        outbox = viewer.office.context.outbox

        def full(*_: object) -> None:
            raise OSError("no space left on device")

        log = EventLog(viewer.office.context.tasks, outbox)
        with monkeypatch.context() as broken:
            broken.setattr(outbox, "join", full)
            log.add(EventKind.SHARE, video_id=UUID(int=1_000))
            await log.settle()
        assert "disk did not take what you just did" in viewer.office.told()
        log.add(EventKind.SHARE, video_id=UUID(int=1_001))
        await log.settle()
        await viewer.send()

    world = watch(story)
    assert len(world.told("share")) == 2


def test_who_has_left_begins_no_session(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await viewer.tab.leave()
        viewer.tab.hide()
        viewer.tab.show()
        assert not viewer.page._looker.isActive()
        await viewer.send()

    world = watch(story)
    assert len(world.told("session_start")) == len(world.told("session_end")) == 1


def test_a_file_of_one_frame_does_not_use_up_what_a_minute_holds(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await until(lambda: viewer.playing)
        for _ in range(300):
            viewer.clock.at += 0.04
            viewer.slot.looped.emit(40)
        await played(viewer, 500)
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)
        await viewer.sees(1)
        await played(viewer, 500)
        viewer.tab.hide()
        await viewer.send()

    told = watch(story).told("watch")
    assert ROUNDS_A_MINUTE <= len(told) <= BEATS_A_MINUTE
    assert {each["video_id"] for each in told} == {str(UUID(int=1_000)), str(UUID(int=1_001))}


def test_what_is_said_from_another_tab_begins_no_session(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await blocked(viewer)
        await viewer.sees(1)
        viewer.tab.hide()
        undo(viewer)
        await viewer.send()

    world = watch(story)
    (start,) = world.told("session_start")
    (end,) = world.told("session_end")
    (unblock,) = world.told("unblock")
    assert start["session_id"] == end["session_id"] == unblock["session_id"]


def test_what_is_said_before_anything_was_shown_is_a_whole_session(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        viewer.page.log.add(EventKind.FOLLOW, person_id=UUID(int=100))
        viewer.page.log.add(EventKind.FOLLOW, person_id=UUID(int=101))
        await viewer.send()

    world = watch(story)
    assert [each["kind"] for each in world.events.values()] == [
        "session_start",
        "follow",
        "session_end",
        "follow",
    ]
    assert len({each["session_id"] for each in world.events.values()}) == 1


def test_batches_grow_to_what_the_server_takes() -> None:
    some = {"events": [str(uuid4()) for _ in range(300)]}
    assert together(some, {"events": ["one"]}) == {"events": [*some["events"], "one"]}
    assert together(some, some) is None
