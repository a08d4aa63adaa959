"""Global search: by id, address, handle or the beginning of a title, within what the actor may see."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from server.accounts.models import Person
from server.kit.access import Actor
from server.kit.db import AnySession
from server.moderation import policy
from server.moderation.models import Decision, Item
from server.moderation.queries.scope import open_to, visible
from server.moderation.schemas import Found

MOST = 20
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_HANDLE = re.compile(r"(?:^|/)@([A-Za-z0-9._]{1,32})$")


def search(s: AnySession, *, actor: Actor, q: str) -> list[Found]:
    """At most 20 results. An address (URL) is searched by the id or @handle in it."""
    if (match := _UUID.search(q)) is not None:
        return _by_id(s, actor, UUID(match[0]))
    people_only = _HANDLE.search(q)
    text = people_only[1] if people_only else q
    found = [
        Found(kind="creator", id=row.id, title=f"@{row.handle}", detail=row.name)
        for row in s.execute(
            select(Person.id, Person.handle, Person.name)
            .where(
                or_(
                    Person.handle.startswith(text.casefold(), autoescape=True),
                    Person.name_key.startswith(text.casefold(), autoescape=True),
                )
            )
            .order_by(Person.handle)
            .limit(MOST if people_only else MOST // 2)
        )
    ]
    if people_only is None:
        prefix = text.casefold()[:80]
        key = Item.subject_title_key
        begins = (key >= prefix) & (key < prefix + "\U0010ffff")
        found += _items(s, actor, begins, limit=MOST - len(found))
    return found


def _items(s: AnySession, actor: Actor, where: ColumnElement[bool], *, limit: int) -> list[Found]:
    nodes = policy.current(s).nodes if limit > 0 else {}
    rows = s.execute(
        select(Item.id, Item.subject_title, Item.policy, Item.state, Item.created_at, Person.handle)
        .outerjoin(Person, Person.id == Item.subject_owner_id)
        .where(where, visible(actor))
        .order_by(Item.subject_title_key, Item.id)
        .limit(limit)
    )
    return [
        Found(
            kind="item",
            id=row.id,
            title=row.subject_title,
            detail=f"{nodes[row.policy].title if row.policy in nodes else row.policy}, {row.state}",
            creator=row.handle,
            at=row.created_at,
        )
        for row in rows
    ]


def _by_id(s: AnySession, actor: Actor, wanted: UUID) -> list[Found]:
    found = _items(s, actor, or_(Item.id == wanted, Item.content_id == wanted), limit=MOST)
    person = s.execute(select(Person.handle, Person.name).where(Person.id == wanted)).one_or_none()
    if person is not None:
        found.append(Found(kind="creator", id=wanted, title=f"@{person.handle}", detail=person.name))
    decision = s.execute(
        select(Decision.outcome, Decision.policy, Decision.decided_at, Item.subject_title, Person.handle)
        .join(Item, Item.id == Decision.item_id)
        .outerjoin(Person, Person.id == Item.subject_owner_id)
        .where(Decision.id == wanted, visible(actor), open_to(actor))
    ).one_or_none()
    if decision is not None:
        node = policy.current(s).nodes.get(decision.policy or "")
        found.append(
            Found(
                kind="decision",
                id=wanted,
                title=f"{decision.outcome.capitalize()}: {decision.subject_title}",
                detail=node.title if node else decision.policy or "No violation",
                creator=decision.handle,
                at=decision.decided_at,
            )
        )
    return found[:MOST]
