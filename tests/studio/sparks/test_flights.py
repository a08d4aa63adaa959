"""From choosing a spark to its last picture: film, still, combos, reduced motion, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from server.sparks.engine.format.spark import Tier
from studio.sparks import still
from studio.sparks.film import Pictures
from studio.sparks.given import Given
from studio.sparks.order import Kind, Order
from studio.sparks.queue import MOST_LARGE, Flight
from studio.theme import style
from tests.studio.sparks.ovens import SECONDS, Later, known
from tests.studio.sparks.sky import Sky, fly


@pytest.fixture
def moving(qapp: QApplication) -> QApplication:
    style.apply(qapp, "dark", reduced_motion=False)
    return qapp


def rehearsal(sky: Sky, number: int = 1, tier: Tier = Tier.COMMON) -> Given:
    return Given(sky.knows(known(number, tier)), "Kemi")


def poster() -> QImage:
    image = QImage(18, 32, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(200, 200, 200))
    return image


async def ready(sky: Sky, given: Given) -> None:
    sky.flights.prepare(given)
    await sky.settle()


def test_what_is_baked_is_seen_within_two_frames(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        assert sky.flights.prepare(given)
        sky.window.show()
        sky.flights.fly(given)
        sky.turn(2 / 60)
        assert sky.lit()
        assert sky.flights.seen[0].moves

    fly(moving, tmp_path, story)


def test_the_first_picture_is_seen_as_soon_as_it_is_decoded(moving: QApplication, tmp_path: Path) -> None:
    decoder = Later()

    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        sky.flights.fly(given)
        assert sky.flights.seen[0].image is None
        decoder.work()
        assert sky.flights.seen[0].number == 0

    fly(moving, tmp_path, story, decoder=decoder)


def test_where_decoding_is_slow_every_few_pictures_are_seen(moving: QApplication, tmp_path: Path) -> None:
    decoder = Later()

    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        flight = sky.flights.fly(given)
        (seen,) = sky.flights.seen
        shown = []
        while sky.flights.busy:
            sky.turn(1 / 15, 1 / 15)
            held = sky.store.pictures.held
            while decoder.waits and sky.store.pictures.held == held:
                decoder.work(1)  # one picture, of two that are due
            shown.append(seen.number)
        assert shown == sorted(shown)
        assert len(set(shown)) >= 5
        assert max(shown) >= 25
        assert sky.landed == [flight]

    fly(moving, tmp_path, story, decoder=decoder)


def test_each_picture_is_shown_at_its_time(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        sky.flights.fly(given)
        shown = [sky.flights.seen[0].number]
        while sky.flights.busy:
            sky.turn(1 / 144, 1 / 144)
            shown += [each.number for each in sky.flights.seen]
        assert sorted(set(shown)) == list(range(30))
        assert shown == sorted(shown)
        assert [each.count for each in sky.landed] == [1]
        assert sky.overlay.isHidden()
        assert not sky.flights._clock.isActive()

    fly(moving, tmp_path, story)


def test_while_it_is_baked_a_still_stands_for_it(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.oven.gate.clear()
        sky.poster = poster()
        flight = sky.flights.fly(rehearsal(sky))
        sky.window.show()
        sky.turn(0.05)
        assert sky.lit()
        assert flight.began is None
        sky.turn(9.0)
        assert sky.lit()  # it stays for as long as that takes
        assert sky.flights.queue.flying == (flight,)
        sky.oven.gate.set()
        await sky.settle()
        sky.turn(1 / 60)
        assert sky.flights.seen[0].moves
        sky.turn(SECONDS + 0.1)
        assert sky.landed == [flight]

    fly(moving, tmp_path, story)


def test_one_that_cannot_be_baked_is_a_still_and_told(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        told: list[str] = []
        sky.flights.unable.connect(told.append)
        sky.oven.broken.add(Kind.FILM)
        flight = sky.flights.fly(rehearsal(sky))
        await sky.settle()
        assert len(told) == 1
        sky.turn(still.LASTS_S + 0.2)
        assert sky.landed == [flight]

    fly(moving, tmp_path, story)


def test_reduced_motion_is_a_still_that_fades(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        assert Kind.FILM not in {each.kind for each in sky.oven.baked}  # nothing moves: none is needed
        flight = sky.flights.fly(given)
        images, opacities = set(), []
        while sky.flights.busy:
            sky.turn(1 / 60)
            for each in sky.flights.seen:
                assert not each.moves
                images.add(id(each.image))
                opacities.append(each.opacity)
        assert len(images) == 1
        assert max(opacities) == 1.0
        assert opacities[0] < 0.2
        assert opacities[-1] < 0.2
        assert sky.landed == [flight]

    fly(qapp, tmp_path, story)


def test_reduced_motion_waits_for_its_still(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.oven.gate.clear()
        flight = sky.flights.fly(rehearsal(sky))
        sky.turn(5.0)
        assert flight.began is None
        sky.oven.gate.set()
        await sky.settle()
        sky.turn(1.0)
        assert sky.flights.seen[0].image is not None
        sky.turn(still.LASTS_S)
        assert sky.landed == [flight]

    fly(qapp, tmp_path, story)


def test_in_reduced_motion_a_poster_stands_in_until_the_still_says_who_gives_it(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def story(sky: Sky) -> None:
        sky.poster, given = poster(), rehearsal(sky)
        sky.flights.store.want(Order(Kind.SOUND, given.spark.sha256, given.seed), given.spark)
        await sky.settle()
        sky.oven.gate.clear()
        flight = sky.flights.fly(given)
        sky.turn(still.LASTS_S + 1)
        assert sky.lit()
        stood_in = sky.flights.seen[0].image
        assert flight.began is None
        sky.oven.gate.set()
        await sky.settle()
        sky.turn(0.5)
        assert flight.began is not None
        assert sky.flights.seen[0].image is not stood_in
        sky.turn(still.LASTS_S)
        assert sky.landed == [flight]

    fly(qapp, tmp_path, story)


def test_a_combo_counts_and_nothing_is_lost(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        for _ in range(5):
            flight = sky.flights.fly(given)
            sky.turn(0.1)
        assert flight.count == 5
        sky.turn(4.0)
        assert [each.count for each in sky.landed] == [5]

    fly(moving, tmp_path, story)


def test_two_large_ones_at_once_and_the_third_after_them(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        for number in range(1, 5):
            given = rehearsal(sky, number, Tier.LEGENDARY)
            await ready(sky, given)
            sky.flights.fly(given)
        while sky.flights.busy:
            sky.turn(1 / 60)
            assert len(sky.flights.queue.flying) <= MOST_LARGE
        assert len(sky.landed) == 4

    fly(moving, tmp_path, story)


def test_another_video_ends_them_and_the_rest_is_told(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        await ready(sky, rehearsal(sky, 1, Tier.EPIC))
        flights = [sky.flights.fly(rehearsal(sky, number, Tier.EPIC)) for number in range(1, 6)]
        assert flights[0].began is not None
        assert sky.flights.queue.flying == (flights[0], flights[1])
        # The second has taken off, but for a still there was nothing of it to be seen yet.
        assert sky.flights.clear() == flights[1:]
        assert not sky.flights.busy
        assert sky.overlay.isHidden()

    fly(moving, tmp_path, story)


@pytest.mark.parametrize("reduced", [False, True])
def test_what_memory_has_no_room_for_flies_all_the_same(
    qapp: QApplication, tmp_path: Path, reduced: bool
) -> None:
    style.apply(qapp, "dark", reduced_motion=reduced)

    async def story(sky: Sky) -> None:
        given = [rehearsal(sky, number) for number in range(1, 9)]
        for each in given:
            sky.flights.fly(each)
        for _ in range(300):
            await sky.settle()
            sky.turn(1 / 10, 1 / 10)
        assert {each.given.spark.name for each in sky.landed} == {each.spark.name for each in given}
        assert not sky.flights.busy

    fly(qapp, tmp_path, story, most=1)


def test_what_flies_is_held(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        sky.flights.fly(given)
        await sky.settle()
        sky.turn(0.5)
        assert sky.flights.seen[0].moves
        other = rehearsal(sky, 2)
        sky.store.want(Order(Kind.FILM, other.spark.sha256), other.spark)  # by another page
        await sky.settle()
        assert sky.store.film(Order(Kind.FILM, given.spark.sha256, given.seed, given.sender)) is None
        before = sky.flights.seen[0].number
        sky.turn(0.3)
        assert sky.flights.seen[0].number == before + 9

    fly(moving, tmp_path, story, most=1)


class Slow(Later):
    """Decodes one picture whenever it is told to."""

    def work(self) -> None:
        given, self._given = self._given, []
        given.pop(0)()
        self._given = given + self._given


def test_where_decoding_is_late_pictures_are_left_out(moving: QApplication, tmp_path: Path) -> None:
    decoder = Slow()

    async def story(sky: Sky) -> None:
        given = [rehearsal(sky, number) for number in range(1, 5)]
        for each in given:
            await ready(sky, each)
            sky.flights.fly(each)
        decoder.work()
        late: dict[Flight, int] = {}
        shown: dict[Flight, list[int]] = {}
        for _ in range(28):
            sky.turn(1 / 30, 1 / 30)
            decoder.work()  # one picture, where four are due
            assert len(decoder._given) <= 4
            for seen in sky.flights.seen:
                late[seen.flight] = max(late.get(seen.flight, 0), seen.due - seen.number)
                shown.setdefault(seen.flight, []).append(seen.number)
        for numbers in shown.values():
            assert len(set(numbers)) >= 6
            assert numbers == sorted(numbers)
        assert max(late.values()) <= 9

    fly(moving, tmp_path, story, decoder=decoder)


def test_a_large_screen_costs_no_more_memory(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        sky.overlay.place(QRect(0, 0, 1215, 2160))
        sky.flights.fly(given)
        image = sky.flights.seen[0].image
        assert image is not None
        assert (image.width(), image.height()) == (72, 128)  # twice as it is baked

    fly(moving, tmp_path, story)


def test_reduced_motion_begins_with_its_sound(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(sky: Sky) -> None:
        heard: list[bytes] = []
        monkeypatch.setattr(sky.mixer, "play", lambda _name, pcm, **_more: heard.append(pcm))
        sky.poster = poster()
        flight = sky.flights.fly(rehearsal(sky))
        sky.turn(0.5)  # its sound is still to come
        await sky.settle()
        sky.turn(1 / 60)
        assert len(heard) == 1
        assert flight.began is not None
        assert sky.clock.at - flight.began < 0.1

    fly(qapp, tmp_path, story)


def test_a_sound_that_cannot_be_played_stops_no_picture(
    moving: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_said: object, **_more: object) -> bool:
        raise ValueError("no sound")

    async def story(sky: Sky) -> None:
        given = rehearsal(sky)
        await ready(sky, given)
        monkeypatch.setattr(sky.mixer, "play", fail)
        with pytest.raises(ValueError, match="no sound"):
            sky.flights.fly(given)
        sky.turn(0.5)
        assert sky.flights.seen[0].number == 15

    fly(moving, tmp_path, story)


def test_memory_is_flat_after_500_sparks(moving: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sky.overlay.place(QRect(0, 0, 36, 64))  # small pictures: there are thousands of them
        held = []
        for number in range(500):
            given = rehearsal(sky, number % 5 + 1, list(Tier)[number % 5])
            if number < 5:
                await ready(sky, given)
            sky.flights.fly(given)
            sky.turn(SECONDS + 0.1, 1 / 20)
            if number % 100 == 99:
                held.append((sky.store.held, sky.store.pictures.held, len(sky.overlay._banners)))
        sky.turn(3.0)
        assert sum(each.count for each in sky.landed) == 500
        assert len({each[0] for each in held}) == 1
        assert all(each[1] <= 300_000 for each in held)
        assert all(each[2] <= 4 for each in held)
        assert not sky.flights._seen

    fly(moving, tmp_path, story, pictures=Pictures(300_000))
