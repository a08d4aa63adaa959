"""What is measured before a spark may be published, and what it is refused for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from server.sparks.engine import gates
from server.sparks.engine.audio.mix import TARGETS
from server.sparks.engine.format.sounds import Recipe, Score, Sound
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.gates import Code, Verdict, judge

SIZE = (160, 90)


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
        "score": Score(sounds=[Sound(at=0, recipe=Recipe.TONE)], room=0.2),
    }
    return Spark.model_validate(given | fields)


def film(levels: list[int], alpha: int = 0, colour: tuple[int, int, int] = (1, 1, 1)) -> Iterator[np.ndarray]:
    for level in levels:
        frame = np.zeros((*SIZE, 4), np.uint8)
        frame[..., :3] = np.array(colour) * level
        frame[..., 3] = alpha if level or alpha == 0 else 0
        yield frame


CALM = [*range(0, 200, 10), *range(200, 0, -10)]
STROBE = [0, 0, 0, 255, 255, 255] * 6


def codes(verdict: Verdict) -> list[Code]:
    return [one.code for one in verdict.refusals]


def test_a_calm_spark_passes_with_all_that_was_measured() -> None:
    verdict = judge(spark(), film(CALM), particles=lambda: 500)
    assert verdict.passed
    assert verdict.refusals == []
    # Three of them are white for so long that there is more than a second between up and down.
    assert (verdict.on_black.general, verdict.on_white.general, verdict.three.general) == (1, 0, 0)
    assert verdict.frames == len(CALM)
    assert verdict.particles == 500
    assert verdict.loudness is not None
    assert verdict.loudness.lufs == pytest.approx(TARGETS[spark().tier], abs=0.1)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_strobe_is_refused_with_when_and_where() -> None:
    verdict = judge(spark(), film(STROBE))
    assert codes(verdict) == [Code.FLASHES_ON_BLACK, Code.FLASHES_OF_THREE]
    first = verdict.refusals[0]
    assert first.message == "5 flashes within a second on black; 2 is the most."
    assert first.at_s == pytest.approx(1, abs=0.2)
    assert first.region is not None


def test_what_darkens_is_refused_on_white_and_what_is_red_as_red() -> None:
    def shadows() -> Iterator[np.ndarray]:
        for level in STROBE:
            frame = np.zeros((*SIZE, 4), np.uint8)
            frame[..., 3] = level
            yield frame

    assert codes(judge(spark(), shadows())) == [Code.FLASHES_ON_WHITE]
    red = judge(spark(), film([0, 0, 0, 160, 160, 160] * 6, colour=(1, 0, 0)))
    assert "red flashes" in red.refusals[0].message


def test_what_is_calm_alone_may_not_be_when_three_are_given_at_once() -> None:
    verdict = judge(spark(), film([255] * 3 + [0] * 30))
    assert verdict.on_black.general == 1
    assert codes(verdict) == [Code.FLASHES_OF_THREE]


def test_sounds_are_refused_for_their_cost_their_loudness_and_their_peaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The format refuses such a one: the gates do not trust it to have.
    pad = Sound(at=0, recipe=Recipe.PAD, notes=[200] * 24, decay=8)
    long = Score.model_construct(sounds=[pad], room=1, wet=0)
    verdict = judge(spark().model_copy(update={"score": long}), film(CALM))
    assert codes(verdict) == [Code.SOUND_TOO_COSTLY]
    assert verdict.loudness is None
    assert judge(spark(score=None), film(CALM)).passed

    loud = np.ones((48_000, 2), np.float32)
    loud[:, :] = np.sin(np.arange(48_000) / 8)[:, None]
    monkeypatch.setattr(gates, "sound", lambda *_: loud)
    assert codes(judge(spark(), film(CALM))) == [Code.TOO_LOUD, Code.TRUE_PEAK]


def test_a_spark_is_refused_for_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(judge(spark(), film(CALM), particles=lambda: 9_000)) == [Code.TOO_MANY_PARTICLES]
    assert codes(judge(spark(), [])) == [Code.NO_PICTURES]
    monkeypatch.setattr(gates, "MOST_CPU", 0.0)
    assert codes(judge(spark(), film(CALM))) == [Code.TOO_SLOW]
