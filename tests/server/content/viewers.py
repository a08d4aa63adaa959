"""What tests of viewers tell the server, and how they read what it counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content import viewing
from server.content.models import VideoCounts
from server.content.rules import EventKind
from server.content.schemas import EventVerdict, ViewerEvent
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.content.conftest import acting

DURATION_MS = 4_000
MS = timedelta(milliseconds=1)


def viewer(db: Database) -> Actor:
    """Somebody new."""
    person_id = uuid4()
    name = person_id.hex[:12]
    with db.write() as s:
        s.add(Person(id=person_id, handle=name, name=name, name_key=name))
        s.flush()
        return acting(s.get_one(Person, person_id), Role.FAN)


def send(db: Database, actor: Actor, events: Sequence[ViewerEvent]) -> list[EventVerdict]:
    with db.write() as s:
        return viewing.take_in(s, actor=actor, events=events)


def numbers(db: Database, videos: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    columns = [c.name for c in VideoCounts.__table__.c if c.name != "video_id"]
    with db.read() as s:
        rows = {row.video_id: row for row in s.scalars(sa.select(VideoCounts))}
    return {v: {c: getattr(rows[v], c) if v in rows else 0 for c in columns} for v in videos}


def watch(video: UUID, at: datetime, **more: Any) -> ViewerEvent:
    given: dict[str, Any] = {
        "id": uuid4(),
        "kind": EventKind.WATCH,
        "at": at,
        "session_id": uuid4(),
        "video_id": video,
        "playback_id": uuid4(),
        "start_ms": 0,
        "end_ms": 3_000,
        "wall_ms": 3_000,
    }
    return ViewerEvent(**given | more)


def said(kind: EventKind, **more: Any) -> ViewerEvent:
    return ViewerEvent(**{"id": uuid4(), "kind": kind, "at": clock.now(), "session_id": uuid4()} | more)


def codes(verdicts: Sequence[EventVerdict]) -> list[str]:
    return [v.code or v.verdict for v in verdicts]
