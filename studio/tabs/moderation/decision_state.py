"""The decision as it is being made: what is chosen, what may be chosen, what still stands in its way.

Free of Qt. Whatever order things are chosen in, no invalid combination can be held: choosing one thing takes
back what does not go with it. The rules are the server's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from server.moderation import rules
from server.moderation.rules import (
    ActionChoice,
    Choice,
    Measure,
    Opinion,
    Outcome,
    PolicyRule,
    Scope,
    Severity,
)
from server.moderation.schemas import ActionBody, MarkBody, NewDecision, PolicyNode, Review

SHORTLIST: Final = 9
VIOLATIONS: Final = (Outcome.RESTRICT, Outcome.REMOVE)
DURATIONS: Final = {
    "1 day": 86_400,
    "3 days": 3 * 86_400,
    "7 days": 7 * 86_400,
    "30 days": 30 * 86_400,
    "90 days": 90 * 86_400,
}
"""What a temporary restriction is offered for, in seconds."""


@dataclass(frozen=True)
class Draft:
    """What has been chosen so far.

    `duration_s` is that of a restriction: None = as the policy says. `account` is the measure on the account,
    `bank` the hash bank to which a removed video is added.
    """

    outcome: Outcome | None = None
    policy: str | None = None
    facts: str = ""
    reasons: tuple[str, ...] = ()
    account: Measure | None = None
    duration_s: int | None = None
    marks: tuple[MarkBody, ...] = ()
    bank: UUID | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing has been chosen, written or marked."""
        return self == NOTHING


NOTHING: Final = Draft()


