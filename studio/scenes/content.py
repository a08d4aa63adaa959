"""A creator's own videos: the list, uploads on their way, an edit, and what was refused."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from server.content.rules import VideoState, Visibility
from server.content.schemas import Counts, Restriction, VideoView
from server.kit.wire import Availability
from studio.api.errors import Offline
from studio.api.live import Connection
from studio.messages import Level
from studio.offline.upload import Upload
from studio.offline.uploads import Phase, Progress, Uploads
from studio.scenes.camera import Camera, Strip
from studio.stage import until
from studio.tabs.content.deleting import UNDO_S
from studio.tabs.content.page import ContentPage
from studio.tabs.content.tab import ContentTab
from studio.widgets.skeleton import Skeleton

CREATOR: Final = "creator@demo.local"
REFUSED: Final = "This file has no picture that can be played: its video stream is empty."
MIB: Final = 1 << 20


async def _content(camera: Camera) -> None:
    page = camera.tab(ContentTab).page
    # A feed that comes back later has the list read anew.
    await until(lambda: camera.context.connection() is Connection.ONLINE, "the live feed")
    await until(lambda: page.count > 1, "the videos")
    own = [page.model.row(n) for n in range(page.count)]
    await until(lambda: all(map(page.posters.get, own)), "the stills")
    shown = _shown(page, own)
    _show(page, shown)
    strip = page.pane.form.strip
    await until(strip.isVisible, "the stills to choose from")
    await camera.take("content")
    strip.setFocus()
    strip._choose(5)
    await camera.take("content-still")
    strip._choose(0)
    page.pane.form.title.setFocus()
    page.pane.form.title.setText("Behind the scenes, take two")
    page.pane.form.title.textEdited.emit("")
    await camera.take("content-edit")
    theirs = {"title": "Behind the scenes", "version": shown[0].version + 1}
    page.pane.take(shown[0].model_copy(update=theirs))
    await camera.take("content-conflict")
    page.pane.discard()
    _show(page, shown)
    refused = next(each for each in shown if each.state is VideoState.REFUSED)
    page.table.select([refused.id], refused.id)
    page.table.setFocus()
    await camera.take("content-refused")
    hidden = next(each for each in shown if each.availability is Availability.RESTRICTED)
    page.table.select([hidden.id], hidden.id)
    await camera.take("content-hidden")
    page._gone(hidden.id)
    deleted = f"“{hidden.title}” deleted"
    camera.context.messages.notify(Level.INFO, deleted, undo=lambda: None, seconds=UNDO_S)
    await camera.take("content-deleted")
    await camera.clear()
    _show(page, shown)
    await _new(camera, page)
    await _uploading(camera, page, shown)
    page.list._failed(Offline())
    await camera.take("content-offline", away=True)
    page.model.set_rows([])
    page.list._failed(Offline())
    page.beside.show_page(page.nobody, filled=False)
    await camera.take("content-error", away=True)
    page._say_empty()
    page.beside.show_page(page.nobody, filled=False)
    await camera.take("content-empty")
    page.list.states.loading()
    await until(lambda: isinstance(page.list.states.shown(), Skeleton), "the shape of the list")
    await camera.take("content-loading")
    page.load()
    await until(lambda: page.count > 1, "the videos to come back")


async def _new(camera: Camera, page: ContentPage) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("harbour_at_dawn.mp4", "harbour-at-dusk.mov")]
        for n, path in enumerate(paths):
            path.write_bytes(bytes(700_000 * (n + 1)))
        page.take_files([*paths, Path(folder) / "notes.txt"])
        await until(lambda: page.new.filled, "the form")
        page.new.publishing.later.click()
        await camera.take("content-new")
        page.new.cancel.click()
        await camera.clear()


async def _uploading(camera: Camera, page: ContentPage, shown: list[VideoView]) -> None:
    """What a slow line would show; the demo's own is too quick for a picture."""
    uploads = camera.context.uploads
    video = shown[1].model_copy(update=_unfinished("City walk, part 3", 184 * MIB))
    page.model.upsert([video])
    page.model.flush()
    phases = (
        (video, Progress(Phase.SENDING, 74 * MIB)),
        (_other("Studio tour", 96 * MIB), Progress(Phase.RETRYING, 31 * MIB, "The server cannot be reached")),
        (_other("Ask me anything", 410 * MIB), Progress(Phase.PAUSED, 120 * MIB)),
    )
    for each, progress in phases:
        _pretend(uploads, each, progress)
    page.strip.refresh()
    page.table.select([video.id], video.id)
    page.pane.show_progress()
    await camera.take("content-uploading")
    for each, _ in phases:
        uploads._uploads.pop(each.id)
        uploads._progress.pop(each.id)
    page.strip.refresh()
    _show(page, shown)


