"""A desk before a server in memory, inside Qt's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studio.tasks import run
from tests.studio.tabs.moderation.desk import PERMISSIONS, Desk
from tests.studio.tabs.moderation.world import World

Story = Callable[[Desk], Coroutine[Any, Any, None]]
Play = Callable[..., Desk]


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


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, event by event; the test's own timeout ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - a view has no event to await
        await asyncio.sleep(0)
