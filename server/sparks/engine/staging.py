"""From a simulation to a scene: what each particle looks like at its age, and where ribbons and words are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from server.sparks.engine import camera
from server.sparks.engine.curves import Palette, Table, value
from server.sparks.engine.format.base import Curve
from server.sparks.engine.format.layers import Blend, Particles, Ribbon, Words
from server.sparks.engine.place import Track
from server.sparks.engine.population import Population
from server.sparks.engine.scene import Band, Drawn, Floats, Lettering, Scene, Trails, View
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.wording import said

APPEARS: Final = 0.35
"""s in which words come up."""
GOES: Final = 0.35
"""s in which words and a spark itself go."""
_SAMPLES: Final = 160
_TWINKLES: Final = (0.6, 2.0)
"""Hz, from the slowest to the fastest; see `Look.twinkle`."""
_FLUTTERS: Final = (0.7, 1.5)
_UNSEEN: Final = 1e-4


class Staging:
    """Makes scenes of a simulation's state, as often as asked; it changes nothing there."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        spark = simulation.spark
        palettes = {name: Palette(colours) for name, colours in spark.palettes.items()}
        self._layers: list[_Particles | _Ribbon | _Words] = []
        for layer in spark.layers:
            if isinstance(layer, Particles):
                self._layers.append(_Particles(simulation.of(layer.id), palettes))
            elif isinstance(layer, Ribbon):
                self._layers.append(_Ribbon(layer, palettes[layer.colours]))
            else:
                self._layers.append(_Words(layer, palettes[layer.colours], simulation.sender))

    def scene(self) -> Scene:
        """As the simulation is now."""
        return self._of([drawn for _, drawn in self._drawn()])

    def apart(self) -> Iterator[tuple[str, Scene]]:
        """The same for each layer of which there is something now, by its id: alone, without what trails from
        it or glows around it."""
        for layer, drawn in self._drawn():
            yield layer, replace(self._of([drawn]), bloom=0, trail=0, scrim=0)

    def _drawn(self) -> Iterator[tuple[str, Drawn | Band | Lettering]]:
        spark, time = self.simulation.spark, self.simulation.time
        for layer, staged in zip(spark.layers, self._layers, strict=True):
            if (drawn := staged.at(time)) is not None:
                yield layer.id, drawn

    def _of(self, layers: list[Drawn | Band | Lettering]) -> Scene:
        spark, time = self.simulation.spark, self.simulation.time
        seen = camera.view(spark, self.simulation.seed, time)
        left = _smooth((spark.duration - time) / GOES)
        return Scene(
            layers,
            step=self.simulation.step,
            exposure=spark.stage.exposure,
            bloom=spark.stage.bloom,
            trail=spark.stage.trail,
            scrim=spark.stage.scrim * _smooth(time / 0.25) * left,
            fade=left,
            view=View(seen.zoom, seen.x, seen.y),
        )


class _Particles:
    def __init__(self, population: Population, palettes: dict[str, Palette]) -> None:
        self._of = population
        self._layer = population.layer
        look = self._layer.look
        self._size, self._palette = Table(look.size_over), palettes[look.colours]
        self._alpha = Table(look.alpha_over or _envelope(look.blend))
        trail = self._layer.trail
        self._trail_palette = palettes[(trail and trail.colours) or look.colours]

    def at(self, time: float) -> Drawn | None:
        particles, look = self._of.particles, self._layer.look
        if not particles.count:
            return None
        over, u = particles.over, particles.u
        alpha = self._alpha.at(over)
        np.clip(alpha, 0, None, out=alpha)
        if look.twinkle > 0:
            alpha *= _twinkle(particles.age, particles.luck, u, look.twinkle)
        shades = self._palette.of(look.by, over, u, look.jitter)
        colour = shades * (alpha * np.float32(look.gain))[:, None]
        size = particles.size * np.maximum(self._size.at(over), 0)
        if self._of.standing.moves and self._layer.follow:
            size = size * np.float32(np.clip(self._of.pose().size[0], 0, 20))
        x, y, vx, vy = particles.x, particles.y, particles.vx, particles.vy
        angle = np.arctan2(vy, vx) if look.align else particles.angle
        side = np.ones_like(u)
        if look.flutter > 0:
            hertz = _FLUTTERS[0] + (_FLUTTERS[1] - _FLUTTERS[0]) * u
            turned = np.cos(2 * np.pi * (hertz * particles.age + particles.luck))
            side -= np.float32(look.flutter) * (1 - np.abs(turned))
        drawn = Drawn(
            x, y, vx, vy, size, colour, np.minimum(alpha, 1), angle, side,
            look.sprite, look.blend, look.streak, look.near, self._trails(alpha, over, u),
        )  # fmt: skip
        return self._with_mirrored(drawn) if self._layer.place.mirror else drawn

    def _trails(self, alpha: Floats, over: Floats, u: Floats) -> Trails | None:
        trail, kept = self._layer.trail, self._of.trails
        if trail is None or kept is None:
            return None
        lines = kept.lines(self._of.particles)
        n = lines.shape[0]
        shades = self._trail_palette.of(self._layer.look.by, over[:n], u[:n], self._layer.look.jitter)
        colour = shades * (alpha[:n] * np.float32(trail.gain))[:, None]
        return Trails(lines[..., 0], lines[..., 1], colour, trail.width)

    def _with_mirrored(self, of: Drawn) -> Drawn:
        pose = self._of.pose()
        x, y = pose.mirrored(of.x, of.y)
        vx, vy = pose.flipped(of.vx, of.vy)
        angle = np.pi - of.angle + 2 * float(pose.turn[0])
        trails = of.trails
        if trails is not None:
            tx, ty = pose.mirrored(trails.x, trails.y)
            trails = Trails(
                _both(trails.x, tx), _both(trails.y, ty), _both(trails.colour, trails.colour), trails.width
            )
        return Drawn(
            _both(of.x, x), _both(of.y, y), _both(of.vx, vx), _both(of.vy, vy), _both(of.size, of.size),
            _both(of.colour, of.colour), _both(of.alpha, of.alpha), _both(of.angle, angle),
            _both(of.side, of.side), of.sprite, of.blend, of.streak, of.near, trails,
        )  # fmt: skip


