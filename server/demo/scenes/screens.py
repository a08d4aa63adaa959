"""Scenes of screens: a chat being typed, a news card with a ticker, a code to scan."""

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
    rounded,
    width_of,
    write,
    write_centred,
)

_TYPING_S = 0.055
CHAT: tuple[tuple[bool, str], ...] = (
    (False, "hey are you coming tonight?"),
    (True, "yes! at the skate park?"),
    (False, "8 pm, bring the camera"),
    (True, "and pizza"),
    (False, "you are the best"),
    (True, "see you there"),
)


def key_times(seconds: float) -> list[float]:
    """When a key is struck in the chat scene."""
    times = []
    at = 0.5
    for mine, words in CHAT:
        times += [at + i * _TYPING_S for i in range(len(words))] if mine else []
        at += len(words) * _TYPING_S + 0.7
    return [time for time in times if time < seconds]


def chat(width: int, height: int) -> Scene:
    """Messages come in and are typed, letter by letter, on a phone."""
    paper = gradient(width, height, rgb("eef1fb"), rgb("dde4f7"))
    unit = width / 100

    def draw(t: float) -> Picture:
        picture = paper.copy()
        cv2.rectangle(picture, (0, 0), (width, round(unit * 18)), rgb("4b4ded"), -1)
        disc(picture, (unit * 11, unit * 9), unit * 5, rgb("ffd166"))
        write(picture, "Robin", (unit * 19, unit * 9), round(unit * 4.6), WHITE, weight=700)
        write(picture, "online", (unit * 19, unit * 14), round(unit * 3), rgb("c9caff"))
        at, y = 0.5, unit * 26
        for mine, words in CHAT:
            if t < at:
                break
            shown = words[: int((t - at) / _TYPING_S)]
            at += len(words) * _TYPING_S + 0.7
            if not mine and len(shown) < len(words):
                _dots(picture, unit * 5, y, unit, t)
                break
            if mine and len(shown) < len(words):
                _entry(picture, width, height, unit, shown, t)
                break
            size = round(unit * 4.4)
            wide = width_of(words, size) + unit * 8
            left = width - wide - unit * 4 if mine else unit * 4
            rounded(picture, left, y, left + wide, y + unit * 12, unit * 5, rgb("4b4ded") if mine else WHITE)
            write(picture, words, (left + unit * 4, y + unit * 7.6), size, WHITE if mine else INK)
            y += unit * 16
        else:
            _entry(picture, width, height, unit, "", t)
        return picture

    return draw


def _dots(picture: Picture, left: float, top: float, unit: float, t: float) -> None:
    rounded(picture, left, top, left + unit * 18, top + unit * 11, unit * 5, WHITE)
    for i in range(3):
        lift = unit * 1.2 * max(0.0, float(np.sin(t * 7 - i)))
        disc(picture, (left + unit * (5 + 4 * i), top + unit * 5.5 - lift), unit * 1.3, rgb("9aa3c7"))


def _entry(picture: Picture, width: int, height: int, unit: float, words: str, t: float) -> None:
    top = height - unit * 18
    rounded(picture, unit * 4, top, width - unit * 4, top + unit * 12, unit * 6, WHITE)
    end = write(picture, words, (unit * 9, top + unit * 7.6), round(unit * 4.4), INK) if words else unit * 9
    if t % 1 < 0.5:
        cv2.rectangle(
            picture,
            (round(end + unit), round(top + unit * 3)),
            (round(end + unit * 1.4), round(top + unit * 9)),
            rgb("4b4ded"),
            -1,
        )


