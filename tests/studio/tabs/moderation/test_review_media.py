"""Where the video of an item goes, what is seen before it comes, and that it ends with its item."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage

from studio.offline.media_window import MediaWindow
from studio.tabs.moderation import review_media
from studio.video.storyboard import STILLS
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.desk import PERMISSIONS
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    A,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer, ReviewWorld

CLEARED = (*PERMISSIONS, "moderation.restricted")


class Gate:
    """Holds back the bytes of videos until it is opened; `cut` counts the downloads that were given up."""

    def __init__(self, world: ReviewWorld) -> None:
        self.open = asyncio.Event()
        self.waiting = self.cut = 0
        handle = world.handle

        async def held(request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and request.url.path.endswith("/file"):
                self.waiting += 1
                try:
                    await self.open.wait()
                except asyncio.CancelledError:
                    self.cut += 1
                    raise
            return handle(request)

        def passed(request: httpx.Request) -> Awaitable[httpx.Response]:
            return held(request)

        world.handle = passed  # type: ignore[method-assign,assignment]


def sheet(count: int = 20) -> tuple[dict[str, Any], bytes]:
    """A storyboard as the server makes it: grey stills in rows of five."""
    image = QImage(5 * 32, -(-count // 5) * 18, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG")  # type: ignore[call-overload]
    index = {"columns": 5, "cell_width": 32, "cell_height": 18, "t_ms": [100 * n for n in range(count)]}
    return index, bytes(data.data())


def copies(folder: Path, clip: bytes) -> list[Path]:
    piece = clip[len(clip) // 2 :][:64]
    return [path for path in folder.rglob("*") if path.is_file() and piece in path.read_bytes()]


def test_a_video_lies_in_the_cache_while_it_is_open_and_is_gone_after(
    review: PlayReview, clip: bytes, tmp_path: Path
) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        (path,) = copies(tmp_path, clip)
        assert path.parent == tmp_path / "media"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        me.page.flow.give_back()
        await me.until(lambda: me.has_left)
        assert copies(tmp_path, clip) == []

    review(world_of(clip, 1), story)


@pytest.mark.parametrize("whole", [0, 1 << 20], ids=["through a window", "whole"])
def test_a_video_that_became_restricted_stays_in_memory(
    review: PlayReview, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(review_media, "WHOLE", whole)
    world = world_of(clip, 1)
    world.restricted = set(world.videos)

    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        assert isinstance(me.page.content.player._source, bytes if whole else MediaWindow)
        assert copies(tmp_path, clip) == []

    review(world, story, permissions=CLEARED)


def test_an_item_that_becomes_restricted_leaves_the_disk_at_once(
    review: PlayReview, clip: bytes, tmp_path: Path
) -> None:
    world = world_of(clip, 1)

    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        assert copies(tmp_path, clip)
        row = me.world.items[me.item]
        me.world.put(type(row)(**dict(row) | {"queue": "restricted"}))
        me.page.flow.changed(frozenset({me.item}))
        await me.until(lambda: isinstance(me.page.content.player._source, bytes))
        assert copies(tmp_path, clip) == []
        await me.picture()

    review(world, story, permissions=CLEARED)


def test_a_video_larger_than_the_cache_is_read_through_a_window(
    review: PlayReview, clip: bytes, tmp_path: Path
) -> None:
    async def story(me: Reviewer) -> None:
        me.desk.context.media._max_bytes = len(clip) - 1
        await me.open()
        await me.picture()
        assert copies(tmp_path, clip) == []

    review(world_of(clip, 1), story)


def test_small_stills_are_seen_before_the_video_comes(review: PlayReview, clip: bytes) -> None:
    world = world_of(clip, 1)
    world.storyboard = sheet()
    gate = Gate(world)

    async def story(me: Reviewer) -> None:
        await me.open()
        strip = me.page.content.player.storyboard
        await me.until(lambda: len(strip._stills) == STILLS and gate.waiting)
        assert strip.isVisible()
        assert all(image.isGrayscale() for _pixels, image in strip._shielded)
        assert me.page.content.player.player.head is None
        gate.open.set()
        await me.picture()
        await me.until(lambda: strip._decoded is None and len(strip._stills) == STILLS)
        assert [still.frame for still in strip._stills] == sorted({s.frame for s in strip._stills})

    review(world, story)


def test_no_storyboard_is_asked_for_of_a_restricted_video(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        assert not [each for each in me.world.asked if "storyboard" in each]

    review(world_of(clip, 1, queue="restricted", severity="critical"), story, permissions=CLEARED)


def test_a_download_ends_with_its_item(review: PlayReview, clip: bytes, tmp_path: Path) -> None:
    world = world_of(clip, 2)
    other = list(world.items.values())[1].content_id
    world.videos[other] = clip + UUID(int=1).bytes  # another file, so that it is fetched on its own
    gate = Gate(world)

    async def story(me: Reviewer) -> None:
        await me.open()
        await me.until(lambda: gate.waiting == 1)
        told: list[int] = []
        old = me.page.flow.video._fetch
        assert old is not None
        me.page.show_progress = lambda done, _all: told.append(done)  # type: ignore[method-assign]
        me.page.flow.part(lambda held: held.skip("for a test"))
        await me.until(lambda: gate.cut == 1 and me.wanted_next)
        old._tell(1, 2)
        assert told == []
        assert list((tmp_path / "media").iterdir()) == []
        gate.open.set()
        await me.open(1)
        await me.picture()
        assert told

    review(world, story)


def test_the_next_item_is_shown_while_its_video_still_comes(review: PlayReview, clip: bytes) -> None:
    world = world_of(clip, 2)
    other = list(world.items.values())[1].content_id
    world.videos[other] = clip + UUID(int=1).bytes
    gate = Gate(world)
    gate.open.set()

    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        gate.open.clear()
        me.desk.ticker.pass_time(seconds=1)
        await me.until(lambda: gate.waiting == 2)
        following = me.page.flow.prefetch.ready
        assert following is not None
        me.press(A, ENTER)
        await me.until(lambda: me.item == str(following.bundle.item_id))
        gate.open.set()
        me.page.proceed()
        await me.picture()
        assert gate.waiting == 2

    review(world, story)
