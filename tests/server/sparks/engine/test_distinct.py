"""Copies of a spark are near each other, whatever their colours; different sparks are far."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations

import cv2
import numpy as np
import pytest

from server.sparks.engine.distinct import Features, distance, features

FPS = 30
SIZE = (160, 90)
Positions = tuple[np.ndarray, np.ndarray, np.ndarray]
Course = Callable[[float, np.random.Generator], Positions]


def draw(course: Course, *, seed: int = 1, late: float = 0, seconds: float = 2.5) -> list[np.ndarray]:
    """Warm light on black, where `course` says it is: given the time, and always the same numbers."""
    frames = []
    for i in range(round((seconds + late) * FPS)):
        light = np.zeros((*SIZE, 3), np.float32)
        at = i / FPS - late
        if at >= 0:
            x, y, loud = course(at, np.random.default_rng(seed))
            inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
            columns, rows = (x[inside] * SIZE[1]).astype(int), (y[inside] * SIZE[0]).astype(int)
            np.add.at(light, (rows, columns), loud[inside, None] * np.array([1, 0.7, 0.25], np.float32))
        glow = cv2.GaussianBlur(light, (0, 0), 1.6) * 6
        frames.append((255 * glow.clip(0, 1)).astype(np.uint8))
    return frames


def burst(at: float, random: np.random.Generator) -> Positions:
    angle, speed = random.uniform(0, 2 * np.pi, 500), random.uniform(0.05, 0.4, 500)
    far = speed * (1 - np.exp(-2 * at))
    fade = np.full(500, max(0.0, 1 - at / 2.2))
    return 0.5 + far * np.cos(angle), 0.4 + 0.56 * far * np.sin(angle) + 0.05 * at**2, fade


def rain(at: float, random: np.random.Generator) -> Positions:
    x, start, speed = random.uniform(0, 1, 300), random.uniform(0, 1, 300), random.uniform(0.6, 1, 300)
    return x, (start + speed * at) % 1, np.full(300, min(1, at * 3, (2.5 - at) * 3))


def ring(at: float, random: np.random.Generator) -> Positions:
    angle = random.uniform(0, 2 * np.pi, 400) + 2 * at
    size = 0.3 + random.normal(0, 0.008, 400)
    return 0.5 + size * np.cos(angle), 0.5 + 0.56 * size * np.sin(angle), np.full(400, min(1, at * 2))


def comet(at: float, random: np.random.Generator) -> Positions:
    behind = random.exponential(0.3, 400)
    when = (at - behind).clip(0)
    spread = random.normal(0, 0.02, 400) * (0.3 + behind)
    return 0.1 + 0.35 * when + spread, 0.9 - 0.33 * when + spread, np.exp(-2 * behind)


def fountain(at: float, random: np.random.Generator) -> Positions:
    age = (at + random.uniform(0, 1.2, 400)) % 1.2
    side, up = random.normal(0, 0.12, 400), random.uniform(0.7, 1, 400)
    return 0.3 + side * age, 0.95 - up * age + 0.75 * age**2, np.full(400, min(1, at * 2)) * (1.2 - age)


COURSES = {course.__name__: course for course in (burst, rain, ring, comet, fountain)}


@cache
def of(name: str, seed: int = 1, late: float = 0) -> Features:
    return features(draw(COURSES[name], seed=seed, late=late), FPS)


def turned(frame: np.ndarray, degrees: int) -> np.ndarray:
    hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def copies(name: str) -> dict[str, float]:
    frames = draw(COURSES[name])
    return {
        "hue": distance(of(name), features([turned(one, 140) for one in frames], FPS)),
        "mirrored": distance(of(name), features([one[:, ::-1] for one in frames], FPS)),
        "late": distance(of(name), of(name, late=0.5)),
        "reseeded": distance(of(name), of(name, seed=9)),
        "all": distance(
            of(name),
            features([turned(one, 200)[:, ::-1] for one in draw(COURSES[name], seed=5, late=0.3)], FPS),
        ),
    }


@pytest.mark.parametrize("name", COURSES)
def test_a_copy_is_near_whatever_was_done_to_it(name: str) -> None:
    found = copies(name)
    assert found["hue"] < 0.01
    assert found["mirrored"] < 0.01
    assert max(found.values()) < 0.06, found


def test_different_ones_are_far_from_each_other() -> None:
    found = {(a, b): distance(of(a), of(b)) for a, b in combinations(COURSES, 2)}
    assert min(found.values()) > 0.25, found
    assert max(found.values()) <= 1


def test_it_is_a_distance() -> None:
    for a, b in combinations(COURSES, 2):
        assert distance(of(a), of(b)) == pytest.approx(distance(of(b), of(a)), abs=1e-6)
    assert all(distance(of(name), of(name)) < 1e-6 for name in COURSES)


def test_a_film_at_another_rate_or_size_or_with_cover_is_the_same() -> None:
    frames = draw(burst)
    assert distance(of("burst"), features(frames[::2], FPS // 2)) < 0.05
    big = [cv2.resize(one, (360, 640), interpolation=cv2.INTER_LINEAR) for one in frames]
    assert distance(of("burst"), features(big, FPS)) < 0.02
    covered = [np.dstack([one, np.full(SIZE, 90, np.uint8)]) for one in frames]
    assert distance(of("burst"), features(covered, FPS)) < 1e-6


def test_nothing_at_all_is_like_nothing_and_unlike_something() -> None:
    nothing, dark = features([], FPS), features([np.zeros((*SIZE, 3), np.uint8)] * 30, FPS)
    assert distance(nothing, nothing) == 0
    assert distance(dark, dark) == 0
    assert distance(dark, of("ring")) > 0.9
    assert distance(nothing, of("ring")) == 1
