"""The ordered list of edits the server has not accepted yet; it survives kill -9 at once, and a loss of power
milliseconds later (see `store`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from studio.offline.changes import Changes
from studio.offline.edits import HELD, Edit, EditKind, EditState, Entry, Refusal
from studio.offline.store import Store

KIND = "outbox"  # in Changes: something about the list itself
ORIGIN = "outbox"

_ORPHANED = Refusal(
    code="dependency_gone",
    what_happened="The edit this one builds on was withdrawn.",
    what_to_do="Send it anyway, change it, or discard it.",
)

_UNREADABLE = Refusal(
    code="unreadable",
    what_happened="This version of Creator Studio cannot read this edit; nothing was sent.",
    what_to_do="Open it with the version that made it, or copy what you wrote and give it up.",
)

# The oldest edit that may go now: nothing older of the same subject is on its way, and what it
# depends on has been accepted, that is, has left the table. A refused edit is out of the line
# until somebody looks at it; it must not hold up later work on the same subject.
_NEXT = """
SELECT * FROM outbox AS o
WHERE state = 'waiting' AND id NOT IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.subject = o.subject AND e.seq < o.seq
                  AND e.state <> 'refused')
  AND NOT EXISTS (SELECT 1 FROM outbox AS d WHERE d.id = o.depends_on)
ORDER BY seq LIMIT 1
"""

# The last of its kind that may still grow: certainly never sent, so that no key stands for two bodies.
_GROWING = """
SELECT id, body FROM outbox
WHERE kind = ? AND method = ? AND path = ? AND subject = ? AND state = 'waiting' AND NOT uncertain
ORDER BY seq DESC LIMIT 1
"""

_WAITING = "SELECT id, created_at FROM outbox WHERE state = 'waiting' AND kind = ?"
_UNDO = "DELETE FROM outbox WHERE id = ? AND state = 'waiting' AND NOT uncertain RETURNING *"
_DISCARD = "DELETE FROM outbox WHERE id = ? AND state <> 'sending' RETURNING *"


class TooLate(Exception):
    """The edit has been sent, accepted or withdrawn in the meantime."""


class Outbox:
    """Edits from the moment they are made until the server has accepted them.

    Every method is one transaction that is stored when it returns, and blocks for that
    long: call them off the UI thread (`Tasks.write`). Those that change something return the
    Changes to broadcast. Those of a person (`undo` to `discard`) raise TooLate when the edit is
    not in a state that allows it.

    waiting -> sending -> (gone: accepted) | refused -> waiting (retry, revise) | (gone: discarded)
    """

    def __init__(self, store: Store, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._now = store, now

    # What a person does

    def add(self, edit: Edit, *, drafts: Collection[str] = ()) -> Changes:
        """Take an edit over. The same edit twice is one edit.

        The `drafts` it was made from are forgotten in the same transaction: what a person typed is
        always in one of the two places.
        """
        row = {
            "id": str(edit.id),
            "kind": edit.kind,
            "method": edit.method,
            "path": edit.path,
            "body": json.dumps(edit.body),
            "subject": edit.subject,
            "if_match": edit.if_match,
            "depends_on": str(edit.depends_on) if edit.depends_on else None,
            "created_at": edit.created_at.isoformat(),
            "idempotency_key": str(edit.id),
        }
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO outbox (id, kind, method, path, body, subject, if_match, depends_on,"
                " created_at, idempotency_key, state) VALUES (:id, :kind, :method, :path, :body,"
                " :subject, :if_match, :depends_on, :created_at, :idempotency_key, 'waiting')"
                " ON CONFLICT (id) DO NOTHING",
                row,
            )
            db.executemany("DELETE FROM drafts WHERE key = ?", [(key,) for key in drafts])
        return _changes(edit)

    def join(self, edit: Edit, together: Callable[[Any, Any], Mapping[str, Any] | None]) -> Changes:
        """Take an edit over by making it part of the last one like it (kind, request, subject) that waits.

        `together` gets that one's body and the new one, and returns both in one, or None when that would be
        too much: then, or when nothing waits that was certainly never sent, it is added as it is.
        """
        like = (edit.kind, edit.method, edit.path, edit.subject)
        with self._store.transaction() as db:
            row = db.execute(_GROWING, like).fetchone()
            whole = together(json.loads(row["body"]), edit.body) if row is not None else None
            if row is not None and whole is not None:
                db.execute("UPDATE outbox SET body = ? WHERE id = ?", (json.dumps(whole), row["id"]))
                return Changes(
                    kinds=frozenset({KIND}), ids=frozenset({row["id"], edit.subject}), origin=ORIGIN
                )
        return self.add(edit)

    def undo(self, edit_id: UUID) -> Changes:
        """Withdraw an edit of which it is certain that the server never saw it."""
        return self._remove(_UNDO, edit_id)

    def discard(self, edit_id: UUID) -> Changes:
        """Give up an edit that was refused or is stuck (the server may have it if `uncertain`)."""
        return self._remove(_DISCARD, edit_id)

    def retry(self, edit_id: UUID) -> Changes:
        """Send a refused edit again as it is."""
        return self._requeue(edit_id, None)

    def revise(self, edit_id: UUID, body: Mapping[str, Any]) -> Changes:
        """Send a refused edit again with another body."""
        return self._requeue(edit_id, json.dumps(body))

    # What is in it

    def entries(self) -> list[Entry]:
        """Return every edit, oldest first."""
        return [_entry(row) for row in self._store.rows("SELECT * FROM outbox ORDER BY seq")]

    def counts(self, *, without: EditKind | None = None) -> dict[EditState, int]:
        """Return how many edits are in each state; of the kind `without` only those that were refused."""
        rows = self._store.rows(
            "SELECT state, count(*) AS n FROM outbox WHERE kind IS NOT ? OR state = 'refused' GROUP BY state",
            (without,),
        )
        found = {row["state"]: row["n"] for row in rows}
        return {state: found.get(state, 0) for state in EditState}

    # What the sender does

    def recover(self) -> None:
        """After a start: what was being sent when the program ended waits again, uncertain."""
        with self._store.transaction() as db:
            db.execute("UPDATE outbox SET state = 'waiting', uncertain = 1 WHERE state = 'sending'")

    def take(self, *, resting: Collection[UUID] = ()) -> Entry | None:
        """Mark the next edit as being sent and return it; None when none may go.

        `resting` are edits to leave alone for now, as are those that are still held. One that cannot be
        read comes back REFUSED: it must not hold up the others.
        """
        with self._store.transaction() as db:
            later = [*(str(edit_id) for edit_id in resting), *(name for name, _ in self._held())]
            row = db.execute(_NEXT, (json.dumps(later),)).fetchone()
            if row is None:
                return None
            readable = _entry(row).edit.kind is not EditKind.UNKNOWN
            refusal = None if readable else json.dumps(asdict(_UNREADABLE))
            updated = db.execute(
                "UPDATE outbox SET state = ?, refusal = ? WHERE seq = ? RETURNING *",
                ("sending" if readable else "refused", refusal, row["seq"]),
            )
            return _entry(updated.fetchone())

    def held_s(self) -> float | None:
        """Seconds until the next edit that is held may go; None where none is."""
        return min((seconds for _, seconds in self._held()), default=None)

    def _held(self) -> Iterator[tuple[str, float]]:
        """The edits that are held, and for how many seconds more. One from the future is not: the clock was
        set back since, and it would lie there for hours."""
        now = self._now()
        for kind, held in HELD.items():
            for row in self._store.rows(_WAITING, (kind,)):
                since = now - _when(row["created_at"])
                if timedelta() <= since < held:
                    yield row["id"], (held - since).total_seconds()

    def put_back(self, entry: Entry, *, uncertain: bool) -> Changes:
        """No final answer came; `uncertain` when the request may have reached the server."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE outbox SET state = 'waiting', uncertain = uncertain OR ?"
                " WHERE id = ? AND state = 'sending'",
                (uncertain, str(entry.edit.id)),
            )
        return _changes(entry.edit)

    def refuse(self, entry: Entry, *, refusal: Refusal) -> Changes:
        """The server will not take it: keep it with the reason until a person has decided."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE outbox SET state = 'refused', refusal = ? WHERE id = ? AND state = 'sending'",
                (json.dumps(asdict(refusal)), str(entry.edit.id)),
            )
        return _changes(entry.edit)

    def accept(self, entry: Entry) -> Changes:
        """The server has it: the edit is done and leaves the list."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM outbox WHERE id = ?", (str(entry.edit.id),))
        return _changes(entry.edit, entry.edit.kind)

    def _remove(self, statement: str, edit_id: UUID) -> Changes:
        with self._store.transaction() as db:
            removed = _found(db.execute(statement, (str(edit_id),)).fetchone())
            db.execute(
                "UPDATE outbox SET state = 'refused', refusal = ? WHERE depends_on = ? AND state = 'waiting'",
                (json.dumps(asdict(_ORPHANED)), str(edit_id)),
            )
        return _changes(removed.edit)

    def _requeue(self, edit_id: UUID, body: str | None) -> Changes:
        # A new key: a refusal is a final answer, and the server may repeat its answer to a key.
        with self._store.transaction() as db:
            row = db.execute(
                "UPDATE outbox SET state = 'waiting', refusal = NULL, uncertain = 0,"
                " idempotency_key = ?, body = coalesce(?, body)"
                " WHERE id = ? AND state = 'refused' RETURNING *",
                (str(uuid4()), body, str(edit_id)),
            ).fetchone()
        return _changes(_found(row).edit)


