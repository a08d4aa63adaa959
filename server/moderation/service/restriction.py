"""The restricted class (child safety): a fixed rule that nobody can configure away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from server.accounts import service as accounts
from server.content import comments
from server.content import service as content
from server.kit import live, locks
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.moderation import policy as policies
from server.moderation.models import Item
from server.moderation.rules import ContentType, ItemState, queue_of, rest_state
from server.moderation.service.record import FREE, changed, items

SUBJECT = 7_203_004
"""The space of the ids of subjects, for `locks.hold`."""


def foresee(s: WriteSession, *, policy: str | None, of: ColumnElement[bool]) -> None:
    """`hold_subject` for the item `of`, if what is about to be said puts it into the class."""
    if policy is not None and is_restricted(s, policy):
        subject = (Item.content_type, Item.content_id)
        found = s.execute(select(*subject).where(of, Item.restricted.is_(False))).one_or_none()
        if found is not None:
            hold_subject(s, content_type=found.content_type, content_id=found.content_id)


def is_restricted(s: WriteSession, policy: str | None) -> bool:
    """Whether a policy is one of the class; an unknown one is not."""
    node = policies.current(s).nodes.get(policy or "")
    return node is not None and node.restricted


def hold_subject(s: WriteSession, *, content_type: ContentType, content_id: UUID) -> None:
    """Lock all that `quarantine` will change, in one order (the file, the subject, the items), before
    anything else.

    Two people who say the same of two videos of one file each have an item and want that of the other.
    """
    subjects: Collection[UUID] = [content_id]
    if content_type is ContentType.VIDEO:
        subjects = content.hold_file(s, video_id=content_id)
    locks.hold(s, SUBJECT, content_id.bytes)
    s.execute(select(Item.id).where(Item.content_id.in_(subjects)).order_by(Item.id).with_for_update())


def share_subject(s: WriteSession, *, content_type: ContentType, content_id: UUID) -> None:
    """Let nobody else put the subject into the class until this transaction ends: an item that is opened
    meanwhile would be seen by neither, and stay in front of everybody."""
    if content_type in (ContentType.VIDEO, ContentType.CAPTION):
        content.share_file(s, video_id=content_id)
    locks.hold(s, SUBJECT, content_id.bytes, shared=True)


def quarantine(s: WriteSession, *, content_type: ContentType, content_id: UUID) -> None:
    """From now on only cleared people see any item of this subject, and nothing derived from it is kept.

    What a video shows is in its file: every other video of it goes along. A caption is its own video's alone.
    Whoever has such an item loses the claim: it must not stay open in front of someone who is not cleared.
    """
    subjects = {content_id}
    if content_type in (ContentType.VIDEO, ContentType.CAPTION):
        of_video = content_type is ContentType.VIDEO
        subjects |= {*content.set_restricted_class(s, actor=SYSTEM, video_id=content_id, whole_file=of_video)}
    if content_type is ContentType.COMMENT:
        comments.restrict_comment(s, actor=SYSTEM, comment_id=content_id)
    if content_type is ContentType.PROFILE:
        accounts.restrict_profile(s, actor=SYSTEM, person_id=content_id)
    found = s.execute(
        select(Item.id, Item.state, Item.stage, Item.first_opinion_id)
        .where(Item.content_id.in_(subjects), Item.restricted.is_(False))
        .order_by(Item.id)
        .with_for_update()
    ).all()
    for item in found:
        second = item.first_opinion_id is not None
        values: dict[str, Any] = {
            "restricted": True,
            "queue_id": queue_of(restricted=True, stage=item.stage, second=second),
            "version": items.c.version + 1,
        }
        if item.state in (ItemState.CLAIMED, ItemState.ON_HOLD):
            values |= {"state": rest_state(item.stage, second=second), **FREE}
        version = s.execute(
            update(items).where(items.c.id == item.id).values(values).returning(items.c.version)
        ).scalar_one()
        changed(s, actor=SYSTEM, what="item_restricted", item_id=item.id, restricted=True, version=version)
        live.publish(s, "moderation.item", item.id, version)
