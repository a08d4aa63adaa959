"""Packs of sparks: taken in from others, and written for them. What comes in is hostile: it becomes drafts
and versions, which nobody plays until they were judged here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from server.audit import service as audit
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict
from server.sparks import queries, service
from server.sparks.judging import Content
from server.sparks.models import sparks, versions
from server.sparks.rules import SparkState
from server.sparks.schemas import Imported, ImportReceipt, Outcome


def take_in(s: WriteSession, *, actor: Actor, contents: Sequence[Content], note: str) -> ImportReceipt:
    """Make a draft or a version of each spark that is not known by its content."""
    return ImportReceipt(items=[_take(s, actor, content, note) for content in contents])


def _take(s: WriteSession, actor: Actor, content: Content, note: str) -> Imported:
    there = s.execute(
        select(sparks.c.id, sparks.c.version).where(sparks.c.slug == content.slug).with_for_update()
    ).one_or_none()
    if there is None:
        made = service.create(s, actor=actor, content=content, note=note)
        return Imported(slug=content.slug, outcome=Outcome.CREATED, spark_id=made, number=1)
    same = (versions.c.spark_id == there.id, versions.c.sha256 == content.sha256)
    known = s.scalar(select(versions.c.number).where(*same))
    if known is not None:
        return Imported(slug=content.slug, outcome=Outcome.KNOWN, spark_id=there.id, number=known)
    number = service.add_version(
        s, actor=actor, spark_id=there.id, version=there.version, content=content, note=note
    )
    return Imported(slug=content.slug, outcome=Outcome.VERSION, spark_id=there.id, number=number)


def written(s: WriteSession, *, actor: Actor, state: SparkState, family: str | None) -> str:
    """The sparks in a state as the pack that `take_in` was made for, each in its published version; that they
    were taken is put on record. Raises Conflict `pack_full` for more than a pack can hold."""
    from server.sparks.engine.format.reading import LARGEST_PACK, MOST_SPARKS, PACK_SCHEMA

    rows = queries.to_export(s, state=state, family=family, limit=MOST_SPARKS + 1)
    # Each is canonical JSON by itself, and so is what they are put into.
    pack = f'{{"schema":"{PACK_SCHEMA}","sparks":[{",".join(row.content for row in rows)}]}}'
    if len(rows) > MOST_SPARKS or len(pack.encode()) > LARGEST_PACK:
        raise Conflict("That is more than a pack can hold: export a family at a time.", code="pack_full")
    audit.record(
        s,
        actor=actor,
        action="sparks.exported",
        target="sparks:catalogue",
        state=str(state),
        family=family,
        sparks=len(rows),
    )
    return pack
