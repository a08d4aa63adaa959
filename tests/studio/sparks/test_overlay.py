"""What lies over the video: it paints what flies, speaks of it, and lets everything through."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication

from server.sparks.engine.format.spark import Tier
from tests.studio.sparks.sky import Sky, fly
from tests.studio.sparks.test_flights import moving as moving
from tests.studio.sparks.test_flights import poster, rehearsal


def test_a_combo_and_what_waits_are_spoken(
    moving: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(sky: Sky) -> None:
        said: list[str] = []
        monkeypatch.setattr(sky.overlay, "_say", said.append)
        given = [rehearsal(sky, number, Tier.EPIC) for number in range(1, 5)]
        for each in (given[0], given[0], *given[1:]):
            sky.flights.fly(each)
        assert said == [
            "Rehearsal: Spark 1. Nobody else sees it.",
            "Rehearsal: Spark 1, 2 times. Nobody else sees it.",
            "Rehearsal: Spark 2. Nobody else sees it.",
            "1 more to come",
            "2 more to come",
        ]

    fly(moving, tmp_path, story)


def test_the_overlay_lets_keys_and_mouse_through(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        from PySide6.QtCore import Qt

        assert sky.overlay.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        assert sky.overlay.focusPolicy() is Qt.FocusPolicy.NoFocus
        assert sky.overlay.accessibleName()

    fly(moving, tmp_path, story)


def test_a_wide_picture_has_it_upright_in_the_middle(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.overlay.place(QRect(0, 0, 900, 480))
        assert sky.overlay.film_rect == QRect(315, 0, 270, 480)
        assert sky.flights.size == (270, 480)
        assert sky.flights.edge == round(0.16 * 270)  # no line where it ends
        sky.overlay.place(QRect(0, 0, 270, 480))
        assert sky.flights.edge == 0

    fly(moving, tmp_path, story)


def test_a_poster_over_a_wide_picture_fades_at_its_sides_and_is_left_as_it_is(
    moving: QApplication, tmp_path: Path
) -> None:
    async def story(sky: Sky) -> None:
        shown = poster()
        whole = shown.copy()
        sky.flights._poster = lambda _spark: shown
        sky.overlay.place(QRect(0, 0, 900, 480))
        soft = sky.flights._stand_in(rehearsal(sky, 1).spark)
        assert soft is not None
        middle = shown.height() // 2
        assert soft.pixelColor(0, middle).alpha() < 0.2 * shown.pixelColor(0, middle).alpha()
        assert soft.pixelColor(shown.width() // 2, middle) == shown.pixelColor(shown.width() // 2, middle)
        assert shown == whole
        sky.overlay.place(QRect(0, 0, 270, 480))
        assert sky.flights._stand_in(rehearsal(sky, 1).spark) is shown

    fly(moving, tmp_path, story)
