"""What is baked: the same pictures each time, and flipbooks that keep them and take no nonsense."""

from __future__ import annotations

import itertools
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.sparks.engine import film, flipbook, tone
from server.sparks.engine.budget import LADDER, Budget
from server.sparks.engine.flipbook import BadFlipbook, Flipbook, dump, pack, unpack
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.sheet import contact_sheet
from server.sparks.engine.tone import Tone
from tests.server.sparks.engine.drawing import floats

KEY = "ab" * 32


def spark(**given: Any) -> Spark:
    """A second of everything there is to draw."""
    whole: dict[str, Any] = {
        "schema": "spark/1", "id": "all", "name": "All of it", "tier": "common", "credits": 1,
        "family": "burst", "duration": 1, "hero_at": 0.5, "stage": {"trail": 0.6, "scrim": 0.2},
        "palettes": {"fire": ["#fff6d8", "#ff4f2e"]},
        "camera": {"shake": {"keys": [[0, 8], [1, 0]]}, "zoom": {"keys": [[0, 1], [1, 1.2]]}},
        "layers": [
            {
                "kind": "particles", "id": "burst", "emit": {"bursts": [{"count": 60}]}, "life": [0.5, 1],
                "launch": {"kind": "out", "speed": [50, 600]}, "trail": {},
                "place": {"mirror": True, "at": [300, 600]},
                "look": {"colours": "fire", "streak": 0.03, "twinkle": 0.5, "size": [3, 8]},
            },
            {
                "kind": "particles", "id": "petals", "emit": {"rate": 40},
                "look": {
                    "sprite": "petal", "size": [20, 40], "blend": "alpha", "colours": "fire",
                    "flutter": 0.8, "align": True, "by": "birth",
                },
            },
            {
                "kind": "ribbon", "id": "band", "path": {"points": [[0, 100, 300], [0.8, 600, 900]]},
                "width": {"keys": [[0, 0], [1, 40]]}, "colours": "fire", "wave": 30,
            },
            {"kind": "words", "id": "who", "duration": 1, "colours": "fire"},
        ],
    }  # fmt: skip
    return Spark.model_validate({**whole, **given})


def pictures(count: int = 3, cover: bool = False) -> list[np.ndarray]:
    rng = np.random.Generator(np.random.PCG64(5))
    found = []
    for _ in range(count):
        light = cv2.GaussianBlur(floats(rng.random((160, 90, 3)) ** 8 * 3), (0, 0), 4)
        hidden = floats(np.zeros((160, 90)))
        hidden[40:80] = 0.8
        found.append(Tone(90, 160).map(light, hidden if cover else None))
    return found


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = ((one.astype(float) - other) ** 2).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_a_film_in_parts_is_the_film() -> None:
    said: dict[str, Any] = {"seed": 7, "sender": "Ann", "size": (90, 160)}
    first, *others = [unpack(each) for each in film.parts(spark(), **said)]
    assert {each.count for each in (first, *others)} == {film.PART}
    whole = first.followed_by(*others)
    assert whole.count == film.count_of(spark(), 30)
    assert dump(whole) == film.bake(spark(), **said)
    played = pack(film.frames(spark(stage={"trail": 0.6}), **said), fps=30, key=KEY)
    assert dump(unpack(played)) == played


def sketched(each_ms: float, size: tuple[int, int]) -> tuple[Flipbook, Budget]:
    """The sketch of 2 s on a machine that needs so many ms for a picture."""
    at, budget = itertools.count(), Budget(30)
    parts = film.sketch(
        spark(duration=2), 7, "Ann", budget, size=size, now=lambda: next(at) * each_ms * film.PART / 1000
    )
    first, *others = [unpack(each) for each in parts]
    return first.followed_by(*others), budget


def test_on_a_fast_machine_the_sketch_is_the_film() -> None:
    book, budget = sketched(10, (90, 160))
    assert not budget.lowered
    assert dump(book) == film.bake(spark(duration=2), 7, "Ann", size=(90, 160))


def test_on_a_slow_machine_the_sketch_shows_the_same_with_less() -> None:
    book, budget = sketched(50, film.SIZE)
    whole = unpack(film.bake(spark(duration=2), 7, "Ann"))
    assert budget.lowered
    assert budget.quality == LADDER[-1]
    assert (book.count, book.key, book.width) == (whole.count, whole.key, whole.width)
    first, last = film.PART, book.count - 2
    assert np.array_equal(book.picture(first - 1), whole.picture(first - 1))
    assert not np.array_equal(book.picture(first), whole.picture(first))
    assert np.array_equal(book.picture(last), book.picture(last + 1))  # every second one is drawn
    for number in range(0, book.count, 2):
        shown, meant = book.picture(number), whole.picture(number)
        assert psnr(shown, meant) > 30
        assert shown[..., :3].mean() == pytest.approx(meant[..., :3].mean(), rel=0.12)


def test_an_enlarged_picture_covers_by_its_light_at_least() -> None:
    shown = film._Projector(spark(), 7, "Ann", film.SIZE)
    shown.use(LADDER[2])
    picture, _ = shown.play(0, 60)
    assert picture.shape == (640, 360, 4)
    assert (picture[..., :3].max(2) <= picture[..., 3]).all()


@pytest.mark.parametrize("other", [{"fps": 15}, {"key": "cd" * 32}])
def test_another_spark_does_not_go_on_with_it(other: dict[str, Any]) -> None:
    book = unpack(pack(pictures(1), fps=30, key=KEY))
    with pytest.raises(BadFlipbook, match="not the same spark"):
        book.followed_by(unpack(pack(pictures(1), **{"fps": 30, "key": KEY} | other)))


