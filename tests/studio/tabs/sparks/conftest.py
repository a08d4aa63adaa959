"""A seat before the tab of sparks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.studio.sparks.ovens import Oven
from tests.studio.tabs.office import Office, person_me, play
from tests.studio.tabs.sparks.catalogue import EDITOR, READER, SparkWorld, spark
from tests.studio.tabs.sparks.seat import Seat, Sit, Story


@pytest.fixture
def sit(qapp: QApplication, tmp_path: Path) -> Sit:
    def sit(story: Story, world: SparkWorld | None = None, *, admin: bool = False) -> SparkWorld:
        shown = world or SparkWorld([spark(number) for number in range(12)])
        oven = Oven()

        async def at_the_tab(desk: Office) -> None:
            await story(Seat(qapp, desk, shown, oven))

        me = person_me(permissions=EDITOR if admin else READER)
        play(qapp, tmp_path, shown, at_the_tab, me=me, make_oven=lambda: oven)
        return shown

    return sit
