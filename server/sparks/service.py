"""The catalogue: each change names in its WHERE the state that it starts from.

What a file is has been read before (`judging.accepted`): no command looks into one.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from server.content.media.results import Refused
from server.kit import clock, jobs
from server.kit.access import SYSTEM, Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.upsert import insert_ignoring
from server.sparks import pricing
from server.sparks.engine.format.spark import Tier
from server.sparks.engine.version import ENGINE
from server.sparks.judging import Content, Judgement, check_hash
from server.sparks.models import CatalogueSpark, sparks, versions
from server.sparks.record import changed, judged
from server.sparks.rows import edited, expect, locked, tell_of_begun
from server.sparks.rules import (
    REASON_MAX,
    RUNS,
    SPARK_MACHINE,
    VERSION_MACHINE,
    SparkState,
    VersionState,
    sources_of,
    target_of,
)

JOB = "sparks.judge_version"
_WORD = {"publish": "published", "retire": "retired", "restore": "restored"}


# Drafts and versions


def create(
    s: WriteSession, *, actor: Actor, content: Content, note: str = "", spark_id: UUID | None = None
) -> UUID:
    """Make a draft of a file; answers its id. Raises Conflict `slug_taken`, and `id_taken` for an id that the
    client made and that is another's."""
    now, made = clock.now(), spark_id or uuid4()
    values = {
        "id": made,
        "slug": content.slug,
        **_shown(content),
        "state": SparkState.DRAFT,
        "current_version": 1,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    if not insert_ignoring(s, CatalogueSpark, values):
        if s.scalar(select(sparks.c.id).where(sparks.c.slug == content.slug)) is not None:
            raise Conflict(f"There is a spark {content.slug}.", code="slug_taken")
        raise Conflict("There is a spark with this id.", code="id_taken")
    _add(s, actor, made, 1, content, note)
    changed(s, actor, "created", _row(s, made), slug=content.slug, sha256=content.sha256)
    return made


def add_version(
    s: WriteSession, *, actor: Actor, spark_id: UUID, version: int, content: Content, note: str = ""
) -> int:
    """Add another file to a spark that is still at `version`; answers its number. What is published stays so.

    Raises NotFound, Stale, Conflict `known_content`, Invalid `other_spark` for the file of another.
    """
    row = locked(s, spark_id)
    if content.slug != row.slug:
        raise Invalid(
            f"This is the file of {content.slug}: the `id` of a spark stays {row.slug}.", code="other_spark"
        )
    mine = (versions.c.spark_id == spark_id, versions.c.sha256 == content.sha256)
    known = s.scalar(select(versions.c.number).where(*mine))
    if known is not None:
        raise Conflict(f"Version {known} of this spark is the same.", code="known_content")
    number = int(row.current_version) + 1
    values: dict[str, Any] = {"current_version": number}
    if row.published_version is None:
        values |= _shown(content)
    after = edited(s, spark_id, version, **values)
    _add(s, actor, spark_id, number, content, note)
    changed(s, actor, "version_added", after, number=number, sha256=content.sha256)
    return number


def _shown(content: Content) -> dict[str, Any]:
    """What the catalogue says of a file."""
    return {
        "name": content.name,
        "name_key": content.name.casefold()[:120],
        "tier": content.tier,
        "family": content.family,
        "duration_ms": content.duration_ms,
    }


def _add(s: WriteSession, actor: Actor, spark_id: UUID, number: int, content: Content, note: str) -> None:
    values = {
        "spark_id": spark_id,
        "number": number,
        "state": target_of(VERSION_MACHINE, "add"),
        "content": content.text,
        "sha256": content.sha256,
        "author": actor.ref,
        "note": note,
        "at": clock.now(),
        "runs": 0,
    }
    s.execute(insert(versions).values(values))


def _row(s: WriteSession, spark_id: UUID) -> Any:
    return s.execute(select(sparks).where(sparks.c.id == spark_id)).one()


# Publication


def ask(s: WriteSession, *, actor: Actor, spark_id: UUID, number: int, sha256: str) -> None:
    """Ask for the publication of the version that has this hash: a worker judges it, and if nothing is in the
    way it is published. One that this engine has let pass before is published at once.

    Raises NotFound, Invalid `hash_mismatch`, Conflict `spark_state`, `already_published`, `judging_already`.
    """
    row = locked(s, spark_id)
    mine = (versions.c.spark_id == spark_id, versions.c.number == number)
    asked = s.execute(select(versions).where(*mine)).one_or_none()
    if asked is None:
        raise NotFound("There is no such version.")
    check_hash(asked.sha256, sha256)
    if row.state not in sources_of(SPARK_MACHINE, "publish"):
        raise Conflict(f"This spark is {row.state}: bring it back first.", code="spark_state")
    if row.published_version == number:
        raise Conflict("This version is the published one.", code="already_published")
    judging = (versions.c.spark_id == spark_id, versions.c.state == VersionState.JUDGING)
    if s.scalar(select(versions.c.number).where(*judging)) is not None:
        raise Conflict("A version of this spark is being judged now.", code="judging_already")
    if asked.state is VersionState.PASSED and (asked.verdict or {}).get("engine") == ENGINE:
        _publish(s, actor, asked)
        return
    begun = s.execute(
        update(versions)
        .where(*mine, versions.c.state.in_(sources_of(VERSION_MACHINE, "ask")))
        .values(
            state=target_of(VERSION_MACHINE, "ask"),
            asked_at=clock.now(),
            asked_by=actor.ref,
            verdict=None,
            judged_at=None,
            fault=None,
            reason=None,
            runs=1,
        )
        .returning(*versions.c)
    ).one_or_none()
    if begun is None:
        raise Conflict("A version of this spark is being judged now.", code="judging_already")
    _queue(s, spark_id, number)
    judged(s, actor, "asked", begun)


def _queue(s: WriteSession, spark_id: UUID, number: int) -> None:
    job = f"{JOB} {uuid4()}"
    jobs.enqueue(s, JOB, spark_id, number, job, workflow_id=job)
    mine = (versions.c.spark_id == spark_id, versions.c.number == number)
    s.execute(update(versions).where(*mine).values(job=job))


def keep(s: WriteSession, *, actor: Actor, spark_id: UUID, number: int, job: str, found: Judgement) -> bool:
    """Keep what a worker says of a version, and publish one that has passed, unless the spark was retired
    meanwhile; False when the version is not (any more) with this job."""
    event = "refuse" if found.refusals else "pass"
    said: dict[str, Any] = {"verdict": asdict(found), "judged_at": clock.now(), "fault": None}
    may = locked(s, spark_id).state in sources_of(SPARK_MACHINE, "publish")
    done = _judged(s, spark_id, number, job, event, job_after=None, **said)
    if done is None:
        return False
    codes = sorted({one.code for one in found.refusals})
    judged(s, actor, "refused" if codes else "passed", done, asked_by=done.asked_by, codes=codes)
    if may and not codes:
        _publish(s, actor, done)
    return True


def vouch(s: WriteSession, *, actor: Actor, spark_id: UUID, number: int, verdict: dict[str, Any]) -> None:
    """Publish a version that the build has judged: for the built-in sparks alone. Raises Conflict
    `spark_state`."""
    mine = (versions.c.spark_id == spark_id, versions.c.number == number)
    passed = s.execute(
        update(versions)
        .where(*mine, versions.c.state.in_(sources_of(VERSION_MACHINE, "vouch")))
        .values(state=target_of(VERSION_MACHINE, "vouch"), verdict=verdict, judged_at=clock.now())
        .returning(*versions.c)
    ).one()
    judged(s, actor, "vouched", passed)
    _publish(s, actor, passed)


def died(s: WriteSession, *, actor: Actor, spark_id: UUID, number: int, job: str, why: Refused) -> bool:
    """Take a version from a job whose worker died: another one judges it, then it is left alone, with the
    reason. False when it is not (any more) with this job."""
    again = _judged(s, spark_id, number, job, "die", runs_below=RUNS, fault=why.code[:40])
    if again is not None:
        _queue(s, spark_id, number)
        judged(s, actor, "given_back", again, code=why.code[:40])
        return True
    said: dict[str, Any] = {
        "fault": why.code[:40],
        "reason": why.reason[:REASON_MAX],
        "judged_at": clock.now(),
    }
    parked = _judged(s, spark_id, number, job, "park", job_after=None, **said)
    if parked is None:
        return False
    judged(s, actor, "parked", parked, code=why.code[:40], runs=parked.runs)
    return True


def postpone(s: WriteSession, *, spark_id: UUID, number: int, job: str) -> bool:
    """Have a version judged by another job, since this process ends; that counts for no run."""
    row = s.execute(select(versions).where(*_with(spark_id, number, job)).with_for_update()).one_or_none()
    if row is None:
        return False
    _queue(s, spark_id, number)
    judged(s, SYSTEM, "postponed", row)
    return True


def _with(spark_id: UUID, number: int, job: str) -> tuple[Any, ...]:
    """A version, while this job has it."""
    mine = (versions.c.spark_id == spark_id, versions.c.number == number)
    return (*mine, versions.c.state == VersionState.JUDGING, versions.c.job == job)


_SAME: Any = object()


def _judged(
    s: WriteSession,
    spark_id: UUID,
    number: int,
    job: str,
    event: str,
    *,
    runs_below: int | None = None,
    job_after: str | None = _SAME,
    **values: Any,
) -> Any | None:
    """The version as it is once `event` has happened to it; None where it may not."""
    which = _with(spark_id, number, job)
    if runs_below is not None:
        which = (*which, versions.c.runs < runs_below)
        values["runs"] = versions.c.runs + 1
    if job_after is not _SAME:
        values["job"] = job_after
    change = update(versions).where(*which).values(state=target_of(VERSION_MACHINE, event), **values)
    return s.execute(change.returning(*versions.c)).one_or_none()


def _publish(s: WriteSession, actor: Actor, of: Any) -> None:
    """Publish a version, given its columns, that has passed."""
    said, now = json.loads(of.content), clock.now()
    name, tier = str(said["name"]), Tier(said["tier"])
    values = {
        "name": name,
        "name_key": name.casefold()[:120],
        "tier": tier,
        "family": said["family"],
        "duration_ms": round(said["duration"] * 1000),
        "published_version": of.number,
        "published_at": now,
    }
    _moved(s, actor, "publish", of.spark_id, values, number=of.number, sha256=of.sha256)
    pricing.fit(s, actor=actor, spark_id=of.spark_id, tier=tier, credits_each=said["credits"], at=now)


# What is in the catalogue


def retire(s: WriteSession, *, actor: Actor, spark_id: UUID, version: int, reason: str) -> None:
    """Take a spark that is still at `version` out of the catalogue; what was given of it is played on. Raises
    NotFound, Stale, Conflict `spark_state`."""
    expect(s, spark_id, version)
    _moved(s, actor, "retire", spark_id, {"retired_at": clock.now()}, reason=reason)


def restore(s: WriteSession, *, actor: Actor, spark_id: UUID, version: int, reason: str) -> None:
    """Bring a spark that is still at `version` back into the catalogue. Raises NotFound, Stale, Conflict
    `spark_state`."""
    expect(s, spark_id, version)
    _moved(s, actor, "restore", spark_id, {"retired_at": None}, reason=reason)


def _moved(
    s: WriteSession, actor: Actor, event: str, spark_id: UUID, values: dict[str, Any], **data: Any
) -> None:
    now = clock.now()
    tell_of_begun(s, spark_id, now)
    after = s.execute(
        update(sparks)
        .where(sparks.c.id == spark_id, sparks.c.state.in_(sources_of(SPARK_MACHINE, event)))
        .values(
            state=target_of(SPARK_MACHINE, event),
            version=sparks.c.version + 1,
            updated_at=now,
            **values,
        )
        .returning(*sparks.c)
    ).one_or_none()
    if after is not None:
        changed(s, actor, _WORD[event], after, **data)
        return
    state = s.scalar(select(sparks.c.state).where(sparks.c.id == spark_id))
    if state is None:
        raise NotFound("There is no such spark.")
    raise Conflict(f"This spark is {state}: that cannot be done to it.", code="spark_state")
