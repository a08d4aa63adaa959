"""Which layer of a spark a flash is of."""

from __future__ import annotations

from typing import Any

import pytest

from server.sparks.engine.blame import Flash, Shares, blame
from server.sparks.engine.flash import Region
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.gates import judge
from server.sparks.engine.verdict import Code

HERE, THERE = [180, 320], [540, 960]
AROUND_HERE = Region(x=40, y=200, width=341, height=256)
AROUND_THERE = Region(x=376, y=832, width=341, height=256)
BLACK, WHITE = 0, 255


def layer(name: str, at: list[int], bursts: list[float], life: float) -> dict[str, Any]:
    return {
        "kind": "particles",
        "id": name,
        "emit": {"bursts": [{"at": when, "count": 12} for when in bursts]},
        "place": {"at": at},
        "shape": {"kind": "disc", "radius": 90},
        "life": [life, life],
        "look": {"size": [60, 90], "colours": "white", "gain": 2},
    }


def spark(*layers: dict[str, Any]) -> Spark:
    return Spark.model_validate(
        {
            "schema": "spark/1",
            "id": "tried",
            "name": "Tried",
            "tier": "legendary",
            "credits": 10_000,
            "family": "test",
            "duration": 3,
            "hero_at": 1,
            "palettes": {"white": ["#ffffff"], "black": ["#000000"], "blue": ["#0000ff"], "red": ["#ff0000"]},
            "layers": list(layers),
        }
    )


BURSTS = [0.1, 0.4, 0.7, 1.0, 1.3]
STROBE = layer("strobe", HERE, BURSTS, 0.15)
STEADY = layer("steady", HERE, [0], 3)
ELSEWHERE = layer("elsewhere", THERE, BURSTS, 0.15)


def of(made: Spark, where: Region = AROUND_HERE, *, ground: int = BLACK, red: bool = False) -> Shares:
    """The layers of what flashes from 0.1 s to 1.5 s."""
    return blame(made, 1, "", [Flash(ground, red, where, 0.1, 1.5)])[0]


def coloured(of: dict[str, Any], name: str, colours: str, **look: Any) -> dict[str, Any]:
    return of | {"id": name, "look": of["look"] | {"colours": colours} | look}


def test_a_flash_is_of_the_layer_that_changes_there() -> None:
    made = spark(STEADY, STROBE, ELSEWHERE)
    assert of(made) == [("strobe", pytest.approx(1, abs=0.1))]
    assert of(made, AROUND_THERE) == [("elsewhere", pytest.approx(1, abs=0.01))]


def test_several_are_found_in_one_pass_each_in_its_place() -> None:
    asked = [Flash(BLACK, False, where, 0.1, 1.5) for where in (AROUND_HERE, AROUND_THERE)]
    assert [found[0][0] for found in blame(spark(STROBE, ELSEWHERE), 1, "", asked)] == ["strobe", "elsewhere"]


def test_where_or_when_nothing_changes_no_layer_is_named() -> None:
    assert of(spark(STROBE), AROUND_THERE) == []
    assert blame(spark(STROBE), 1, "", [Flash(BLACK, False, AROUND_HERE, 2, 3)]) == [[]]


def test_on_white_it_is_not_the_light_that_is_not_seen_there() -> None:
    white, blue = coloured(STROBE, "light", "white"), coloured(STROBE, "blue", "blue")
    assert of(spark(white, blue))[0][0] == "light"
    assert of(spark(white, blue), ground=WHITE)[0][0] == "blue"


def test_a_layer_that_covers_changes_what_is_white_and_not_what_is_black() -> None:
    dark = coloured(STROBE, "dark", "black", blend="alpha")
    assert of(spark(dark), ground=WHITE) == [("dark", 1)]
    assert of(spark(dark)) == []


def test_red_flashes_are_of_what_is_red() -> None:
    red, white = coloured(STROBE, "red", "red", gain=0.3), coloured(STROBE, "light", "white")
    assert of(spark(red, white))[0][0] == "light"
    assert of(spark(red, white), red=True) == [("red", 1)]


def test_a_strobe_is_found_however_fast_it_is() -> None:
    fast = layer("fast", HERE, [], 0.03)
    fast["emit"]["bursts"] = [{"at": 0.02, "count": 12, "times": 30, "every": 1 / 15}]
    slow = coloured(layer("slow", HERE, [0.2], 2.5), "slow", "white", gain=0.3)
    assert of(spark(fast, slow))[0][0] == "fast"


def test_at_most_three_are_named_and_none_where_it_would_take_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = spark(*(coloured(STROBE, f"strobe-{n}", "white") for n in range(5)))
    assert len(of(made)) == 3
    monkeypatch.setattr("server.sparks.engine.blame.MOST_CPU", 0)
    assert of(made) == []


def test_a_refusal_for_flashes_says_whose_they_are() -> None:
    verdict = judge(spark(STEADY, STROBE))
    first = verdict.refusals[0]
    assert first.code is Code.FLASHES_ON_BLACK
    assert "What changes there is mostly `strobe` (" in first.message
