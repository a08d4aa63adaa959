"""A desk before a server in memory, inside Qt's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import Recipe, write_clip
from studio.tasks import run
from tests.studio.tabs.moderation.desk import PERMISSIONS, Desk
from tests.studio.tabs.moderation.review_world import Reviewer
from tests.studio.tabs.moderation.world import World

Story = Callable[[Desk], Coroutine[Any, Any, None]]
Play = Callable[..., Desk]
ReviewStory = Callable[[Reviewer], Coroutine[Any, Any, None]]
PlayReview = Callable[..., Desk]


@pytest.fixture
def play(qapp: QApplication, tmp_path: Path) -> Play:
    """Run a story at a desk before `world` and return the desk after a clean close."""

    def play(world: World, story: Story, *, permissions: tuple[str, ...] = PERMISSIONS) -> Desk:
        desks: list[Desk] = []

        async def main() -> int:
            desk = Desk(world, tmp_path, permissions=permissions)
            desks.append(desk)
            try:
                async with asyncio.timeout(20):
                    await story(desk)
            finally:
                await desk.close()
            return 0

        assert run(qapp, main) == 0
        return desks[0]

    return play


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of video."""
    path = tmp_path_factory.mktemp("review") / "clip.mp4"
    return write_clip(path, Recipe(), frames=60, width=160, height=90).read_bytes()


@pytest.fixture
def review(play: Play) -> PlayReview:
    """Run the story of a person at the review page, where nothing is open yet."""

    def review(world: World, story: ReviewStory, **more: Any) -> Desk:
        async def at_the_page(desk: Desk) -> None:
            async with Reviewer(desk) as me:
                await story(me)

        return play(world, at_the_page, **more)

    return review


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, event by event; the test's own timeout ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - a view has no event to await
        await asyncio.sleep(0)
