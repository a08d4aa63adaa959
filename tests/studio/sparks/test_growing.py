"""Films that play before they are baked: when they begin, that they never jump, and where a baker is late."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio.sparks.flights import CROSS_S
from studio.sparks.given import Given
from studio.sparks.head_start import LEAST, HeadStart
from studio.sparks.order import Kind, Order
from studio.sparks.queue import Flight
from studio.theme import style
from tests.studio.sparks.ovens import PART
from tests.studio.sparks.sky import Sky, fly
from tests.studio.sparks.test_flights import poster, rehearsal


@pytest.fixture
def moving(qapp: QApplication) -> QApplication:
    style.apply(qapp, "dark", reduced_motion=False)
    return qapp


async def take_off(sky: Sky, *, each_s: float, parts: int) -> Flight:
    """Let one fly of which so many parts are baked, each in so many s."""
    sky.oven.parts = threading.Semaphore(0)
    sky.poster = poster()
    sky.window.show()
    flight = sky.flights.fly(rehearsal(sky))
    for _ in range(parts):
        await sky.part(each_s)
    return flight


def test_it_begins_when_it_will_not_run_dry(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        flight = await take_off(sky, each_s=0.6, parts=3)  # 10 pictures a second, of 30
        sky.turn(0.02)
        assert flight.began is None
        assert sky.lit()
        await sky.part(0.6)
        assert sky.flights.seen[0].moves
        assert flight.began == sky.clock.at

    fly(moving, tmp_path, story)


def test_a_fast_baker_lets_it_begin_at_once(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        await take_off(sky, each_s=0.1, parts=LEAST // PART)
        assert sky.flights.seen[0].moves

    fly(moving, tmp_path, story)


def test_its_sound_begins_with_it(
    moving: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(sky: Sky) -> None:
        heard: list[float] = []
        monkeypatch.setattr(sky.mixer, "play", lambda *_said, **_more: heard.append(sky.clock.at))
        flight = await take_off(sky, each_s=0.1, parts=2)
        assert heard == [flight.began]

    fly(moving, tmp_path, story)


def test_it_comes_through_its_still_without_a_gap(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        await take_off(sky, each_s=0.4, parts=2)
        (seen,) = sky.flights.seen
        assert not seen.moves
        await sky.part(0.1)
        assert sky.flights.seen[0].moves
        shares = []
        while seen.under is not None:
            sky.turn(1 / 60)
            assert sky.lit()
            shares.append((seen.opacity, seen.under_opacity))
        assert shares == sorted(shares)
        assert shares[-1] == (1.0, 1.0)
        assert len(shares) >= round(CROSS_S * 60)

    fly(moving, tmp_path, story)


def test_where_baking_falls_behind_the_last_picture_stays(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        told: list[str] = []
        sky.flights.unable.connect(told.append)
        flight = await take_off(sky, each_s=0.1, parts=2)
        numbers = []
        for part in range(3):
            for _ in range(60):  # three times as long as there are pictures for
                sky.turn(1 / 60)
                numbers += [each.number for each in sky.flights.seen]
                assert sky.lit()
            assert numbers[-1] == (part + 2) * PART - 1
            await sky.part()
        assert sky.landed == []
        while sky.flights.busy:
            sky.turn(1 / 60)
            numbers += [each.number for each in sky.flights.seen]
        assert sorted(set(numbers)) == list(range(30))
        assert numbers == sorted(numbers)
        assert sky.landed == [flight]
        assert told == []

    fly(moving, tmp_path, story)


def test_one_that_breaks_on_the_way_fades(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        told: list[str] = []
        sky.flights.unable.connect(told.append)
        sky.oven.breaks = 2
        flight = await take_off(sky, each_s=0.1, parts=2)
        sky.turn(0.3)
        await sky.part()
        assert len(told) == 1
        opacities = []
        while sky.flights.busy:
            opacities += [each.opacity for each in sky.flights.seen]
            sky.turn(1 / 60)
        assert opacities == sorted(opacities, reverse=True)
        assert sky.landed == [flight]

    fly(moving, tmp_path, story)


def test_what_is_passed_over_is_not_waited_for(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.oven.gate.clear()
        passed = [rehearsal(sky, number) for number in range(1, 6)]
        for given in passed:
            sky.flights.aim(given)
        waited = [given for given in passed if sky.store.is_wanted(film_of(given))]
        assert waited == passed[-1:]
        sky.flights.fly(passed[-1])
        sky.flights.aim(passed[0])
        assert sky.store.is_wanted(film_of(passed[-1]))  # it flies
        sky.oven.gate.set()

    fly(moving, tmp_path, story)


def film_of(given: Given) -> Order:
    return Order(Kind.FILM, given.spark.sha256, given.seed, given.sender)


@pytest.mark.parametrize(
    ("speed", "ready", "enough"),
    [(60, 11, False), (60, 12, True), (15, 60, False), (15, 66, True), (0, 99, False), (0, 100, True)],
)
def test_how_much_is_enough(speed: float, ready: int, enough: bool) -> None:
    """Of 100 pictures at 30 fps, 70 % of the measured speed counted on."""
    start = HeadStart(100, 30)
    start.note(6, 10.0)
    start.note(ready, 10.0 + (ready - 6) / speed if speed else 10.0)
    assert start.enough(10.0 + (ready - 6) / speed if speed else 1e9) is enough


def test_a_baker_that_stands_still_is_slower_than_it_was() -> None:
    start = HeadStart(100, 30)
    start.note(6, 10.0)
    start.note(30, 10.4)
    assert start.enough(10.4)
    assert not start.enough(14.0)
