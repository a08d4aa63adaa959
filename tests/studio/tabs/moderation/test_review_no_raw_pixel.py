"""No unshielded pixel of any item is painted before a reveal, from the first claim through the next item."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from benchmarks.coded_clips import Recipe, write_clip
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import videos
from tests.studio.tabs.moderation.review_world import Reviewer, ReviewWorld
from tests.studio.video.test_no_raw_pixel import Recorder, recorder, red_and_green

__all__ = ["recorder"]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Two videos of pure red and green, which the shield turns to mud."""
    folder: Path = tmp_path_factory.mktemp("raw")
    recipe = Recipe(gop=30)
    return [
        write_clip(
            folder / f"{n}.mp4", recipe, frames=60, width=320, height=180, draw=red_and_green
        ).read_bytes()
        for n in range(2)
    ]


@pytest.mark.parametrize("severity", ["low", "high"])
def test_nothing_raw_is_painted_through_the_next_item_and_back(
    review: PlayReview, raw: list[bytes], recorder: Recorder, severity: str
) -> None:
    rows = videos(2, severity=severity)
    world = ReviewWorld(rows, videos={row.content_id: raw[n] for n, row in enumerate(rows)})

    async def story(me: Reviewer) -> None:
        for player in me.page.content.video.players:
            player.view.set_overlay(False)
        await me.open()
        await me.picture()
        await me.ahead()
        me.window.grab()
        me.press(Qt.Key.Key_A, Qt.Key.Key_Return)
        me.page.proceed()
        await me.picture()
        me.window.grab()
        me.press(Qt.Key.Key_Z)
        await me.until(lambda: me.item == str(rows[0].id))
        me.page.proceed()
        await me.picture()
        me.window.grab()
        assert recorder.raw() == []
        assert len(recorder.shots) > 6
        me.page.content.player.player.reveal(True)
        await me.until(recorder.raw)
        me.page.content.player.player.reveal(False)
        shown = len(recorder.shots)
        await me.picture()
        me.window.grab()
        del recorder.shots[:shown]
        assert recorder.raw() == []

    review(world, story)
