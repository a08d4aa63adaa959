"""The tray that the feed borrows, by itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from studio.tabs.sparks.panel import TrayPanel
from tests.studio.sparks.ovens import Oven
from tests.studio.tabs.office import Office, person_me, play, words
from tests.studio.tabs.sparks.catalogue import READER, SparkWorld, spark


def test_that_it_is_not_refreshed_stays_said_while_one_types(qapp: QApplication, tmp_path: Path) -> None:
    world = SparkWorld([spark(number) for number in range(12)])

    async def story(desk: Office) -> None:
        tray = TrayPanel(desk.context)
        await desk.show(tray, 420, 700)
        tray.open()
        await desk.settle()
        world.away = True
        tray.retry()
        await desk.settle()
        assert "Not refreshed." in words(tray)
        tray.search.setText("spark 7")
        assert [each.name for each in tray.grid.sparks] == ["Spark 7"]
        assert "Not refreshed." in words(tray)
        world.away = False
        tray.retry()
        await desk.settle()
        assert "Not refreshed." not in words(tray)

    play(qapp, tmp_path, world, story, me=person_me(permissions=READER), make_oven=Oven)
