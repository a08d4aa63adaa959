"""The columns of the lists of the Scores tab."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from server.forensics.banks.rules import BankKind, EntryState, MatchVerdict
from server.forensics.rules import AnalysisState
from server.forensics.schemas import AnalysisView, BankView, EntryView, MatchView
from studio.tabs.forensics import matches
from studio.tabs.forensics.words import KINDS, left_out
from studio.video.playhead import percent
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import ago, exact

STATES: Final = {
    AnalysisState.QUEUED: ("Waiting", ChipLook("info", "clock")),
    AnalysisState.RUNNING: ("Running", ChipLook("accent", "sync")),
    AnalysisState.DONE: ("Done", ChipLook("success", "check")),
    AnalysisState.PARTLY: ("In part", ChipLook("success", "minus")),
    AnalysisState.REFUSED: ("Refused", ChipLook("warning", "info")),
    AnalysisState.PARKED: ("Parked", ChipLook("danger", "alert-triangle")),
    AnalysisState.CANCELLED: ("Cancelled", ChipLook("neutral", "x")),
}
ENTRY_STATES: Final = {
    EntryState.PROPOSED: ("Proposed", ChipLook("info", "clock")),
    EntryState.ACTIVE: ("Active", ChipLook("success", "check")),
    EntryState.QUARANTINED: ("Quarantined", ChipLook("warning", "hold")),
    EntryState.DECONFIRMED: ("Taken out", ChipLook("neutral", "x")),
    EntryState.EXPIRED: ("Expired", ChipLook("neutral", "clock")),
}
BANK_TONES: Final = {BankKind.HARMFUL: "danger", BankKind.NEGATIVE: "success", BankKind.EXCHANGE: "info"}


def short_id(value: object) -> str:
    """The beginning of an id: enough to tell a few apart."""
    return str(value)[:8]


def analyses(now: Callable[[], datetime]) -> list[Column[AnalysisView]]:
    """The newest first, as the server gives them."""
    return [
        Column(
            id="video",
            title="Video",
            width=108,
            text=lambda a: short_id(a.video_id),
            tooltip=lambda a: str(a.video_id),
        ),
        Column(
            id="kind", title="What", width=130, stretch=1, text=lambda a: KINDS[a.kind], tone="text_muted"
        ),
        Column(
            id="state",
            title="State",
            width=112,
            text=lambda a: STATES[a.state][0],
            chip=lambda a: STATES[a.state][1],
        ),
        Column(id="done", title="Done", width=70, text=_done, align="right", tone="text_muted"),
        Column(
            id="why",
            title="Said",
            width=150,
            stretch=3,
            text=lambda a: a.reason or " ".join(map(left_out, a.missing)),
            tooltip=lambda a: "\n".join([*([a.reason] if a.reason else []), *map(left_out, a.missing)]),
            tone="text_muted",
        ),
        Column(
            id="asked",
            title="Asked for",
            width=104,
            text=lambda a: ago(now(), a.requested_at),
            tooltip=lambda a: exact(a.requested_at),
            tone="text_muted",
            live=True,
        ),
    ]


def _done(analysis: AnalysisView) -> str:
    if analysis.state is AnalysisState.RUNNING:
        return percent(analysis.progress_bp)
    return percent(analysis.coverage_bp) if analysis.coverage_bp is not None else ""


def found(verdict_of: Callable[[MatchView], MatchVerdict]) -> list[Column[MatchView]]:
    """Matches, the last one found first; `verdict_of` knows what was said a moment ago."""
    return [
        Column(
            id="grade",
            title="Grade",
            width=146,
            text=lambda m: matches.look(m)[0],
            chip=lambda m: ChipLook(matches.look(m)[1], matches.look(m)[2]),
        ),
        Column(id="bank", title="Bank", width=110, stretch=2, text=lambda m: m.bank_name),
        Column(
            id="bits", title="Bits", width=52, text=lambda m: str(m.bits), align="right", tone="text_muted"
        ),
        Column(
            id="verdict",
            title="Verdict",
            width=110,
            below="bank",
            text=lambda m: matches.VERDICTS[verdict_of(m)][0],
            tone="text_muted",
            live=True,
        ),
    ]


def banks() -> list[Column[BankView]]:
    """Banks by name."""
    return [
        Column(id="name", title="Bank", width=120, stretch=2, text=lambda b: b.name, key=lambda b: b.name),
        Column(
            id="kind",
            title="Kind",
            width=104,
            text=lambda b: matches.KINDS[b.kind],
            chip=lambda b: ChipLook(BANK_TONES[b.kind]),
        ),
        Column(
            id="use",
            title="In use",
            width=70,
            text=lambda b: "yes" if b.enabled else "no",
            tone="text_muted",
        ),
    ]


def entries(now: Callable[[], datetime]) -> list[Column[EntryView]]:
    """What a bank holds, the newest first."""
    return [
        Column(
            id="state",
            title="State",
            width=136,
            text=lambda e: ENTRY_STATES[e.state][0],
            chip=lambda e: ENTRY_STATES[e.state][1],
        ),
        Column(
            id="severity",
            title="Severity",
            width=92,
            text=lambda e: e.severity.value.capitalize(),
            chip=lambda e: ChipLook(e.severity.value),
        ),
        Column(
            id="source",
            title="Original",
            width=108,
            text=lambda e: short_id(e.source_video_id) if e.source_video_id else "imported",
            tooltip=lambda e: str(e.source_video_id or "It came as a list of hashes"),
        ),
        Column(
            id="hashes",
            title="Hashes",
            width=88,
            text=lambda e: f"{e.hashes:,}" if e.hashes else "none yet",
            align="right",
            tone="text_muted",
        ),
        Column(
            id="reason",
            title="Why",
            width=120,
            stretch=3,
            text=lambda e: e.stopped or e.fault or e.reason,
            tooltip=lambda e: e.stopped or e.fault or e.reason,
            tone="text_muted",
        ),
        Column(
            id="added",
            title="Added",
            width=92,
            text=lambda e: ago(now(), e.created_at),
            tooltip=lambda e: exact(e.created_at),
            tone="text_muted",
            live=True,
        ),
    ]
