"""Which layers of a spark a flash is of, for its author: each is drawn alone, small, and how much of what the
meter measures changes there is added up. It judges nothing; shares are rough, for what layers do together
may flash where none does alone, and thin lines are drawn wider than they are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from server.sparks.engine.film import one_thread
from server.sparks.engine.flash import CELL, GRID, Light, Picture, Region, light_of, luminance, redness
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.motion import RATE
from server.sparks.engine.renderer import Renderer
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.staging import Staging
from server.sparks.engine.tone import Tone

FPS: Final = 30
"""As it is judged: with fewer, a strobe may be lit in every picture or in none."""
MOST_CPU: Final = 1.5
"""Seconds of one core for each second of a spark; of one that takes more no layer is named."""
_LEAST: Final = 0.01
"""Of white, from picture to picture: what nobody sees."""
_NAMED: Final = 0.15
"""Of all changes, what is worth being named."""
_MOST_NAMED: Final = 3

Shares = list[tuple[str, float]]
"""Ids of layers, the most to blame first, each with its share of all changes, 0 to 1."""


class Flash(NamedTuple):
    """Where and from when to when, in s, something flashes on a `ground`, 0 (black) or 255 (white); `red`
    where it is a red flash."""

    ground: int
    red: bool
    region: Region
    begin: float
    end: float


def blame(spark: Spark, seed: int, sender: str, flashes: Sequence[Flash]) -> list[Shares]:
    """Of each flash the layers that change most there and then; none where nothing does, or where finding
    out would take too long."""
    clock, most = time.thread_time(), MOST_CPU * spark.duration
    simulation, renderer, tone = Simulation(spark, seed, sender), Renderer(*GRID), Tone(*GRID)
    staging, found = Staging(simulation), [_Changes(one, spark) for one in flashes]
    with one_thread():
        for picture in range(1, math.floor(spark.duration * FPS) + 1):
            simulation.advance_to(picture * (RATE // FPS))
            drawn = dict[str, Picture]()
            for layer, scene in staging.apart():
                light, cover = renderer.draw(scene)
                drawn[layer] = tone.map(light, cover, exposure=scene.exposure, scrim=0)
            for each in found:
                each.see(drawn, picture / FPS)
            if time.thread_time() - clock > most:
                return [[] for _ in flashes]
    return [each.shares() for each in found]


class _Changes:
    """What one flash is of: how much each layer has changed there so far."""

    def __init__(self, flash: Flash, spark: Spark) -> None:
        self._flash, region = flash, flash.region
        self._rows = slice(region.y // CELL, -(-(region.y + region.height) // CELL))
        self._columns = slice(region.x // CELL, -(-(region.x + region.width) // CELL))
        self._plain = self._measured(np.zeros((*GRID[::-1], 4), np.uint8))
        self._last = {layer.id: self._plain for layer in spark.layers}
        self._much = dict.fromkeys(self._last, 0.0)

    def see(self, drawn: dict[str, Picture], at: float) -> None:
        """The pictures of all layers of which something is seen at `at` s, premultiplied RGBA."""
        counts = self._flash.begin <= at <= self._flash.end
        for layer, last in self._last.items():
            now = self._measured(drawn[layer]) if layer in drawn else self._plain
            if counts:
                step = np.abs(now - last)
                self._much[layer] += float(step[step >= _LEAST].sum())
            self._last[layer] = now

    def shares(self) -> Shares:
        whole = sum(self._much.values())
        of = [(layer, much / whole) for layer, much in self._much.items() if much > _NAMED * whole]
        return sorted(of, key=lambda each: -each[1])[:_MOST_NAMED]

    def _measured(self, frame: Picture) -> Light:
        part = frame[self._rows, self._columns].astype(np.uint16)
        clear = (255 - part[..., 3:]) * self._flash.ground // 255
        shown = np.minimum(part[..., :3] + clear, 255).astype(np.uint8)
        light = light_of(shown, shown.shape[1::-1])
        return redness(light) if self._flash.red else luminance(light)
