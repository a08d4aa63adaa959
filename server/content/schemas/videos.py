"""The wire types of videos and comments."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.content.rules import (
    CAPTION_MAX,
    COMMENT_MAX,
    TITLE_MAX,
    DerivativeKind,
    VideoState,
    Visibility,
)
from server.kit.wire import Availability, Frozen, Instant, Milliseconds, Version, free_text, text

Title = Annotated[str, text(TITLE_MAX)]
Caption = Annotated[str, free_text(CAPTION_MAX)]
Body = Annotated[str, text(COMMENT_MAX)]
ByteCount = Annotated[int, Field(ge=0, le=2**53 - 1)]
Notices = Annotated[list[str], Field(description="What the server changed in the texts that were sent")]


Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
PublishAt = Annotated[
    Instant | None, Field(description="Until then a public video is its owner's alone; null = at once")
]


class Counts(Frozen):
    """How often a video was viewed, liked and so on; `views` leaves out those of its owner."""

    views: Count
    likes: Count
    comments: Count
    shares: Count
    saves: Count


class NewVideo(Frozen):
    """A video whose file is to follow. `id` may be chosen by the client."""

    id: UUID | None = None
    filename: Annotated[str, text(1_000)]
    size: ByteCount
    title: Title
    caption: Caption = ""
    visibility: Visibility = Visibility.PUBLIC
    publish_at: PublishAt = None


class VideoCreated(Frozen):
    """Where a new video stands; its file goes to `videos/{id}/file`."""

    id: UUID
    state: VideoState
    notices: Notices = []


class Arrived(Frozen):
    """How many bytes of a file have arrived, and the SHA-256 of these, in hex: whoever goes on with an upload
    compares their file with it."""

    offset: ByteCount
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class VideoEdit(Frozen):
    """What is to change; what is left out stays. `publish_now` takes a time of publication back,
    `poster_automatic` the choice of a poster. A place beyond the end of the video is its last picture."""

    title: Title | None = None
    caption: Caption | None = None
    visibility: Visibility | None = None
    publish_at: PublishAt = None
    publish_now: bool = False
    poster_at_ms: Milliseconds | None = None
    poster_automatic: bool = False


class Author(Frozen):
    """Whose a video or comment is."""

    id: UUID
    handle: str
    name: str


class Restriction(Frozen):
    """The decision of moderation that withholds something: which rule it breaks, in words, and until when
    the decision holds; null = it has no end."""

    decision_id: UUID
    policy: str
    title: str
    covers: str
    until: Instant | None


class VideoView(Frozen):
    """A video as its reader may see it.

    `filename`, `size`, `received`, `reason`, `counts`, `publish_at` and `poster_at_ms` are for the owner and
    reviewers, `restricted_class` is for cleared reviewers; else they are null. So is a caption that is
    withheld. Times are ms from the first frame; `fps` is a fraction ("30000/1001"); `damaged_from_ms` is
    where the first known damage begins. `poster_at_ms` null = the poster is chosen by the program;
    `poster_pending` = the one that was asked for is still being made. `restriction` and `caption_restriction`
    are for the owner, as far as the reason may be told.
    """

    id: UUID
    owner: Author
    title: str
    caption: str | None
    caption_availability: Availability
    visibility: Visibility
    state: VideoState
    reason: str | None
    availability: Availability
    restricted_class: bool | None
    filename: str | None
    size: ByteCount | None
    received: ByteCount | None
    container: str | None
    duration_ms: Milliseconds | None
    frames: int | None
    width: int | None
    height: int | None
    rotation: int | None
    video_codec: str | None
    audio_codec: str | None
    fps: str | None
    vfr: bool | None
    has_audio: bool | None
    damaged_from_ms: Milliseconds | None
    derivatives: list[DerivativeKind]
    counts: Counts | None = None
    restriction: Restriction | None = None
    caption_restriction: Restriction | None = None
    created_at: Instant
    publish_at: Instant | None = None
    poster_at_ms: Milliseconds | None = None
    poster_pending: bool = False
    published_at: Instant | None
    deleted_at: Instant | None
    version: Version
    notices: Notices = []


class StoryboardIndex(Frozen):
    """Where each still lies on the sheet, row by row; still i was shown at `t_ms[i]`."""

    columns: int
    cell_width: int
    cell_height: int
    t_ms: list[int]


class WaveformPeaks(Frozen):
    """Lowest and highest sample, -128..127, of even buckets over `duration_ms` from `start_ms` on."""

    start_ms: int
    duration_ms: Milliseconds
    low: list[int]
    high: list[int]


class NewComment(Frozen):
    """A comment, in answer to another one of the same video where `parent_id` is given."""

    id: UUID | None = None
    body: Body
    parent_id: UUID | None = None


class CommentView(Frozen):
    """A comment as its reader may see it."""

    id: UUID
    video_id: UUID
    author: Author
    parent_id: UUID | None
    body: str
    availability: Availability
    created_at: Instant
    version: Version
    notices: Notices = []
