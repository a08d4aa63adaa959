"""A viewer before a server in memory, inside Qt's event loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import Recipe, write_clip
from tests.studio.tabs import office
from tests.studio.tabs.feed.viewer import Story, Viewer
from tests.studio.tabs.feed.world import FeedWorld, item, me

Watch = Callable[..., FeedWorld]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of upright video without sound."""
    path = tmp_path_factory.mktemp("feed") / "clip.mp4"
    return write_clip(path, Recipe(), frames=60, width=90, height=160).read_bytes()


@pytest.fixture
def watch(qapp: QApplication, tmp_path: Path, clip: bytes) -> Watch:
    """Run a story of somebody before a feed of six videos, or before `world`."""

    def watch(story: Story, world: FeedWorld | None = None) -> FeedWorld:
        shown = world or FeedWorld([item(n) for n in range(6)], clip)

        async def at_the_feed(desk: office.Office) -> None:
            await story(Viewer(desk, shown))

        office.play(qapp, tmp_path, httpx.MockTransport(shown.answer), at_the_feed, me=me())
        return shown

    return watch
