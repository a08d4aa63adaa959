"""The sparks that come with the program: every tier, many families, and all that the engine can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from scripts.spark_gates import files
from server.sparks.engine.format.forces import Collider, Force
from server.sparks.engine.format.layers import Blend, Launch, Layer, Particles, Sprite, Sub
from server.sparks.engine.format.reading import read
from server.sparks.engine.format.shapes import Shape
from server.sparks.engine.format.sounds import Recipe
from server.sparks.engine.format.spark import Spark, Tier

SPARKS: list[Spark] = [read(file.read_bytes()) for file in files()]
LEAST = {Tier.COMMON: 6, Tier.UNCOMMON: 6, Tier.RARE: 6, Tier.EPIC: 4, Tier.LEGENDARY: 2}
FAMILIES = 14


def kinds(union: Any) -> set[str]:
    """What the `kind` of each member of a union may be."""
    members = get_args(get_args(union)[0])
    return {get_args(one.model_fields["kind"].annotation)[0] for one in members}


def particles() -> Iterator[Particles]:
    for spark in SPARKS:
        yield from (layer for layer in spark.layers if isinstance(layer, Particles))


def test_there_are_enough_of_every_tier_and_of_many_families() -> None:
    assert len(SPARKS) >= sum(LEAST.values())
    tiers = Counter(spark.tier for spark in SPARKS)
    assert {tier: tiers[tier] for tier in LEAST if tiers[tier] < LEAST[tier]} == {}
    assert len({spark.family for spark in SPARKS}) >= FAMILIES


def test_each_says_what_it_is_and_has_a_sound_of_its_own() -> None:
    assert [spark.id for spark in SPARKS] == [file.stem for file in files()]
    assert len({spark.name for spark in SPARKS}) == len(SPARKS)
    assert [spark.id for spark in SPARKS if not spark.about or spark.score is None] == []
    scores = [spark.score.model_dump_json() for spark in SPARKS if spark.score is not None]
    assert len(set(scores)) == len(scores)


def test_epics_and_legendaries_name_who_gave_them() -> None:
    large = [spark for spark in SPARKS if spark.tier in (Tier.EPIC, Tier.LEGENDARY)]
    said = {spark.id: [getattr(layer, "says", "") for layer in spark.layers] for spark in large}
    assert [name for name, says in said.items() if "sender" not in says] == []


USED = {
    "kinds of layers": (kinds(Layer), lambda: {layer.kind for spark in SPARKS for layer in spark.layers}),
    "shapes": (kinds(Shape), lambda: {one.shape.kind for one in particles()}),
    "forces": (kinds(Force), lambda: {force.kind for one in particles() for force in one.forces}),
    "colliders": (kinds(Collider), lambda: {it.kind for one in particles() for it in one.colliders}),
    "launches": (
        set(get_args(Launch.model_fields["kind"].annotation)),
        lambda: {one.launch.kind for one in particles()},
    ),
    "children": (
        set(get_args(Sub.model_fields["on"].annotation)),
        lambda: {sub.on for one in particles() for sub in one.subs},
    ),
    "sprites": (set(Sprite), lambda: {one.look.sprite for one in particles()}),
    "blends": (set(Blend), lambda: {one.look.blend for one in particles()}),
    "recipes": (
        set(Recipe),
        lambda: {sound.recipe for spark in SPARKS if spark.score for sound in spark.score.sounds},
    ),
    "the rest": (
        {"follow", "mirror", "along", "align", "twinkle", "flutter", "spin", "streak", "trail", "parallax"}
        | {"zoom", "drift", "shake"},
        lambda: (
            {name for one in particles() for name in _rest(one)}
            | {name for spark in SPARKS for name in ("zoom", "drift", "shake") if getattr(spark.camera, name)}
        ),
    ),
}


def _rest(layer: Particles) -> set[str]:
    look, place = layer.look, layer.place
    said = {
        "follow": layer.follow,
        "mirror": place.mirror,
        "along": place.along,
        "align": look.align,
        "twinkle": look.twinkle,
        "flutter": look.flutter,
        "spin": look.spin[1],
        "streak": look.streak,
        "trail": layer.trail,
        "parallax": look.near != 1,
    }
    return {name for name, used in said.items() if used}


@pytest.mark.parametrize("what", USED)
def test_all_that_the_engine_can_do_is_used_somewhere(what: str) -> None:
    there_are, used = USED[what]
    assert there_are - used() == set()