class Case:
    """What a decision on one item may be: its stage, its queue's outcomes, the policies, one's clearance."""

    def __init__(
        self, review: Review, tree: Mapping[str, PolicyNode], *, restricted: bool, cleared: bool
    ) -> None:
        self.review = review
        self.tree = {**{node.code: node for node in review.policies}, **tree}
        self._restricted, self._cleared = restricted, cleared

    # Choosing

    def with_outcome(self, draft: Draft, outcome: Outcome | None) -> Draft:
        """Choose an outcome that is not barred, or none."""
        if outcome is not None and self.barred(draft, outcome):
            return draft
        chosen = replace(draft, outcome=outcome)
        if outcome is Outcome.ALLOW:
            chosen = replace(chosen, policy=None)
        return self._fitting(chosen)

    def with_policy(self, draft: Draft, code: str | None) -> Draft:
        """Choose the policy that is violated, or none."""
        chosen = replace(draft, policy=code)
        if code is not None and chosen.outcome is Outcome.ALLOW:
            chosen = replace(chosen, outcome=None)
        return self._fitting(chosen)

    def with_account(self, draft: Draft, measure: Measure | None) -> Draft:
        """Choose a measure on the account."""
        return self._fitting(replace(draft, account=measure))

    def with_bank(self, draft: Draft, bank: UUID | None) -> Draft:
        """Choose the hash bank that is to recognise what is removed, or none."""
        return self._fitting(replace(draft, bank=bank))

    def bankable(self, draft: Draft) -> bool:
        """Whether a bank can be told of this decision."""
        return draft.outcome is Outcome.REMOVE and self.review.item.content_type is rules.ContentType.VIDEO

    def _fitting(self, draft: Draft) -> Draft:
        """The draft without what does not go with the rest of it."""
        if draft.outcome is not None and self.barred(draft, draft.outcome):
            draft = replace(draft, outcome=None)
        if draft.outcome not in VIOLATIONS or self.account_barred(draft):
            draft = replace(draft, account=None)
        if draft.outcome is not Outcome.RESTRICT and draft.account is not Measure.RESTRICT:
            draft = replace(draft, duration_s=None)
        return draft if self.bankable(draft) else replace(draft, bank=None)

    # What may be chosen

    def barred(self, draft: Draft, outcome: Outcome) -> str:
        """Why `outcome` cannot be chosen beside the policy of `draft`; empty = it can."""
        if outcome not in self.review.outcomes:
            return f"This queue does not provide for the outcome {outcome}."
        policy = None if outcome is Outcome.ALLOW else draft.policy
        if outcome in VIOLATIONS and policy is None:
            return ""
        found = rules.problems(self._choice(Draft(outcome=outcome, policy=policy, facts="written")))
        return " ".join(found)

    def account_barred(self, draft: Draft) -> str:
        """Why no measure on the account can be chosen; empty = one can."""
        if draft.outcome not in VIOLATIONS:
            return "Measures on the account go with Restrict or Remove."
        node = self.node(draft.policy)
        if node is None or node.severity.tier < Severity.HIGH.tier:
            return "Measures on the account need a policy of high or critical severity."
        return ""

    def problems(self, draft: Draft) -> list[str]:
        """What still stands in the way of this decision, in words for the person; empty = it is ready."""
        if draft.outcome is None:
            return ["Choose an outcome."]
        barred = self.barred(draft, draft.outcome)
        return [barred] if barred else [*rules.problems(self._choice(draft)), *_too_long(draft)]

    def presses(self, draft: Draft) -> int:
        """How often Enter has to be pressed: twice for a violation of critical severity."""
        node = self.node(draft.policy)
        critical = node is not None and node.severity is Severity.CRITICAL
        return 2 if critical and draft.outcome in VIOLATIONS else 1

    def opinion(self, draft: Draft) -> Opinion:
        """Whether this decision stands alone or is one of two."""
        return Opinion.SOLE if draft.outcome is None else rules.opinion(self._choice(draft))

    def node(self, code: str | None) -> PolicyNode | None:
        """A policy by its code."""
        return self.tree.get(code) if code else None

    def title(self, code: str) -> str:
        """The title of a policy, or what its code says."""
        node = self.tree.get(code)
        return node.title if node else code.rpartition(".")[2].replace("_", " ").capitalize()

    def body(
        self, draft: Draft, *, decision_id: UUID, claim_token: int, ms_viewed: int, ms_revealed: int
    ) -> NewDecision:
        """The decision as it is sent. Raises ValueError while there are `problems`."""
        if draft.outcome is None or (found := self.problems(draft)):
            raise ValueError("The decision is not ready." if draft.outcome is None else " ".join(found))
        return NewDecision(
            id=decision_id,
            claim_token=claim_token,
            outcome=draft.outcome,
            policy=draft.policy,
            facts=draft.facts.strip() or None,
            reason_codes=list(draft.reasons),
            actions=[
                ActionBody(type=action.type, scope=action.scope, duration_s=action.duration_s)
                for action in self._actions(draft)
            ],
            bank_id=draft.bank,
            marks=list(draft.marks),
            ms_viewed=ms_viewed,
            ms_revealed=ms_revealed,
        )

    def _choice(self, draft: Draft) -> Choice:
        assert draft.outcome is not None
        node = self.node(draft.policy)
        return Choice(
            outcome=draft.outcome,
            stage=self.review.item.stage,
            restricted_item=self._restricted,
            cleared=self._cleared,
            policy=_rule(node),
            facts=draft.facts.strip() or None,
            actions=self._actions(draft),
            flagged=_rule(self.node(self.review.item.policy)),
            second=self.review.item.has_first_opinion,
        )

    def _actions(self, draft: Draft) -> tuple[ActionChoice, ...]:
        """The measures that are named; the outcome's own, as the policy has it, is added by the server."""
        actions = []
        if draft.outcome is Outcome.RESTRICT and draft.duration_s is not None:
            actions.append(ActionChoice(Measure.RESTRICT, Scope.ITEM, draft.duration_s))
        if draft.account is not None and draft.outcome in VIOLATIONS:
            duration = draft.duration_s if draft.account is Measure.RESTRICT else None
            actions.append(ActionChoice(draft.account, Scope.ACCOUNT, duration))
        return tuple(actions)


def _too_long(draft: Draft) -> list[str]:
    """Texts that the server would not take; they are never cut, which could change what they say."""
    found = []
    if over := max(0, len(draft.facts.strip()) - rules.FACTS_MAX):
        found.append(f"The facts are {over:,} characters too long.")
    if over := max((len(mark.note or "") - rules.NOTE_MAX for mark in draft.marks), default=0) > 0:
        found.append(f"The note on a mark is longer than {rules.NOTE_MAX:,} characters.")
    return found


def shortlist(review: Review, tree: Mapping[str, PolicyNode]) -> list[PolicyNode]:
    """The policies at hand by a digit: those flagged, the most frequent first, then their neighbours."""
    nodes = {**{node.code: node for node in review.policies}, **tree}
    counts = Counter(flag.policy for flag in review.flags)
    flagged = [code for code, _ in counts.most_common()]
    families = {code.partition(".")[0] for code in (*flagged, review.item.policy)}
    near = [
        code for code in nodes if code.partition(".")[0] in families and "." in code and code not in flagged
    ]
    order = dict.fromkeys((*flagged, review.item.policy, *near))
    return [nodes[code] for code in order if code in nodes][:SHORTLIST]


