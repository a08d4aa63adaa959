"""Scenes of a town: a skyline in parallax, a flag in the wind, a clock through the day."""

from __future__ import annotations

import cv2
import numpy as np

from server.demo.scenes.canvas import (
    INK,
    WHITE,
    Picture,
    Scene,
    disc,
    fixed,
    gradient,
    mix,
    polygon,
    rgb,
    stroke,
    write_centred,
)


def city(width: int, height: int) -> Scene:
    """Three rows of towers pass at different speeds under the moon; windows go on and off."""
    rng = np.random.default_rng(31)
    sky = gradient(width, height, rgb("0b1030"), rgb("2b2566"), rgb("84407f"), rgb("f08a6b"))
    disc(sky, (width * 0.78, height * 0.2), height * 0.075, rgb("fdf3d0"))
    disc(sky, (width * 0.755, height * 0.185), height * 0.068, tuple(sky[round(height * 0.18), 0].tolist()))
    for x, y in rng.uniform((0, 0), (width, height * 0.4), (90, 2)):
        disc(sky, (x, y), height / 900, WHITE)
    rows = [_towers(rng, width, height, depth) for depth in range(3)]

    def draw(t: float) -> Picture:
        picture = sky.copy()
        for (towers, mask, top), speed in zip(rows, (0.02, 0.06, 0.14), strict=True):
            left = round(width * speed * t) % width
            band = picture[top:]
            cv2.copyTo(towers[:, left : left + width], mask[:, left : left + width], band)
        _train(picture, width, height, t)
        return picture

    return draw


