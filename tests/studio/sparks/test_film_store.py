"""Films from memory, from the disk, or baked; bounded, and never on the Qt thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio.sparks.bakery import Bakery, Take, Unbaked, ignore
from studio.sparks.film import Pictures
from studio.sparks.film_store import UNSHOWABLE, FilmStore
from studio.sparks.given import Known
from studio.sparks.order import Kind, Order
from tests.studio.sparks.ovens import known, pcm
from tests.studio.sparks.sky import Sky, fly


def film_of(spark: Known) -> Order:
    return Order(Kind.FILM, spark.sha256)


def test_it_is_baked_once_and_then_read_from_the_disk(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        came: list[Order] = []
        sky.store.came.connect(came.append)
        assert not sky.store.want(film_of(spark), spark)
        assert not sky.store.want(film_of(spark), spark)  # asked for once
        await sky.settle()
        assert came == [film_of(spark)]
        assert sky.store.want(film_of(spark), spark)
        film = sky.store.film(film_of(spark))
        assert film is not None
        assert film.length.count == 30
        again = sky.open_store()
        sky.away = True
        assert not again.want(film_of(spark), spark)
        while again._wanted:
            await next(iter(again._wanted.values()))
        assert again.film(film_of(spark)) is not None
        assert len(sky.oven.baked) == 1
        assert len(sky.asked) == 1

    fly(qapp, tmp_path, story)


def test_the_name_tells_apart_what_would_look_different() -> None:
    spark = known()
    orders = {
        Order(kind, sha, seed, sender)
        for kind in Kind
        for sha in (spark.sha256, "0" * 64)
        for seed in (1, 2)
        for sender in ("", "Kemi")
    }
    assert len({order.name for order in orders}) == len(orders)


def test_a_damaged_file_is_baked_anew(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        sky.store._files.write(film_of(spark).name, b"not a flipbook")
        sky.store.want(film_of(spark), spark)
        await sky.settle()
        assert sky.store.film(film_of(spark)) is not None
        assert sky.oven.baked == [film_of(spark)]

    fly(qapp, tmp_path, story)


def test_what_the_server_says_must_have_the_hash(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        sky.contents[str(spark.id)] = b"something else"
        failed: list[str] = []
        sky.store.failed.connect(lambda _order, why: failed.append(why))
        sky.store.want(film_of(spark), spark)
        await sky.settle()
        assert len(failed) == 1
        assert "unusable" in failed[0]
        assert sky.oven.baked == []

    fly(qapp, tmp_path, story)


@pytest.mark.parametrize("how", ["away", "broken"])
def test_why_it_is_not_here(qapp: QApplication, tmp_path: Path, how: str) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        failed: list[str] = []
        sky.store.failed.connect(lambda _order, why: failed.append(why))
        sky.away = how == "away"
        if how == "broken":
            sky.oven.broken.add(Kind.FILM)
        sky.store.want(film_of(spark), spark)
        await sky.settle()
        assert failed == ["The server cannot be reached." if how == "away" else UNSHOWABLE]
        sky.away = False
        sky.oven.broken.clear()
        sky.store.want(film_of(spark), spark)  # and it can be asked for again
        await sky.settle()
        assert sky.store.film(film_of(spark)) is not None

    fly(qapp, tmp_path, story)


def test_the_files_of_sparks_are_kept_for_when_the_server_is_away(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        sparks = [sky.knows(known(number)) for number in range(1, 4)]
        await sky.store.keep_contents(sparks[:2])
        await sky.store.keep_contents(sparks[:2])
        assert len(sky.asked) == 2
        sky.away = True
        await sky.store.keep_contents(sparks)
        sky.store.want(film_of(sparks[1]), sparks[1])
        await sky.settle()
        assert sky.store.film(film_of(sparks[1])) is not None
        assert sky.store._files.held() < 100_000  # they are not among the films

    fly(qapp, tmp_path, story)


def test_what_nobody_looks_at_any_more_is_given_up(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        came: list[Order] = []
        sky.store.came.connect(came.append)
        sky.store.want(film_of(spark), spark)
        sky.store.give_up([film_of(spark)])
        await sky.settle()
        assert not sky.store.is_wanted(film_of(spark))
        assert came == []

    fly(qapp, tmp_path, story)


def test_a_sound_that_is_damaged_is_baked_anew(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        sound = Order(Kind.SOUND, spark.sha256)
        sky.store._files.write(sound.name, b"abc")
        sky.store.want(sound, spark)
        await sky.settle()
        assert sky.store.sound(sound) == pcm()

    fly(qapp, tmp_path, story)


@pytest.mark.parametrize("away", [False, True])
def test_one_file_that_is_unusable_does_not_keep_the_others_away(
    qapp: QApplication, tmp_path: Path, away: bool
) -> None:
    async def story(sky: Sky) -> None:
        sparks = [sky.knows(known(number)) for number in range(1, 4)]
        sky.contents[str(sparks[0].id)] = b"something else"
        sky.away = away
        await sky.store.keep_contents(sparks)
        kept = [sky.store._contents.has(f"{each.sha256}.json") for each in sparks]
        assert kept == [False, not away, not away]
        assert {path.split("/")[3] for path in sky.asked} == {
            str(each.id) for each in (sparks[:1] if away else sparks)
        }

    fly(qapp, tmp_path, story)


@pytest.mark.parametrize("error", [OSError("no more processes"), RuntimeError("what nobody thought of")])
def test_a_baker_that_cannot_start_can_be_asked_again(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_command: object, **_how: object) -> None:
        raise error

    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        store, failed = sky.open_store(make_oven=Bakery), list[str]()
        store.failed.connect(lambda _order, why: failed.append(why))
        monkeypatch.setattr("studio.sparks.bakery.subprocess.Popen", fail)
        store.want(film_of(spark), spark)
        await asyncio.wait(list(store._wanted.values()))
        assert failed == [UNSHOWABLE]
        assert not store.is_wanted(film_of(spark))
        await store.close()

    fly(qapp, tmp_path, story)


def test_after_it_is_closed_nothing_is_decoded(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        store = sky.open_store(decoder=None)
        store.want(film_of(spark), spark)
        await asyncio.wait(list(store._wanted.values()))
        film = store.film(film_of(spark))
        assert film is not None
        await store.close()
        assert film.ask(0, 36, 64) is None
        assert film.ask(1, 36, 64) is None

    fly(qapp, tmp_path, story)


def test_memory_is_bounded(qapp: QApplication, tmp_path: Path) -> None:
    async def story(sky: Sky) -> None:
        for number in range(1, 9):
            spark = sky.knows(known(number))
            sky.store.want(film_of(spark), spark)
            await sky.settle()
            film = sky.store.film(film_of(spark))
            assert film is not None
            for picture in range(film.length.count):
                film.ask(picture, 36, 64)
            assert sky.store.held <= 100_000
            assert sky.store.pictures.held <= 200_000

    fly(qapp, tmp_path, story, most=100_000, pictures=Pictures(200_000))


def test_nothing_is_baked_or_read_on_the_qt_thread(qapp: QApplication, tmp_path: Path) -> None:
    threads: set[str] = set()

    class Watched(Bakery):
        def bake(
            self, order: Order, content: bytes, told: Callable[[float], object], take: Take = ignore
        ) -> bytes:
            threads.add(threading.current_thread().name)
            raise Unbaked("seen")

    async def story(sky: Sky) -> None:
        spark = sky.knows(known())
        store: FilmStore = sky.open_store(make_oven=Watched)
        store.want(film_of(spark), spark)
        while store._wanted:
            await next(iter(store._wanted.values()))
        await store.close()

    fly(qapp, tmp_path, story)
    assert threads
    assert "MainThread" not in threads
