"""What stands in the way of a spark's publication: flashes, a sound that is too loud, what it costs to play.

verdict = judge(spark)
verdict.passed, verdict.refusals

It is played twice. Once as it is with nobody's name, for all that is measured; and once more for flashes
alone, with what chance and givers can make of it: another seed, one that its author cannot choose, the name
that takes most of the stage, and every sub that chance lets happen to some happening to all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine import film as films
from server.sparks.engine import flash
from server.sparks.engine.audio.loudness import integrated, true_peak
from server.sparks.engine.audio.mix import CEILING, TARGETS, duration, sound, work
from server.sparks.engine.blame import Flash, Shares, blame
from server.sparks.engine.format.base import WIDTH
from server.sparks.engine.format.layers import Particles, Words
from server.sparks.engine.format.reading import content_hash
from server.sparks.engine.format.shapes import Glyphs
from server.sparks.engine.format.sounds import MOST_WORK
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.giving import AGAIN_S, LARGE, STAGGERS_S
from server.sparks.engine.showings import BLACK, WHITE, Cells, Combo, Copies, Showing
from server.sparks.engine.simulation import Alive, most_alive
from server.sparks.engine.verdict import Code, Loudness, Refusal, Run, Seen, Verdict

SEED: Final = 1
"""Of the run in which all is measured."""
NAME_MAX: Final = 24
"""Letters of a sender's name that are shown."""
_W: Final = 1.02
"""Width of the widest letter of our font, for each px of its size."""
_ROOM: Final = 0.94 * WIDTH
"""px that a name may be wide before it is made smaller."""
TOO_LOUD: Final = 0.5
"""LU above the target of its tier."""
MOST_CPU: Final = 3.0
"""Seconds of one core for each second of a spark, at 30 fps: against what would hang a client. To keep pace
with all else is up to the player."""
MOST_CPU_OF_OTHERS: Final = 2 * MOST_CPU
"""The same for a run in which more happens than whoever plays the spark ever sees."""
MANY: Final = 30
"""Born in a layer: of so many as many are parents by any seed as its `share` says, give or take."""
FPS: Final = 30
_LIT: Final = 24
"""Of 255 in the brightest channel: what is seen on black."""
_HIDES: Final = 32
"""Of 255 between where a picture covers most and least: what is seen on white."""

Film = Callable[[Spark, int, str], Iterable[NDArray[np.uint8]]]
"""The pictures of a spark by a seed and a sender: premultiplied RGBA uint8 `(h, w, 4)`."""


def judge(spark: Spark, seed: int = SEED, sender: str = "", *, film: Film = films.frames) -> Verdict:
    """Plays a spark and measures it. Another `seed` or `sender` than the usual ones is played before them,
    and what is measured once is measured of that."""
    runs = runs_of(spark, seed, sender)
    first = _Played(runs[0], spark, film)
    alive = None if first.too_slow else most_alive(spark, seed, sender)
    played = [first, *(_Played(run, spark, film, alive) for run in runs[1:])]
    loudness = _loudness(spark, seed)
    seen = {name: found for name in _SHOWN if (found := _worst(played, name)) is not None}
    refusals = [
        *_unseen(spark, first),
        *_flashing(seen, played, alive),
        *_sounding(spark, loudness),
        *_crowded(spark, alive),
        *(refusal for each in played for refusal in each.slow()),
    ]
    return Verdict(
        on_black=seen["on_black"],
        on_white=seen["on_white"],
        three_on_black=seen["three_on_black"],
        three_on_white=seen["three_on_white"],
        combo_on_black=seen.get("combo_on_black"),
        combo_on_white=seen.get("combo_on_white"),
        loudness=loudness,
        particles=None if alive is None else alive.most,
        unborn=None if alive is None else alive.unborn,
        frames=first.frames,
        cpu_s=round(first.clock.seconds, 3),
        runs=[each.told() for each in played],
        refusals=refusals,
    )


def runs_of(spark: Spark, seed: int = SEED, sender: str = "") -> list[Run]:
    """As what a spark is played when it is judged, one after the other."""
    usual = Run(name="plain", seed=SEED)
    asked = Run(name="asked for", seed=seed, sender=sender)
    other = Run(
        name="other", seed=int(content_hash(spark)[:8], 16), sender=largest_name(spark), all_share=True
    )
    return [usual, other] if (seed, sender) == (SEED, "") else [asked, usual, other]


