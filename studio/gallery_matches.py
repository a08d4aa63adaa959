"""Made-up matches, banks and opinions for the pictures and the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from server.forensics.banks.rules import BankAction, BankKind, EntrySeverity, EntryState, MatchVerdict
from server.forensics.opinion.rules import OpinionState, Severity
from server.forensics.opinion.schemas import OpinionCategory, OpinionView
from server.forensics.rules import MatchClass, Slot
from server.forensics.schemas import BankView, EntryView, MatchView

VIDEO, ORIGINAL = UUID(int=1), UUID(int=6)
BANK: Final = UUID(int=40)
_AT: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)


def match(number: int = 1, **more: Any) -> MatchView:
    """A made-up match."""
    values: dict[str, Any] = {
        "id": UUID(int=70 + number),
        "video_id": VIDEO,
        "entry_id": UUID(int=50),
        "bank_id": BANK,
        "bank_name": "Removed here",
        "bank_kind": BankKind.HARMFUL,
        "grade": MatchClass.STRONG,
        "bits": 6,
        "quality": 92,
        "start_ms": 1_000,
        "end_ms": 8_000,
        "original_video_id": ORIGINAL,
        "original_start_ms": 500,
        "original_end_ms": 7_500,
        "mirrored": False,
        "crop_bp": 0,
        "verdict": MatchVerdict.PENDING,
        "version": 1,
    }
    return MatchView(**values | more)


def matches() -> list[MatchView]:
    """A sure one, one that was changed, one of what is harmless."""
    return [
        match(1),
        match(
            2,
            grade=MatchClass.QUEUE,
            bits=22,
            bank_name="Partners",
            bank_kind=BankKind.EXCHANGE,
            original_video_id=None,
            mirrored=True,
            crop_bp=500,
            start_ms=4_000,
            end_ms=9_000,
            original_start_ms=0,
            original_end_ms=5_500,
        ),
        match(3, grade=MatchClass.WEAK, bits=35, verdict=MatchVerdict.FALSE_POSITIVE),
    ]


def bank(number: int = 0, **more: Any) -> BankView:
    """A made-up bank."""
    values: dict[str, Any] = {
        "id": UUID(int=BANK.int + number),
        "name": "Removed here",
        "kind": BankKind.HARMFUL,
        "policy": "violence.graphic",
        "action": BankAction.RESTRICT_INTERIM,
        "distance": 31,
        "confirmed": True,
        "enabled": True,
        "created_at": _AT,
        "version": 1,
    }
    return BankView(**values | more)


def entry(number: int = 0, **more: Any) -> EntryView:
    """A made-up entry."""
    values: dict[str, Any] = {
        "id": UUID(int=50 + number),
        "bank_id": BANK,
        "state": EntryState.ACTIVE,
        "severity": EntrySeverity.HIGH,
        "policy": "violence.graphic",
        "source_video_id": UUID(int=6),
        "sha256": "0" * 64,
        "algorithm": "pdq-1s",
        "hashes": 1_560,
        "tags": [],
        "reason": "A fight in a schoolyard, in full",
        "fault": None,
        "stopped": None,
        "decision_id": None,
        "created_at": _AT,
        "expires_at": None,
        "version": 1,
    }
    return EntryView(**values | more)


def opinion(state: OpinionState = OpinionState.DONE, **more: Any) -> OpinionView:
    """A made-up opinion."""
    done: dict[str, Any] = {}
    if state is OpinionState.DONE:
        done = {
            "model": "made-up-model-1",
            "frames": 12,
            "summary": "A person speaks to the camera; the mouth looks smeared in several stills.",
            "categories": [
                OpinionCategory(
                    slot=Slot.FACE_MANIPULATION,
                    severity=Severity.HIGH,
                    said=Severity.MEDIUM,
                    reason="The lips lose their edge in these stills.",
                    moments_ms=[1_200, 6_400],
                ),
                OpinionCategory(
                    slot=Slot.VIOLENCE, severity=Severity.NONE, said=Severity.NONE, reason="", moments_ms=[]
                ),
            ],
        }
    return OpinionView(video_id=VIDEO, state=state, asked_at=_AT, **done | more)