def news(width: int, height: int) -> Scene:
    """Three headlines on cards turn up one after the other; a ticker runs below."""
    back = gradient(width, height, rgb("0b1f3a"), rgb("16406b"), rgb("1c6e8c"))
    unit = height / 100
    cards = (
        ("Local cat elected mayor", "Opponents call the campaign 'mostly naps'", "e63946"),
        ("Rain expected, then more rain", "Umbrella makers report record mood", "2a9d8f"),
        ("Town fountain now sparkles", "Tiny bubbles blamed on generous donor", "f4a261"),
    )
    ticker = "   •   ".join(
        (
            "BREAKING: nothing is broken",
            "Ferry on time for the first time since 1987",
            "Library lends 10,000th ladder",
            "Bakers agree: bread is good",
        )
    )
    size = round(unit * 4.4)
    length = width_of(ticker, size) + width
    strip = np.full((round(unit * 9), length, 3), rgb("f1faee"), np.uint8)
    write(strip, ticker, (0, unit * 6.1), size, INK, weight=600)

    def draw(t: float) -> Picture:
        picture = back.copy()
        for i in range(7):
            x = (width * (0.2 * i + 0.03 * t)) % (width * 1.4) - width * 0.2
            polygon(
                picture,
                fixed((x, 0), (x + unit * 14, 0), (x - unit * 30, height), (x - unit * 44, height)),
                mix(rgb("16406b"), rgb("3aa0c9"), 0.22),
            )
        title, line, code = cards[int(t / 4) % len(cards)]
        slide = min(1.0, (t % 4) / 0.5)
        left = width * (0.08 - 0.9 * (1 - slide) ** 3)
        rounded(picture, left, unit * 26, left + width * 0.84, unit * 66, unit * 3, WHITE)
        rounded(picture, left, unit * 26, left + unit * 4, unit * 66, unit * 2, rgb(code))
        write(picture, title, (left + unit * 9, unit * 45), round(unit * 7.6), INK, weight=800)
        write(picture, line, (left + unit * 9, unit * 56), round(unit * 5), rgb("5a6b85"))
        rounded(picture, unit * 5, unit * 6, unit * 46, unit * 17, unit * 2, rgb("e63946"))
        write(picture, "LIVE NEWS", (unit * 9, unit * 13.8), round(unit * 6), WHITE, weight=800)
        if t % 1 < 0.6:
            disc(picture, (unit * 51, unit * 11.5), unit * 2, rgb("e63946"))
        start = round(t * width * 0.16) % length
        seen = np.take(strip, np.arange(start - width, start) % length, axis=1)
        top = round(unit * 84)
        picture[top : top + seen.shape[0]] = seen
        return picture

    return draw


def code(width: int, height: int) -> Scene:
    """A square code is filled in module by module, then a line scans it, over and over."""
    rng = np.random.default_rng(77)
    count = 25
    modules = rng.random((count, count)) < 0.5
    for row, column in ((0, 0), (0, count - 7), (count - 7, 0)):
        modules[max(0, row - 1) : row + 8, max(0, column - 1) : column + 8] = False
        modules[row : row + 7, column : column + 7] = True
        modules[row + 1 : row + 6, column + 1 : column + 6] = False
        modules[row + 2 : row + 5, column + 2 : column + 5] = True
    order = rng.permutation(count * count).reshape(count, count) / (count * count)
    back = gradient(width, height, rgb("ffb4a2"), rgb("e5989b"), rgb("6d6875"))
    cell = round(height * 0.62 / count)
    left, top = (width - cell * count) // 2, round(height * 0.12)

    def draw(t: float) -> Picture:
        picture = back.copy()
        rounded(
            picture,
            left - cell * 2,
            top - cell * 2,
            left + cell * (count + 2),
            top + cell * (count + 2),
            cell * 2,
            WHITE,
        )
        shown = modules & (order < min(1.0, (t % 4) / 1.6))
        for row, column in np.argwhere(shown):
            x, y = left + column * cell, top + row * cell
            picture[y : y + cell, x : x + cell] = INK
        if t % 4 > 1.7:
            y = top + cell * count * (0.5 + 0.5 * float(np.sin((t % 4) * 3)))
            cv2.line(
                picture, (left - cell, round(y)), (left + cell * (count + 1), round(y)), rgb("ff3860"), 4
            )
        write_centred(
            picture, "Scan me if you can", (width / 2, height * 0.93), round(height * 0.07), WHITE, weight=700
        )
        return picture

    return draw
