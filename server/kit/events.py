"""Facts written in the transaction that made them true, and delivered upward once that has committed.

A higher domain reacts to a lower one through a handler registered in `app.py`. Each (event, handler) pair
runs exactly once: the handler's own transaction marks the delivery done.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, String, Table, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import clock
from server.kit.db import AnySession, Database, WriteSession
from server.kit.errors import Busy, told
from server.kit.models import Base, Timestamped
from server.kit.types import BigId, Json

log = logging.getLogger(__name__)
STUCK_AFTER = 10
"""Failed attempts after which the doctor speaks of a delivery; it is still tried, once an hour."""
LONGEST_WAIT_S = 3600


class Event(Timestamped, Base):
    """One fact: `topic` is `<domain>.<what_happened>`, `subject` the id it is about."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)


class Delivery(Base):
    """One handler's debt to one event; gone from the index once done."""

    __tablename__ = "event_deliveries"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    handler: Mapped[str] = mapped_column(String(96), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))


Index(
    "ix_event_deliveries_due",
    Delivery.next_at,
    sqlite_where=Delivery.done_at.is_(None),
    postgresql_where=Delivery.done_at.is_(None),
)

# On tables, not on mapped classes, and built once: nearly every transaction of the server runs these.
_events, _deliveries = cast(Table, Event.__table__), cast(Table, Delivery.__table__)
_WRITE, _OWE = insert(_events).returning(_events.c.id), insert(_deliveries)

Handler = Callable[[WriteSession, Event], None]


@dataclass(frozen=True)
class Registered:
    name: str
    run: Handler


class Bus:
    """Knows the handlers; writes events with their deliveries; delivers what is due."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Registered]] = defaultdict(list)
        self._by_name: dict[str, Handler] = {}
        self._wake = threading.Event()

    def on(self, topic: str, handler: Handler) -> None:
        """Register `handler` for `topic`; its module and name identify it across restarts."""
        name = f"{handler.__module__}.{handler.__name__}"
        self._handlers[topic].append(Registered(name, handler))
        self._by_name[name] = handler

    def emit(self, s: WriteSession, topic: str, subject: object, **payload: Any) -> int:
        """Write a fact in the caller's transaction; answers its id. `payload` is plain JSON without
        personal data."""
        fact = {"topic": topic, "subject": str(subject), "payload": payload}
        event_id = int(s.core.execute(_WRITE, fact).scalar_one())
        if handlers := self._handlers.get(topic):
            s.core.execute(_OWE, [{"event_id": event_id, "handler": handler.name} for handler in handlers])
            s.after_commit(self._wake.set)
        return event_id

    def deliver_due(self, db: Database, *, limit: int = 100) -> int:
        """Deliver what is due now, each pair in its own transaction; answers how many were tried."""
        with db.read() as s:
            due = s.execute(
                select(Delivery.event_id, Delivery.handler)
                .where(Delivery.done_at.is_(None), Delivery.next_at <= clock.now())
                .order_by(Delivery.next_at, Delivery.event_id)
                .limit(limit)
            ).all()
        for event_id, handler in due:
            self._deliver(db, event_id, handler)
        return len(due)

    def _deliver(self, db: Database, event_id: int, name: str) -> None:
        try:
            with db.write() as s:
                taken = s.changed_one(
                    update(Delivery)
                    .where(
                        Delivery.event_id == event_id, Delivery.handler == name, Delivery.done_at.is_(None)
                    )
                    .values(done_at=clock.now(), attempts=Delivery.attempts + 1, error=None)
                )
                if taken:
                    self._by_name[name](s, s.get_one(Event, event_id))
        except Busy:
            log.info("handler %s found the database busy at event %s", name, event_id)
            self._postpone(db, event_id, name, None)
        except Exception as error:
            log.exception("handler %s failed for event %s", name, event_id)
            self._postpone(db, event_id, name, error)

    def _postpone(self, db: Database, event_id: int, name: str, error: Exception | None) -> None:
        """Try again later. A busy database (None) says nothing of the handler, so it does not count."""
        with db.write() as s:
            delivery = s.get_one(Delivery, (event_id, name))
            if error:
                delivery.attempts += 1
                delivery.error = told(error)
            wait_s = min(2 ** min(delivery.attempts, 20), LONGEST_WAIT_S)
            delivery.next_at = clock.now() + timedelta(seconds=wait_s)

    def stuck(self, s: AnySession) -> dict[str, int]:
        """How many deliveries of each handler failed again and again."""
        query = (
            select(Delivery.handler, func.count().label("owed"))
            .where(Delivery.done_at.is_(None), Delivery.attempts >= STUCK_AFTER)
            .group_by(Delivery.handler)
        )
        return {row.handler: row.owed for row in s.execute(query)}

    def run(self, db: Database, stopped: threading.Event, *, every_s: float = 5.0) -> None:
        """Deliver until `stopped`: at once after a commit here, within `every_s` for other processes."""
        while not stopped.is_set():
            self._wake.clear()
            try:
                tried = self.deliver_due(db)
            except Exception:
                log.exception("event delivery is paused")
                tried = 0
            if not tried:
                self._wake.wait(every_s)

    def wake(self) -> None:
        """Let `run` look again now (also used to stop it without a wait)."""
        self._wake.set()


bus = Bus()
