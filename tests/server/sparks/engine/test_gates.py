"""What is measured before a spark may be published, and what it is refused for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from server.sparks.engine import film as films
from server.sparks.engine import gates
from server.sparks.engine.audio.mix import TARGETS
from server.sparks.engine.format.layers import Particles
from server.sparks.engine.format.sounds import Recipe, Score, Sound
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.simulation import Alive
from server.sparks.engine.verdict import Code, Verdict
from server.sparks.engine.version import ENGINE

SIZE = (160, 90)
SCORE = Score(sounds=[Sound(at=0, recipe=Recipe.TONE)], room=0.2)


def spark(**fields: Any) -> Spark:
    given = {
        "schema": "spark/1",
        "id": "tried",
        "name": "Tried",
        "tier": "rare",
        "credits": 100,
        "family": "test",
        "duration": 2,
        "hero_at": 1,
        "palettes": {"gold": ["#ffcc00"]},
        "layers": [{"kind": "words", "id": "name", "duration": 1, "colours": "gold"}],
        "score": None,
    }
    return Spark.model_validate(given | fields)


MARK = 255
"""One point that is lit on every picture: what is judged here is something else than whether there is any."""


def picture(light: int, colour: tuple[int, int, int] = (1, 1, 1), cover: int = 0) -> np.ndarray:
    frame = np.zeros((*SIZE, 4), np.uint8)
    frame[..., :3] = np.array(colour) * light
    frame[..., 3] = max(light, cover)
    frame[0, 0] = MARK
    return frame


def unmarked(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Without the point that is on all of them."""
    bare = [frame.copy() for frame in frames]
    for frame in bare:
        frame[0, 0] = frame[0, 1]
    return bare


def judge(spark: Spark, film: Sequence[np.ndarray], **other: Sequence[np.ndarray]) -> Verdict:
    """By this film, and by another in the run with another seed."""

    def frames(_: Spark, seed: int, sender: str) -> Sequence[np.ndarray]:
        return other.get("other", film) if sender else film

    return gates.judge(spark, film=frames)


def film(levels: Sequence[int], colour: tuple[int, int, int] = (1, 1, 1)) -> list[np.ndarray]:
    return [picture(level, colour) for level in levels]


@pytest.fixture(autouse=True)
def alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "most_alive", lambda *_: Alive(500, 0, defaultdict(int)))


CALM = [*range(0, 200, 4), *range(200, 0, -4)]
STROBE = [0, 0, 0, 255, 255, 255] * 6


def codes(verdict: Verdict) -> list[Code]:
    return [one.code for one in verdict.refusals]


ALL_ON_BLACK = [Code.FLASHES_ON_BLACK, Code.FLASHES_OF_THREE_ON_BLACK, Code.FLASHES_OF_COMBO_ON_BLACK]
ALL_ON_WHITE = [Code.FLASHES_ON_WHITE, Code.FLASHES_OF_THREE_ON_WHITE, Code.FLASHES_OF_COMBO_ON_WHITE]


def test_a_calm_spark_passes_with_all_that_was_measured() -> None:
    verdict = judge(spark(score=SCORE), film(CALM))
    assert verdict.passed
    assert verdict.refusals == []
    assert (verdict.on_black.worst, verdict.on_white.worst) == (0, 0)
    assert (verdict.frames, verdict.particles, verdict.unborn) == (len(CALM), 500, 0)
    assert verdict.engine == ENGINE
    assert verdict.loudness is not None
    assert verdict.loudness.lufs == pytest.approx(TARGETS[spark().tier], abs=0.1)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_strobe_is_refused_with_when_and_where() -> None:
    verdict = judge(spark(), film(STROBE))
    assert codes(verdict) == ALL_ON_BLACK
    first = verdict.refusals[0]
    assert first.message.startswith("5 flashes within a second on black (plain run); 2 is the most.")
    assert first.at_s == pytest.approx(1, abs=0.2)
    assert first.region is not None


def test_what_darkens_is_refused_on_white_and_what_is_red_as_red() -> None:
    shadows = [picture(0, cover=level) for level in STROBE]
    assert codes(judge(spark(), shadows)) == ALL_ON_WHITE
    red = judge(spark(), film([0, 0, 0, 160, 160, 160] * 6, colour=(1, 0, 0)))
    assert "red flashes" in red.refusals[0].message


