"""What happens in a demo clip that somebody will flag, drawn over its scene at a known time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.scenes.canvas import (
    BLACK,
    INK,
    WHITE,
    Picture,
    disc,
    fixed,
    polygon,
    rgb,
    rounded,
    shade,
    stroke,
    write,
    write_centred,
)


@dataclass(frozen=True)
class Moment:
    """Something visible between `start_ms` and `end_ms`. `kind` says what in a word: in a generated
    clip it is one of KINDS and names the overlay that shows it."""

    start_ms: int
    end_ms: int
    label: str
    kind: str


def _red_card(picture: Picture, progress: float) -> None:
    height, width = picture.shape[:2]
    shade(picture, 0.75, rgb("c1121f"))
    write_centred(
        picture,
        "YOU WILL REGRET THIS",
        (width / 2, height / 2),
        round(min(height * 0.09, width * 0.075)),
        WHITE,
        weight=800,
    )


def _strobe(picture: Picture, progress: float) -> None:
    """Flashes, but no more than three a second: the people who review the demo are real."""
    shade(picture, 0.8, WHITE if int(progress * 5) % 2 else BLACK)


def _fake_id(picture: Picture, progress: float) -> None:
    height, width = picture.shape[:2]
    unit = min(width, height) / 100
    rise = min(1.0, progress * 5)
    left, top = width / 2 - unit * 38, height * (1.0 - 0.62 * rise)
    rounded(picture, left, top, left + unit * 76, top + unit * 46, unit * 4, rgb("d9e8f5"))
    rounded(
        picture, left + unit * 4, top + unit * 12, left + unit * 26, top + unit * 40, unit * 2, rgb("9fb8d1")
    )
    disc(picture, (left + unit * 15, top + unit * 22), unit * 6, rgb("4f6d8f"))
    rounded(
        picture, left + unit * 7, top + unit * 29, left + unit * 23, top + unit * 40, unit * 4, rgb("4f6d8f")
    )
    write(
        picture,
        "IDENTITY CARD",
        (left + unit * 5, top + unit * 9),
        round(unit * 6),
        rgb("1d3557"),
        weight=800,
    )
    for i, words in enumerate(("Name  Any Name", "Born  any year", "No.  0000 SPECIMEN")):
        write(picture, words, (left + unit * 29, top + unit * (19 + 7 * i)), round(unit * 4.2), INK)
    write(
        picture,
        "fake ID, $60, DM me",
        (left + unit * 29, top + unit * 42),
        round(unit * 4),
        rgb("c1121f"),
        weight=700,
    )


def _phone_number(picture: Picture, progress: float) -> None:
    _sticker(picture, "call me: 555-0142", "264653", 0.72)


def _scam_link(picture: Picture, progress: float) -> None:
    _sticker(picture, "send 1 coin, get 2 back!", "ffb703", 0.20, INK)
    _sticker(picture, "win-now.example", "fb8500", 0.31, WHITE)


def _slur(picture: Picture, progress: float) -> None:
    _sticker(picture, "go away you #@%&!", "9d0208", 0.16)


def _other_app(picture: Picture, progress: float) -> None:
    height, width = picture.shape[:2]
    place = (0.56, 0.12) if progress < 0.5 else (0.06, 0.78)
    write(
        picture,
        "@copied.other-app",
        (width * place[0], height * place[1]),
        round(min(width, height) * 0.05),
        WHITE,
        weight=800,
    )


def _knife(picture: Picture, progress: float) -> None:
    height, width = picture.shape[:2]
    unit = min(width, height) / 100
    x, y = width * (1.1 - 0.55 * min(1.0, progress * 3)), height * 0.55
    polygon(
        picture,
        fixed((x, y), (x - unit * 44, y - unit * 3), (x - unit * 38, y + unit * 6), (x, y + unit * 8)),
        rgb("dfe7ee"),
    )
    stroke(picture, (x - unit * 40, y), (x, y + unit * 2), WHITE, unit)
    rounded(picture, x, y - unit * 2, x + unit * 30, y + unit * 9, unit * 4, rgb("3d2c1e"))


def _pills(picture: Picture, progress: float) -> None:
    height, width = picture.shape[:2]
    unit = min(width, height) / 100
    rng = np.random.default_rng(9)
    for i, (across, delay, code) in enumerate(
        zip(
            rng.uniform(0.05, 0.95, 26),
            rng.uniform(0, 0.5, 26),
            ["ff595e", "4dabf7", "ffca3a"] * 9,
            strict=False,
        )
    ):
        x, y = width * across, height * min(0.55 + 0.02 * (i % 12), (progress - delay) * 3)
        stroke(picture, (x - unit * 3, y), (x, y), rgb(code), unit * 5)
        stroke(picture, (x, y), (x + unit * 3, y), WHITE, unit * 5)
    _sticker(picture, "no prescription needed", "6a040f", 0.86)


def _glitch(picture: Picture, progress: float) -> None:
    """Bands slip sideways and colours part, as where a face was put in badly."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(int(progress * 30))
    for _ in range(9):
        top = int(rng.integers(0, height * 9 // 10))
        band = picture[top : top + int(rng.integers(height // 60, height // 9))]
        band[:] = np.roll(band, int(rng.integers(-width // 12, width // 12)), axis=1)
    picture[..., 2] = np.roll(picture[..., 2], width // 60, axis=1)


def _black(picture: Picture, progress: float) -> None:
    picture[:] = 0


_OVERLAYS: Mapping[str, Callable[[Picture, float], None]] = {
    "threat_card": _red_card,
    "strobe": _strobe,
    "fake_id": _fake_id,
    "phone_number": _phone_number,
    "scam_link": _scam_link,
    "slur": _slur,
    "watermark": _other_app,
    "knife": _knife,
    "pills": _pills,
    "glitch": _glitch,
    "blackout": _black,
}
KINDS = frozenset(_OVERLAYS)


def overlay(picture: Picture, moments: tuple[Moment, ...], t: float) -> None:
    """Draw onto `picture` every moment that is going on at `t` seconds."""
    for moment in moments:
        if moment.start_ms <= t * 1000 < moment.end_ms:
            length = moment.end_ms - moment.start_ms
            _OVERLAYS[moment.kind](picture, (t * 1000 - moment.start_ms) / length)


def _sticker(
    picture: Picture, words: str, code: str, place: float, ink: tuple[int, int, int] = WHITE
) -> None:
    """A slanted-looking label across the picture at `place` of its height."""
    height, width = picture.shape[:2]
    size = round(min(height * 0.08, width * 0.062))
    y = height * place
    rounded(picture, width * 0.1, y - size * 1.1, width * 0.9, y + size * 0.6, size * 0.4, rgb(code))
    cv2.line(
        picture,
        (round(width * 0.12), round(y + size * 0.5)),
        (round(width * 0.88), round(y + size * 0.5)),
        ink,
        max(1, size // 16),
        cv2.LINE_AA,
    )
    write_centred(picture, words, (width / 2, y), size, ink, weight=700)
