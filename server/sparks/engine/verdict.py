"""What judging a spark comes to: all that was measured, and why it may not be published."""

from __future__ import annotations

from enum import StrEnum

from server.kit.wire import Frozen
from server.sparks.engine.flash import Flashes, Region
from server.sparks.engine.version import ENGINE


class Code(StrEnum):
    """Why a spark may not be published."""

    NO_PICTURES = "no_pictures"
    NOTHING_SEEN = "nothing_seen"
    HERO_UNSEEN = "hero_unseen"
    FLASHES_ON_BLACK = "flashes_on_black"
    FLASHES_ON_WHITE = "flashes_on_white"
    FLASHES_OF_THREE_ON_BLACK = "flashes_of_three_on_black"
    FLASHES_OF_THREE_ON_WHITE = "flashes_of_three_on_white"
    FLASHES_OF_COMBO_ON_BLACK = "flashes_of_combo_on_black"
    FLASHES_OF_COMBO_ON_WHITE = "flashes_of_combo_on_white"
    TOO_LOUD = "too_loud"
    TRUE_PEAK = "true_peak"
    SOUND_TOO_COSTLY = "sound_too_costly"
    TOO_MANY_PARTICLES = "too_many_particles"
    UNBORN = "unborn"
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


class Run(Frozen):
    """One time that a spark was played: by which seed and for whom, whether every sub of few happened to all,
    and how many `frames` it came to; `cpu_s` is of the drawing alone, and differs from machine to machine."""

    name: str
    seed: int
    sender: str = ""
    all_share: bool = False
    frames: int = 0
    cpu_s: float = 0.0


class Seen(Flashes):
    """The flashes of one way to show it, in the run in which they are worst; of several that come after each
    other, so many seconds apart."""

    run: str
    apart_s: float | None = None


class Verdict(Frozen):
    """All that was measured by this `engine`, and what of it is too much: flashes of one, of three, and of a
    combo if it begins anew in one (else null), in the worst of the runs; the rest in the first. `particles`
    are the most that lived at once, `unborn` those that were due when there was no room; null where it was
    too slow to count them."""

    engine: str = ENGINE
    on_black: Seen
    on_white: Seen
    three_on_black: Seen
    three_on_white: Seen
    combo_on_black: Seen | None
    combo_on_white: Seen | None
    loudness: Loudness | None
    particles: int | None
    unborn: int | None
    frames: int
    cpu_s: float
    runs: list[Run]
    refusals: list[Refusal]

    @property
    def passed(self) -> bool:
        return not self.refusals
