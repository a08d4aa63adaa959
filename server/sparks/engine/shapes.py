"""Samples of each shape: where particles are born, around the place of their layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, assert_never

import numpy as np
from numpy.random import Generator

from server.sparks.engine.arrays import Doubles
from server.sparks.engine.drawings import flattened
from server.sparks.engine.format import shapes as format_
from server.sparks.engine.format.shapes import Shape, Where
from server.sparks.engine.glyphs import letters
from server.sparks.engine.outlines import Sample, blurred, bright, closed, on, outward, within

_POINTS: Final = 512
"""Of a round line: 0.004 px off for a radius of 200."""
_BRIGHT: Final = {" ": 0, ".": 1, ":": 2, "+": 3, "*": 4, "#": 5}


def sampler(shape: Shape, sender: str = "") -> Sample:
    """What draws places of a shape: n and a stream -> places (n, 2) and directions outward (n, 2).

    Equal shapes share one: letters and fills cost some ms and kB, and a layer may gather to one eight times.
    Raises ValueError where a drawing is no path data.
    """
    return _made(_Asked(shape.model_dump_json(), sender, shape))


@dataclass(frozen=True)
class _Asked:
    """A shape by what it says: shapes hold lists, which have no hash."""

    said: str
    sender: str
    shape: Shape = field(compare=False)


@lru_cache(maxsize=64)
def _made(asked: _Asked) -> Sample:
    shape, sender = asked.shape, asked.sender
    match shape:
        case format_.Dot():
            return _dot(shape)
        case format_.Disc():
            return _disc(shape)
        case format_.Line():
            return on([np.array([shape.start, shape.end])], shape.spread)
        case format_.Spiral():
            return _spiral(shape)
        case format_.Glyphs():
            return letters(shape, sender)
        case format_.Mask():
            return _mask(shape)
        case format_.Ring() | format_.Lissajous():
            return on([_round(shape)], shape.spread)
        case format_.Polygon() | format_.Star() | format_.Heart() | format_.Rose() | format_.Drawing():
            lines = _lines(shape)
            return (within if shape.where is Where.FILL else on)(lines, shape.spread)
        case _:
            assert_never(shape)


def _dot(shape: format_.Dot) -> Sample:
    def sample(n: int, stream: Generator) -> tuple[Doubles, Doubles]:
        places = blurred(np.zeros((n, 2)), shape.spread, stream)
        return places, outward(places, stream)

    return sample


def _disc(shape: format_.Disc) -> Sample:
    def sample(n: int, stream: Generator) -> tuple[Doubles, Doubles]:
        angles = stream.random(n) * np.pi * 2
        hole = shape.hole**2
        far = shape.radius * np.sqrt(hole + (1 - hole) * stream.random(n))
        places = np.column_stack([far * np.cos(angles), far * np.sin(angles) * shape.squash])
        return places, outward(places, stream)

    return sample


def _spiral(shape: format_.Spiral) -> Sample:
    # An inner radius of 0 is a spiral without end: its last 2 in 100 stand in for it.
    inner = max(shape.inner, shape.radius * 0.02, 1e-3)
    growth = np.log(max(shape.radius, 1e-3) / inner)

    def sample(n: int, stream: Generator) -> tuple[Doubles, Doubles]:
        q = stream.random(n)
        arm = np.floor(stream.random(n) * shape.arms) / shape.arms
        angles = (arm + q * shape.turns) * np.pi * 2
        far = inner * np.exp(growth * q)
        places = blurred(
            np.column_stack([far * np.cos(angles), far * np.sin(angles)]), shape.spread, stream
        ) * (1, shape.squash)
        return places, outward(places, stream)

    return sample


def _mask(shape: format_.Mask) -> Sample:
    columns = max(len(row) for row in shape.rows)
    weights = np.array([[_BRIGHT[c] for c in row.ljust(columns)] for row in shape.rows], np.uint8)
    low = -np.array([columns - 1, len(shape.rows) - 1]) / 2 * shape.cell
    return bright(weights, shape.cell, low)


def _round(shape: format_.Ring | format_.Lissajous) -> Doubles:
    u = np.linspace(0, np.pi * 2, 2 * _POINTS + 1)
    if isinstance(shape, format_.Lissajous):
        x = shape.width * np.sin(shape.a * u + np.radians(shape.phase))
        return np.column_stack([x, shape.height * np.sin(shape.b * u)])
    first, gone = np.radians(shape.from_angle), np.radians(shape.to_angle - shape.from_angle)
    angles = first + u / (np.pi * 2) * np.clip(gone, -np.pi * 2, np.pi * 2)
    line = np.column_stack([np.cos(angles), np.sin(angles) * shape.squash]) * shape.radius
    if abs(gone) < np.pi * 2:
        # Outward of an arc is away from its middle, whichever way it goes.
        return line if gone >= 0 else line[::-1]
    return line


def _lines(
    shape: format_.Polygon | format_.Star | format_.Heart | format_.Rose | format_.Drawing,
) -> list[Doubles]:
    match shape:
        case format_.Drawing():
            return [stroke * shape.scale for path in shape.paths for stroke in flattened(path)]
        case format_.Polygon():
            return [closed(np.array(shape.points))]
        case format_.Star():
            corners = np.arange(2 * shape.points)
            far = np.where(corners % 2 == 0, shape.outer, shape.inner)
            return [closed(_polar(far, corners * np.pi / shape.points - np.pi / 2))]
        case format_.Heart():
            return [_heart(shape.size)]
        case format_.Rose():
            u = np.linspace(0, np.pi * 2, 2 * _POINTS + 1)
            petal = np.abs(np.cos(shape.petals * u / 2))
            return [_polar(shape.inner + (shape.radius - shape.inner) * petal, u)]
        case _:
            assert_never(shape)


def _heart(size: float) -> Doubles:
    u = np.linspace(0, np.pi * 2, _POINTS + 1)
    x = 16 * np.sin(u) ** 3
    y = -(13 * np.cos(u) - 5 * np.cos(2 * u) - 2 * np.cos(3 * u) - np.cos(4 * u))
    return np.column_stack([x, y - (y.min() + y.max()) / 2]) * (size / 32)


def _polar(far: Doubles, angles: Doubles) -> Doubles:
    return np.column_stack([far * np.cos(angles), far * np.sin(angles)])
