"""The columns of the list of one's own videos."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtGui import QPixmap

from server.content.schemas import VideoView
from studio.offline.uploads import Progress
from studio.tabs.content import state
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import exact


def videos(
    progress: Callable[[UUID], Progress | None], poster: Callable[[VideoView], QPixmap | None]
) -> list[Column[VideoView]]:
    """`progress` of the upload from this computer; `poster` as soon as it is here."""

    def chip(video: VideoView) -> ChipLook | None:
        now = state.look(video, progress(video.id))
        # What is usual stays quiet, so that the exception is seen.
        return None if now.usual else ChipLook(now.tone, now.icon, now.text)

    return [
        Column(
            id="title",
            title="Video",
            width=196,
            stretch=3,
            text=lambda v: v.title,
            tooltip=lambda v: "\n".join([v.title, *state.facts(v)]),
            picture=poster,
        ),
        Column(
            id="details",
            title="Details",
            width=150,
            below="title",
            text=state.details,
            tone="text_muted",
        ),
        Column(
            id="state",
            title="State",
            width=172,
            text=lambda v: state.look(v, progress(v.id)).text,
            tooltip=lambda v: state.told(v, progress(v.id)),
            chip=chip,
            tone="text_muted",
            live=True,
        ),
        Column(
            id="reason",
            title="Reason",
            width=172,
            below="state",
            text=lambda v: state.brief(v, progress(v.id)),
            tooltip=lambda v: state.why(v, progress(v.id)),
            tone="text_muted",
            live=True,
        ),
        Column(
            id="when",
            title="Published",
            width=112,
            text=lambda v: state.day(at) if (at := state.when(v)) else state.NONE,
            tooltip=_published,
        ),
        Column(
            id="visibility",
            title="Visibility",
            width=94,
            below="when",
            text=lambda v: state.VISIBILITIES[v.visibility][0],
            tooltip=lambda v: state.VISIBILITIES[v.visibility][1],
            tone="text_muted",
        ),
        Column(
            id="views",
            title="Views",
            width=90,
            align="right",
            text=lambda v: f"{v.counts.views:,}" if v.counts else state.NONE,
        ),
        Column(
            id="likes",
            title="Likes",
            width=84,
            align="right",
            below="views",
            text=lambda v: state.likes(v.counts.likes) if v.counts else "",
            tone="text_muted",
        ),
    ]


def _published(video: VideoView) -> str:
    at = state.when(video)
    explained = state.VISIBILITIES[video.visibility][1]
    if at is None:
        return f"Not published. {explained}"
    word = "Will be published" if state.waits(video) else "Published"
    return f"{word} {exact(at)}. {explained}"
