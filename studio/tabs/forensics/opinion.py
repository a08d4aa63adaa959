"""What a language model says of a video, in words of the panel; never part of a score. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.forensics.opinion.rules import OpinionState, Severity
from server.forensics.opinion.schemas import OpinionCategory, OpinionView
from studio.tabs.forensics.words import TITLES

TITLE: Final = "Model's opinion"
APART: Final = "A language model's view of stills and words; it may err. It is in no score and no verdict."
STATES: Final = {
    OpinionState.NOT_ASKED: ("Not asked", "neutral", ""),
    OpinionState.NOT_CONFIGURED: ("Not set up", "neutral", ""),
    OpinionState.RESTRICTED: ("Never asked", "neutral", "lock"),
    OpinionState.WAITING: ("Being asked", "info", "clock"),
    OpinionState.DONE: ("Answered", "accent", "check"),
    OpinionState.REFUSED: ("Would not answer", "warning", "info"),
    OpinionState.FAILED: ("Failed", "danger", "alert-triangle"),
    OpinionState.CANCELLED: ("Cancelled", "neutral", ""),
}
SEVERITIES: Final = {
    Severity.NONE: ("Nothing", "neutral"),
    Severity.LOW: ("Low", "low"),
    Severity.MEDIUM: ("Medium", "medium"),
    Severity.HIGH: ("High", "high"),
    Severity.CRITICAL: ("Critical", "critical"),
}
MAY_ASK: Final = frozenset(
    {
        OpinionState.NOT_ASKED,
        OpinionState.DONE,
        OpinionState.REFUSED,
        OpinionState.FAILED,
        OpinionState.CANCELLED,
    }
)


@dataclass(frozen=True)
class Opined:
    """One category: its severity, why, and the stills that the model means."""

    title: str
    word: str
    tone: str
    reason: str
    moments_ms: tuple[int, ...]
    raised: str = ""


@dataclass(frozen=True)
class Opinion:
    """Everything that is shown of an opinion; `why` says why there is none, or what it waits for."""

    word: str
    tone: str
    icon: str
    why: str
    summary: str
    categories: tuple[Opined, ...]
    source: str
    may_ask: bool


def read(known: OpinionView) -> Opinion:
    """What is shown."""
    word, tone, icon = STATES[known.state]
    done = known.state is OpinionState.DONE
    why = known.reason or ("Nobody has asked a model about this video." if _unasked(known) else "")
    parts = [known.model or "", f"{known.frames} stills" if known.frames else ""]
    return Opinion(
        word=word,
        tone=tone,
        icon=icon,
        why="" if done else why,
        summary=(known.summary or "") if done else "",
        categories=tuple(map(_category, known.categories)) if done else (),
        source=", ".join(part for part in parts if part),
        may_ask=known.state in MAY_ASK,
    )


def _unasked(known: OpinionView) -> bool:
    return known.state is OpinionState.NOT_ASKED


def _category(known: OpinionCategory) -> Opined:
    word, tone = SEVERITIES[known.severity]
    raised = ""
    if known.said is not known.severity:
        raised = f"The model said “{SEVERITIES[known.said][0].lower()}”; scores or flags say more."
    return Opined(TITLES[known.slot], word, tone, known.reason, tuple(known.moments_ms), raised)