class _Ribbon:
    def __init__(self, layer: Ribbon, palette: Palette) -> None:
        self._layer, self._track = layer, Track(layer.path)
        along = np.linspace(0, 1, _SAMPLES).astype(np.float32)
        self._along = along
        self._colour = palette.at(1 - along) * np.float32(layer.gain)
        self._width = np.maximum(value(layer.width, along), 0).astype(np.float32)

    def at(self, time: float) -> Band | None:
        layer = self._layer
        since = time - layer.start
        alpha = 1.0 if layer.alpha_over is None else float(value(layer.alpha_over, np.array([since]))[0])
        if since <= 0 or alpha < _UNSEEN:
            return None
        first = layer.path.points[0][0]
        last = np.inf if layer.path.closed else layer.path.points[-1][0]
        tail, head = max(since - layer.length, first), min(since, last)
        if head - tail < 1e-3:
            return None
        places, velocities = self._track.at(np.linspace(tail, head, _SAMPLES))
        speed = np.hypot(velocities[:, 0], velocities[:, 1]) + 1e-6
        phase = 2 * np.pi * (layer.waves * self._along - layer.pace * since)
        # The head leads steadily; what follows waves.
        off = layer.wave * np.sin(phase) * (1 - self._along**2)
        x = places[:, 0] - velocities[:, 1] / speed * off
        y = places[:, 1] + velocities[:, 0] / speed * off
        shown = np.full(_SAMPLES, min(alpha, 1), np.float32)
        return Band(
            x.astype(np.float32), y.astype(np.float32), self._width, self._colour * np.float32(alpha),
            shown, layer.blend,
        )  # fmt: skip


class _Words:
    def __init__(self, layer: Words, palette: Palette, sender: str) -> None:
        self._layer = layer
        self._text = said(layer.says, layer.text, sender)
        self._colours = palette.at(np.linspace(0, 1, 8).astype(np.float32)) * np.float32(layer.gain)

    def at(self, time: float) -> Lettering | None:
        layer = self._layer
        since = time - layer.start
        alpha = _smooth(since / APPEARS) * _smooth((layer.duration - since) / GOES)
        if alpha < _UNSEEN:
            return None
        down = layer.rise * (1 - _smooth(since / (2 * APPEARS)))
        at = (layer.at[0], layer.at[1] + down)
        return Lettering(self._text, at, layer.size, self._colours, alpha)


def _both(one: Floats, other: Floats) -> Floats:
    return np.concatenate([one, other]).astype(np.float32)


def _smooth(t: float) -> float:
    t = min(max(t, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def _twinkle(age: Floats, luck: Floats, u: Floats, share: float) -> Floats:
    """What is left of each particle's light, 1 - `share` to 1, never changing faster than 2 Hz."""
    hertz = np.float32(_TWINKLES[0]) + np.float32(_TWINKLES[1] - _TWINKLES[0]) * u
    wave = np.float32(0.5) + np.float32(0.5) * np.sin(np.float32(2 * np.pi) * (hertz * age + luck))
    left: Floats = 1 - np.float32(share) * (1 - wave * wave)
    return left


def _envelope(blend: Blend) -> Curve:
    """How particles come and go of themselves: light comes up fast and fades by a power, things that cover
    stay as they are until shortly before their end."""
    if blend is Blend.ALPHA:
        return Curve(keys=[(0, 0), (0.05, 1), (0.85, 1), (1, 0)])
    keys = [(0.0, 0.0), *((q, min(q / 0.06, 1) * (1 - q) ** 1.4) for q in np.linspace(0.06, 1, 20))]
    return Curve(keys=[(float(when), float(much)) for when, much in keys])