def largest_name(spark: Spark) -> str:
    """The name that lights most of the stage: of so many letters W as just fit in, since longer ones are made
    smaller. Two dozen where none is shown."""
    shown = [layer.shape if isinstance(layer, Particles) else layer for layer in spark.layers]
    sizes = [one.size for one in shown if isinstance(one, Words | Glyphs) and one.says == "sender"]

    def ink(letters: int) -> float:
        return sum(letters * min(size, _ROOM / (letters * _W)) ** 2 for size in sizes)

    return "W" * max(range(NAME_MAX, 0, -1), key=ink)


def played_as(spark: Spark, run: Run, alive: Alive | None = None) -> Spark:
    """The spark, for a run in which nothing that is seen is left to luck: where so few are born that one seed
    has many parents among them and another none, all are parents. Of many it is the share that it says."""
    if not run.all_share:
        return spark
    layers = [
        layer.model_copy(update={"subs": [sub.model_copy(update={"share": 1.0}) for sub in layer.subs]})
        if isinstance(layer, Particles) and (alive is None or alive.born[layer.id] < MANY)
        else layer
        for layer in spark.layers
    ]
    return spark.model_copy(update={"layers": layers})


_SHOWN: Final = {
    "on_black": (Code.FLASHES_ON_BLACK, "on black"),
    "on_white": (Code.FLASHES_ON_WHITE, "on white"),
    "three_on_black": (Code.FLASHES_OF_THREE_ON_BLACK, "when three are given, on black"),
    "three_on_white": (Code.FLASHES_OF_THREE_ON_WHITE, "when three are given, on white"),
    "combo_on_black": (Code.FLASHES_OF_COMBO_ON_BLACK, "in a combo, on black"),
    "combo_on_white": (Code.FLASHES_OF_COMBO_ON_WHITE, "in a combo, on white"),
}


class _Played:
    """A spark played once, and its flashes in all ways to show it. Ends as soon as that takes too long."""

    def __init__(self, run: Run, spark: Spark, film: Film, alive: Alive | None = None) -> None:
        self.run, self.spark, self.frames = run, spark, 0
        self.seen: list[bool] = []
        """Of each picture whether there is anything on it."""
        each = MOST_CPU_OF_OTHERS if run.all_share else MOST_CPU
        self.clock = _Clock(each * spark.duration)
        self._ways: list[tuple[str, float | None, Showing]] = [
            ("", None, Showing(FPS)),
            *(("three_", apart, Copies(FPS, apart)) for apart in STAGGERS_S),
        ]
        if spark.tier not in LARGE:
            self._ways.append(("combo_", AGAIN_S, Combo(FPS, AGAIN_S)))
        for frame in self.clock.of(film(played_as(spark, run, alive), run.seed, run.sender)):
            self.frames += 1
            self.seen.append(_is_seen(frame))
            cells = Cells.of(frame)
            for _, _, way in self._ways:
                way.see(cells)
        for _, _, way in self._ways:
            way.leave()

    @property
    def too_slow(self) -> bool:
        return self.clock.is_over

    def flashes(self) -> Iterator[tuple[str, Seen]]:
        """Of each way by its name in the verdict."""
        for name, apart, way in self._ways:
            for ground, where in ((BLACK, "on_black"), (WHITE, "on_white")):
                found = way.flashes[ground]
                yield name + where, Seen(**found.model_dump(), run=self.run.name, apart_s=apart)

    def blamed(self, flashing: dict[str, Seen], alive: Alive | None) -> dict[str, Shares]:
        """Of those that flash most in this run, the layers that they are of."""
        mine = {
            name: asked
            for name, found in flashing.items()
            if found.run == self.run.name and (asked := _flash(name, found)) is not None
        }
        if not mine or self.too_slow:
            return {}
        spark = played_as(self.spark, self.run, alive)
        shares = blame(spark, self.run.seed, self.run.sender, list(mine.values()))
        return dict(zip(mine, shares, strict=True))

    def slow(self) -> Iterator[Refusal]:
        if self.too_slow:
            some = f"its first {self.frames} pictures" if self.frames else "its first picture"
            message = f"{some} take {self.clock.seconds:.1f} s; {self.clock.most:.1f} s is the most for all"
            yield Refusal(code=Code.TOO_SLOW, message=f"With {_said(self.run)} {message}.")

    def told(self) -> Run:
        return self.run.model_copy(update={"frames": self.frames, "cpu_s": round(self.clock.seconds, 3)})


