"""Ovens that bake without an engine: films of moving gradients, and executors that decode at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import numpy as np

from server.sparks.engine.flipbook import dump, pack, unpack
from server.sparks.engine.format.spark import Tier
from studio.sparks.bakery import Take, Unbaked, ignore
from studio.sparks.given import Given, Known
from studio.sparks.order import Kind, Order

FPS = 30
SECONDS = 1.0
KEY = "ab" * 32
PART = 6


def known(number: int = 1, tier: Tier = Tier.COMMON, seconds: float = SECONDS) -> Known:
    """Spark `number`; the hash is that of its content."""
    return Known(UUID(int=number), 1, f"{number:064x}", f"Spark {number}", tier, seconds)


def given(number: int = 1, tier: Tier = Tier.COMMON, sender: str = "Kemi") -> Given:
    """One of it by somebody."""
    return Given(known(number, tier), sender)


@lru_cache(maxsize=8)
def gradients(count: int, fps: int = FPS, size: tuple[int, int] = (36, 64)) -> bytes:
    """A flipbook in which a bright bar goes down."""
    width, height = size
    pictures = []
    for number in range(count):
        picture = np.zeros((height, width, 4), np.uint8)
        picture[..., :3] = 60
        picture[height * number // count :, :, :3] = 200
        picture[..., 3] = picture[..., 0]
        pictures.append(picture)
    return pack(pictures, fps=fps, key=KEY)


def pcm(seconds: float = 0.5, level: float = 0.5) -> bytes:
    """A tone in 16-bit stereo."""
    at = np.arange(round(48_000 * seconds)) / 48_000
    wave = (np.sin(at * 2 * np.pi * 440) * level * 32_767).astype("<i2")
    return np.repeat(wave[:, None], 2, axis=1).tobytes()


MEASURED = {
    "particles": [10, 20, 30],
    "cpu_ms": [4.0, 5.0, 6.0],
    "verdict": {
        "on_black": {"general": 1, "red": 0},
        "on_white": {"general": 0, "red": 0},
        "three_on_black": {"general": 1, "red": 0},
        "three_on_white": {"general": 0, "red": 0},
        "loudness": {"lufs": -16.2, "target_lufs": -16.0, "true_peak_dbtp": -1.2, "duration_s": 1.0},
        "refusals": [],
    },
}


class Oven:
    """Bakes gradients; while `gate` is closed, nothing comes out. With `parts` the sketch of a film comes in
    flipbooks of `PART` pictures, one for each release, the film itself after one more, and it breaks after
    `breaks` of them. `begun` says what was begun, `baked` the same without films whose sketches were."""

    def __init__(self) -> None:
        self.baked: list[Order] = []
        self.begun: list[Order] = []
        self.gate = threading.Event()
        self.gate.set()
        self.broken: set[Kind] = set()
        self.seconds = SECONDS
        self.closed = False
        self.parts: threading.Semaphore | None = None
        self.breaks: int | None = None
        self.given_up: list[Order] = []
        self._now: Order | None = None

    def bake(
        self, order: Order, content: bytes, told: Callable[[float], object], take: Take = ignore
    ) -> bytes:
        assert self.gate.wait(20)
        if self.closed:
            raise Unbaked("closed")
        told(0.5)
        self.begun.append(order)
        self._now = order
        film = replace(order, kind=Kind.FILM) if order.kind is Kind.SKETCH else order
        if order.kind is not Kind.FILM:
            self.baked.append(film)
        if film.kind in self.broken:
            raise Unbaked("broken")
        if order.kind is Kind.SOUND:
            return pcm()
        if order.kind is Kind.METER:
            return json.dumps(MEASURED).encode()
        if order.kind is Kind.STILL:
            return gradients(1)
        if order.kind is Kind.THUMB:
            return gradients(15, 15)
        whole = gradients(round(self.seconds * FPS))
        if self.parts is None:
            return whole
        if order.kind is Kind.SKETCH:
            self._hand_over(whole, self.parts, take)
            return b""
        assert self.parts.acquire(timeout=20)
        if self._now is None:
            raise Unbaked("given up on the way")
        return whole

    def _hand_over(self, whole: bytes, parts: threading.Semaphore, take: Take) -> None:
        book = unpack(whole)
        for number, at in enumerate(range(0, book.count, PART)):
            assert parts.acquire(timeout=20)
            if self.closed or number == self.breaks or self._now is None:
                raise Unbaked("broken on the way")
            take(book.count, dump(replace(book, _stored=book._stored[at : at + PART])))

    def give_up(self, order: Order) -> None:
        self.given_up.append(order)
        if self._now == order:
            self._now = None
            if self.parts is not None:
                self.parts.release()

    def close(self) -> None:
        self.closed = True
        self.gate.set()
        if self.parts is not None:
            self.parts.release(1_000)


class AtOnce(Executor):
    """Does what it is given before it answers."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **more))
        return done


class Later(Executor):
    """Does what it is given when it is told to."""

    def __init__(self) -> None:
        self._given: list[Callable[[], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        self._given.append(partial(fn, *args, **more))
        return Future()

    @property
    def waits(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._given)

    def work(self, most: int | None = None) -> None:
        """Do all of it, or so much."""
        given, self._given = self._given[:most], self._given[len(self._given[:most]) :]
        for each in given:
            each()


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at