@pytest.mark.parametrize(
    ("pulse", "code"),
    [(picture(255), "black"), (picture(0, cover=255), "white")],
)
def test_what_is_calm_alone_may_not_be_when_three_are_given(pulse: np.ndarray, code: str) -> None:
    """Finding 1: what covers hides itself on black, so three of it are judged on white too."""
    verdict = judge(spark(tier="epic", credits=500), [pulse] * 3 + [picture(0)] * 30)
    assert (verdict.on_black.worst, verdict.on_white.worst) == ((1, 0) if code == "black" else (0, 1))
    assert codes(verdict) == [Code(f"flashes_of_three_on_{code}")]


def test_what_fuses_when_given_fast_is_tried_slower() -> None:
    """Finding 2: three within 0.4 s are one light; 0.35 s apart they are three."""
    verdict = judge(spark(tier="epic", credits=500), film([255] * 9 + [0] * 30))
    assert codes(verdict) == [Code.FLASHES_OF_THREE_ON_BLACK]
    assert verdict.three_on_black.apart_s == 0.35
    assert "when three are given, on black, 0.35 s apart" in verdict.refusals[0].message


def test_a_combo_is_judged_of_what_begins_anew_in_one() -> None:
    """Light that comes twice and stays is cut by each new beginning."""
    glow = film([0] * 3 + [255] * 4 + [0] * 4 + [255] * 60)
    small, large = judge(spark(), glow), judge(spark(tier="epic", credits=500), glow)
    assert codes(small) == [Code.FLASHES_OF_COMBO_ON_BLACK]
    assert small.combo_on_black is not None
    assert large.passed
    assert (large.combo_on_black, large.combo_on_white) == (None, None)


def test_the_worst_of_both_runs_counts_and_says_which_it_is() -> None:
    """Findings 3 and 4: another seed and a long name flash where the first run does not."""
    verdict = judge(spark(), film(CALM), other=film(STROBE))
    assert codes(verdict) == ALL_ON_BLACK
    assert (verdict.on_black.run, verdict.on_white.run) == ("other", "plain")
    assert "(other run)" in verdict.refusals[0].message
    assert [run.frames for run in verdict.runs] == [len(CALM), len(STROBE)]
    assert verdict.frames == len(CALM)


def test_the_other_run_is_by_a_seed_that_nobody_chooses() -> None:
    plain, other = gates.runs_of(spark())
    assert (plain.seed, plain.sender, plain.all_share) == (1, "", False)
    assert (bool(other.sender), other.all_share) == (True, True)
    assert other.seed != gates.runs_of(spark(name="Tried again"))[1].seed
    asked = gates.runs_of(spark(), seed=7)
    assert [run.seed for run in asked] == [7, 1, other.seed]


@pytest.mark.parametrize(("size", "letters"), [(16, 24), (56, 12), (150, 4), (200, 3)])
def test_the_name_is_as_long_as_it_may_be_without_being_made_much_smaller(size: int, letters: int) -> None:
    words = {"kind": "words", "id": "name", "duration": 1, "colours": "gold", "size": size}
    assert gates.largest_name(spark(layers=[words])) == "W" * letters
    assert gates.largest_name(spark(layers=[words | {"says": "text"}])) == "W" * 24


def small(spark: Spark, seed: int, sender: str) -> Iterator[np.ndarray]:
    return films.frames(spark, seed, sender, size=(90, 160))


def test_names_that_come_and_go_are_seen() -> None:
    """Finding 4: all that stood there when nobody sent it was a dot."""
    layers = [
        {"kind": "words", "id": f"w{k}-{row}", "start": 0.1 + 0.3 * k, "duration": 0.26, "text": ".",
         "at": [360, 500 + row * 75], "size": 150, "rise": 0, "colours": "gold", "gain": 20}
        for k in range(5) for row in range(4)
    ]  # fmt: skip
    verdict = gates.judge(spark(layers=layers), film=small)
    assert Code.FLASHES_ON_BLACK in codes(verdict)
    assert (verdict.on_black.run, verdict.on_black.general) == ("other", 3)


def test_what_luck_keeps_back_is_seen() -> None:
    """Finding 3: by seed 1 the only parent has no children; by others it strobes."""
    glow = {"colours": "gold", "size": [150, 200], "gain": 3, "alpha_over": {"keys": [[0, 1], [1, 1]]}}
    often = {"on": "every", "layer": "boom", "every": 0.2, "count": 40, "share": 0.001}
    layers = [
        {"kind": "particles", "id": "one", "emit": {"bursts": [{"count": 1}]}, "life": [1.9, 1.9],
         "look": {"colours": "gold", "gain": 0}, "subs": [often]},
        {"kind": "particles", "id": "boom", "shape": {"kind": "disc", "radius": 300}, "life": [0.1, 0.1],
         "look": glow},
    ]  # fmt: skip
    verdict = gates.judge(spark(layers=layers), film=small)
    assert Code.FLASHES_ON_BLACK in codes(verdict)
    assert verdict.on_black.run == "other"


