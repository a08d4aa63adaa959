"""The videos of the demo: each file goes the way of an upload once, the others share what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select

from server.content import service as content
from server.content import workflow
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, VideoState
from server.demo import cast, clips, look
from server.demo.clips import Clip
from server.demo.moments import Moment
from server.demo.told import Made, Placed
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database, WriteSession
from server.kit.storage import Store
from server.settings import Settings

Say = Callable[[str], None]
Template = tuple[Clip, Video]

VIDEOS = 900
BATCH = 50
_AT_ONCE = 2
_ITS_OWN = ("id", "owner_id", "title", "caption", "created_at", "published_at", "version", "filename")


def templates(db: Database, settings: Settings, made: Made, media: Path | None, say: Say) -> list[Template]:
    """One measured and published video of each file that can be used: the user's own, or the generated ones
    where there are none. `jobs.using` must be in force."""
    store = Store(settings.media)

    def upload(clip: Clip) -> Template | None:
        # By the name, since the order in which clips are done differs from run to run.
        owner = random.Random(clip.name).choice(made.creators)  # noqa: S311
        return upload_file(db, store, owner, clip, say)

    if media is not None:
        own = clips.folder_clips(media)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [template for template in pool.map(upload, own) if template]
        if found:
            return found
        why = "None of your files can be used" if own else f"{media} holds no video files"
        say(f"{why}: the generated clips are used instead.")

    def progress(done: int, total: int, title: str) -> None:
        say(f"  drawing clip {done} of {total}: {title}")

    uploads: dict[str, Future[Template | None]] = {}
    # Each is measured while the next ones are still being drawn.
    with ThreadPoolExecutor(_AT_ONCE) as pool:

        def ready(clip: Clip) -> None:
            uploads[clip.name] = pool.submit(upload, clip)

        drawn = clips.generate(settings.data / "demo-clips", progress, ready)
        for clip in (public := clips.public_clips()):
            ready(clip)
    return [template for clip in (*drawn, *public) if (template := uploads[clip.name].result())]


def fill(
    db: Database, rng: random.Random, made: Made, found: Sequence[Template], time: clock.Held
) -> list[Placed]:
    """The templates and as many copies of them as make VIDEOS."""
    placed = [Placed(video.id, clip) for clip, video in found]
    while len(placed) < VIDEOS:
        with db.write() as s:
            for _ in range(min(BATCH, VIDEOS - len(placed))):
                time.advance(timedelta(minutes=rng.uniform(5, 25)))
                clip, template = rng.choice(found)
                policy, caption = "", rng.choice((clip.caption, *cast.CAPTIONS))
                if rng.random() < 0.2:
                    policy, caption = rng.choice(cast.FLAGGED_CAPTIONS)
                title, caption = _title(clip, rng), clip.credited(caption)
                copied = _copy(s, template, rng.choice(made.creators), title, caption)
                placed.append(Placed(copied, clip, policy))
    return placed


def upload_file(db: Database, store: Store, owner: Actor, clip: Clip, say: Say) -> Template | None:
    """Store the file and measure it as the upload of a creator would; None, and said, when it is refused."""
    data = clip.path.read_bytes()
    with db.write() as s:
        video = content.create_video(
            s,
            actor=owner,
            filename=clip.path.name[:100],
            size=len(data),
            title=clip.title[:100],
            caption=clip.credited(clip.caption),
        )
        sha256 = store.put(s, data)
        video.state, video.sha256 = VideoState.PROCESSING, sha256
    if workflow.measure(str(video.id)):
        for kind in DerivativeKind:
            workflow.derive(str(video.id), kind.value)
        workflow.publish(str(video.id))
    with db.read() as s:
        done = s.get_one(Video, video.id)
        if done.state is not VideoState.READY:
            say(f"  {clip.name} is left out. {done.reason}")
            return None
        if clip.own:
            clip = replace(clip, moments=_moments(db, store, done))
    return clip, done


def _moments(db: Database, store: Store, video: Video) -> tuple[Moment, ...]:
    with db.read() as s:
        rows = s.scalars(select(Derivative).where(Derivative.video_id == video.id))
        made: dict[DerivativeKind, tuple[bytes, dict[str, Any]]] = {
            row.kind: (store.read(row.sha256), row.meta) for row in rows
        }
    return look.moments(
        video.duration_ms or 0, made.get(DerivativeKind.STORYBOARD), made.get(DerivativeKind.WAVEFORM)
    )


def _copy(s: WriteSession, template: Video, owner: Actor, title: str, caption: str) -> UUID:
    """Another video of the same file, by another creator, ready at once."""
    video = content.create_video(
        s, actor=owner, filename=template.filename, size=template.size, title=title, caption=caption
    )
    for column in inspect(Video).columns:
        if column.key not in _ITS_OWN:
            setattr(video, column.key, getattr(template, column.key))
    video.published_at = clock.now()
    for derivative in s.scalars(select(Derivative).where(Derivative.video_id == template.id)):
        s.add(
            Derivative(
                video_id=video.id,
                kind=derivative.kind,
                sha256=derivative.sha256,
                size=derivative.size,
                meta=derivative.meta,
            )
        )
    return video.id


def _title(clip: Clip, rng: random.Random) -> str:
    tail = rng.choice(
        ("", "", " (part 2)", " again", ", take two", " | full version", " at night", " #short")
    )
    return (clip.title + tail)[:100]
