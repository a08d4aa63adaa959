"""What becomes of a question to a model: each change names in its WHERE the state that it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, select, update

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics.opinion.models import Opinion
from server.forensics.opinion.prompt import VERSION, Category
from server.forensics.opinion.record import RETURNED, opinions, record
from server.forensics.opinion.rules import OpinionState
from server.kit import clock, jobs
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.upsert import insert_ignoring

JOB: Final = "forensics.ask_opinion"
_WAITS: Final = opinions.c.state == OpinionState.WAITING


@dataclass(frozen=True)
class Asked:
    """What was sent, for the record of it."""

    model: str
    input_sha256: str | None = None
    frames: int | None = None


def request(s: WriteSession, *, actor: Actor, video_id: UUID) -> UUID:
    """Have a model asked about a video; answers the id of the question, or of the one that waits already.

    Raises NotFound, and Conflict `restricted` or `not_ready`.
    """
    found = (
        select(Video.state, Video.deleted_at, Video.restricted_class)
        .where(Video.id == video_id)
        .with_for_update(read=True)
    )
    video = s.execute(found).one_or_none()
    if video is None or video.deleted_at is not None:
        raise NotFound("There is no such video.")
    if video.restricted_class:
        raise Conflict("No model is ever asked about a video of the restricted class.", code="restricted")
    if video.state is not VideoState.READY:
        raise Conflict("This video is not ready: there is nothing to be looked at.", code="not_ready")
    opinion_id = uuid4()
    values = {
        "id": opinion_id,
        "video_id": video_id,
        "state": OpinionState.WAITING,
        "tries": 0,
        "asked_at": clock.now(),
        "prompt": VERSION,
        "version": 1,
    }
    new = insert_ignoring(s, Opinion, values)
    row = s.execute(select(*RETURNED).where(opinions.c.video_id == video_id, _WAITS)).one_or_none()
    if row is None:
        raise Conflict("This opinion has just been given. Ask again.", code="conflict")
    if new:
        record(s, actor, "asked", row)
        queue(s, opinion_id)
    return UUID(str(row.id))


def queue(s: WriteSession, opinion_id: UUID, *, delay_s: float = 0.0) -> None:
    """Give a question that waits a job of its own, in place of the one that it had."""
    job = f"{JOB} {uuid4()}"
    jobs.enqueue(s, JOB, opinion_id, job, workflow_id=job, delay_s=delay_s)
    s.changed(update(opinions).where(opinions.c.id == opinion_id, _WAITS).values(job=job))


def keep(
    s: WriteSession,
    *,
    actor: Actor,
    opinion_id: UUID,
    job: str,
    asked: Asked,
    summary: str,
    categories: Sequence[Category],
) -> bool:
    """Keep what a model said; False when the question is not (any more) with this job. Of a video that has
    become one of the restricted class meanwhile no word is kept."""
    kept = _change(
        s,
        *_with(opinion_id, job),
        state=OpinionState.DONE,
        job=None,
        retry_at=None,
        finished_at=clock.now(),
        code=None,
        reason=None,
        summary=summary,
        categories=[asdict(each) for each in categories],
        **asdict(asked),
    )
    if kept is None:
        return False
    if record(s, actor, "given", kept, model=asked.model, prompt=VERSION):
        drop_words(s, video_id=kept.video_id)
    return True


def end(
    s: WriteSession,
    *,
    actor: Actor,
    opinion_id: UUID,
    job: str,
    state: OpinionState,
    code: str,
    reason: str,
    asked: Asked | None = None,
) -> bool:
    """End a question without an answer: `refused`, `failed` or `not_configured`, with a sentence."""
    ended = _change(
        s,
        *_with(opinion_id, job),
        state=state,
        job=None,
        retry_at=None,
        finished_at=clock.now(),
        code=code[:40],
        reason=reason[:500],
        **(asdict(asked) if asked else {}),
    )
    if ended is None:
        return False
    record(s, actor, state.value, ended, code=code[:40])
    return True


def put_off(
    s: WriteSession,
    *,
    actor: Actor,
    opinion_id: UUID,
    job: str,
    delay_s: float,
    code: str,
    reason: str,
    counts: bool,
) -> bool:
    """Have it asked again after `delay_s`; `counts` = this was a try that the provider did not answer."""
    later = _change(
        s,
        *_with(opinion_id, job),
        tries=opinions.c.tries + (1 if counts else 0),
        retry_at=clock.now() + timedelta(seconds=delay_s),
        code=code[:40],
        reason=reason[:500],
    )
    if later is None:
        return False
    record(s, actor, "put_off", later, code=code[:40])
    queue(s, opinion_id, delay_s=delay_s)
    return True


def cancel(s: WriteSession, *, actor: Actor, which: ColumnElement[bool], code: str) -> int:
    """Cancel those of the questions that wait; answers how many. What is being asked just now is not kept."""
    gone = s.execute(
        update(opinions)
        .where(which, _WAITS)
        .values(
            state=OpinionState.CANCELLED,
            job=None,
            retry_at=None,
            finished_at=clock.now(),
            code=code,
            version=opinions.c.version + 1,
        )
        .returning(*RETURNED)
    ).all()
    for row in gone:
        record(s, actor, "cancelled", row, code=code)
    return len(gone)


def cancel_of_deleted(s: WriteSession, *, actor: Actor, video_id: UUID) -> int:
    """Cancel what waits of a video, if it is deleted now."""
    gone = exists().where(Video.id == opinions.c.video_id, Video.deleted_at.is_not(None))
    return cancel(s, actor=actor, which=and_(opinions.c.video_id == video_id, gone), code="deleted")


def drop_words(s: WriteSession, *, video_id: UUID) -> int:
    """Delete what models said of a video that is of the restricted class now."""
    return s.changed(
        update(opinions)
        .where(opinions.c.video_id == video_id)
        .values(summary=None, categories=None, input_sha256=None)
    )


def _with(opinion_id: UUID, job: str) -> tuple[ColumnElement[bool], ...]:
    """The question, while this job has it."""
    return (opinions.c.id == opinion_id, _WAITS, opinions.c.job == job)


def _change(s: WriteSession, *which: ColumnElement[bool], **values: Any) -> Any | None:
    changed = update(opinions).where(*which).values(version=opinions.c.version + 1, **values)
    return s.execute(changed.returning(*RETURNED)).one_or_none()
