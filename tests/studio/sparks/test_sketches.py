"""Films that are seen before they are baked: what grows, what is given up, and who goes first."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtWidgets import QApplication

from server.sparks.engine.flipbook import unpack
from studio.sparks.film import image_of
from studio.sparks.film_store import UNSHOWABLE
from studio.sparks.given import Known
from studio.sparks.order import Kind, Order
from tests.studio.sparks.ovens import gradients, known
from tests.studio.sparks.sky import Sky, fly
from tests.studio.sparks.test_film_store import film_of
from tests.studio.tabs.office import until


def sketch_of(spark: Known) -> Order:
    return Order(Kind.SKETCH, spark.sha256)


async def sketched(sky: Sky, spark: Known) -> None:
    """Want one, and have its sketch: the film itself is being baked."""
    sky.oven.parts = threading.Semaphore(0)
    sky.store.want(film_of(spark), spark)
    sky.oven.parts.release(5)
    await until(lambda: sky.oven.begun == [sketch_of(spark), film_of(spark)])


def test_a_sketch_grows_until_the_film_is_baked(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        sky.oven.parts = threading.Semaphore(0)
        sky.store.want(film_of(spark), spark)
        for count in (6, 12, 18, 24, 30):
            await sky.part()
            film = sky.store.begun(film_of(spark))
            assert film is not None
            assert (film.ready, film.length.count) == (count, 30)
            assert film.ask(count, 36, 64) is None
            assert film.ask(count - 1, 36, 64) is not None
            assert sky.store.film(film_of(spark)) is None
        await sky.part()
        whole = sky.store.film(film_of(spark))
        assert whole is sky.store.begun(film_of(spark))
        assert whole is not None
        assert whole.here(5, 36, 64) is None  # what was decoded was of its sketch

    fly(qapp, tmp_path, story)


def test_a_film_that_stands_in_line_lets_others_go_first(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        first, second, third = (sky.knows(known(number)) for number in (1, 2, 3))
        await sketched(sky, first)
        sky.store.want(film_of(second), second)  # the first film stands behind this sketch now
        await until(lambda: sky.oven.begun[-1] == sketch_of(second))
        await until(lambda: film_of(first) not in sky.store._interrupted)
        sky.store.want(film_of(third), third)
        await until(lambda: film_of(first) in sky.store._interrupted)
        sky.oven.parts.release(20)
        await sky.settle()
        assert sky.oven.begun[:4] == [sketch_of(first), film_of(first), sketch_of(second), sketch_of(third)]
        assert all(sky.store.film(film_of(each)) is not None for each in (first, second, third))

    fly(qapp, tmp_path, story)


def test_a_film_that_breaks_after_its_sketch_is_told(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        failed: list[str] = []
        sky.store.failed.connect(lambda _order, why: failed.append(why))
        await sketched(sky, spark)
        sky.oven.give_up(film_of(spark))  # as if its process had died
        await sky.settle()
        assert failed == [UNSHOWABLE]
        assert sky.store.begun(film_of(spark)) is None

    fly(qapp, tmp_path, story)


def test_wanted_again_while_it_is_baked_it_plays_from_its_beginning(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        sky.oven.parts = threading.Semaphore(0)
        sky.store.want(film_of(spark), spark)
        for _ in range(2):
            await sky.part()
        sky.store.give_up([film_of(spark)])
        sky.store.want(film_of(spark), spark)
        await until(lambda: len(sky.oven.baked) == 2)  # nobody waits for the end of the first bake
        for count in (6, 12):
            await sky.part()
            film = sky.store.begun(film_of(spark))
            assert film is not None
            assert film.ready == count
            assert film.ask(0, 36, 64) == image_of(unpack(gradients(30)), 0, 36, 64)
        sky.oven.parts.release(20)
        await sky.settle()
        assert sky.oven.baked == [film_of(spark)] * 2

    fly(qapp, tmp_path, story)


def test_what_was_given_up_while_it_was_baked_lies_on_the_disk(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        await sketched(sky, spark)
        sky.store.give_up([film_of(spark)])
        assert sky.store.begun(film_of(spark)) is None
        sky.oven.parts.release()
        await until(lambda: sky.store._files.has(film_of(spark).name))
        assert sky.oven.given_up == []

    fly(qapp, tmp_path, story)


def test_what_was_given_up_makes_way_for_what_somebody_waits_for(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        first, second = (sky.knows(known(number)) for number in (1, 2))
        sky.oven.parts = threading.Semaphore(0)
        sky.store.want(film_of(first), first)
        await sky.part()
        sky.store.give_up([film_of(first)])
        sky.store.want(film_of(second), second)
        await until(lambda: len(sky.oven.baked) == 2)
        assert set(sky.oven.given_up) == {film_of(first), sketch_of(first)}
        sky.oven.parts.release(20)
        await sky.settle()
        assert sky.store.film(film_of(second)) is not None
        assert not sky.store._files.has(film_of(first).name)

    fly(qapp, tmp_path, story)


def test_what_is_still_wanted_makes_way_for_nothing(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        first, second = (sky.knows(known(number)) for number in (1, 2))
        sky.oven.parts = threading.Semaphore(0)
        sky.store.want(film_of(first), first)
        await sky.part()
        sky.store.want(film_of(second), second)
        sky.oven.parts.release(20)
        await sky.settle()
        assert sky.oven.baked == [film_of(first), film_of(second)]
        assert sketch_of(first) not in sky.oven.given_up
        assert sky.store.film(film_of(first)) is not None

    fly(qapp, tmp_path, story)


def test_a_film_whose_sketch_plays_lets_others_go_first(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        first, second = (sky.knows(known(number)) for number in (1, 2))
        failed: list[Order] = []
        sky.store.failed.connect(lambda order, _why: failed.append(order))
        await sketched(sky, first)
        sketch = sky.store.begun(film_of(first))
        sky.store.want(film_of(second), second)
        await until(lambda: sky.oven.begun[-1] == sketch_of(second))
        assert sky.store.begun(film_of(first)) is sketch  # it plays on
        sky.oven.parts.release(20)
        await sky.settle()
        assert sky.oven.begun.count(film_of(first)) == 2  # anew, when nobody waited for anything else
        assert all(sky.store.film(film_of(each)) is not None for each in (first, second))
        assert failed == []

    fly(qapp, tmp_path, story)


def test_a_measurement_that_is_wanted_again_goes_on(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        meter = Order(Kind.METER, spark.sha256)
        sky.oven.gate.clear()
        sky.store.want(meter, spark)
        await until(lambda: sky.asked)
        sky.store.give_up([meter])
        sky.store.want(meter, spark)
        sky.oven.gate.set()
        await sky.settle()
        assert sky.store.measured(meter) is not None
        assert sky.oven.given_up == []

    fly(qapp, tmp_path, story)
