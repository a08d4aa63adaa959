"""Why something of an owner's is withheld. Only moderation knows, which lies above: `app.py` plugs it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from server.content.rules import ContentType
from server.content.schemas import Restriction
from server.kit.db import AnySession
from server.kit.wire import Availability

Withheld = Mapping[tuple[ContentType, UUID], Availability]
"""What is not public, with its availability of this instant."""
Reasons = Mapping[tuple[ContentType, UUID], Restriction]


class Explain(Protocol):
    """Answers the reason of each, as far as an owner may be told; in a fixed number of queries."""

    def __call__(self, s: AnySession, withheld: Withheld, /) -> Reasons:
        """No reason for a thing means that it is not to be told."""


def untold(s: AnySession, withheld: Withheld, /) -> Reasons:
    """Tell nobody, owners neither: where things are only watched, one's own among them, as in the feed."""
    return {}
