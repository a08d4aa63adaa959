"""Small sparks for the tests of the simulation."""

from __future__ import annotations

from typing import Any

from server.sparks.engine.format.spark import Spark
from server.sparks.engine.simulation import Simulation

SECOND = 120
"""Steps."""


def layer(name: str = "a", **said: Any) -> dict[str, Any]:
    return {"kind": "particles", "id": name, "look": {"colours": "p"}, "life": [10, 11], **said}


def burst(count: int = 100, **said: Any) -> dict[str, Any]:
    return {"bursts": [{"count": count, **said}]}


def spark(*layers: dict[str, Any], **said: Any) -> Spark:
    return Spark.model_validate(
        {
            "schema": "spark/1",
            "id": "a-spark",
            "name": "A spark",
            "tier": "common",
            "credits": 1,
            "family": "tests",
            "duration": 4,
            "hero_at": 1,
            "palettes": {"p": ["#ffffff", "#ff0000"]},
            "layers": list(layers),
            **said,
        }
    )


def at(step: int, *layers: dict[str, Any], seed: int = 7, sender: str = "", **said: Any) -> Simulation:
    """The simulation of these layers at a step."""
    simulation = Simulation(spark(*layers, **said), seed, sender)
    simulation.advance_to(step)
    return simulation
