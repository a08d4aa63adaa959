"""The wire types of a model's opinion."""

from __future__ import annotations

from uuid import UUID

from server.forensics.opinion.rules import OpinionState, Severity
from server.forensics.rules import Slot
from server.kit.wire import Frozen, Instant, Milliseconds


class OpinionCategory(Frozen):
    """What a model says of one slot, in plain text that may quote strangers.

    `said` is the model's own word. `severity` is what stands: `said`, but never below what the scores and the
    flags of the video say by themselves, since a model can be talked into calm by what it reads.
    `moments_ms` are stills that it was shown, on the player's clock, ascending.
    """

    slot: Slot
    severity: Severity
    said: Severity
    reason: str
    moments_ms: list[Milliseconds]


class OpinionView(Frozen):
    """The opinion of a language model on the stills and the words of a video: beside the scores, never in
    them.

    `state` `done` comes with `summary` and a category for each slot that was asked about. Otherwise `reason`
    says in a sentence why there is none, or what it waits for; `retry_at` then is when it is tried next.
    `model` is the provider's id of it, `prompt` the wording of the question, `frames` how many stills it saw.
    """

    video_id: UUID
    state: OpinionState
    model: str | None = None
    prompt: str | None = None
    frames: int | None = None
    asked_at: Instant | None = None
    finished_at: Instant | None = None
    retry_at: Instant | None = None
    summary: str | None = None
    categories: list[OpinionCategory] = []
    reason: str | None = None
