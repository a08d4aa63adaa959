"""Draws scenes: light in linear HDR, layer by layer, then what the last picture left, then bloom."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from server.sparks.engine import lettering, sprites, strokes
from server.sparks.engine.budget import FULL, Quality
from server.sparks.engine.buffers import Buffers
from server.sparks.engine.canvas import Canvas, Windows
from server.sparks.engine.format.base import HEIGHT, WIDTH
from server.sparks.engine.format.layers import Blend, Sprite
from server.sparks.engine.scene import Band, Drawn, Floats, Lettering, Scene, View
from server.sparks.engine.splat import Glows, light_of, tame

_BLOOM: Final = 0.26
"""Of the sum of all halvings at `bloom` 1."""
_PASS_ON: Final = 0.85
_DARK: Final = 1e-6


class Renderer:
    """Draws pictures of `width` x `height` px. Of one picture to the next it keeps only what trails."""

    def __init__(self, width: int = 360, height: int = 640, *, quality: Quality = FULL) -> None:
        self.width, self.height, self.quality = width, height, quality
        self._scale = width / WIDTH
        self._windows = Windows(width, height)
        self._buffers = Buffers()
        self._left_over: Floats | None = None
        self._step: int | None = None

    def at(self, width: int, height: int, quality: Quality) -> Renderer:
        """One that goes on with pictures of another size: what trails is kept."""
        other = Renderer(width, height, quality=quality)
        if self._left_over is not None:
            other._left_over = cv2.resize(self._left_over, (width, height), interpolation=cv2.INTER_AREA)
            other._step = self._step
        return other

    def draw(self, scene: Scene) -> tuple[Floats, Floats | None]:
        """Linear light `(height, width, 3)`, without exposure, and how much of
        what is behind is covered `(height, width)`, None where nothing is."""
        canvas = Canvas(self._windows, self._buffers)
        for layer in scene.layers:
            if isinstance(layer, Drawn):
                self._particles(canvas, layer, scene.view)
            elif isinstance(layer, Band):
                self._band(canvas, layer, scene.view)
        canvas.flush()
        light = self._trailed(canvas.light, scene)
        if scene.bloom > 0 and self.quality.bloom > 0:
            glow = bloom(light, self.quality.bloom, self._buffers)
            shown = self._buffers.get("shown", light.shape)
            light = cv2.scaleAdd(glow, scene.bloom * _BLOOM, light, dst=shown)
        # Words come last, in front of the bloom too: their own would wash out the dark around them.
        behind = canvas.behind
        for layer in scene.layers:
            if isinstance(layer, Lettering):
                behind = self._words(light, behind, layer)
        cover = None
        if behind is not None:
            cover = np.subtract(1, behind, out=self._buffers.get("cover", behind.shape))
        if scene.fade < 1:
            light, cover = light * np.float32(scene.fade), cover if cover is None else cover * scene.fade
        return light, cover

    def _placed(self, x: Floats, y: Floats, view: View, near: float) -> tuple[Floats, Floats, float]:
        """Stage px to px of the picture, and how many px one stage px is."""
        # By a power: whatever the zoom, what is near is neither turned round nor gone.
        zoom = view.zoom**near
        scale = np.float32(self._scale * zoom)
        left = np.float32(WIDTH / 2 * self._scale + view.x * near * self._scale) - WIDTH / 2 * scale
        top = np.float32(self.height / 2 + view.y * near * self._scale) - HEIGHT / 2 * scale
        return x * scale + left, y * scale + top, float(scale)

    def _particles(self, canvas: Canvas, of: Drawn, view: View) -> None:
        x, y, scale = self._placed(of.x, of.y, view, of.near)
        radius = of.size * np.float32(scale)
        if of.trails is not None and of.trails.x.size:
            tx, ty, _ = self._placed(of.trails.x, of.trails.y, view, of.near)
            apart = 1 if self.quality.taps > 5 else 1.6
            lines = strokes.trails(tx, ty, of.trails.width * scale, of.trails.colour, apart=apart)
            canvas.glow([lines], Blend.SCREEN if of.blend is Blend.SCREEN else Blend.ADD)
        if not x.size:
            return
        if of.sprite is not Sprite.GLOW:
            colour = of.colour
            if of.blend is Blend.ALPHA:
                colour = colour / np.maximum(of.alpha, np.float32(1e-3))[:, None]
            alpha = of.alpha if of.blend is Blend.ALPHA else np.ones_like(of.alpha)
            given = sprites.Sprites(x, y, radius, of.angle, of.side, colour, alpha)
            covers = of.blend is Blend.ALPHA
            found = sprites.draw(of.sprite, given, self.width, self.height, covers=covers)
            if isinstance(found, sprites.Spots):
                canvas.spot(found)
            elif found is not None:
                canvas.lay(found, of.blend)
        elif of.blend is Blend.ALPHA:
            lit = np.column_stack([of.colour, np.clip(of.alpha, 0, 1)])
            canvas.glow([Glows(x, y, radius, light_of(lit, radius))], of.blend)
        elif of.streak > 0:
            back = np.float32(scale * of.streak)
            taps = self.quality.taps
            glows = strokes.streaks(x, y, of.vx * back, of.vy * back, radius, of.colour, most=taps)
            canvas.glow(glows, of.blend)
        else:
            canvas.glow([Glows(x, y, radius, light_of(of.colour, radius))], of.blend)

    def _band(self, canvas: Canvas, of: Band, view: View) -> None:
        x, y, scale = self._placed(of.x, of.y, view, 1)
        fine = 1.0 if self.quality.taps > 5 else 0.7
        glows = strokes.band(x, y, of.width * np.float32(scale), of.colour, of.alpha, fine=fine)
        canvas.glow(glows, of.blend)

    def _words(self, light: Floats, behind: Floats | None, of: Lettering) -> Floats | None:
        """Words stand still whatever the camera does, so that they can be read. Writes them into `light` and
        returns what is seen of what is behind."""
        x, y, scale = self._placed(
            np.array([of.at[0]], np.float32), np.array([of.at[1]], np.float32), View(), 1
        )
        alpha = np.float32(min(max(of.alpha, 0), 1))
        at = (float(x[0]), float(y[0]))
        found = lettering.lay(of.text, *at, of.size * scale, tame(of.colours), self.width, self.height)
        if found is None or alpha <= 0:
            return behind
        letters, cover, place = found
        left = 1 - cover * alpha
        if behind is None:
            behind = self._buffers.get("behind", light.shape[:2])
            behind[:] = 1
        light[place] = light[place] * left[..., None] + letters * alpha
        behind[place] *= left
        return behind

    def _trailed(self, light: Floats, scene: Scene) -> Floats:
        """With what is left of the last picture, blurred a little so that it widens as it dims. `trail` is
        per 1/60 s, whatever the frame rate, and so is how bright a still thing gets."""
        passed = 2 if self._step is None else scene.step - self._step
        self._step = scene.step
        if scene.trail <= 0 or passed < 0:
            self._left_over = None
            return light
        keep = scene.trail ** (passed / 2)
        steady = (1 - 0.75 * scene.trail) / (1 - scene.trail)
        new = np.float32(steady * (1 - keep)) if passed else np.float32(0)
        if self._left_over is None:
            # From nothing at the first picture, but not darker than without a trail.
            self._left_over = np.zeros_like(light)
            new = max(new, np.float32(1 - 0.75 * scene.trail))
        kernel = np.array([0.055, 0.89, 0.055], np.float32) * np.float32(keep**0.5)
        blurred = self._buffers.get("blurred", light.shape)
        cv2.sepFilter2D(self._left_over, -1, kernel, kernel, blurred, borderType=cv2.BORDER_CONSTANT)
        cv2.scaleAdd(light, float(new), blurred, dst=blurred)
        # What is left of long ago would become denormal, with which all sums take ten times as long.
        cv2.threshold(blurred, _DARK, 0, cv2.THRESH_TOZERO, dst=self._left_over)
        return blurred


def bloom(light: Floats, levels: int, buffers: Buffers) -> Floats:
    """The sum of so many halvings of a picture, each smoothly brought back to its size; in a buffer."""
    halves = [light]
    while len(halves) <= levels and min(halves[-1].shape[:2]) >= 8:
        tall, wide = halves[-1].shape[:2]
        half = buffers.get(f"half {len(halves)}", ((tall + 1) // 2, (wide + 1) // 2, 3))
        halves.append(cv2.pyrDown(halves[-1], dst=half))
    up = halves.pop()
    while len(halves) > 1:
        own = halves.pop()
        wider = buffers.get(f"wider {len(halves)}", own.shape)
        cv2.pyrUp(up, dst=wider, dstsize=own.shape[1::-1])
        up = cv2.scaleAdd(wider, _PASS_ON, own, dst=wider)
    whole = buffers.get("wider", light.shape)
    return cv2.pyrUp(up, dst=whole, dstsize=light.shape[1::-1]) if up is not light else light