def _said(run: Run) -> str:
    """A run in words, after "with"."""
    sender = f"the sender {run.sender}" if run.sender else "no sender"
    return f"seed {run.seed}, {sender}" + (" and every `share` of few as 1" if run.all_share else "")


def _worst(played: Sequence[_Played], name: str) -> Seen | None:
    found = [seen for each in played for named, seen in each.flashes() if named == name]
    return max(found, key=lambda seen: seen.worst, default=None)


class _Clock:
    """CPU seconds that the making of a film takes, without what is done with its pictures; and how many it
    may take."""

    def __init__(self, most: float) -> None:
        self.most, self.seconds = most, 0.0

    @property
    def is_over(self) -> bool:
        return self.seconds > self.most

    def of(self, film: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        """The pictures, until there is no more time."""
        frames = iter(film)
        while not self.is_over:
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


def _is_seen(frame: NDArray[np.uint8]) -> bool:
    """Light that is seen on black, or something that hides more in one place than in another: all of a
    darkened video is no picture."""
    hides = frame[..., 3]
    return int(frame[..., :3].max()) >= _LIT or int(hides.max()) - int(hides.min()) >= _HIDES


def _unseen(spark: Spark, played: _Played) -> Iterator[Refusal]:
    if played.too_slow:
        return
    if not played.frames:
        yield Refusal(code=Code.NO_PICTURES, message="It has no pictures.")
    elif not any(played.seen):
        yield Refusal(
            code=Code.NOTHING_SEEN, message="Nothing is seen of it: more `gain` or `size` may help."
        )
    elif not played.seen[min(round(spark.hero_at * FPS), played.frames - 1)]:
        first, last = played.seen.index(True), played.frames - 1 - played.seen[::-1].index(True)
        yield Refusal(
            code=Code.HERO_UNSEEN,
            message=f"Nothing is seen at `hero_at` ({spark.hero_at:.2f} s), its poster and its still; "
            f"there is something from {first / FPS:.2f} to {last / FPS:.2f} s.",
        )


def _flashing(seen: dict[str, Seen], played: Sequence[_Played], alive: Alive | None) -> Iterator[Refusal]:
    too_many = {name: found for name, found in seen.items() if found.worst > flash.MOST}
    of = {name: shares for each in played for name, shares in each.blamed(too_many, alive).items()}
    for name, found in too_many.items():
        code, where = _SHOWN[name]
        kind = "red flashes" if found.red > found.general else "flashes"
        apart = "" if found.apart_s is None else f", {found.apart_s} s apart"
        layers = ", ".join(f"`{layer}` ({share:.0%})" for layer, share in of.get(name, ()))
        yield Refusal(
            code=code,
            message=f"{found.worst} {kind} within a second {where}{apart} ({found.run} run); "
            f"{flash.MOST} is the most." + (f" What changes there is mostly {layers}." if layers else ""),
            at_s=found.at_s,
            region=found.region,
        )


def _flash(name: str, found: Seen) -> Flash | None:
    """What is to be found out of one. Of several copies at any time: each is at another moment of its own."""
    if found.region is None or found.at_s is None:
        return None
    begin, end = (found.at_s - 1, found.at_s) if found.apart_s is None else (0.0, math.inf)
    ground = 255 if name.endswith("white") else 0
    return Flash(ground, found.red > found.general, found.region, begin, end)


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


def _crowded(spark: Spark, alive: Alive | None) -> Iterator[Refusal]:
    if alive is None:
        return
    if alive.most > spark.max_particles:
        yield Refusal(
            code=Code.TOO_MANY_PARTICLES,
            message=f"{alive.most:,} particles live at once; its `max_particles` is {spark.max_particles:,}.",
        )
    if alive.unborn:
        yield Refusal(
            code=Code.UNBORN,
            message=f"{alive.unborn:,} particles were due when there was no room: its `max_particles` is "
            f"{spark.max_particles:,}. Raise it, or lower a `rate`, a `count` or a `life`.",
        )
