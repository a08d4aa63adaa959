"""Scenes with cartoon people: one talks to the camera, one dances."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from server.demo.scenes.canvas import (
    INK,
    WHITE,
    Colour,
    Picture,
    Point,
    Scene,
    disc,
    fixed,
    gradient,
    mix,
    polygon,
    rgb,
    rounded,
    stroke,
)

_SKIN = rgb("f2b48a")
_HAIR = rgb("4a2618")


def talking_head(width: int, height: int, mouth: Callable[[float], float]) -> Scene:
    """A face talks in its room; `mouth` tells how far the mouth is open at each time, 0..1."""
    room = _room(width, height)
    unit = min(width, height) * 0.01

    def draw(t: float) -> Picture:
        picture = room.copy()
        nod = unit * (1.2 * np.sin(t * 1.9) + 0.6 * np.sin(t * 3.1))
        sway = unit * 1.6 * np.sin(t * 1.1)
        x, y = width * 0.5 + sway, height * 0.46 + nod
        polygon(
            picture,
            fixed(
                (x - unit * 12, height),
                (x - unit * 42, height),
                (x - unit * 36, y + unit * 46),
                (x - unit * 12, y + unit * 36),
                (x + unit * 12, y + unit * 36),
                (x + unit * 36, y + unit * 46),
                (x + unit * 42, height),
            ),
            rgb("2a9d8f"),
        )
        rounded(
            picture,
            x - unit * 9,
            y + unit * 20,
            x + unit * 9,
            y + unit * 42,
            unit * 8,
            mix(_SKIN, _HAIR, 0.15),
        )
        disc(picture, (x, y - unit * 8), unit * 31, _HAIR)
        for side in (-1, 1):
            disc(picture, (x + side * unit * 27, y + unit * 2), unit * 5, _SKIN)
            rounded(
                picture,
                x + side * unit * 27 - unit * 5,
                y - unit * 10,
                x + side * unit * 27 + unit * 5,
                y + unit * 24,
                unit * 5,
                _HAIR,
            )
        _ellipse(picture, (x, y + unit * 2), (unit * 25, unit * 30), _SKIN)
        _ellipse(picture, (x, y - unit * 23), (unit * 26, unit * 11), _HAIR)
        _eyes(picture, x, y, unit, t)
        stroke(picture, (x, y), (x + unit * 1.5, y + unit * 8), mix(_SKIN, _HAIR, 0.35), unit * 1.2)
        _mouth(picture, (x, y + unit * 17), unit, mouth(t))
        for side in (-1, 1):
            glow = picture.copy()
            disc(glow, (x + side * unit * 15, y + unit * 11), unit * 5, rgb("ff8a80"))
            cv2.addWeighted(glow, 0.35, picture, 0.65, 0, picture)
        return picture

    return draw


def _room(width: int, height: int) -> Picture:
    """The wall behind: a window, a shelf of books, a lamp; a little out of focus."""
    room = gradient(width, height, rgb("ffe3c2"), rgb("f7c59f"))
    rounded(room, width * 0.08, height * 0.07, width * 0.40, height * 0.30, 12, WHITE)
    rounded(room, width * 0.10, height * 0.08, width * 0.38, height * 0.29, 8, rgb("9bd4f5"))
    disc(room, (width * 0.31, height * 0.13), width * 0.045, rgb("fff3b0"))
    room[round(height * 0.30) : round(height * 0.312), round(width * 0.55) : round(width * 0.97)] = rgb(
        "8d5a3b"
    )
    rng = np.random.default_rng(3)
    left = width * 0.57
    for code in ("e63946", "457b9d", "f4a261", "2a9d8f", "6d597a", "e9c46a", "264653"):
        wide, tall = width * rng.uniform(0.035, 0.055), height * rng.uniform(0.07, 0.1)
        rounded(room, left, height * 0.30 - tall, left + wide, height * 0.30, 3, rgb(code))
        left += wide + 3
    return cv2.GaussianBlur(room, (0, 0), width / 240).astype(np.uint8)


def _eyes(picture: Picture, x: float, y: float, unit: float, t: float) -> None:
    blink = 0.12 if t % 2.7 < 0.12 else 1.0
    look = unit * 1.3 * np.sin(t * 0.8)
    for side in (-1, 1):
        at = (x + side * unit * 10, y - unit * 4)
        _ellipse(picture, at, (unit * 5.2, unit * 4.2 * blink), WHITE)
        if blink == 1.0:
            disc(picture, (at[0] + look, at[1]), unit * 2.6, rgb("3d6b4f"))
            disc(picture, (at[0] + look, at[1]), unit * 1.3, INK)
            disc(picture, (at[0] + look + unit * 0.8, at[1] - unit * 0.9), unit * 0.7, WHITE)
        lift = unit * (1.2 * np.sin(t * 2.3) - 10)
        stroke(
            picture,
            (at[0] - unit * 5, at[1] + lift + unit),
            (at[0] + unit * 5, at[1] + lift),
            _HAIR,
            unit * 1.5,
        )


def _mouth(picture: Picture, at: Point, unit: float, open_: float) -> None:
    tall = unit * (1.2 + 6.5 * open_)
    wide = unit * (9 - 2 * open_)
    _ellipse(picture, at, (wide + unit, tall + unit), rgb("c65b5b"))
    _ellipse(picture, at, (wide, tall), rgb("5a1420"))
    if open_ > 0.25:
        _ellipse(picture, (at[0], at[1] - tall * 0.65), (wide * 0.7, tall * 0.25), WHITE)
        _ellipse(picture, (at[0], at[1] + tall * 0.55), (wide * 0.6, tall * 0.35), rgb("e07a7a"))


def dancer(width: int, height: int) -> Scene:
    """A stick figure dances on a lit floor under moving spotlights, two beats a second."""
    stage = gradient(width, height, rgb("12082e"), rgb("2b0f54"), rgb("4d1677"))
    floor = height * 0.78
    limb = width * 0.03

    def draw(t: float) -> Picture:
        picture = stage.copy()
        for i, code in enumerate(("ff4d9d", "4dc3ff", "ffe14d")):
            light = picture.copy()
            swing = np.sin(t * (1.3 + 0.3 * i) + 2 * i) * width * 0.3
            polygon(
                light,
                fixed(
                    (width * (0.2 + 0.3 * i), 0),
                    (width * 0.5 + swing + width * 0.16, floor + height * 0.1),
                    (width * 0.5 + swing - width * 0.16, floor + height * 0.1),
                ),
                rgb(code),
            )
            cv2.addWeighted(light, 0.22, picture, 0.78, 0, picture)
        _floor(picture, width, height, floor, t)
        phase = t * 2 * np.pi
        bounce = height * 0.018 * abs(np.sin(phase))
        hip = (width * (0.5 + 0.06 * np.sin(phase / 2)), floor - height * 0.20 - bounce)
        neck = (hip[0] + width * 0.03 * np.sin(phase), hip[1] - height * 0.16)
        for side in (-1, 1):
            foot = (hip[0] + side * width * 0.11, floor - max(0.0, side * np.sin(phase)) * height * 0.05)
            knee = (hip[0] + side * width * (0.10 + 0.03 * np.sin(phase)), (hip[1] + foot[1]) / 2)
            _limb(picture, (hip, knee, foot), limb, rgb("7ae582"))
            raised = np.sin(phase / 2 + (0 if side > 0 else 1.8))
            elbow = (neck[0] + side * width * 0.14, neck[1] + height * (0.03 - 0.05 * raised))
            hand = (elbow[0] + side * width * 0.07 * np.cos(phase), elbow[1] - height * 0.09 * raised)
            _limb(picture, (neck, elbow, hand), limb, rgb("ffd166"))
            disc(picture, hand, limb * 0.8, _SKIN)
        _limb(picture, (neck, hip), limb * 1.6, rgb("ff6b6b"))
        head = (neck[0] + width * 0.015 * np.sin(phase), neck[1] - height * 0.055)
        disc(picture, head, width * 0.075, _SKIN)
        _ellipse(picture, (head[0], head[1] - width * 0.045), (width * 0.078, width * 0.04), _HAIR)
        for side in (-1, 1):
            disc(picture, (head[0] + side * width * 0.026, head[1]), width * 0.009, INK)
        _ellipse(picture, (head[0], head[1] + width * 0.03), (width * 0.026, width * 0.013), rgb("8c2f39"))
        return picture

    return draw


def _floor(picture: Picture, width: int, height: int, floor: float, t: float) -> None:
    """Coloured tiles in perspective that change on the beat."""
    codes = ("ff4d9d", "4dc3ff", "ffe14d", "7ae582")
    for row in range(4):
        near, far = (floor + (height - floor) * ((row + k) / 4) ** 1.6 for k in (1, 0))
        for column in range(-4, 4):
            spread = [
                width * 0.5 + width * (column + k) * 0.16 * (0.7 + 1.1 * (y - floor) / (height - floor))
                for y, k in ((far, 0), (far, 1), (near, 1), (near, 0))
            ]
            colour = rgb(codes[(row * 3 + column + int(t * 2)) % 4])
            lit = 0.65 if (row + column + int(t * 2)) % 2 else 0.3
            polygon(
                picture,
                fixed((spread[0], far), (spread[1], far), (spread[2], near), (spread[3], near)),
                mix(rgb("1b0a3a"), colour, lit),
            )


def _limb(picture: Picture, joints: tuple[Point, ...], width: float, colour: Colour) -> None:
    for a, b in pairwise(joints):
        stroke(picture, a, b, colour, width)


def _ellipse(picture: Picture, at: Point, radii: Point, colour: Colour) -> None:
    centre, axes = fixed(at, radii).tolist()
    cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)