def test_films_are_the_same_bit_for_bit_and_differ_by_seed() -> None:
    def played(seed: int) -> list[bytes]:
        return [one.tobytes() for one in film.frames(spark(), seed, "Ann", size=(90, 160))]

    first = played(7)
    assert len(first) == 30
    assert first == played(7)
    assert first != played(8)


def test_a_still_is_the_picture_of_the_film() -> None:
    of = spark(stage={"trail": 0})
    shown = list(film.frames(of, 7, "Ann", size=(90, 160)))
    assert (film.hero(of, 7, "Ann", size=(90, 160)) == shown[14]).all()


def test_a_still_has_what_trails() -> None:
    shown = list(film.frames(spark(), 7, "Ann", size=(90, 160)))
    assert psnr(film.hero(spark(), 7, "Ann", size=(90, 160)), shown[14]) > 35


def test_only_rates_that_steps_come_out_at_are_filmed() -> None:
    with pytest.raises(ValueError, match="divisor"):
        next(film.frames(spark(), 7, fps=25))


def test_a_spark_has_gone_at_its_end() -> None:
    *_, last = film.frames(spark(), 7, "Ann", size=(90, 160))
    assert last[..., :3].max() <= 1


@pytest.mark.parametrize("cover", [False, True])
def test_a_flipbook_gives_its_pictures_back(cover: bool) -> None:
    given = pictures(cover=cover)
    book = unpack(pack(given, fps=30, key=KEY))
    assert (book.width, book.height, book.fps, book.count, book.key) == (90, 160, 30, 3, KEY)
    for at, picture in enumerate(given):
        shown = book.picture(at)
        assert psnr(shown, picture) > 36
        assert (shown[..., :3] <= shown[..., 3:]).all()


def test_light_alone_needs_no_picture_of_its_cover() -> None:
    alone, covering = pack(pictures(), fps=30, key=KEY), pack(pictures(cover=True), fps=30, key=KEY)
    assert len(alone) < 0.97 * len(covering)


def test_a_scrim_comes_back_as_well() -> None:
    light = floats(np.full((160, 90, 3), 0.1))
    given = Tone(90, 160).map(light, scrim=0.4)
    data = pack([given], fps=30, key=KEY, scrims=[0.4])
    assert len(data) < len(pack([given], fps=30, key=KEY))
    assert psnr(unpack(data).picture(0), given) > 38


def test_a_thumbnail_is_small_and_keeps_the_key() -> None:
    book = unpack(film.thumbnail(spark(), 7, "Ann"))
    assert (book.width, book.height, book.fps, book.count) == (180, 320, 15, 15)
    assert book.key == film.key_of(spark(), 7, "Ann")
    assert psnr(book.picture(7), list(film.frames(spark(), 7, "Ann", fps=15, size=(180, 320)))[7]) > 30


def test_a_key_is_of_all_that_makes_a_difference() -> None:
    keys = [
        film.key_of(spark(), 7, "Ann"),
        film.key_of(spark(), 8, "Ann"),
        film.key_of(spark(), 7, "Bob"),
        film.key_of(spark(hero_at=0.4), 7, "Ann"),
    ]
    assert len(set(keys)) == 4
    assert film.key_of(spark(), 7, "Ann") == keys[0]


def read_all(data: bytes) -> None:
    book = unpack(data)
    for at in range(book.count):
        book.picture(at)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 2_000), value=st.integers(0, 255), cut=st.integers(0, 3_000))
def test_broken_bytes_raise_or_show_something(at: int, value: int, cut: int) -> None:
    whole = bytearray(pack(pictures(2, cover=True), fps=30, key=KEY))
    whole[at % len(whole)] = value
    data = bytes(whole[: len(whole) - cut] if cut < 400 else whole)
    try:
        read_all(data)
    except BadFlipbook:
        return


@given(st.binary(max_size=300))
def test_noise_is_no_flipbook(data: bytes) -> None:
    for head in (b"", flipbook.MAGIC):
        with pytest.raises(BadFlipbook):
            read_all(head + data)


def test_a_picture_that_claims_to_be_huge_is_not_decoded() -> None:
    data = bytearray(pack(pictures(1), fps=30, key=KEY))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65_535, 65_535)
    with pytest.raises(BadFlipbook, match="size"):
        read_all(bytes(data))


def test_pictures_of_two_sizes_or_none_are_no_flipbook() -> None:
    with pytest.raises(ValueError, match="one size"):
        pack([pictures(1)[0], pictures(1)[0][:80]], fps=30, key=KEY)
    with pytest.raises(ValueError, match="1 to"):
        pack([], fps=30, key=KEY)


def test_a_contact_sheet_has_a_column_for_each() -> None:
    sheet = contact_sheet([spark(), spark()], [0.2, 0.5], width=90)
    assert sheet.shape == (2 * (160 + 6) + 30, 2 * 96, 3)
    with pytest.raises(ValueError, match="background"):
        contact_sheet([spark()], [0.2], np.zeros((4, 4, 3), np.uint8))


def test_what_light_covers_is_one_law_for_tone_and_flipbook() -> None:
    encoded = np.arange(256) / 255
    assert flipbook._opacities(0) == pytest.approx(tone.opacity(encoded) * 255, abs=0.5)