def test_in_the_other_run_what_chance_lets_happen_happens_always() -> None:
    sparks = [
        {
            "kind": "particles",
            "id": "first",
            "emit": {"bursts": [{"count": 1}]},
            "look": {"colours": "gold"},
            "subs": [{"on": "death", "layer": "then", "count": 9, "share": 0.1}],
        },
        {"kind": "particles", "id": "then", "look": {"colours": "gold"}},
    ]
    tried = spark(layers=sparks)
    plain, other = gates.runs_of(tried)
    assert gates.played_as(tried, plain) == tried
    for born, share in ((gates.MANY - 1, 1), (gates.MANY, 0.1)):
        alive = Alive(1, 0, {"first": born, "then": 9})
        first = gates.played_as(tried, other, alive).layers[0]
        assert isinstance(first, Particles)
        assert first.subs[0].share == share


def test_sounds_are_refused_for_their_cost_their_loudness_and_their_peaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The format refuses such a one: the gates do not trust it to have.
    pad = Sound(at=0, recipe=Recipe.PAD, notes=[200] * 24, decay=8)
    long = Score.model_construct(sounds=[pad], room=1, wet=0)
    verdict = judge(spark().model_copy(update={"score": long}), film(CALM))
    assert codes(verdict) == [Code.SOUND_TOO_COSTLY]
    assert verdict.loudness is None
    assert judge(spark(), film(CALM)).passed

    loud = np.ones((48_000, 2), np.float32)
    loud[:, :] = np.sin(np.arange(48_000) / 8)[:, None]
    monkeypatch.setattr(gates, "sound", lambda *_: loud)
    assert codes(judge(spark(score=SCORE), film(CALM))) == [Code.TOO_LOUD, Code.TRUE_PEAK]


def test_what_lives_and_what_found_no_room_are_two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding 20."""
    monkeypatch.setattr(gates, "most_alive", lambda *_: Alive(100, 600, defaultdict(int)))
    verdict = judge(spark(max_particles=100), film(CALM))
    assert (verdict.particles, verdict.unborn) == (100, 600)
    assert codes(verdict) == [Code.UNBORN]
    assert verdict.refusals[0].message.startswith("600 particles were due when there was no room")
    monkeypatch.setattr(gates, "most_alive", lambda *_: Alive(900, 0, defaultdict(int)))
    assert codes(judge(spark(max_particles=100), film(CALM))) == [Code.TOO_MANY_PARTICLES]


def test_a_spark_without_pictures_is_refused() -> None:
    assert codes(judge(spark(), [])) == [Code.NO_PICTURES]


def test_a_spark_of_which_nothing_is_seen_is_refused() -> None:
    dark = unmarked([picture(0, cover=100)] * 60)  # which but darkens the whole video
    assert codes(judge(spark(), dark)) == [Code.NOTHING_SEEN]
    dark[30][5:9, 5:9, 3] = 200  # something that hides what is behind it
    assert Code.NOTHING_SEEN not in codes(judge(spark(), dark))


def test_a_spark_whose_still_would_be_empty_is_refused() -> None:
    frames = unmarked([picture(0)] * 30 + [picture(level) for level in CALM])
    verdict = judge(spark(hero_at=0.5), frames)
    assert codes(verdict) == [Code.HERO_UNSEEN]
    assert "from 1.20 to" in verdict.refusals[0].message
    assert codes(judge(spark(hero_at=1.5), frames)) == []


def test_what_is_too_slow_is_not_drawn_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding 14: it would be killed with the worker, tried again and parked instead of refused."""
    drawn = 0
    now = 0.0

    def endless(*_: object) -> Iterator[np.ndarray]:
        nonlocal drawn, now
        while True:
            drawn += 1
            now += 1.0
            yield picture(0)

    monkeypatch.setattr(time, "thread_time", lambda: now)
    monkeypatch.setattr(gates, "most_alive", lambda *_: pytest.fail("it takes long enough"))
    verdict = gates.judge(spark(), film=endless)
    assert codes(verdict) == [Code.TOO_SLOW, Code.TOO_SLOW]
    # 3 s for each of 2 s, and twice as much in the other run.
    assert [run.frames for run in verdict.runs] == [7, 13]
    assert drawn == 20
    assert verdict.particles is None
    assert verdict.refusals[0].message == (
        "With seed 1, no sender its first 7 pictures take 7.0 s; 6.0 s is the most for all."
    )
