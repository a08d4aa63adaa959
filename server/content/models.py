"""Videos, comments and what was derived from video files, with the availability that moderation sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from server.content.rules import (
    CAPTION_MAX,
    COMMENT_MAX,
    FILENAME_MAX,
    TITLE_MAX,
    ContentType,
    DerivativeKind,
    VideoState,
    Visibility,
)
from server.kit.availability import Available, in_force_sql
from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import Json, one_of
from server.kit.wire import Availability


class Video(Available, Identified, Timestamped, Versioned, Base):
    """A video, its file, its measurements and who may see it. Times are ms from the first frame.

    `runs` counts how often its processing was begun anew.
    """

    __tablename__ = "content_videos"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"))
    filename: Mapped[str] = mapped_column(String(FILENAME_MAX))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    caption: Mapped[str] = mapped_column(String(CAPTION_MAX), default="")
    visibility: Mapped[Visibility] = mapped_column(one_of(Visibility))
    state: Mapped[VideoState] = mapped_column(one_of(VideoState), default=VideoState.UPLOADING)
    reason: Mapped[str | None] = mapped_column(String(500))
    runs: Mapped[int] = mapped_column(SmallInteger, default=0)

    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    container: Mapped[str | None] = mapped_column(String(80))
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    frames: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    rotation: Mapped[int | None]
    video_codec: Mapped[str | None] = mapped_column(String(40))
    audio_codec: Mapped[str | None] = mapped_column(String(40))
    fps: Mapped[str | None] = mapped_column(String(40))
    vfr: Mapped[bool | None]
    has_audio: Mapped[bool | None]
    damaged_from_ms: Mapped[int | None] = mapped_column(BigInteger)

    caption_availability: Mapped[Availability] = mapped_column(
        one_of(Availability, name="caption_availability"), default=Availability.PUBLIC
    )
    caption_next_availability: Mapped[Availability | None] = mapped_column(
        one_of(Availability, name="caption_next_availability")
    )
    caption_next_availability_at: Mapped[datetime | None]
    restricted_class: Mapped[bool] = mapped_column(default=False)

    published_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Derivative(Timestamped, Base):
    """A file made from a video. `meta` is what a reader needs beside the bytes (see the media package)."""

    __tablename__ = "content_derivatives"

    video_id: Mapped[UUID] = mapped_column(ForeignKey("content_videos.id"), primary_key=True)
    kind: Mapped[DerivativeKind] = mapped_column(one_of(DerivativeKind), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    meta: Mapped[dict[str, Any]] = mapped_column(Json)


class RestrictedFile(Timestamped, Base):
    """A file of the restricted class: every video of these bytes is of it, from the moment they arrive."""

    __tablename__ = "content_restricted_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


class Comment(Available, Identified, Timestamped, Versioned, Base):
    """What a person wrote under a video, possibly in answer to another comment there."""

    __tablename__ = "content_comments"

    video_id: Mapped[UUID] = mapped_column(ForeignKey("content_videos.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("content_comments.id"))
    body: Mapped[str] = mapped_column(String(COMMENT_MAX))
    restricted_class: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Slot:
    """The columns in which one type of content keeps its availability (see `server.kit.availability`)."""

    table: type[Video] | type[Comment]
    current: InstrumentedAttribute[Availability]
    following: InstrumentedAttribute[Availability | None]
    following_at: InstrumentedAttribute[datetime | None]

    def in_force(self) -> ColumnElement[Availability]:
        """The availability of this instant, for reads."""
        return in_force_sql(self.current, self.following, self.following_at)

    def restricted_class(self) -> ColumnElement[bool]:
        """Whether only cleared reviewers may know what became of it."""
        return self.table.restricted_class.expression


SLOTS = {
    ContentType.VIDEO: Slot(Video, Video.availability, Video.next_availability, Video.next_availability_at),
    ContentType.CAPTION: Slot(
        Video,
        Video.caption_availability,
        Video.caption_next_availability,
        Video.caption_next_availability_at,
    ),
    ContentType.COMMENT: Slot(
        Comment, Comment.availability, Comment.next_availability, Comment.next_availability_at
    ),
}

Index("ix_content_videos_owner", Video.owner_id, Video.created_at, Video.id)
Index("ix_content_comments_video", Comment.video_id, Comment.created_at, Comment.id)
for _type, _slot in SLOTS.items():
    Index(
        f"ix_content_{_type}_due",
        _slot.following_at,
        sqlite_where=_slot.following_at.is_not(None),
        postgresql_where=_slot.following_at.is_not(None),
    )
for _state in (VideoState.UPLOADING, VideoState.PROCESSING):
    _on_its_way = Video.state == _state
    Index(
        f"ix_content_videos_{_state}",
        Video.created_at,
        sqlite_where=_on_its_way,
        postgresql_where=_on_its_way,
    )