def _towers(rng: np.random.Generator, width: int, height: int, depth: int) -> tuple[Picture, Picture, int]:
    """One row of towers twice as wide as the picture (its halves are equal), its mask, its top row."""
    top = round(height * (0.30 + 0.12 * depth))
    body = [rgb("3d2f6b"), rgb("251d4d"), rgb("120e2b")][depth]
    towers = np.zeros((height - top, width, 3), np.uint8)
    mask = np.zeros((height - top, width), np.uint8)
    x = 0
    while x < width:
        wide = round(width * rng.uniform(0.045, 0.09))
        roof = round((height - top) * rng.uniform(0.0, 0.5))
        towers[roof:, x : x + wide] = body
        mask[roof:, x : x + wide] = 255
        step = max(6, height // (70 - 14 * depth))
        for row in range(roof + step, height - top - step, step * 2):
            for column in range(x + step, min(x + wide, width) - step, step * 2):
                if rng.random() < 0.45:
                    lit = mix(rgb("ffd98a"), rgb("8ad6ff"), float(rng.random() > 0.8))
                    towers[row : row + step, column : column + step] = mix(body, lit, 0.35 + 0.3 * depth)
        x += wide + round(width * rng.uniform(0.0, 0.012))
    return np.concatenate([towers, towers], 1), np.concatenate([mask, mask], 1), top


def _train(picture: Picture, width: int, height: int, t: float) -> None:
    """A lit train crosses on a bridge in front."""
    deck = round(height * 0.9)
    picture[deck : deck + height // 60] = rgb("0a0818")
    for x in range(0, width, width // 12):
        picture[deck:, x : x + width // 120] = rgb("0a0818")
    head = width * (0.22 * t % 2.4) - width * 0.6
    tall = height * 0.055
    for car in range(5):
        left = head - car * width * 0.125
        polygon(
            picture,
            fixed(
                (left, deck - tall),
                (left + width * 0.12, deck - tall),
                (left + width * 0.12, deck),
                (left, deck),
            ),
            rgb("c94f5d"),
        )
        for pane in range(6):
            pane_left = left + width * (0.008 + 0.0185 * pane)
            polygon(
                picture,
                fixed(
                    (pane_left, deck - tall * 0.8),
                    (pane_left + width * 0.013, deck - tall * 0.8),
                    (pane_left + width * 0.013, deck - tall * 0.4),
                    (pane_left, deck - tall * 0.4),
                ),
                rgb("fff0b5"),
            )


def flag(width: int, height: int) -> Scene:
    """A striped flag with a star waves on its pole before drifting clouds."""
    sky = gradient(width, height, rgb("3a8dde"), rgb("8cc8f2"), rgb("e6f5ff"))
    cloth = np.zeros((height // 2, width * 5 // 8, 3), np.uint8)
    tall, wide = cloth.shape[:2]
    for i, code in enumerate(("f94144", "f8961e", "f9c74f", "90be6d", "43aa8b", "577590")):
        cloth[i * tall // 6 : (i + 1) * tall // 6] = rgb(code)
    tips = [
        (wide * 0.2 + tall * r * np.sin(a), tall * 0.5 - tall * r * np.cos(a))
        for a, r in ((k * np.pi / 5, 0.26 if k % 2 == 0 else 0.11) for k in range(10))
    ]
    polygon(cloth, fixed(*tips), WHITE)
    left, top = round(width * 0.2), round(height * 0.18)
    # Only the part of the picture that the cloth can reach is worked on.
    reach = round(height * 0.06)
    view = (slice(top - reach, top + tall + reach), slice(left, left + wide))
    ys, xs = np.mgrid[-reach : tall + reach, 0:wide].astype(np.float32)
    along = xs / wide

    def draw(t: float) -> Picture:
        picture = sky.copy()
        for i in range(4):
            x = (width * (0.3 * i + 0.04 * t * (1 + 0.3 * i))) % (width * 1.3) - width * 0.15
            for dx, dy, r in ((0, 0, 0.07), (0.05, -0.02, 0.08), (0.11, 0, 0.06)):
                disc(picture, (x + width * dx, height * (0.15 + 0.2 * i + dy)), height * r, rgb("f7fcff"))
        swing = along[:1] * 9 - np.float32(t * 5)
        row = ys - np.sin(swing) * along[:1] * np.float32(height * 0.05)
        light = (1 + 0.28 * np.cos(swing) * along[:1])[..., None]
        cut = cv2.remap(cloth, xs, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lit = np.clip(cut * light, 0, 255).astype(np.uint8)
        cv2.copyTo(lit, ((row >= 0) & (row < tall - 1)).astype(np.uint8), picture[view])
        stroke(picture, (left, height * 0.1), (left, height), rgb("6b4f3a"), width / 60)
        disc(picture, (left, height * 0.1), width / 60, rgb("ffd166"))
        return picture

    return draw


def clock(width: int, height: int) -> Scene:
    """A clock runs through twelve hours a minute while the sky goes from dawn to night."""
    hours = [rgb(code) for code in ("f7b267", "8fd3ff", "5fb0f0", "f4845f", "2b2d6e", "0d1033", "f7b267")]
    radius = min(width, height) * 0.38
    centre = (width / 2, height / 2)

    def spot(turn: float, share: float) -> tuple[float, float]:
        angle = 2 * np.pi * turn
        return centre[0] + radius * share * np.sin(angle), centre[1] - radius * share * np.cos(angle)

    def draw(t: float) -> Picture:
        day = t / 60 % 1
        place = day * (len(hours) - 1)
        sky = mix(hours[int(place)], hours[int(place) + 1], place % 1)
        picture = np.full((height, width, 3), sky, np.uint8)
        disc(picture, spot(day - 0.25, 1.18), radius * 0.12, rgb("fff3c4"))
        disc(
            picture, (centre[0] + radius * 0.03, centre[1] + radius * 0.04), radius * 1.04, mix(sky, INK, 0.5)
        )
        disc(picture, centre, radius * 1.03, INK)
        disc(picture, centre, radius, rgb("fffaf0"))
        for hour in range(12):
            x, y = spot(hour / 12, 0.8)
            write_centred(
                picture, str(hour or 12), (x, y + radius * 0.06), round(radius * 0.17), INK, weight=600
            )
        for minute in range(60):
            stroke(
                picture,
                spot(minute / 60, 0.93),
                spot(minute / 60, 0.97),
                INK,
                radius / (60 if minute % 5 else 28),
            )
        stroke(picture, spot(day + 0.25, -0.1), spot(day + 0.25, 0.48), INK, radius * 0.05)
        stroke(picture, spot(day * 12, -0.12), spot(day * 12, 0.7), INK, radius * 0.035)
        stroke(picture, spot(t, -0.15), spot(t, 0.85), rgb("e63946"), radius * 0.015)
        disc(picture, centre, radius * 0.05, rgb("e63946"))
        return picture

    return draw
