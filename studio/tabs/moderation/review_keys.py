"""What each key of the review does, and in which phases it does anything at all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

from server.moderation.rules import Outcome
from studio.tabs.moderation.review_state import Phase

if TYPE_CHECKING:
    from studio.tabs.moderation.review_page import ReviewPage

DECIDING: Final = frozenset({Phase.OPEN, Phase.COVERED})
WORKING: Final = DECIDING | {Phase.LOST}
ANY: Final = frozenset(Phase)
PANIC: Final = "review.panic"
"""The one key that is heard during a break: it is the way out of it."""

Act = Callable[..., object]


def handlers(page: ReviewPage) -> dict[str, Act]:
    """The handler of every action of the review, for `bind`."""
    panel, flow = page.panel, page.flow
    table: dict[str, tuple[Collection[Phase], Act]] = {
        name: ({Phase.OPEN}, act) for name, act in page.content.handlers().items()
    }
    table |= {
        "review.note": ({Phase.OPEN}, page.mark_frame),
        "review.mark-in": ({Phase.OPEN}, lambda: page.mark_end("review.mark-in")),
        "review.mark-out": ({Phase.OPEN}, lambda: page.mark_end("review.mark-out")),
        "review.transcript": (WORKING, page.tabs.show_transcript),
        PANIC: (ANY, lambda: page.set_break(not page.on_break)),
        "review.proceed": ({Phase.COVERED}, page.proceed),
        "review.allow": (DECIDING, lambda: panel.choose_outcome(Outcome.ALLOW)),
        "review.restrict": (DECIDING, lambda: panel.choose_outcome(Outcome.RESTRICT)),
        "review.remove": (DECIDING, lambda: panel.choose_outcome(Outcome.REMOVE)),
        "review.escalate": (DECIDING, lambda: panel.choose_outcome(Outcome.ESCALATE)),
        "review.facts": (WORKING, panel.focus_facts),
        "review.find-policy": (DECIDING, panel.find_policy),
        "review.hold": (DECIDING, page.ask_hold),
        "review.skip": (DECIDING, page.ask_skip),
        "review.hand-over": (DECIDING, page.ask_hand_over),
        "review.confirm": (DECIDING, panel.press_confirm),
        "review.undo": (ANY, flow.undo),
        "review.next": (ANY, page.next),
        "review.give-back": (ANY, flow.give_back),
        "review.account": (WORKING, page.tabs.creator.open_account),
        "review.why": (WORKING, page.show_why),
        "review.scores": (WORKING, page.tabs.show_lent),
    }
    for n in range(1, 10):
        table[f"review.policy.{n}"] = (DECIDING, lambda n=n: panel.picker.choose(n))
    return {name: _heard_in(page, phases, act, always=name == PANIC) for name, (phases, act) in table.items()}


def _heard_in(page: ReviewPage, phases: Collection[Phase], act: Act, *, always: bool) -> Act:
    def handle(*held: Any) -> None:
        page.flow.touch()
        # The end of a hold is always heard: a reveal must end whatever else has happened.
        heard = page.phase in phases and (always or not page.on_break)
        if heard or held == (False,):
            act(*held)

    return handle
