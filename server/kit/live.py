"""Tells every signed-in client what changed: collected in the transaction, sent once it has committed.

On SQLite there is one process and the fan-out is a call. On PostgreSQL the change travels by NOTIFY inside
the transaction, and one LISTEN connection per process hands it to the clients of that process.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from uuid import UUID

import sqlalchemy as sa

from server.kit.db import Database, WriteSession

log = logging.getLogger(__name__)

CHANNEL = "studio_live"
CLIENT_LIMIT = 100
"""Unread changes a client may have; beyond that it is told to read anew."""
REMEMBERED = 1000
"""Changes kept for clients that come back with a Last-Event-ID."""
NOTIFY_BATCH = 35
"""Changes in one NOTIFY: its payload must stay below 8000 bytes."""


@dataclass(frozen=True, slots=True)
class Change:
    """`version` of `id` in `topic` (`<domain>.<thing>`) is new; what it says is read over HTTP.

    `not_to` is the id of a person who does not hear of it; nobody is told whose it is.
    """

    topic: str
    id: str
    version: int
    not_to: str | None = None

    def told(self) -> dict[str, object]:
        """What a client is sent."""
        return {"topic": self.topic, "id": self.id, "version": self.version}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a client gets next: changes with their event ids, `resync` = read everything anew, or the end."""

    changes: tuple[tuple[str, Change], ...] = ()
    resync: bool = False
    ended: bool = False


_NOTIFY = sa.select(sa.func.pg_notify(CHANNEL, sa.bindparam("payload")))


def publish(
    s: WriteSession, topic: str, subject: object, version: int, *, not_to: UUID | None = None
) -> None:
    """Announce a change when the caller's transaction commits; nothing is sent when it rolls back.

    `subject` is the id of what changed, at most 64 characters long; its last version in a transaction wins.
    The person `not_to` is left out.
    """
    change = Change(topic, str(subject), version, str(not_to) if not_to else None)
    s.info.setdefault("live", {})[topic, change.id] = change
    s.before_commit("live", _announce)


def _announce(s: WriteSession) -> None:
    changes: list[Change] | None = list(s.info.pop("live").values())
    if changes and len(changes) > CLIENT_LIMIT:
        changes = None
    if s.get_bind().dialect.name == "postgresql":
        for payload in _payloads(changes):
            s.core.execute(_NOTIFY, {"payload": payload})
    else:
        s.after_commit(lambda: broadcaster.receive(changes))


def _payloads(changes: list[Change] | None) -> Iterator[str]:
    if changes is None:
        yield "null"
        return
    for start in range(0, len(changes), NOTIFY_BATCH):
        yield json.dumps([asdict(change) for change in changes[start : start + NOTIFY_BATCH]])


class Subscription:
    """One client's unread changes. `wake` is called, from any thread, when there is something to take."""

    def __init__(self, wants: Callable[[Change], bool], wake: Callable[[], None]) -> None:
        self.wants = wants
        self._wake = wake
        self._guard = threading.Lock()
        self._unread: dict[tuple[str, str], tuple[str, Change]] = {}
        self._resync = False
        self._ended = False

    def put(self, event_id: str, change: Change) -> None:
        """Keep a change for the client; a newer one of the same thing replaces it."""
        if not self.wants(change):
            return
        with self._guard:
            if self._resync:
                return
            key = (change.topic, change.id)
            self._unread.pop(key, None)
            self._unread[key] = (event_id, change)
            if len(self._unread) > CLIENT_LIMIT:
                self._unread.clear()
                self._resync = True
        self._wake()

    def resync(self) -> None:
        """Drop what is unread: the client is to read everything anew."""
        with self._guard:
            self._unread.clear()
            self._resync = True
        self._wake()

    def end(self) -> None:
        """Tell the client that nothing more will come."""
        self._ended = True
        self._wake()

    def take(self) -> Batch:
        """Everything unread, in order; empties the subscription."""
        with self._guard:
            batch = Batch(tuple(self._unread.values()), self._resync, self._ended)
            self._unread.clear()
            self._resync = False
        return batch