def _found(row: sqlite3.Row | None) -> Entry:
    if row is None:
        raise TooLate("The edit has already been sent or withdrawn.")
    return _entry(row)


def _changes(edit: Edit, *kinds: str) -> Changes:
    ids = frozenset({str(edit.id), edit.subject})
    return Changes(kinds=frozenset({KIND, *kinds}), ids=ids, origin=ORIGIN)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        edit = _edit(row)
    except (TypeError, ValueError):
        wrote = {"body": f"{row['kind']}: {row['body']}"}
        edit = Edit(
            EditKind.UNKNOWN,
            "POST",
            "/v1/",
            wrote,
            row["subject"],
            id=UUID(row["id"]),
            created_at=_when(row["created_at"]),
        )
    return Entry(
        edit=edit,
        key=UUID(row["idempotency_key"]),
        state=EditState(row["state"]),
        uncertain=bool(row["uncertain"]),
        refusal=_refusal(row["refusal"]) if row["refusal"] else None,
    )


def _refusal(text: str) -> Refusal:
    try:
        return Refusal(**json.loads(text))
    except (TypeError, ValueError):
        return _UNREADABLE


def _when(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _edit(row: sqlite3.Row) -> Edit:
    return Edit(
        kind=EditKind(row["kind"]),
        method=row["method"],
        path=row["path"],
        body=json.loads(row["body"]),
        subject=row["subject"],
        depends_on=UUID(row["depends_on"]) if row["depends_on"] else None,
        if_match=row["if_match"],
        id=UUID(row["id"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
