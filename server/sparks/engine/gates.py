"""What stands in the way of a spark's publication: flashes, a sound that is too loud, what it costs to play.

verdict = judge(spark, frames(spark, seed=1), particles=lambda: most)
verdict.passed, verdict.refusals
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.kit.wire import Frozen
from server.sparks.engine import flash
from server.sparks.engine.audio.loudness import integrated, true_peak
from server.sparks.engine.audio.mix import CEILING, TARGETS, duration, sound, work
from server.sparks.engine.flash import Flashes, Picture, Region
from server.sparks.engine.format.spark import Spark

TOO_LOUD: Final = 0.5
"""LU above the target of its tier."""
MOST_WORK: Final = 90.0
"""Seconds of all notes of a score together: about half a second of one core. What the machine has to do
otherwise says nothing of a spark, so this is not measured."""
MOST_CPU: Final = 3.0
"""Seconds of one core for each second of a spark, at 30 fps: against what would hang a client. To keep pace
with all else is up to the player."""
FPS: Final = 30


class Code(StrEnum):
    """Why a spark may not be published."""

    NO_PICTURES = "no_pictures"
    FLASHES_ON_BLACK = "flashes_on_black"
    FLASHES_ON_WHITE = "flashes_on_white"
    FLASHES_OF_THREE = "flashes_of_three"
    TOO_LOUD = "too_loud"
    TRUE_PEAK = "true_peak"
    SOUND_TOO_COSTLY = "sound_too_costly"
    TOO_MANY_PARTICLES = "too_many_particles"
    TOO_SLOW = "too_slow"


class Refusal(Frozen):
    """One reason, in words for its author; of flashes also when (the end of the second, in s) and where."""

    code: Code
    message: str
    at_s: float | None = None
    region: Region | None = None


class Loudness(Frozen):
    """Of the sound: LUFS, dBTP and what there is of it in s."""

    lufs: float
    target_lufs: float
    true_peak_dbtp: float
    duration_s: float


class Verdict(Frozen):
    """All that was measured, and what of it is too much. `particles` is null where nobody counted; `cpu_s` is
    of the pictures alone and differs from machine to machine."""

    on_black: Flashes
    on_white: Flashes
    three: Flashes
    loudness: Loudness | None
    particles: int | None
    frames: int
    cpu_s: float
    refusals: list[Refusal]

    @property
    def passed(self) -> bool:
        return not self.refusals


def judge(
    spark: Spark,
    film: Iterable[NDArray[np.uint8]],
    *,
    fps: int = FPS,
    particles: Callable[[], int] | None = None,
    seed: int = 0,
) -> Verdict:
    """Measures a spark: `film` is its pictures, premultiplied RGBA uint8 `(h, w, 4)`, gone through once and
    not kept; `particles` is asked after that for the most that lived at once."""
    clock = _Clock()
    on_black, on_white, three = (flash.Meter(fps) for _ in range(3))
    frames = 0

    def seen() -> Iterator[Picture]:
        nonlocal frames
        black, white = flash.Backdrop(0), flash.Backdrop(255)
        for frame in clock.of(film):
            frames += 1
            for meter, backdrop in ((on_black, black), (on_white, white)):
                for picture in backdrop.show(frame):
                    meter.see(picture)
            yield frame
        for meter, backdrop in ((on_black, black), (on_white, white)):
            for picture in backdrop.leave():
                meter.see(picture)

    for picture in flash.three(seen(), fps):
        three.see(picture)
    most = particles() if particles else None
    loudness = _loudness(spark, seed)
    refusals = [
        *_unseen(frames),
        *_flashing(Code.FLASHES_ON_BLACK, "on black", on_black.flashes),
        *_flashing(Code.FLASHES_ON_WHITE, "on white", on_white.flashes),
        *_flashing(Code.FLASHES_OF_THREE, "when three are given at once", three.flashes),
        *_sounding(spark, loudness),
        *_costly(spark, most, clock.seconds),
    ]
    return Verdict(
        on_black=on_black.flashes,
        on_white=on_white.flashes,
        three=three.flashes,
        loudness=loudness,
        particles=most,
        frames=frames,
        cpu_s=round(clock.seconds, 3),
        refusals=refusals,
    )


class _Clock:
    """CPU seconds that the making of a film takes, without what is done with its pictures."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def of(self, film: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        frames = iter(film)
        while True:
            start = time.thread_time()
            frame = next(frames, None)
            self.seconds += time.thread_time() - start
            if frame is None:
                return
            yield frame


def _loudness(spark: Spark, seed: int) -> Loudness | None:
    """Null without a score, and for one that costs too much: it is refused for that, and not made."""
    if spark.score is None or work(spark.score) > MOST_WORK:
        return None
    made = sound(spark.score, spark.tier, seed).T
    return Loudness(
        lufs=round(integrated(made), 2),
        target_lufs=TARGETS[spark.tier],
        true_peak_dbtp=round(true_peak(made), 2),
        duration_s=round(duration(spark.score), 3),
    )


def _unseen(frames: int) -> Iterator[Refusal]:
    if not frames:
        yield Refusal(code=Code.NO_PICTURES, message="It has no pictures.")


def _flashing(code: Code, where: str, found: Flashes) -> Iterator[Refusal]:
    if found.worst <= flash.MOST:
        return
    kind = "red flashes" if found.red > found.general else "flashes"
    yield Refusal(
        code=code,
        message=f"{found.worst} {kind} within a second {where}; {flash.MOST} is the most.",
        at_s=found.at_s,
        region=found.region,
    )


def _sounding(spark: Spark, found: Loudness | None) -> Iterator[Refusal]:
    if spark.score is not None and work(spark.score) > MOST_WORK:
        yield Refusal(
            code=Code.SOUND_TOO_COSTLY,
            message=f"Its notes last {work(spark.score):.0f} s all together; {MOST_WORK:.0f} s is the most.",
        )
    if found is None:
        return
    if found.lufs > found.target_lufs + TOO_LOUD:
        yield Refusal(
            code=Code.TOO_LOUD,
            message=f"It is at {found.lufs:.1f} LUFS; a {spark.tier} spark is at {found.target_lufs:.0f}.",
        )
    if found.true_peak_dbtp > CEILING:
        yield Refusal(
            code=Code.TRUE_PEAK,
            message=f"Its true peak is {found.true_peak_dbtp:.1f} dBTP; {CEILING:.0f} is the most.",
        )


def _costly(spark: Spark, most: int | None, seconds: float) -> Iterator[Refusal]:
    if most is not None and most > spark.max_particles:
        yield Refusal(
            code=Code.TOO_MANY_PARTICLES,
            message=f"{most:,} particles live at once; it says that {spark.max_particles:,} is the most.",
        )
    if seconds > MOST_CPU * spark.duration:
        yield Refusal(
            code=Code.TOO_SLOW,
            message=f"Its pictures take {seconds:.1f} s; {MOST_CPU * spark.duration:.1f} s is the most.",
        )
