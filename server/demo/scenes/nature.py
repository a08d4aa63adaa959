"""Scenes of nature: an ocean at sunset, northern lights, a fountain of sparks."""

from __future__ import annotations

import cv2
import numpy as np

from server.demo.scenes.canvas import Picture, Scene, disc, fixed, gradient, polygon, rgb, stroke


def ocean(width: int, height: int) -> Scene:
    """Layers of waves roll under a sinking sun; a sail boat rides on them."""
    sky = gradient(width, height, rgb("20134a"), rgb("8e2f6f"), rgb("ff7a59"), rgb("ffd27f"))
    colours = [rgb(code) for code in ("5b2b63", "44286b", "2e2767", "1d2459", "101c44")]
    columns = np.linspace(0, width, 97)

    def surface(layer: int, x: np.ndarray, t: float) -> np.ndarray:
        scale = 2 * np.pi / width
        swell = np.sin(x * scale * (2.0 + layer) + t * (0.9 + 0.3 * layer))
        chop = 0.35 * np.sin(x * scale * (7 + 2 * layer) - t * (1.7 + 0.2 * layer))
        return height * (0.56 + 0.085 * layer) + height * 0.018 * (1 + 0.4 * layer) * (swell + chop)

    def draw(t: float) -> Picture:
        picture = sky.copy()
        sun = (width * 0.66, height * (0.36 + 0.012 * t))
        for radius, share in ((0.20, 0.12), (0.14, 0.2), (0.09, 1.0)):
            glow = picture.copy()
            disc(glow, sun, height * radius, rgb("fff1b8"))
            cv2.addWeighted(glow, share, picture, 1 - share, 0, picture)
        for layer, colour in enumerate(colours):
            if layer == 2:
                boat(picture, width * (0.15 + 0.05 * t), t)
            heights = surface(layer, columns, t)
            edge = np.column_stack([columns, heights])
            outline = np.vstack([edge, [[width, height], [0, height]]])
            polygon(picture, fixed(*outline), colour)
            for x, y in edge[::8]:
                if np.sin(x * 0.05 + t * 3 + layer) > 0.5:
                    stroke(picture, (x, y + 4), (x + width * 0.02, y + 4), rgb("ffb38a"), height / 360)
        return picture

    def boat(picture: Picture, x: float, t: float) -> None:
        y = float(surface(2, np.array([x]), t)[0])
        lean = 0.06 * np.sin(t * 1.4)
        unit = height * 0.05

        def at(u: float, v: float) -> tuple[float, float]:
            return x + unit * (u * np.cos(lean) - v * np.sin(lean)), y + unit * (
                u * np.sin(lean) + v * np.cos(lean)
            )

        polygon(picture, fixed(at(-1.6, -0.4), at(1.6, -0.4), at(1.0, 0.5), at(-1.1, 0.5)), rgb("3a1422"))
        stroke(picture, at(0, -0.4), at(0, -4.0), rgb("3a1422"), unit * 0.14)
        polygon(picture, fixed(at(0.15, -3.9), at(0.15, -0.8), at(1.9, -0.8)), rgb("fff4e0"))
        polygon(picture, fixed(at(-0.15, -3.4), at(-0.15, -0.8), at(-1.3, -0.8)), rgb("ffd9c0"))

    return draw


def aurora(width: int, height: int) -> Scene:
    """Curtains of green and violet light wave over a forest under stars."""
    rng = np.random.default_rng(11)
    night = gradient(width, height, rgb("050816"), rgb("0a1633"), rgb("12324a"))
    stars = rng.uniform((0, 0, 0.3), (width, height * 0.75, 1.0), (160, 3))
    small = (width // 8, height // 8)
    xs, ys = np.meshgrid(np.linspace(0, 1, small[0]), np.linspace(0, 1, small[1]))
    trees = [(x, rng.uniform(0.10, 0.22)) for x in np.arange(-0.01, 1.02, 0.024)]

    def draw(t: float) -> Picture:
        light = np.zeros((small[1], small[0], 3), np.float32)
        for i, colour in enumerate((rgb("35ffa0"), rgb("2ad4c0"), rgb("a45bff"))):
            middle = 0.34 + 0.07 * i + 0.09 * np.sin(xs * (5 + i) + t * (0.7 + 0.2 * i) + 2 * i)
            fade = np.exp(-np.maximum(0, ys - middle) * 30) * np.exp(-np.maximum(0, middle - ys) * 6)
            rays = 0.65 + 0.35 * np.sin(xs * 46 + 9 * np.sin(xs * 4 + t) + t * 2.2 + i)
            light += (fade * rays)[..., None] * (0.75 - 0.15 * i) * np.array(colour, np.float32)
        glow = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
        picture = night.copy()
        cv2.add(picture, np.clip(glow, 0, 255).astype(np.uint8), picture)
        for x, y, strength in stars:
            level = round(255 * strength * (0.7 + 0.3 * np.sin(t * 4 + x)))
            disc(picture, (x, y), strength * height / 500, (level, level, level))
        for x, tall in trees:
            for part in range(3):
                top = height * (1 - tall + part * tall * 0.25)
                half = width * 0.012 * (1 + part * 0.5)
                polygon(
                    picture,
                    fixed(
                        (x * width, top),
                        (x * width + half, top + tall * height * 0.5),
                        (x * width - half, top + tall * height * 0.5),
                    ),
                    rgb("04080f"),
                )
        polygon(
            picture,
            fixed((0, height * 0.95), (width, height * 0.93), (width, height), (0, height)),
            rgb("04080f"),
        )
        return picture

    return draw


def fountain(width: int, height: int) -> Scene:
    """Sparks rise, fall and bounce; each is where its own birth and the time put it."""
    rng = np.random.default_rng(23)
    count, life = 420, 2.4
    birth = rng.uniform(0, life, count)
    sideways = rng.normal(0, 0.16, count)
    upward = rng.uniform(0.75, 1.25, count)
    hue = rng.integers(0, 180, count)
    back = gradient(width, height, rgb("0b1026"), rgb("1b1f4b"), rgb("3b1c56"))

    def draw(t: float) -> Picture:
        glow = np.zeros((height, width, 3), np.uint8)
        age = (t + birth) % life
        x = width * (0.5 + sideways * age + 0.03 * np.sin(t))
        y = height * (0.86 - upward * age + 0.55 * age**2)
        floor = height * 0.9
        y = np.where(y > floor, floor - 0.35 * (y - floor), y)
        colours = cv2.cvtColor(
            np.stack([(hue + t * 25) % 180, np.full(count, 170), 255 * (1 - age / life)], -1).astype(
                np.uint8
            )[None],
            cv2.COLOR_HSV2BGR,
        )[0].tolist()
        for i in range(count):
            disc(glow, (x[i], y[i]), height * 0.008 * (1.1 - age[i] / life), tuple(colours[i]))
        soft = cv2.resize(glow, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        soft = cv2.resize(cv2.GaussianBlur(soft, (0, 0), 2), (width, height), interpolation=cv2.INTER_LINEAR)
        picture = back.copy()
        cv2.add(picture, soft, picture)
        cv2.add(picture, glow, picture)
        polygon(
            picture,
            fixed(
                (width * 0.36, height * 0.9),
                (width * 0.64, height * 0.9),
                (width * 0.58, height * 0.96),
                (width * 0.42, height * 0.96),
            ),
            rgb("5b6b8c"),
        )
        return picture

    return draw
