"""An edit on its way to the server: what was changed, and how the server answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class EditKind(StrEnum):
    """What may be queued. Everything else (claims, money, uploads, sign-in) is online only."""

    DECISION = "decision"
    NOTE = "note"
    FLAG = "flag"
    VERDICT = "verdict"
    FEED_EVENT = "feed_event"
    SPARK_EDIT = "spark_edit"
    TIER_EDIT = "tier_edit"
    UNKNOWN = "unknown"
    """What a later version of this program has left in the outbox, or what cannot be read any more."""


HELD: Final = {EditKind.VERDICT: timedelta(seconds=6)}
"""How long an edit lies in the outbox before it may be sent, where the server itself takes nothing back."""


class EditState(StrEnum):
    """Where an edit is; an accepted one leaves the outbox."""

    WAITING = "waiting"
    SENDING = "sending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit as the person made it.

    `subject` names what is edited: edits of one subject are sent in the order they were made.
    `depends_on` is the id of an edit the server must accept first. `if_match` is the entity tag
    of the version that was edited. Raises ValueError for a kind or request that must not wait.
    """

    kind: EditKind
    method: str
    path: str
    body: Mapping[str, Any]
    subject: str
    depends_on: UUID | None = None
    if_match: str | None = None
    id: UUID = field(default_factory=uuid4)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", EditKind(self.kind))
        if self.method not in METHODS:
            raise ValueError(f"{self.method} is not a method of an edit")
        if not self.path.startswith("/v1/"):
            raise ValueError(f"{self.path} is not a path of the API")
        if self.created_at.tzinfo is None:
            raise ValueError("created_at needs a time zone")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server did not accept an edit; `current` is its copy of the subject, if it sent one."""

    code: str
    what_happened: str
    what_to_do: str
    current: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An edit in the outbox.

    `key` is the idempotency key. `uncertain` means that the server may have it already: an answer
    was lost. `refusal` is set exactly when the state is REFUSED.
    """

    edit: Edit
    key: UUID
    state: EditState
    uncertain: bool
    refusal: Refusal | None
