"""What was watched is what was seen: pictures that do not come are not watched, whatever the clock says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from studio.tabs.feed.slot import Slot
from studio.video.reader import FrameReader
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.office import until


class Gate:
    """Lets the decoders of all videos decode, or holds them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made, run = Gate(), FrameReader.run

    def held(reader: FrameReader, frame: int, *, sparse: bool = False) -> Iterator[object]:
        for found in run(reader, frame, sparse=sparse):
            made.open.wait(20)
            yield found

    monkeypatch.setattr(FrameReader, "run", held)
    yield made
    made.open.set()


def seen_until(slot: Slot) -> int:
    """The frame up to whose beginning a video was seen."""
    return slot.player.pace.seen


def test_while_pictures_stall_no_time_is_watched(watch: Watch, gate: Gate) -> None:
    seen: list[int] = []

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot, player = viewer.slot, viewer.slot.player
        await until(lambda: viewer.playing and seen_until(slot) > 5)
        viewer.clock.at += 1.0
        gate.open.clear()
        await until(lambda: player.pace.stalled)
        seen.append(slot.ms)
        viewer.clock.at += 60.0
        assert player.head is not None
        await until(lambda: player.head is not None and player.head.ms > slot.ms + 400)
        assert slot.ms == seen[0], "the clock goes on, what was seen does not"
        gate.open.set()
        await until(lambda: not player.pace.stalled)
        viewer.tab.hide()
        await viewer.send()

    world = watch(story)
    told = [each for each in world.told("watch") if each["video_id"] == str(UUID(int=1_000))]
    assert sum(each["wall_ms"] for each in told) == 1_000
    assert told[0]["start_ms"] == 0
    assert told[0]["end_ms"] <= seen[0]


def test_a_loop_that_nobody_saw_to_its_end_tells_how_far_it_was_seen(watch: Watch, gate: Gate) -> None:
    seen: list[int] = []

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot = viewer.slot
        loops: list[int] = []
        slot.looped.connect(loops.append)
        await until(lambda: viewer.playing and seen_until(slot) > 5)
        viewer.clock.at += 5.0
        gate.open.clear()
        await until(lambda: loops)
        seen.append(loops[0])
        gate.open.set()
        await until(lambda: seen_until(slot) > 3 and not slot.player.pace.stalled)
        assert viewer.playing, "it begins anew all the same"
        viewer.tab.hide()
        await viewer.send()

    world = watch(story)
    assert seen[0] < 1_900
    assert max(each["end_ms"] for each in world.told("watch")) <= seen[0]
