"""The words of moderation, its state machines, what makes a decision valid; pure, the client has it too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.kit.wire import Availability

FACTS_MAX = 5_000
NOTE_MAX = 2_000
MARKS_MAX = 200
HOLD_MAX_S = 24 * 3600
"""How long an item is set aside in all, by whomever and however often."""
CLAIM_MAX_S = 2 * 3600
"""No claim outlives this, however often its heartbeat comes."""
CLAIMS_MAX = 5
"""Live claims of one person: the present item, the next one, and room for a lead who compares."""
HOLDS_MAX = 20
"""Items that one person sets aside at a time."""
PREFETCH_S = 60
HANDED_OVER, TAKEN_OVER = "Handed over to", "Taken over from"
"""How the note begins that tells of a claim which changed hands; a handle and the reason follow."""
SKIPS_TO_ESCALATE = 3
DURATION_MIN_S = 3600
DURATION_MAX_S = 366 * 86_400


class ContentType(StrEnum):
    """What can be flagged. A caption's id is its video's; a profile's is its person's."""

    VIDEO = "video"
    COMMENT = "comment"
    CAPTION = "caption"
    PROFILE = "profile"
    SPARK = "spark"


class Source(StrEnum):
    """Who raised a flag."""

    USER = "user"
    TRUSTED_FLAGGER = "trusted_flagger"
    CLASSIFIER = "classifier"
    HASH_MATCH = "hash_match"
    CONSENT = "consent"
    AUTHORITY = "authority"
    STAFF = "staff"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def tier(self) -> int:
        """1 (low) to 4 (critical)."""
        return list(Severity).index(self) + 1


class SlaClass(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    NCII = "ncii"
    CRITICAL = "critical"


class FlagState(StrEnum):
    LINKED = "linked"
    DUPLICATE = "duplicate"
    ACTIONED = "actioned"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    MOOT = "moot"


class ItemState(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    ON_HOLD = "on_hold"
    AWAITING_SECOND = "awaiting_second"
    ESCALATED = "escalated"
    DECIDED = "decided"
    CANCELLED = "cancelled"


OPEN = (
    ItemState.PENDING,
    ItemState.CLAIMED,
    ItemState.ON_HOLD,
    ItemState.AWAITING_SECOND,
    ItemState.ESCALATED,
)
WAITING = (ItemState.PENDING, ItemState.AWAITING_SECOND, ItemState.ESCALATED)
"""The states of rest: each is that of one queue (of two, with the restricted class)."""
FINAL = (ItemState.DECIDED, ItemState.CANCELLED)


class Outcome(StrEnum):
    ALLOW = "allow"
    RESTRICT = "restrict"
    REMOVE = "remove"
    ESCALATE = "escalate"


class Opinion(StrEnum):
    """Whether a decision stands alone or is one of the two that a policy under dual control asks for."""

    SOLE = "sole"
    FIRST = "first"
    SECOND = "second"


class Measure(StrEnum):
    """What an enforcement action does to its target's availability."""

    RESTRICT = "restrict"
    REMOVE = "remove"


AVAILABILITY = {Measure.RESTRICT: Availability.RESTRICTED, Measure.REMOVE: Availability.REMOVED}


class Scope(StrEnum):
    """What an enforcement action is aimed at: the content of the item, or its owner's profile."""

    ITEM = "item"
    ACCOUNT = "account"


class QueueKind(StrEnum):
    NORMAL = "normal"
    RESTRICTED = "restricted"


@dataclass(frozen=True)
class Transition:
    """`event` leads from `before` (None = the thing does not exist yet) to `after`, if `guard` holds."""

    before: str | None
    event: str
    after: str
    guard: str


FLAG_MACHINE = (
    Transition(None, "intake", FlagState.LINKED, "no decision stands on what was flagged"),
    Transition(None, "repeat", FlagState.DUPLICATE, "a decision stands on this very version"),
    Transition(FlagState.LINKED, "violation", FlagState.ACTIONED, "its item was decided: restrict or remove"),
    Transition(FlagState.LINKED, "no_violation", FlagState.DISMISSED, "its item was decided: allow"),
    Transition(FlagState.LINKED, "withdraw", FlagState.WITHDRAWN, "by its own reporter, source user"),
    Transition(FlagState.LINKED, "subject_gone", FlagState.MOOT, "the subject was deleted before a decision"),
    Transition(FlagState.MOOT, "subject_back", FlagState.LINKED, "the subject was restored"),
    Transition(FlagState.ACTIONED, "undo", FlagState.LINKED, "the decision is undone within its grace"),
    Transition(FlagState.DISMISSED, "undo", FlagState.LINKED, "the decision is undone within its grace"),
    Transition(FlagState.ACTIONED, "no_violation", FlagState.DISMISSED, "by a reversing decision"),
    Transition(FlagState.DISMISSED, "violation", FlagState.ACTIONED, "by a reversing decision"),
    Transition(FlagState.DUPLICATE, "heard", FlagState.LINKED, "the decision that answered it is undone"),
)