class Broadcaster:
    """Hands the changes of this process's database to the clients of this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._clients: set[Subscription] = set()
        self._recent: deque[tuple[int, Change]] = deque(maxlen=REMEMBERED)
        self._epoch = secrets.token_hex(4)
        self._last = 0

    def receive(self, changes: Iterable[Change] | None) -> None:
        """Pass changes on; None = too many to name, or some were lost: everyone reads anew."""
        with self._guard:
            if changes is None:
                self._recent.clear()
                self._last += 1
                for client in self._clients:
                    client.resync()
                return
            for change in changes:
                self._last += 1
                self._recent.append((self._last, change))
                for client in self._clients:
                    client.put(self._name(self._last), change)

    @contextmanager
    def subscribe(
        self, *, wants: Callable[[Change], bool], wake: Callable[[], None], last_event_id: str | None
    ) -> Iterator[Subscription]:
        """A subscription that first catches up from `last_event_id`, or resyncs where that is unknown."""
        client = Subscription(wants, wake)
        with self._guard:
            self._catch_up(client, last_event_id)
            self._clients.add(client)
        try:
            yield client
        finally:
            with self._guard:
                self._clients.discard(client)

    def end(self) -> None:
        """End every client's stream, so that the process can stop."""
        with self._guard:
            for client in self._clients:
                client.end()

    @property
    def position(self) -> str:
        """The id of the newest event, for a client that connects for the first time."""
        with self._guard:
            return self._name(self._last)

    @property
    def clients(self) -> int:
        with self._guard:
            return len(self._clients)

    def _name(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    def _catch_up(self, client: Subscription, last_event_id: str | None) -> None:
        if last_event_id is None or last_event_id == self._name(self._last):
            return
        epoch, _, number = last_event_id.partition("-")
        oldest = self._recent[0][0] if self._recent else self._last + 1
        known = epoch == self._epoch and number.isascii() and number.isdigit() and len(number) < 19
        if not known or not oldest - 1 <= int(number) <= self._last:
            client.resync()
            return
        for seen, change in self._recent:
            if seen > int(number):
                client.put(self._name(seen), change)


broadcaster = Broadcaster()


class Listener:
    """The LISTEN connection of one process; reconnects by itself, after which everyone reads anew."""

    def __init__(self, db: Database, to: Broadcaster = broadcaster) -> None:
        url = sa.make_url(db.url).set(drivername="postgresql")
        self._conninfo = url.render_as_string(hide_password=False)
        self._to = to
        self._stopped = threading.Event()
        self.connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; takes at most half a second."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s = 0.5
        while not self._stopped.is_set():
            try:
                self._listen()
                wait_s = 0.5
            except Exception as error:
                log.warning("the LISTEN connection is lost: %s", type(error).__name__)
            self.connected.clear()
            if self._stopped.wait(wait_s):
                return
            wait_s = min(wait_s * 2, 15.0)

    def _listen(self) -> None:
        import psycopg

        with psycopg.connect(
            self._conninfo, autocommit=True, keepalives_idle=10, keepalives_interval=5, keepalives_count=3
        ) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._to.receive(None)
            self.connected.set()
            while not self._stopped.is_set():
                for notice in connection.notifies(timeout=0.5):
                    found = json.loads(notice.payload)
                    self._to.receive(None if found is None else [Change(**change) for change in found])


def listen(db: Database) -> Listener | None:
    """Start hearing what other processes change; None on SQLite, where there are none."""
    return None if db.sqlite else Listener(db)


def round_trip(db: Database, *, timeout_s: float = 2.0) -> bool:
    """Whether a NOTIFY over the pool reaches a LISTEN connection (a transaction pooler breaks that)."""
    to = Broadcaster()
    arrived = threading.Event()
    listener = Listener(db, to)
    try:
        if not listener.connected.wait(timeout_s):
            return False
        with to.subscribe(wants=lambda _: True, wake=arrived.set, last_event_id=None):
            with db.write() as s:
                publish(s, "ops.round_trip", "doctor", 0)
            return arrived.wait(timeout_s)
    finally:
        listener.stop()
