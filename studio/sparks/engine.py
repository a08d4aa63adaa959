"""What the baker has the engine make. Loads the engine, and with it numpy: never on the way to a window."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine import film, gates
from server.sparks.engine.audio.mix import sound
from server.sparks.engine.budget import Budget
from server.sparks.engine.flipbook import Flipbook, dump, pack, unpack
from server.sparks.engine.format.reading import read
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.motion import RATE
from server.sparks.engine.simulation import Simulation
from studio.sparks.order import FPS, SIZE, Kind, Order

Told = Callable[[float], object]
"""Hears how far it is, 0 to 1."""
Take = Callable[[int, bytes], object]
"""Takes a flipbook of the next pictures of a sketch, with how many it will have in all."""


def make(order: Order, content: bytes, told: Told, take: Take) -> bytes:
    """Bake what is ordered of a spark's file; `take` has a sketch as it comes. Raises
    ValueError for a file that is none."""
    spark = read(content)
    match order.kind:
        case Kind.SOUND:
            return _sound(spark, order.seed)
        case Kind.METER:
            return json.dumps(_measured(spark, order, told)).encode()
        case Kind.STILL:
            key = film.key_of(spark, order.seed, order.sender)
            return pack([film.hero(spark, order.seed, order.sender)], fps=FPS, key=key)
        case Kind.THUMB:
            return film.thumbnail(spark, order.seed, order.sender)
        case Kind.SKETCH:
            return _sketch(spark, order, told, take)
        case Kind.FILM:
            return _film(spark, order, told)


def _sketch(spark: Spark, order: Order, told: Told, take: Take) -> bytes:
    """The film, where nothing had to give way; else nothing that may be kept."""
    count, budget = film.count_of(spark, FPS), Budget(FPS)

    def handed_over() -> Iterator[bytes]:
        for part in film.sketch(spark, order.seed, order.sender, budget, fps=FPS, size=SIZE):
            take(count, part)
            yield part

    whole = _joined(handed_over(), count, told)
    return b"" if budget.lowered else whole


def _film(spark: Spark, order: Order, told: Told) -> bytes:
    parts = film.parts(spark, order.seed, order.sender, fps=FPS, size=SIZE)
    return _joined(parts, film.count_of(spark, FPS), told)


def _joined(parts: Iterator[bytes], count: int, told: Told) -> bytes:
    """One flipbook of all parts, which have `count` pictures."""
    books = list[Flipbook]()
    for part in parts:
        books.append(unpack(part))
        told(min(1.0, len(books) * film.PART / count))
    return dump(books[0].followed_by(*books[1:]))


def _sound(spark: Spark, seed: int) -> bytes:
    if spark.score is None:
        return b""
    samples = np.asarray(sound(spark.score, spark.tier, seed))
    return bytes((np.clip(samples, -1.0, 1.0) * 32_767).round().astype("<i2").tobytes())


def _measured(spark: Spark, order: Order, told: Told) -> dict[str, Any]:
    """Particles and ms of each picture, and what the gates say: flashes, loudness, refusals."""
    simulation, particles = Simulation(spark, order.seed, order.sender), []
    for step in range(RATE // FPS, math.floor(spark.duration * RATE) + 1, RATE // FPS):
        simulation.advance_to(step)
        particles.append(simulation.count)
    took: list[float] = []
    seen, all_ = 0, len(gates.runs_of(spark, order.seed, order.sender)) * max(1, len(particles))

    def clocked(of: Spark, seed: int, sender: str) -> Iterator[NDArray[np.uint8]]:
        nonlocal seen
        first = seen == 0
        pictures = film.frames(of, seed, sender, fps=FPS, size=SIZE)
        while True:
            before = time.process_time()
            picture = next(pictures, None)
            if picture is None:
                return
            if first:
                took.append(round((time.process_time() - before) * 1000, 2))
            seen += 1
            told(min(1.0, seen / all_))
            yield picture

    verdict = gates.judge(spark, order.seed, order.sender, film=clocked)
    said = verdict.model_dump(mode="json")
    return {"particles": particles, "cpu_ms": took, "verdict": said}
