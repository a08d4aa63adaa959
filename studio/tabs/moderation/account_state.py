"""What the account page of a creator tells, drawn from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.moderation.rules import Opinion, Outcome
from server.moderation.schemas import ActionRow, CreatorPage, DecisionRow, FlagRow

Titles = Callable[[str], str]

OUTCOME_TONES: Final = {
    Outcome.ALLOW: "success",
    Outcome.RESTRICT: "warning",
    Outcome.REMOVE: "danger",
    Outcome.ESCALATE: "info",
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry of the history."""

    at: datetime
    icon: str
    tone: str
    text: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class FlagShare:
    """How often a policy was flagged; `share` is relative to the most frequent one."""

    policy: str
    count: int
    share: float


def history(page: CreatorPage, titles: Titles) -> list[Moment]:
    """Return what happened to the account, the newest first."""
    moments = [
        Moment(at=page.creator.created_at, icon="person", tone="neutral", text="The account was opened")
    ]
    for decision in page.decisions:
        moments.append(
            Moment(
                at=decision.decided_at,
                icon=decision.outcome.value,
                tone=OUTCOME_TONES[decision.outcome],
                text=outcome_text(decision, titles),
                detail=f"@{decision.decider_handle}{opinion_text(decision)}{standing(decision)}",
            )
        )
    for strike in page.strikes:
        ends = "revoked" if strike.revoked_at else f"until {strike.expires_at:%Y-%m-%d}"
        points = f"{strike.points} strike point{'s' if strike.points != 1 else ''}"
        moments.append(
            Moment(
                at=strike.at,
                icon="alert-triangle",
                tone="neutral" if strike.revoked_at else "danger",
                text=f"{points}: {titles(strike.policy)}",
                detail=ends,
            )
        )
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def outcome_text(decision: DecisionRow, titles: Titles) -> str:
    """What was decided about what, under which policy."""
    done = {
        Outcome.ALLOW: "allowed",
        Outcome.RESTRICT: "restricted",
        Outcome.REMOVE: "removed",
        Outcome.ESCALATE: "escalated",
    }
    policy = f": {titles(decision.policy)}" if decision.policy else ""
    return f"{decision.content_type.value.capitalize()} {done[decision.outcome]}{policy}"


def opinion_text(decision: DecisionRow) -> str:
    """Whether a decision was one of two, for the end of a line."""
    return "" if decision.opinion is Opinion.SOLE else f" · {decision.opinion} opinion"


def standing(decision: DecisionRow) -> str:
    """Whether a decision still stands, for the end of a line."""
    if decision.undone_at:
        return " · undone"
    return " · reversed" if decision.reversed_by_id else ""


def measures_text(actions: Sequence[ActionRow]) -> str:
    """The measures that a decision took, and until when."""
    return ", ".join(
        f"{action.type.value} {action.scope.value}"
        + (f" until {action.ends_at:%Y-%m-%d}" if action.ends_at else "")
        for action in actions
    )


def flag_shares(flags: Sequence[FlagRow]) -> list[FlagShare]:
    """Return how often each policy was flagged, the most frequent first."""
    counts = Counter(flag.policy for flag in flags).most_common()
    most = counts[0][1] if counts else 1
    return [FlagShare(policy=policy, count=count, share=count / most) for policy, count in counts]


def subtitle(page: CreatorPage) -> str:
    """The line beside the name."""
    creator = page.creator
    return f"@{creator.handle} · {creator.state} · since {creator.created_at:%Y-%m-%d}"