def _pretend(uploads: Uploads, video: VideoView | Upload, progress: Progress) -> None:
    size = video.size or 0
    if isinstance(video, VideoView):
        video = Upload(id=video.id, path=Path("x.mp4"), size=size, mtime_ns=0, title=video.title)
    uploads._uploads[video.id] = replace(video, announced=True)
    uploads._progress[video.id] = progress


def _other(title: str, size: int) -> Upload:
    return Upload(id=uuid4(), path=Path("x.mp4"), size=size, mtime_ns=0, title=title)


def _unfinished(title: str, size: int) -> dict[str, object]:
    gone = dict.fromkeys(("duration_ms", "width", "height", "has_audio", "published_at"))
    return {
        **gone,
        "title": title,
        "filename": "city-walk-3.mov",
        "size": size,
        "received": 0,
        "state": VideoState.UPLOADING,
        "availability": Availability.PUBLIC,
        "derivatives": [],
        "counts": None,
    }


def _show(page: ContentPage, shown: list[VideoView]) -> None:
    page.model.set_rows(shown)
    page.table.selectRow(0)
    page.list._words.setText(page.list._said())


def _shown(page: ContentPage, own: list[VideoView]) -> list[VideoView]:
    """A creator's list as it may be, made of the demo's videos: with every state that a video can have."""
    now = page._context.ticker.now()
    scheduled = (now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    unlisted, private = Visibility.UNLISTED, Visibility.PRIVATE
    changes: tuple[dict[str, object], ...] = (
        {"counts": _counts(18_204, 1_377)},
        {"title": "Stage night, first song", "published_at": None, "publish_at": scheduled},
        {
            **_unfinished("Old phone clip", 3 * MIB),
            "filename": "VID_0031.3gp",
            "state": VideoState.REFUSED,
            "reason": REFUSED,
        },
        {
            **_unfinished("Rooftop session", 92 * MIB),
            "filename": "rooftop.mp4",
            "state": VideoState.PROCESSING,
        },
        {
            "title": "Crowd, up close",
            "availability": Availability.RESTRICTED,
            "counts": _counts(412, 20),
            "restriction": _restriction(now + timedelta(days=25)),
        },
        {"title": "Rehearsal for the band", "visibility": unlisted, "counts": _counts(31, 1)},
        {"title": "Cut for the label", "visibility": private, "published_at": None},
    )
    videos = []
    for n, change in enumerate(changes):
        like = own[n % len(own)]
        same = {"availability": Availability.PUBLIC, "created_at": now - timedelta(days=3 * n)}
        videos.append(like.model_copy(update={**same, **({"id": uuid4()} if n else {}), **change}))
        page.posters.put(videos[-1], page.posters.get(like))
    return videos


def _restriction(until: datetime) -> Restriction:
    return Restriction(
        decision_id=UUID(int=0x1C9E4D7A << 96),
        policy="violence.graphic",
        title="Graphic violence",
        covers="Real death, mutilation or severe injury shown in detail, or lingered on.",
        until=until,
    )


def _counts(views: int, likes: int) -> Counts:
    return Counts(views=views, likes=likes, comments=likes // 9, shares=likes // 14, saves=likes // 20)


STRIPS: Final = (
    Strip(
        tab="content",
        email=CREATOR,
        pictures=(
            "content",
            "content-still",
            "content-edit",
            "content-conflict",
            "content-refused",
            "content-hidden",
            "content-deleted",
            "content-new",
            "content-uploading",
            "content-offline",
            "content-error",
            "content-empty",
            "content-loading",
        ),
        act=_content,
    ),
)
