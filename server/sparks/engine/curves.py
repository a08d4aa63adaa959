"""Curves and palettes, looked up for many particles at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from server.sparks.engine.arrays import Doubles, Floats, Indices, Reals
from server.sparks.engine.format.base import Curve, Ease

ENTRIES: Final = 1_024
"""Of a table over a life. What is looked up is at most half an entry off: the curve's steepest slope (per
life) / 2,046, and a step comes at most 1/2,046 of a life early or late."""
SHADES: Final = 256
_INSTANT: Final = 1e-9
"""Keys nearer to each other than this are a step: dividing by less may overflow."""


class Course:
    """A curve that is asked for often."""

    def __init__(self, curve: Curve) -> None:
        self._ease = curve.ease
        self._when, self._values = _keys(curve)
        self._between = self._when[1:-1]
        self._spans = np.maximum(np.diff(self._when), _INSTANT)
        self._rises = np.diff(self._values)

    def at(self, times: Reals) -> Doubles:
        """The curve at each of `times`, exactly."""
        asked = np.asarray(times, dtype=np.float64)
        if len(self._when) == 1:
            return np.full(asked.shape, self._values[0])
        if self._ease is Ease.STEP:
            passed: Doubles = self._values[np.maximum(self._when.searchsorted(asked, side="right") - 1, 0)]
            return passed
        # Of the keys between the first and the last as many as have passed: never outside.
        index = self._between.searchsorted(asked, side="right")
        gone = (asked - self._when[index]) / self._spans[index]
        gone = np.minimum(np.maximum(gone, 0), 1)
        if self._ease is Ease.SMOOTH:
            gone = gone * gone * (3 - 2 * gone)
        along: Doubles = self._values[index] + self._rises[index] * gone
        return along


def value(curve: Curve, at: Reals) -> Doubles:
    """The curve at each of `at`, exactly; where it is asked for often, keep a `Course`."""
    return Course(curve).at(at)


class Table:
    """A curve over a life from 0 to 1, in `ENTRIES` entries; None is 1 throughout."""

    def __init__(self, curve: Curve | None) -> None:
        over = np.linspace(0, 1, ENTRIES)
        self._entries: Floats = (np.ones(ENTRIES) if curve is None else value(curve, over)).astype(np.float32)

    def at(self, life: Floats) -> Floats:
        """(n,) of the share of the life that is over -> (n,)."""
        found: Floats = self._entries.take(_entry(life, ENTRIES))
        return found


class Area:
    """The exact integral of a curve from 0; where it is less than 0 at a key, it counts as 0 there."""

    def __init__(self, curve: Curve) -> None:
        self._ease = curve.ease
        self._when, values = _keys(curve)
        self._values = np.maximum(values, 0)
        spans = np.diff(self._when)
        first, second = self._values[:-1], self._values[1:]
        means = first if curve.ease is Ease.STEP else (first + second) / 2
        before = self._values[0] * self._when[0]
        self._areas = before + np.concatenate([[0.0], np.cumsum(spans * means)])

    def upto(self, at: float) -> float:
        """From 0 to `at`, which is 0 or more."""
        if at <= self._when[0]:
            return float(self._values[0] * at)
        index = int(np.searchsorted(self._when, at, side="right")) - 1
        start, since = float(self._values[index]), at - float(self._when[index])
        area = float(self._areas[index]) + start * since
        if index + 1 == len(self._when) or self._ease is Ease.STEP:
            return area
        span = max(float(self._when[index + 1] - self._when[index]), _INSTANT)
        rise, gone = float(self._values[index + 1]) - start, since / span
        if self._ease is Ease.SMOOTH:
            return area + rise * span * (gone**3 - gone**4 / 2)
        return area + rise * span * gone * gone / 2


class Palette:
    """Colours from sRGB, mixed in linear light."""

    def __init__(self, colours: Sequence[str]) -> None:
        self._stops = np.array([linear(colour) for colour in colours])
        over = np.linspace(0, len(colours) - 1, SHADES)
        left = np.minimum(over.astype(np.intp), max(len(colours) - 2, 0))
        right = np.minimum(left + 1, len(colours) - 1)
        part = (over - left)[:, None]
        self._shades: Floats = (self._stops[left] * (1 - part) + self._stops[right] * part).astype(np.float32)

    def at(self, place: Floats) -> Floats:
        """(n,) from the first (0) to the last (1) -> (n, 3) linear."""
        shades: Floats = self._shades.take(_entry(place, SHADES), axis=0)
        return shades

    def of(self, by: Literal["life", "birth"], life: Floats, u: Floats, jitter: float) -> Floats:
        """(n, 3) linear, of particles at `life` (0 to 1) with the chance `u` that each was born with.

        By life jitter shifts a particle by up to half of it in the palette; by birth it has one colour of
        the palette, shifted by up to half of it towards the next ones.
        """
        if by == "life":
            return self.at(life + jitter * (u - 0.5))
        colours = len(self._stops)
        chosen = np.minimum(np.floor(u * colours), colours - 1)
        shift = jitter * (u * colours - chosen - 0.5)
        return self.at((chosen + shift) / max(colours - 1, 1))


def linear(colour: str) -> Doubles:
    """`#rrggbb` in sRGB -> (3,) linear, 0 to 1 (IEC 61966-2-1)."""
    shown = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    light: Doubles = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    return light


def _keys(curve: Curve) -> tuple[Doubles, Doubles]:
    keys = np.array(curve.keys, dtype=np.float64)
    return keys[:, 0], keys[:, 1]


def _entry(share: Floats, entries: int) -> Indices:
    """The nearest entry to each share from 0 to 1."""
    # Not np.clip: for the few hundred of a layer it takes longer than all else here.
    scaled = np.minimum(np.maximum(share * (entries - 1) + 0.5, 0), entries - 1)
    entry: Indices = scaled.astype(np.intp)
    return entry