_REST = "the state of rest: pending at stage 1, awaiting_second with a first opinion, escalated above"
_ALONE = "own live claim; the decision is valid and needs no second one: see Two opinions"
ITEM_MACHINE = (
    Transition(None, "open", ItemState.PENDING, "no open item for this subject and policy family"),
    Transition(
        ItemState.PENDING,
        "claim",
        ItemState.CLAIMED,
        "not excluded, not one's own, fewer than five live claims; token + 1",
    ),
    Transition(ItemState.AWAITING_SECOND, "claim", ItemState.CLAIMED, "as above, by another person"),
    Transition(ItemState.ESCALATED, "claim", ItemState.CLAIMED, "as above, and moderation.lead"),
    *(
        Transition(ItemState.CLAIMED, event, after, f"{guard}; {_REST}")
        for after in WAITING
        for event, guard in (
            ("release", "own live claim"),
            ("lapse", "the lease is over"),
            ("skip", "own live claim, someone else can take it; never offered to the same person again"),
            ("restrict", "the subject is now of the restricted class"),
        )
    ),
    *(Transition(ItemState.ON_HOLD, "restrict", after, f"as above; {_REST}") for after in WAITING),
    Transition(ItemState.CLAIMED, "heartbeat", ItemState.CLAIMED, "own live claim, at most two hours"),
    Transition(
        ItemState.CLAIMED,
        "hold",
        ItemState.ON_HOLD,
        "own live claim; <= 24 h in all, within the legal term",
    ),
    Transition(
        ItemState.ON_HOLD, "resume", ItemState.CLAIMED, "by its holder, the two hours go on; token + 1"
    ),
    *(Transition(ItemState.ON_HOLD, "wake", after, f"the hold is over; {_REST}") for after in WAITING),
    *(
        Transition(before, "revoke", after, f"its holder may not judge it any more; {_REST}")
        for before in (ItemState.CLAIMED, ItemState.ON_HOLD)
        for after in WAITING
    ),
    Transition(ItemState.CLAIMED, "decide", ItemState.DECIDED, _ALONE),
    Transition(
        ItemState.CLAIMED,
        "first",
        ItemState.AWAITING_SECOND,
        "stage 1, a policy under dual control",
    ),
    Transition(
        ItemState.CLAIMED, "agree", ItemState.DECIDED, "a second opinion with the outcome of the first one"
    ),
    Transition(ItemState.CLAIMED, "disagree", ItemState.ESCALATED, "a second opinion with another outcome"),
    Transition(ItemState.CLAIMED, "escalate", ItemState.ESCALATED, "stage 1; by decision or the third skip"),
    *(
        Transition(ItemState.CLAIMED, "escalate", after, f"into the restricted class; {_REST}")
        for after in (ItemState.PENDING, ItemState.AWAITING_SECOND)
    ),
    Transition(ItemState.DECIDED, "undo", ItemState.CLAIMED, "by its decider within the grace; token + 1"),
    *(
        Transition(before, "undo", ItemState.CLAIMED, "as above, while no one else has claimed it")
        for before in (ItemState.AWAITING_SECOND, ItemState.ESCALATED)
    ),
    Transition(ItemState.DECIDED, "reverse", ItemState.DECIDED, "moderation.lead, after the grace"),
    *(
        Transition(
            state,
            "cancel",
            ItemState.CANCELLED,
            "the subject is gone (not in the restricted class), or no flag is left and nobody judged it yet",
        )
        for state in OPEN
    ),
    *(
        Transition(ItemState.CANCELLED, "reopen", after, f"the subject was restored; {_REST}")
        for after in WAITING
    ),
)


def sources_of(machine: Sequence[Transition], event: str, after: str | None = None) -> tuple[str, ...]:
    """The states from which `event` may happen (and lead to `after`); KeyError for an unknown event."""
    found = {t.before: None for t in machine if t.event == event and after in (None, t.after)}
    if not found:
        raise KeyError(event)
    return tuple(state for state in found if state is not None)


def rest_state(stage: int, *, second: bool = False) -> ItemState:
    """Where an item of this stage waits to be claimed; `second`: a first opinion on it is filed."""
    if stage > 1:
        return ItemState.ESCALATED
    return ItemState.AWAITING_SECOND if second else ItemState.PENDING


QUEUES = {
    (False, ItemState.PENDING): "general",
    (False, ItemState.AWAITING_SECOND): "second_opinion",
    (False, ItemState.ESCALATED): "escalated",
    (True, ItemState.PENDING): "restricted",
    (True, ItemState.AWAITING_SECOND): "restricted_second",
    (True, ItemState.ESCALATED): "restricted_escalated",
}
"""The queues by what they hold: of the restricted class or not, and the state in which it waits there."""
RESTRICTED_QUEUES = frozenset(name for (restricted, _), name in QUEUES.items() if restricted)


