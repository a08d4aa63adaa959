"""What content tidies up by itself: due availabilities, uploads that never end, files that nobody needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from server.content import posters, queries
from server.content.availability import fold_due
from server.content.models import Video
from server.content.publishing import BATCH, publish_due
from server.content.rules import VideoState
from server.content.service import process_again, refuse_video
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.kit.jobs import Context
from server.kit.storage import Store, hold
from server.kit.ticker import Ticker

ABANDONED_AFTER = timedelta(days=7)
YOUNG = timedelta(hours=1)
"""A file this new is left alone, so that a sweep never looks at what is just being stored."""
_BATCH = 500


@dataclass(frozen=True)
class Swept:
    """How many uploads were given up, videos stuck in processing, posters that were asked for in vain, and
    files that nobody needed."""

    uploads: int = 0
    stuck: int = 0
    posters: int = 0
    files: int = 0
    incoming: int = 0


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("content.fold_availability", timedelta(seconds=5), _fold)
    ticker.every("content.publish_due", timedelta(seconds=5), _publish)
    ticker.every("content.recount", timedelta(days=1), _recount)
    ticker.every("content.sweep_files", timedelta(hours=1), _sweep)


def _fold(context: Context) -> None:
    with context.db.write() as s:
        fold_due(s)


def _publish(context: Context) -> None:
    while True:
        with context.db.write() as s:
            if publish_due(s) < BATCH:
                return


def _recount(context: Context) -> None:
    with context.db.write() as s:
        jobs.enqueue(s, "content.recount")


def _sweep(context: Context) -> None:
    sweep_files(context.db, Store(context.settings.media))


def sweep_files(db: Database, store: Store, *, dry_run: bool = False) -> Swept:
    """Give up uploads without progress for a week, process again what is stuck, delete files without a row.

    With `dry_run` nothing is changed, only counted.
    """
    before = clock.now() - ABANDONED_AFTER
    return Swept(
        uploads=_give_up_uploads(db, store, before, dry_run),
        stuck=_process_again(db, dry_run),
        posters=_give_up_posters(db, dry_run),
        files=_delete_orphans(db, store, dry_run),
        incoming=_delete_incoming(db, store, dry_run),
    )


def _give_up_uploads(db: Database, store: Store, before: datetime, dry_run: bool) -> int:
    growing = {upload_id for upload_id, at in store.all_incoming() if at >= before}
    with db.read() as s:
        found = queries.abandoned_uploads(s, before=before, limit=_BATCH + len(growing))
    stuck = [video_id for video_id in found if video_id not in growing]
    if dry_run:
        return len(stuck)
    given_up = 0
    for video_id in stuck:
        with db.write() as s:
            given_up += refuse_video(
                s,
                actor=SYSTEM,
                video_id=video_id,
                code="abandoned",
                reason="The upload was not finished within a week.",
            )
    return given_up


def _process_again(db: Database, dry_run: bool) -> int:
    with db.read() as s:
        found = queries.stuck_in_processing(s, before=clock.now() - YOUNG)
    if dry_run:
        return len(found)
    again = 0
    for video_id, runs in found:
        with db.write() as s:
            again += process_again(s, actor=SYSTEM, video_id=video_id, runs=runs)
    return again


def _give_up_posters(db: Database, dry_run: bool) -> int:
    before = clock.now() - YOUNG
    if dry_run:
        with db.read() as s:
            return queries.posters_asked(s, before=before)
    given_up = 0
    while True:
        with db.write() as s:
            some = posters.give_up(s, before=before)
        given_up += some
        if some < posters.BATCH:
            return given_up


def _delete_orphans(db: Database, store: Store, dry_run: bool) -> int:
    old = (name for name, at in store.names() if at < clock.now() - YOUNG)
    orphans = 0
    for names in _batches(old):
        with db.read() as s:
            unneeded = names - queries.referenced(s, names)
        orphans += len(unneeded) if dry_run else drop_unreferenced(db, store, unneeded)
    return orphans


def drop_unreferenced(db: Database, store: Store, names: Iterable[str]) -> int:
    """Delete each of these files that no video and no derivative needs; answers how many went."""
    dropped = 0
    for name in names:
        with db.write() as s:
            hold(s, name)
            if not queries.referenced(s, [name]):
                dropped += store.drop(name)
    return dropped


def _delete_incoming(db: Database, store: Store, dry_run: bool) -> int:
    """What belongs to no upload that goes on: a still of which only half was stored, a deleted upload."""
    deleted = 0
    for upload_id, at in list(store.all_incoming()):
        if at >= clock.now() - YOUNG:
            continue
        with db.read() as s:
            video = s.get(Video, upload_id)
        if video is None or video.state is not VideoState.UPLOADING or video.deleted_at is not None:
            deleted += 1
            if not dry_run:
                store.incoming(upload_id).unlink(missing_ok=True)
    return deleted


def _batches(names: Iterator[str]) -> Iterator[set[str]]:
    while batch := set(islice(names, _BATCH)):
        yield batch
