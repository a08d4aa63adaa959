"""What every change of an opinion leaves behind: an audit entry, and a word to the clients."""

from __future__ import annotations

from typing import Any, Final, cast

from sqlalchemy import Table

from server.audit import service as audit
from server.forensics.opinion.models import Opinion
from server.forensics.record import is_restricted
from server.kit import live
from server.kit.access import Actor
from server.kit.db import WriteSession

LIVE_TOPIC: Final = "forensics.opinion"
"""What is published of an opinion, by the id of its video; nothing of the restricted class is."""

opinions = cast(Table, Opinion.__table__)
RETURNED: Final = (opinions.c.id, opinions.c.video_id, opinions.c.version, opinions.c.tries)


def record(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> bool:
    """Record that `what` happened to an opinion, given its `RETURNED`; answers whether its video is of the
    restricted class."""
    restricted = is_restricted(s, row.video_id)
    audit.record(
        s,
        actor=actor,
        action=f"forensics.opinion_{what}",
        target=f"video:{row.video_id}",
        restricted=restricted,
        opinion=str(row.id),
        **data,
    )
    if not restricted:
        live.publish(s, LIVE_TOPIC, row.video_id, row.version)
    return restricted
