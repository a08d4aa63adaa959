"""Reads of the catalogue. What a reader may not see does not exist here: drafts, versions that have not
passed and planned prices are for whoever edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, true

from server.kit import clock, job_history
from server.kit.access import Actor
from server.kit.db import AnySession
from server.sparks.engine.format.spark import Tier
from server.sparks.models import prices, sparks, versions
from server.sparks.rules import SparkState, VersionState

EDIT = "sparks.edit"
Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which sparks of the catalogue; what is None does not matter. `text` is looked for in names."""

    state: SparkState = SparkState.PUBLISHED
    tier: Tier | None = None
    family: str | None = None
    least: int | None = None
    most: int | None = None
    text: str | None = None


def _visible(viewer: Actor) -> ColumnElement[bool]:
    if viewer.can(EDIT):
        return true()
    return sparks.c.state.in_((SparkState.PUBLISHED, SparkState.RETIRED))


def _sparks(viewer: Actor) -> Select[*tuple[Any, ...]]:
    """Sparks with `credits`, what they cost now, and `number` and `sha256` of the version that is shown."""
    now = clock.now()
    shown = func.coalesce(sparks.c.published_version, sparks.c.current_version)
    version = and_(versions.c.spark_id == sparks.c.id, versions.c.number == shown)
    price = and_(
        prices.c.spark_id == sparks.c.id,
        prices.c.valid_from <= now,
        or_(prices.c.valid_to.is_(None), prices.c.valid_to > now),
    )
    return (
        select(*sparks.c, versions.c.number, versions.c.sha256, prices.c.credits)
        .join(versions, version)
        .outerjoin(prices, price)
        .where(_visible(viewer))
    )


def page(s: AnySession, viewer: Actor, wanted: Wanted, *, after: str | None, limit: int) -> Rows:
    """Sparks by their slugs, from after the slug `after` on."""
    found = _sparks(viewer).where(sparks.c.state == wanted.state)
    if wanted.tier is not None:
        found = found.where(sparks.c.tier == wanted.tier)
    if wanted.family is not None:
        found = found.where(sparks.c.family == wanted.family)
    if wanted.least is not None:
        found = found.where(prices.c.credits >= wanted.least)
    if wanted.most is not None:
        found = found.where(prices.c.credits <= wanted.most)
    if wanted.text is not None:
        words = wanted.text.casefold()
        found = found.where(
            or_(
                sparks.c.name_key.contains(words, autoescape=True),
                sparks.c.slug.contains(words, autoescape=True),
            )
        )
    if after is not None:
        found = found.where(sparks.c.slug > after)
    return s.execute(found.order_by(sparks.c.slug).limit(limit)).all()


def spark(s: AnySession, viewer: Actor, spark_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One spark, as it is now."""
    return s.execute(_sparks(viewer).where(sparks.c.id == spark_id)).one_or_none()


def _versions(viewer: Actor, spark_id: UUID) -> Select[*tuple[Any, ...]]:
    found = (
        select(*versions.c)
        .join(sparks, sparks.c.id == versions.c.spark_id)
        .where(versions.c.spark_id == spark_id, _visible(viewer))
    )
    return found if viewer.can(EDIT) else found.where(versions.c.state == VersionState.PASSED)


def version_page(s: AnySession, viewer: Actor, spark_id: UUID, *, before: int | None, limit: int) -> Rows:
    """The versions of a spark, the newest first, from before the number `before` on."""
    found = _versions(viewer, spark_id)
    if before is not None:
        found = found.where(versions.c.number < before)
    return s.execute(found.order_by(versions.c.number.desc()).limit(limit)).all()


def version(s: AnySession, viewer: Actor, spark_id: UUID, number: int) -> Row[*tuple[Any, ...]] | None:
    """One version of a spark with its content."""
    return s.execute(_versions(viewer, spark_id).where(versions.c.number == number)).one_or_none()


def price_page(s: AnySession, viewer: Actor, spark_id: UUID, *, before: datetime | None, limit: int) -> Rows:
    """The prices of a spark, the last one first; of those that are planned only whoever edits hears."""
    found = (
        select(*prices.c)
        .join(sparks, sparks.c.id == prices.c.spark_id)
        .where(prices.c.spark_id == spark_id, _visible(viewer))
    )
    if not viewer.can(EDIT):
        found = found.where(prices.c.valid_from <= clock.now())
    if before is not None:
        found = found.where(prices.c.valid_from < before)
    return s.execute(found.order_by(prices.c.valid_from.desc()).limit(limit)).all()


def to_export(s: AnySession, *, state: SparkState, family: str | None, limit: int) -> Rows:
    """The files of sparks, of each the published version, or the newest of what was never published."""
    shown = func.coalesce(sparks.c.published_version, sparks.c.current_version)
    found = (
        select(sparks.c.slug, versions.c.content)
        .join(versions, and_(versions.c.spark_id == sparks.c.id, versions.c.number == shown))
        .where(sparks.c.state == state)
    )
    if family is not None:
        found = found.where(sparks.c.family == family)
    return s.execute(found.order_by(sparks.c.slug).limit(limit)).all()


# What jobs need


def work(s: AnySession, spark_id: UUID, number: int, job: str) -> Row[*tuple[Any, ...]] | None:
    """A version that this job is to judge."""
    mine = (versions.c.spark_id == spark_id, versions.c.number == number)
    return s.execute(
        select(versions.c.content, versions.c.sha256).where(
            *mine, versions.c.state == VersionState.JUDGING, versions.c.job == job
        )
    ).one_or_none()


def abandoned(s: AnySession) -> list[Row[*tuple[Any, ...]]]:
    """Versions that are to be judged although their job has ended."""
    rows = s.execute(
        select(versions.c.spark_id, versions.c.number, versions.c.job)
        .where(versions.c.state == VersionState.JUDGING)
        .order_by(versions.c.asked_at)
    ).all()
    at_work = job_history.unfinished(s, [row.job for row in rows])
    return [row for row in rows if row.job not in at_work]


def begun(s: AnySession, *, limit: int) -> list[UUID]:
    """Sparks of which a price has begun by itself since they were last changed."""
    due = exists().where(
        prices.c.spark_id == sparks.c.id,
        prices.c.valid_from > sparks.c.updated_at,
        prices.c.valid_from <= clock.now(),
    )
    return list(s.scalars(select(sparks.c.id).where(due).order_by(sparks.c.id).limit(limit)))
