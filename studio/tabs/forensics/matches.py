"""What is recognised in a video: matches with banked originals, in words. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.forensics.banks.rules import BankKind, MatchVerdict
from server.forensics.rules import MatchClass
from server.forensics.schemas import MatchView
from studio.video.along import Along
from studio.video.playhead import Lane, Range, timecode

GRADES: Final = {
    MatchClass.STRONG: ("Same material", "danger", "alert-triangle"),
    MatchClass.QUEUE: ("Very alike", "warning", "eye"),
    MatchClass.WEAK: ("Similar", "neutral", ""),
}
VERDICTS: Final = {
    MatchVerdict.PENDING: ("Not judged", "info", ""),
    MatchVerdict.CONFIRMED: ("Confirmed", "danger", "check"),
    MatchVerdict.FALSE_POSITIVE: ("False positive", "neutral", "x"),
}
KINDS: Final = {
    BankKind.HARMFUL: "Harmful",
    BankKind.NEGATIVE: "Harmless",
    BankKind.EXCHANGE: "From others",
}
_WEIGHT: Final = {MatchClass.STRONG: 9_500, MatchClass.QUEUE: 7_500, MatchClass.WEAK: 3_000}
"""How much a match asks for on the time bar, in basis points."""


def look(match: MatchView) -> tuple[str, str, str]:
    """The grade as a chip: word, tone and icon; one with what is harmless is no alarm."""
    if match.bank_kind is BankKind.NEGATIVE:
        return "Known as harmless", "success", "check"
    return GRADES[match.grade]


def distance(match: MatchView) -> str:
    """How far apart they are."""
    if match.bits == 0:
        return "The same file, or picture for picture the same"
    return f"{match.bits} of 256 bits differ"


def changes(match: MatchView) -> str:
    """What was done to the copy, "" for nothing that is known."""
    done = []
    if match.mirrored:
        done.append("mirrored")
    if match.crop_bp:
        done.append(f"cropped by {match.crop_bp / 100:g} % a side")
    speed = _speed(match)
    if speed:
        done.append(speed)
    return ", ".join(done)


def _speed(match: MatchView) -> str:
    if match.original_start_ms is None or match.original_end_ms is None:
        return ""
    here, there = match.end_ms - match.start_ms, match.original_end_ms - match.original_start_ms
    if here <= 0 or there <= 0 or 0.97 <= there / here <= 1.03:
        return ""
    return f"{there / here:.2f} times as fast"


def where(match: MatchView) -> str:
    """Which stretch of which."""
    here = f"{short(match.start_ms)} to {short(match.end_ms)}"
    if match.original_start_ms is None or match.original_end_ms is None:
        return f"{here} here; the original is for cleared colleagues, who judge this"
    there = f"{short(match.original_start_ms)} to {short(match.original_end_ms)}"
    return f"{here} here is {there} of the original"


def may_judge(match: MatchView) -> bool:
    """Whether the reader may say what a match is: not where the original is kept from them."""
    return match.entry_id is not None


def short(ms: int) -> str:
    """A time without its milliseconds."""
    return timecode(ms).rpartition(".")[0]


def along(match: MatchView) -> Along:
    """How times of the upload belong to times of the original."""
    return Along(match.start_ms, match.end_ms, match.original_start_ms or 0, match.original_end_ms or 0)


def lane(matches: Sequence[MatchView]) -> tuple[Lane, ...]:
    """The matches on the time bar; those that were called wrong are left out."""
    told = [match for match in matches if match.verdict is not MatchVerdict.FALSE_POSITIVE]
    ranges = tuple(
        Range(match.start_ms, match.end_ms, f"{look(match)[0]}: {match.bank_name}", _WEIGHT[match.grade])
        for match in sorted(told, key=lambda match: match.start_ms)
        if match.bank_kind is not BankKind.NEGATIVE
    )
    return (Lane("Matches", ranges),) if ranges else ()
