"""Which layer of a spark a flash is of."""

from __future__ import annotations

from typing import Any

import pytest

from server.sparks.engine.blame import Layers
from server.sparks.engine.flash import Region
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.gates import judge
from server.sparks.engine.verdict import Code

HERE, THERE = [180, 320], [540, 960]
AROUND = {"width": 341, "height": 256}


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
            "palettes": {"white": ["#ffffff"], "black": ["#000000"]},
            "layers": list(layers),
        }
    )


STROBE = layer("strobe", HERE, [0, 0.3, 0.6, 0.9, 1.2], 0.15)
STEADY = layer("steady", HERE, [0], 3)
ELSEWHERE = layer("elsewhere", THERE, [0, 0.3, 0.6, 0.9, 1.2], 0.15)


def test_a_flash_is_of_the_layer_that_changes_there() -> None:
    played = Layers(spark(STEADY, STROBE, ELSEWHERE), seed=1)
    (first, share), *others = played.changing(Region(x=60, y=200, **AROUND), 0.3, 1.3)
    assert first == "strobe"
    assert share > 0.7
    assert "elsewhere" not in dict(others)
    assert played.changing(Region(x=380, y=830, **AROUND), 0.3, 1.3)[0][0] == "elsewhere"


def test_where_or_when_nothing_changes_no_layer_is_named() -> None:
    played = Layers(spark(STROBE), seed=1)
    assert played.changing(Region(x=379, y=1024, **AROUND), 0, 3) == []
    assert played.changing(Region(x=60, y=200, **AROUND), 2, 3) == []


def test_a_layer_that_covers_changes_by_what_it_hides() -> None:
    dark = STROBE | {"look": {"size": [60, 90], "colours": "black", "blend": "alpha"}}
    played = Layers(spark(dark), seed=1)
    ((name, share),) = played.changing(Region(x=60, y=200, **AROUND), 0, 2)
    assert name == "strobe"
    assert share == pytest.approx(1)


def test_a_refusal_for_flashes_says_whose_they_are() -> None:
    verdict = judge(spark(STEADY, STROBE))
    first = verdict.refusals[0]
    assert first.code is Code.FLASHES_ON_BLACK
    assert "What changes there is mostly `strobe` (" in first.message