def queue_of(*, restricted: bool, stage: int, second: bool = False) -> str:
    """The queue of an item. The restricted class has queues of its own, seen by cleared people only."""
    return QUEUES[restricted, rest_state(stage, second=second)]


@dataclass(frozen=True)
class PolicyRule:
    """What the validity of a decision asks of a policy."""

    severity: Severity
    outcomes: frozenset[Outcome]
    restricted: bool = False
    dual_control: bool = False


@dataclass(frozen=True)
class ActionChoice:
    """An enforcement action as chosen; `duration_s` None = until reversed."""

    type: Measure
    scope: Scope
    duration_s: int | None = None


@dataclass(frozen=True)
class Choice:
    """Everything on which the validity of a decision depends.

    `restricted_item`: the item is of the restricted class; `cleared`: whoever decides may see that class;
    `flagged`: the policy under which the item was flagged; `second`: a first opinion on it is filed.
    """

    outcome: Outcome
    stage: int
    restricted_item: bool
    cleared: bool
    policy: PolicyRule | None = None
    facts: str | None = None
    actions: tuple[ActionChoice, ...] = ()
    flagged: PolicyRule | None = None
    second: bool = False


def opinion(choice: Choice) -> Opinion:
    """What this decision is: it stands alone, or a second person has to come to the same.

    Two people decide where the policy that is named, or the one that was flagged, is under dual control: to
    say that such a policy was not violated weighs as much as to say that it was.
    """
    if choice.stage > 1 or choice.outcome is Outcome.ESCALATE:
        return Opinion.SOLE
    if choice.second:
        return Opinion.SECOND
    dual = any(rule is not None and rule.dual_control for rule in (choice.policy, choice.flagged))
    return Opinion.FIRST if dual else Opinion.SOLE


def problems(choice: Choice) -> list[str]:
    """Why a decision is not valid, in words for the person who takes it; empty = valid."""
    found: list[str] = []
    policy, outcome = choice.policy, choice.outcome
    if choice.stage > 1 and choice.second and outcome is not Outcome.ESCALATE and not choice.facts:
        found.append("There is an opinion on this item already: say in the facts why you decide so.")
    if outcome is Outcome.ALLOW:
        if policy is not None:
            found.append("Allowing means that no policy is violated: take the policy away.")
        if choice.actions:
            found.append("Allowing takes no measures.")
        return found
    if outcome is Outcome.ESCALATE:
        to_class = policy is not None and policy.restricted and not choice.restricted_item
        if choice.stage > 1 and not to_class:
            found.append("This item has been escalated already; it is decided here.")
        if choice.actions:
            found.append("Escalating takes no measures: the next tier decides on them.")
        if not choice.facts:
            found.append("Say in the facts why this needs the next tier.")
        return found
    if policy is None:
        found.append("Name the policy that is violated.")
    else:
        if policy.restricted and not choice.cleared:
            found.append("This class is decided by cleared people only: escalate it to them.")
        if outcome not in policy.outcomes:
            found.append(f"This policy does not provide for the outcome {outcome}.")
        if policy.severity is Severity.CRITICAL and not choice.facts:
            found.append("A critical policy needs the facts in writing.")
    return found + _action_problems(choice)


def _action_problems(choice: Choice) -> list[str]:
    found: list[str] = []
    scopes = [action.scope for action in choice.actions]
    if len(set(scopes)) < len(scopes):
        found.append("There can be one measure for the content and one for the account.")
    for action in choice.actions:
        if action.scope is Scope.ITEM and action.type.value != choice.outcome.value:
            found.append(f"The measure on the content must be the outcome: {choice.outcome}.")
        if action.duration_s is not None:
            if action.type is not Measure.RESTRICT:
                found.append("Only a restriction can be temporary.")
            elif not DURATION_MIN_S <= action.duration_s <= DURATION_MAX_S:
                found.append("A restriction lasts from one hour to 366 days.")
        severe = choice.policy is not None and choice.policy.severity in (Severity.HIGH, Severity.CRITICAL)
        if action.scope is Scope.ACCOUNT and not severe:
            found.append("Measures on the account need a policy of high or critical severity.")
    return found


def measures(choice: Choice, *, default_duration_s: int | None) -> tuple[ActionChoice, ...]:
    """The actions that a valid decision has: the outcome's own on the content, and those that were chosen."""
    if choice.outcome not in (Outcome.RESTRICT, Outcome.REMOVE):
        return ()
    chosen = {action.scope for action in choice.actions}
    if Scope.ITEM in chosen:
        return choice.actions
    duration = default_duration_s if choice.outcome is Outcome.RESTRICT else None
    return (ActionChoice(Measure(choice.outcome), Scope.ITEM, duration), *choice.actions)


def strictest(found: Collection[Measure]) -> Measure | None:
    """Which of several measures on one target counts."""
    return max(found, key=list(Measure).index, default=None)