def sentence(draft: Draft, case: Case) -> str:
    """What the decision will do, in one line."""
    if draft.outcome is None:
        return ""
    done = {
        Outcome.ALLOW: "Allow: nothing is violated",
        Outcome.RESTRICT: "Restrict",
        Outcome.REMOVE: "Remove",
        Outcome.ESCALATE: "Escalate to the next tier",
    }[draft.outcome]
    policy = f": {case.title(draft.policy)}" if draft.policy else ""
    account = f", {draft.account} the account" if draft.account else ""
    bank = ", and recognise it from now on" if draft.bank else ""
    return f"{done}{policy}{account}{bank}"


OPINIONS: Final = {
    Opinion.FIRST: "First opinion: a second person decides too.",
    Opinion.SECOND: "Second opinion: the same outcome decides, another one goes to a lead.",
}


def two_opinions(draft: Draft, case: Case) -> str:
    """What is to be known of two opinions before this decision; empty where one person decides."""
    item = case.review.item
    if draft.outcome is None:
        second = item.has_first_opinion and item.stage == 1
        return OPINIONS[Opinion.SECOND] if second else ""
    opinion = case.opinion(draft)
    if opinion is Opinion.FIRST and draft.outcome in VIOLATIONS:
        return f"{OPINIONS[opinion]} Until then the content is restricted."
    return OPINIONS.get(opinion, "")


def _rule(node: PolicyNode | None) -> PolicyRule | None:
    if node is None:
        return None
    return PolicyRule(node.severity, frozenset(node.outcomes), node.restricted, node.dual_control)


_MARKS = TypeAdapter(tuple[MarkBody, ...])


def _marks(plain: Any) -> tuple[MarkBody, ...]:
    """Marks as they were kept: a note that is still too long to be sent is no reason to lose it."""
    bare = _MARKS.validate_python([{**each, "note": None} for each in plain])
    return tuple(
        mark.model_copy(update={"note": str(each["note"]) if each.get("note") else None})
        for mark, each in zip(bare, plain, strict=True)
    )


def to_plain(draft: Draft) -> dict[str, Any]:
    """The draft as plain JSON, to be stored."""
    return {
        "outcome": draft.outcome,
        "policy": draft.policy,
        "facts": draft.facts,
        "reasons": list(draft.reasons),
        "account": draft.account,
        "duration_s": draft.duration_s,
        "bank": str(draft.bank) if draft.bank else None,
        "marks": _MARKS.dump_python(draft.marks, mode="json"),
    }


def from_plain(plain: object) -> Draft:
    """The draft that `to_plain` gave; an empty one for anything else."""
    try:
        assert isinstance(plain, dict)
        return Draft(
            outcome=Outcome(plain["outcome"]) if plain["outcome"] else None,
            policy=plain["policy"],
            facts=str(plain["facts"]),
            reasons=tuple(map(str, plain["reasons"])),
            account=Measure(plain["account"]) if plain["account"] else None,
            duration_s=plain["duration_s"],
            bank=UUID(plain["bank"]) if plain.get("bank") else None,
            marks=_marks(plain["marks"]),
        )
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        return Draft()


def from_body(body: Mapping[str, Any]) -> Draft:
    """The draft that a decision was made from, to take it up again."""
    account = next((a for a in body.get("actions", ()) if a["scope"] == Scope.ACCOUNT), None)
    durations: Iterable[int | None] = (a.get("duration_s") for a in body.get("actions", ()))
    return from_plain(
        {
            "outcome": body.get("outcome"),
            "policy": body.get("policy"),
            "facts": body.get("facts") or "",
            "reasons": body.get("reason_codes") or (),
            "account": account["type"] if account else None,
            "duration_s": next((d for d in durations if d), None),
            "bank": body.get("bank_id"),
            "marks": body.get("marks") or (),
        }
    )


def matching(tree: Sequence[PolicyNode], typed: str) -> list[PolicyNode]:
    """The policies whose title, code or text has every typed word; title matches first."""
    words = typed.casefold().split()

    def has(text: str) -> bool:
        folded = text.casefold()
        return all(word in folded for word in words)

    named = [node for node in tree if has(f"{node.title} {node.code}")]
    told = [node for node in tree if node not in named and has(f"{node.title} {node.covers}")]
    return named + told
