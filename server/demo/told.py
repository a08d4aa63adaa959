"""What one part of the demo tells the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.demo.clips import Clip
from server.kit.access import Actor


@dataclass(frozen=True)
class Written:
    """Something written (a comment, or a profile) and the policy that its words break, "" for none."""

    id: UUID
    policy: str


@dataclass(frozen=True)
class Placed:
    """A video, the clip that it shows, and the policy that its caption breaks, "" for none."""

    id: UUID
    clip: Clip
    caption_policy: str = ""


@dataclass(frozen=True)
class Made:
    """The people of the demo; `bad_bios` are creators whose profile breaks a policy."""

    moderator: Actor
    lead: Actor
    creators: Sequence[Actor]
    fans: Sequence[Actor]
    bad_bios: Sequence[Written]
