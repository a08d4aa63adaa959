"""What happens to a file once it has arrived: it is measured, stills and peaks are drawn, it is published.

Each step bears being repeated: what it changes is guarded by the state of the video. Media are only ever
opened in the worker process (`server.content.media.worker`).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from server.audit import service as audit
from server.content import derivatives, posters
from server.content.announcing import announce, new_to_viewers, tell_viewers
from server.content.media import worker
from server.content.media.results import Probe, Refused
from server.content.models import Video
from server.content.publishing import published_at
from server.content.recount import recount
from server.content.rules import DerivativeKind, VideoState
from server.content.service import refuse_video
from server.content.sweeps import drop_unreferenced
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.db import Database, WriteSession
from server.kit.events import bus
from server.kit.storage import Store


@jobs.workflow("content.process_video")
def process_video(video_id: str) -> None:
    """Take a video from `processing` to `ready` or `refused`."""
    if measure(video_id):
        for kind in DerivativeKind:
            derive(video_id, kind.value)
        publish(video_id)


@jobs.workflow("content.draw_poster")
def draw_poster(video_id: str) -> None:
    """Make the poster that its owner asked for, in place of the one before. That may take long, so it waits
    among the films that are measured, never before the files that are to go."""
    redraw(video_id)


@jobs.workflow("content.drop_files", queue=jobs.PROMPT)
def drop_files(*names: str) -> None:
    """Delete those of the files that nothing refers to any more. Stills of the restricted class do not wait
    for the films that are just being measured."""
    drop(list(names))


@jobs.workflow("content.recount")
def check_counts() -> None:
    """Fail when a counter is not what the facts say. Nothing is mended: somebody has to see it, since the
    fault is in the program."""
    if wrong := count_wrong():
        raise jobs.StepFailed(f"{wrong} counters are not what the facts say: see content recount")


@jobs.step
def count_wrong() -> int:
    """How many counters are wrong."""
    return len(recount(jobs.context().db))


@jobs.step
def measure(video_id: str) -> bool:
    """Probe the file and keep what was found; False when the video is refused, or is not in processing."""
    db, store = _database_and_store()
    with db.read() as s:
        sha256 = _processing_file(s.get(Video, UUID(video_id)))
    if sha256 is None:
        return False
    found = worker.run(Probe, store.path(sha256))
    with db.write() as s:
        if isinstance(found, Refused):
            refuse_video(s, actor=SYSTEM, video_id=UUID(video_id), code=found.code, reason=found.reason)
            return False
        return _keep_measurements(s, UUID(video_id), found)


@jobs.step
def derive(video_id: str, kind: str) -> None:
    """Make one derivative and store it. That a file gives none (no sound, say) refuses nothing.

    For the restricted class none is stored: the row of the video is locked while that is looked up and the
    derivative written, so that `set_restricted_class` comes wholly before or wholly after.
    """
    db, store = _database_and_store()
    with db.read() as s:
        video = s.get(Video, UUID(video_id))
        sha256 = _processing_file(video)
    if video is None or sha256 is None or video.restricted_class:
        return
    product = derivatives.drawn(DerivativeKind(kind), store.path(sha256), poster_at_ms=video.poster_at_ms)
    if product is not None:
        with db.write() as s:
            _store(s, store, UUID(video_id), DerivativeKind(kind), product)


@jobs.step
def redraw(video_id: str) -> None:
    """Draw the poster from where its owner wants it. If they chose anew meanwhile, draw once more."""
    db, store = _database_and_store()
    with db.read() as s:
        video = s.get(Video, UUID(video_id))
    if video is None or video.sha256 is None or video.poster_asked_at is None:
        return
    at_ms, made = video.poster_at_ms, None
    if not video.restricted_class:
        made = derivatives.drawn(DerivativeKind.POSTER, store.path(video.sha256), poster_at_ms=at_ms)
    with db.write() as s:
        posters.take(s, store, video_id=video.id, at_ms=at_ms, made=made)


@jobs.step
def publish(video_id: str) -> None:
    """Let the video be seen by whom its visibility allows."""
    db, _ = _database_and_store()
    with db.write() as s:
        published = s.execute(
            update(Video)
            .where(Video.id == UUID(video_id), Video.state == VideoState.PROCESSING)
            .values(
                state=VideoState.READY,
                published_at=published_at(state=VideoState.READY),
                version=Video.version + 1,
            )
            .returning(Video.version, Video.restricted_class)
        ).one_or_none()
        if published is not None:
            audit.record(s, actor=SYSTEM, action="content.video_ready", target=f"video:{video_id}")
            bus.emit(s, "content.video_ready", video_id)
            announce(s, UUID(video_id), published)
            tell_viewers(s, new_to_viewers([UUID(video_id)]))


@jobs.step
def drop(names: list[str]) -> int:
    """See `sweeps.drop_unreferenced`."""
    return drop_unreferenced(*_database_and_store(), names)


def _database_and_store() -> tuple[Database, Store]:
    context = jobs.context()
    return context.db, Store(context.settings.media)


def _processing_file(video: Video | None) -> str | None:
    return video.sha256 if video is not None and video.state is VideoState.PROCESSING else None


def _keep_measurements(s: WriteSession, video_id: UUID, found: Probe) -> bool:
    measured = s.execute(
        update(Video)
        .where(Video.id == video_id, Video.state == VideoState.PROCESSING)
        .values(
            container=found.container[:80],
            duration_ms=found.duration_ms,
            frames=found.frames,
            width=found.width,
            height=found.height,
            rotation=found.rotation,
            video_codec=found.video_codec[:40],
            audio_codec=found.audio_codec[:40] if found.audio_codec else None,
            fps=found.avg_fps[:40],
            vfr=found.vfr,
            has_audio=found.has_audio,
            damaged_from_ms=found.damaged_from_ms,
            version=Video.version + 1,
        )
        .returning(Video.version, Video.restricted_class)
    ).one_or_none()
    if measured is None:
        return False
    announce(s, video_id, measured)
    return True


def _store(
    s: WriteSession, store: Store, video_id: UUID, kind: DerivativeKind, product: derivatives.Product
) -> None:
    allowed = select(Video.id).where(
        Video.id == video_id,
        Video.state == VideoState.PROCESSING,
        Video.restricted_class.is_(False),
    )
    if s.scalar(allowed.with_for_update(key_share=True)) is not None:
        derivatives.add(s, store, video_id, kind, product)
