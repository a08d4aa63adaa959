"""Files of older versions of the format, brought to the one that is read now, step by step.

A step is a pure function from a JSON object of one version to one of the next. It gets what nobody has
checked yet: where something is not as it expects, it leaves it, and the check of the newest version says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from server.sparks.engine.format.problems import Faulty, Json, Problem, shown
from server.sparks.engine.format.spark import SCHEMA

Tree = dict[str, Json]
Migration = Callable[[Tree], Tree]


def palettes_by_name(old: Tree) -> Tree:
    """spark/0 -> spark/1. Layers had their colours in place; now they name palettes that they can share.

    `spark/0` was never published: it is there so that the way from one version to the next is one that works.
    """
    palettes: dict[str, Json] = {}

    def name(colours: Json) -> Json:
        if not isinstance(colours, list):
            return colours
        for known, others in palettes.items():
            if others == colours:
                return known
        made = f"colours-{len(palettes) + 1}"
        palettes[made] = colours
        return made

    def named(part: Json) -> Json:
        if not isinstance(part, dict):
            return part
        made = {key: name(value) if key == "colours" else value for key, value in part.items()}
        return made | {key: named(made[key]) for key in ("look", "trail") if key in made}

    layers = old.get("layers")
    new: Tree = {**old, "schema": "spark/1"}
    if isinstance(layers, list):
        new["layers"] = [named(layer) for layer in layers]
    return new | {"palettes": palettes}


MIGRATIONS: Final[Mapping[str, Migration]] = {"spark/0": palettes_by_name}
"""By the version that each takes. One for spark/1 is added when there is a spark/2."""


def migrate(
    tree: Tree, migrations: Mapping[str, Migration] = MIGRATIONS, newest: str = SCHEMA
) -> tuple[Tree, list[Problem]]:
    """`tree` as a file of the newest version, and what is wrong where it is of none that is known."""
    for _ in range(len(migrations) + 1):
        version = tree.get("schema")
        if version == newest:
            return tree, []
        if not isinstance(version, str) or version not in migrations:
            known = ", ".join(f'"{one}"' for one in [newest, *migrations])
            said = f"{shown(version)} is not" if "schema" in tree else "it is missing; it must be"
            return tree, [Problem(path="schema", message=f"{said} one of {known}")]
        tree = migrations[version](tree)
    raise Faulty([Problem(path="schema", message="its versions lead in a circle")])
