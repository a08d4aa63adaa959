"""What every change of a video leaves behind: an audit entry, and a word to the clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.audit import service as audit
from server.content.announcing import announce
from server.kit.access import Actor
from server.kit.db import WriteSession


def record(s: WriteSession, actor: Actor, action: str, video_id: UUID, now: Any, **data: Any) -> None:
    """Record what was done to a video; `now` has its `version` and `restricted_class`."""
    audit.record(s, actor=actor, action=f"content.{action}", target=f"video:{video_id}", **data)
    announce(s, video_id, now)
