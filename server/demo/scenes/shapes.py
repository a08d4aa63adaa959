"""Scenes of pure form: a spinning cube, a kaleidoscope, bouncing balls."""

from __future__ import annotations

import cv2
import numpy as np

from server.demo.scenes.canvas import Picture, Scene, disc, fixed, gradient, mix, polygon, rgb

_FACES = (
    ((0, 1, 3, 2), "ff5d73"),
    ((4, 5, 7, 6), "5dd39e"),
    ((0, 1, 5, 4), "ffd166"),
    ((2, 3, 7, 6), "4dabf7"),
    ((0, 2, 6, 4), "c77dff"),
    ((1, 3, 7, 5), "ff9f68"),
)


def cube(width: int, height: int) -> Scene:
    """Three cubes of coloured faces turn about two axes, lit from one side, over a grid."""
    back = gradient(width, height, rgb("10131f"), rgb("1d2440"), rgb("33235c"))
    horizon = height * 0.62
    for i in range(-12, 13):
        cv2.line(
            back,
            (width // 2 + i * width // 40, round(horizon)),
            (width // 2 + i * width // 5, height),
            rgb("5b3fa0"),
            1,
            cv2.LINE_AA,
        )
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    light = np.array((0.4, -0.7, -0.6))

    def draw(t: float) -> Picture:
        picture = back.copy()
        for i in range(8):
            y = horizon + (height - horizon) * (((i + t) % 8) / 8) ** 2
            cv2.line(picture, (0, round(y)), (width, round(y)), rgb("5b3fa0"), 1, cv2.LINE_AA)
        for place, size, speed in ((-1.9, 0.6, -1.3), (1.9, 0.6, 1.7), (0.0, 1.0, 1.0)):
            _cube(picture, place, size, t * speed)
        return picture

    def _cube(picture: Picture, place: float, size: float, turn: float) -> None:
        a, b = turn * 1.1, turn * 0.7
        about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        points = corners @ about_y.T @ about_x.T * size
        depth = points[:, 2] + 6
        scale = height * 1.25 / depth
        flat = np.stack(
            [width / 2 + (points[:, 0] + place) * scale, height * 0.46 + points[:, 1] * scale], -1
        )
        for face, code in sorted(_FACES, key=lambda item: -float(points[list(item[0]), 2].mean())):
            corner = points[list(face)]
            normal = np.cross(corner[1] - corner[0], corner[2] - corner[0])
            normal /= np.linalg.norm(normal)
            bright = abs(float(normal @ light))
            outline = flat[list(face)]
            polygon(picture, fixed(*outline), mix(rgb("0b0d18"), rgb(code), 0.35 + 0.65 * bright))
            cv2.polylines(picture, [fixed(*outline)], True, rgb("0b0d18"), 2, cv2.LINE_AA, 4)

    return draw


def kaleidoscope(width: int, height: int) -> Scene:
    """A drifting pattern of discs seen in twelve mirrors."""
    rng = np.random.default_rng(41)
    side = 512
    pattern = gradient(side, side, rgb("14062b"), rgb("3a0ca3"), rgb("7209b7"))
    for x, y, radius, hue in rng.uniform((0, 0, 8, 0), (side, side, 70, 180), (90, 4)):
        colour = cv2.cvtColor(np.array([[[hue, 190, 250]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0].tolist()
        for dx in (-side, 0, side):
            for dy in (-side, 0, side):
                disc(pattern, (x + dx, y + dy), radius, tuple(colour))
                disc(pattern, (x + dx, y + dy), radius * 0.55, mix(tuple(colour), rgb("14062b"), 0.6))
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = xs - width / 2, ys - height / 2
    wedge = np.pi / 6
    angle = np.abs((np.arctan2(dy, dx) % (2 * wedge)) - wedge)
    # The place in one wedge, turned and stretched later: no sine or root is taken a pixel and frame.
    across = (np.hypot(dx, dy) * np.cos(angle)).astype(np.float32)
    along = (np.hypot(dx, dy) * np.sin(angle)).astype(np.float32)

    def draw(t: float) -> Picture:
        reach = 1.15 + 0.2 * np.sin(t * 0.9)
        cos, sin = np.float32(reach * np.cos(0.35 * t)), np.float32(reach * np.sin(0.35 * t))
        u = across * cos - along * sin + np.float32(side / 2 + 40 * t)
        v = across * sin + along * cos + np.float32(side / 2 + 25 * np.sin(t))
        seen = cv2.remap(pattern, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(seen, np.uint8)

    return draw


def balls(width: int, height: int) -> Scene:
    """Shiny balls bounce without loss of energy; where each is follows from the time alone."""
    back = gradient(width, height, rgb("e0f7ff"), rgb("b8e0f5"), rgb("8fb8de"))
    codes = ("ff595e", "ffca3a", "8ac926", "1982c4", "6a4c93", "ff924c", "52b788")
    rng = np.random.default_rng(17)
    radii = rng.uniform(0.05, 0.1, len(codes)) * height
    speed = rng.uniform(0.10, 0.28, len(codes)) * width
    period = rng.uniform(0.9, 1.5, len(codes))
    phase = rng.uniform(0, 4, len(codes))

    def draw(t: float) -> Picture:
        picture = back.copy()
        floor = height * 0.92
        cv2.rectangle(picture, (0, round(floor)), (width, height), rgb("5c7c9c"), -1)
        for code, radius, fast, rate, start in zip(codes, radii, speed, period, phase, strict=True):
            room = width - 2 * radius
            along = (fast * (t + start)) % (2 * room)
            x = radius + min(along, 2 * room - along)
            fall = ((t + start) / rate % 1) * 2 - 1
            up = (1 - fall**2) * height * 0.6
            squash = 1 - 0.25 * max(0.0, 1 - up / (radius * 0.8))
            y = floor - radius * squash - up
            shadow = radius * (0.9 - 0.5 * up / height)
            cv2.ellipse(
                picture,
                (round(x), round(floor + 4)),
                (round(shadow), round(shadow * 0.22)),
                0,
                0,
                360,
                rgb("3f5d7a"),
                -1,
                cv2.LINE_AA,
            )
            colour = rgb(code)
            for share, shift in ((1.0, 0.0), (0.78, 0.12), (0.5, 0.25), (0.2, 0.38)):
                axes = (round(radius * share / squash), round(radius * share * squash))
                centre = (round(x - radius * shift), round(y - radius * shift))
                cv2.ellipse(
                    picture,
                    centre,
                    axes,
                    0,
                    0,
                    360,
                    mix(colour, (255, 255, 255), shift * 1.6),
                    -1,
                    cv2.LINE_AA,
                )
        return picture

    return draw
