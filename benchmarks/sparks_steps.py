"""What a step of 1/120 s of sparks costs, in ms of one core, by what is in them."""

from __future__ import annotations

import time
from typing import Any

from server.sparks.engine.format.spark import Spark
from server.sparks.engine.simulation import Simulation

_SETTLED = 180
"""Steps until as many live as will."""
_DRAG, _GRAVITY = {"kind": "drag", "rate": 1.5}, {"kind": "gravity", "y": 400}
_CURL = {"kind": "curl", "speed": 60}
_OUT = {"kind": "out", "speed": [60, 700]}
_HEART = {"kind": "heart", "size": 400}


def run(scale: str, database: str) -> dict[str, Any]:
    """Each case by name: particles that live, and the mean and the dearest step."""
    steps = 240 if scale == "full" else 60
    return {name: _measured(layers, steps) for name, layers in _cases().items()}


def _cases() -> dict[str, list[dict[str, Any]]]:
    burst = {"bursts": [{"count": 2_600}]}
    return {
        "burst and sparks": [
            _layer("a", emit=burst, life=[11, 12], launch=_OUT, forces=[_GRAVITY, _DRAG, _CURL]),
            _layer("b", emit={"rate": 700}, shape=_HEART, forces=[_DRAG, _CURL]),
        ],
        "stream": [_layer("a", forces=[_GRAVITY, _DRAG])],
        "gather": [
            _layer(
                "a", forces=[{"kind": "gather", "at": [360, 640], "shape": _HEART, "end": 0.8}, _DRAG, _CURL]
            )
        ],
        "follow": [_layer("a", follow=True, shape=_HEART, place={"turn": {"keys": [[0, 0], [4, 90]]}})],
        "pile": [
            _layer(
                "a",
                place={"at": [360, 400]},
                launch=_OUT,
                forces=[_GRAVITY],
                colliders=[{"kind": "floor", "y": 800}, {"kind": "circle", "at": [360, 700], "radius": 90}],
            )
        ],
        "600 birds": [
            _layer("a", emit={"bursts": [{"count": 600}]}, life=[11, 12], forces=[{"kind": "flock"}])
        ],
        "comets": [
            _layer(
                "a",
                emit={"bursts": [{"count": 300}]},
                life=[11, 12],
                launch=_OUT,
                trail={},
                subs=[{"on": "every", "layer": "b", "every": 0.06}],
            ),
            _layer("b", emit=None, life=[0.7, 0.9], forces=[_DRAG]),
        ],
    }


def _layer(name: str, **said: Any) -> dict[str, Any]:
    usual = {"emit": {"rate": 2_700}, "life": [1.4, 1.6], "look": {"colours": "p"}}
    return {"kind": "particles", "id": name, **usual, **said}


def _measured(layers: list[dict[str, Any]], steps: int) -> dict[str, float]:
    spark = {"schema": "spark/1", "id": "a", "name": "A", "tier": "common", "credits": 1, "family": "f"}
    spark |= {"duration": 12, "hero_at": 1, "palettes": {"p": ["#ffffff"]}, "layers": layers}
    simulation = Simulation(Spark.model_validate(spark), 7)
    simulation.advance_to(_SETTLED)
    costs = []
    for step in range(_SETTLED + 1, _SETTLED + steps + 1):
        began = time.process_time()
        simulation.advance_to(step)
        costs.append((time.process_time() - began) * 1e3)
    return {
        "particles": simulation.count,
        "mean_ms": round(sum(costs) / steps, 3),
        "dearest_ms": round(max(costs), 3),
    }
