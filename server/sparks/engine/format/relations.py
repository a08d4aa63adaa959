"""How the parts of a spark must fit each other, each fault with its place.

`Spark` makes sure of the same when it is made, but only once every part is right by itself, and in one
sentence. Here the JSON is looked at, whatever else is wrong with it, so that everything is told at once. A
test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from server.sparks.engine.format.forces import HARDEST, Attractor
from server.sparks.engine.format.problems import Json, Problem, Step, path
from server.sparks.engine.format.spark import CREDITS, DEEPEST, Tier

Tree = dict[str, Json]
_LONGEST_LIFE: Final = 12
_RADIUS: Final = float(Attractor.model_fields["radius"].default)


def faults(tree: Tree) -> list[Problem]:
    """What does not fit, in the order of the file. Parts of a wrong type are passed over."""
    layers = list(_objects(tree.get("layers")))
    return [*_price(tree), *_hero(tree), *_ids(layers), *_each(tree, layers), *_born(layers)]


def _objects(value: Json) -> Iterator[tuple[int, Tree]]:
    for i, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield i, item


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _fault(message: str, *steps: Step) -> Problem:
    return Problem(path=path(steps), message=message)


def _price(tree: Tree) -> Iterator[Problem]:
    tier, credit = tree.get("tier"), _number(tree.get("credits"))
    if not isinstance(tier, str) or tier not in set(Tier) or credit is None:
        return
    low, high = CREDITS[Tier(tier)]
    # Outside of what any spark may cost it is told as a fault of the field.
    if not low <= credit <= high and 1 <= credit <= 10_000:
        yield _fault(f"a {tier} spark costs {low:,} to {high:,} credits", "credits")


def _hero(tree: Tree) -> Iterator[Problem]:
    hero, duration = _number(tree.get("hero_at")), _number(tree.get("duration"))
    if hero is not None and duration is not None and hero > duration:
        yield _fault(f"{hero:g} s is after the end at {duration:g} s", "hero_at")


def _ids(layers: list[tuple[int, Tree]]) -> Iterator[Problem]:
    names = Counter(name for _, layer in layers if isinstance(name := layer.get("id"), str))
    seen: set[str] = set()
    for i, layer in layers:
        name = layer.get("id")
        if isinstance(name, str) and names[name] > 1:
            if name in seen:
                yield _fault("another layer has this id already", "layers", i, "id")
            seen.add(name)


def _each(tree: Tree, layers: list[tuple[int, Tree]]) -> Iterator[Problem]:
    palettes, duration = tree.get("palettes"), _number(tree.get("duration"))
    for i, layer in layers:
        start = _number(layer.get("start"))
        if start is not None and duration is not None and start > duration:
            yield _fault(f"{start:g} s is after the end at {duration:g} s", "layers", i, "start")
        if layer.get("kind") == "particles":
            yield from _life(layer.get("life"), i)
            yield from _pulls(layer.get("forces"), i)
        if not isinstance(palettes, dict):
            continue
        for where in _coloured(layer):
            part = layer
            for step in where[:-1]:
                below = part[step]
                part = below if isinstance(below, dict) else {}
            name = part.get("colours")
            if isinstance(name, str) and name not in palettes:
                known = ", ".join(list(palettes)[:16]) or "none"
                yield _fault(f"there is no such palette; there is {known}", "layers", i, *where)


def _coloured(layer: Tree) -> list[tuple[str, ...]]:
    if layer.get("kind") != "particles":
        return [("colours",)]
    return [(part, "colours") for part in ("look", "trail") if isinstance(layer.get(part), dict)]


def _life(life: Json, i: int) -> Iterator[Problem]:
    for at, value in enumerate(life[:2] if isinstance(life, list) else []):
        seconds = _number(value)
        if seconds is not None and not 0 < seconds <= _LONGEST_LIFE:
            yield _fault(
                f"{seconds:g} s must be more than 0 and at most {_LONGEST_LIFE}", "layers", i, "life", at
            )


def _pulls(forces: Json, i: int) -> Iterator[Problem]:
    """At the force with which there is too much; of those with a fault of their own nothing is known."""
    total = 0.0
    for at, force in _objects(forces):
        strength, radius = _number(force.get("strength")), _number(force.get("radius", _RADIUS))
        if force.get("kind") != "attractor" or strength is None or radius is None or radius <= 0:
            continue
        total += abs(strength) / radius
        if total > HARDEST:
            message = f"strength / radius of all attractors is more than {HARDEST:,} with this one"
            yield _fault(message, "layers", i, "forces", at)
            return


def _born(layers: list[tuple[int, Tree]]) -> Iterator[Problem]:
    particles = {
        name: layer
        for _, layer in layers
        if layer.get("kind") == "particles" and isinstance(name := layer.get("id"), str)
    }
    below = {name: {sub for _, sub in _subs(layer) if sub in particles} for name, layer in particles.items()}
    for i, layer in layers:
        if layer.get("kind") != "particles":
            continue
        for j, sub in _subs(layer):
            if sub not in particles:
                yield _fault("there is no such layer of particles", "layers", i, "subs", j, "layer")
        name = layer.get("id")
        if layer.get("emit") is not None and isinstance(name, str) and _too_deep(below, name):
            yield _fault(f"of each other are born {DEEPEST} layers at most", "layers", i, "subs")


def _subs(layer: Tree) -> Iterator[tuple[int, str]]:
    for j, sub in _objects(layer.get("subs")):
        name = sub.get("layer")
        if isinstance(name, str):
            yield j, name


def _too_deep(below: dict[str, set[str]], name: str) -> bool:
    """Whether from `name` one gets farther down than allowed. By levels: of a circle no step is repeated."""
    reached = {name}
    for _ in range(DEEPEST + 1):
        reached = set().union(*(below.get(one, set()) for one in reached))
    return bool(reached)
