"""Videos, comments and what was derived from video files, with the availability that moderation sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

import server.content.guards  # noqa: F401 - the triggers come with the tables
from server.content.rules import (
    CAPTION_MAX,
    COMMENT_MAX,
    FILENAME_MAX,
    TITLE_MAX,
    ContentType,
    DerivativeKind,
    EventKind,
    Reaction,
    VideoState,
    Visibility,
)
from server.kit.availability import Available, in_force_sql
from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import BigId, Json, one_of
from server.kit.wire import Availability


class Video(Available, Identified, Timestamped, Versioned, Base):
    """A video, its file, its measurements and who may see it. Times are ms from the first frame.

    `runs` counts how often its processing was begun anew. Until `publish_at` nobody but its owner and
    reviewers sees it; `published_at` is when it first was ready and public. `poster_at_ms` is where its owner
    wants its poster from, None = chosen by the program; `poster_asked_at` is set while a new one is being
    made.
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

    publish_at: Mapped[datetime | None] = mapped_column(sort_order=1)
    poster_at_ms: Mapped[int | None] = mapped_column(BigInteger, sort_order=2)
    poster_asked_at: Mapped[datetime | None] = mapped_column(sort_order=2)
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


class ViewerEvent(Base):
    """Something a viewer did, once and for ever. `seq` orders the arrivals.

    `told_at` is the time by the clock of the device, `at` the one that counts: when it arrived, where the
    clock is far ahead (`clock_skew`). For a stretch of watching both are its end.
    """

    __tablename__ = "content_events"
    __table_args__ = (UniqueConstraint("id"),)

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[UUID]
    kind: Mapped[EventKind] = mapped_column(one_of(EventKind))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"))
    session_id: Mapped[UUID]
    video_id: Mapped[UUID | None] = mapped_column(ForeignKey("content_videos.id"))
    other_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts_people.id"))
    playback_id: Mapped[UUID | None]
    start_ms: Mapped[int | None] = mapped_column(BigInteger)
    end_ms: Mapped[int | None] = mapped_column(BigInteger)
    wall_ms: Mapped[int | None]
    told_at: Mapped[datetime]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    clock_skew: Mapped[bool]
    very_late: Mapped[bool]


class Playback(Base):
    """How much one stay at a video is worth, worked out of the events. `own` = by the video's owner.

    `began` is the beginning of its first stretch; `counted` = it is the view of its half hour.
    """

    __tablename__ = "content_playbacks"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("content_videos.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    began: Mapped[datetime]
    watched_ms: Mapped[int] = mapped_column(BigInteger)
    own: Mapped[bool]
    counted: Mapped[bool]


class VideoReaction(Base):
    """Whether a person likes or has saved a video, by what they said last (`at`, `told_at`, `event_id`)."""

    __tablename__ = "content_reactions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    kind: Mapped[Reaction] = mapped_column(one_of(Reaction), primary_key=True)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("content_videos.id"), primary_key=True)
    holds: Mapped[bool]
    at: Mapped[datetime]
    told_at: Mapped[datetime]
    event_id: Mapped[UUID]


class OfPerson(Base):
    """Whether a person keeps something up about another, by what they said last."""

    __abstract__ = True

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    holds: Mapped[bool]
    at: Mapped[datetime]
    told_at: Mapped[datetime]
    event_id: Mapped[UUID]


class Follow(OfPerson):
    """Whether a person follows another."""

    __tablename__ = "content_follows"


class Block(OfPerson):
    """Whether a person blocks another."""

    __tablename__ = "content_blocks"


class VideoCounts(Base):
    """Counters of a video; each can be worked out anew from the facts (see `recount`)."""

    __tablename__ = "content_video_counts"

    video_id: Mapped[UUID] = mapped_column(ForeignKey("content_videos.id"), primary_key=True)
    views: Mapped[int] = mapped_column(BigInteger, default=0)
    own_views: Mapped[int] = mapped_column(BigInteger, default=0)
    watched_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    likes: Mapped[int] = mapped_column(BigInteger, default=0)
    saves: Mapped[int] = mapped_column(BigInteger, default=0)
    shares: Mapped[int] = mapped_column(BigInteger, default=0)
    comments: Mapped[int] = mapped_column(BigInteger, default=0)


class PersonCounts(Base):
    """Counters of a person."""

    __tablename__ = "content_person_counts"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    followers: Mapped[int] = mapped_column(BigInteger, default=0)
    following: Mapped[int] = mapped_column(BigInteger, default=0)


@dataclass(frozen=True)
class Slot:
    """The columns in which one type of content keeps its availability (see `server.kit.availability`)."""

    table: type[Video] | type[Comment]
    current: InstrumentedAttribute[Availability]
    following: InstrumentedAttribute[Availability | None]
    following_at: InstrumentedAttribute[datetime | None]

    def in_force(self, now: ColumnElement[datetime] | None = None) -> ColumnElement[Availability]:
        """The availability of this instant, for reads; `now` is a parameter for it, if need be."""
        return in_force_sql(self.current, self.following, self.following_at, now=now)

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
FEEDABLE = text(
    "state = 'ready' AND visibility = 'public' AND NOT restricted_class"
    " AND deleted_at IS NULL AND published_at IS NOT NULL"
)
"""What may be in a feed, but for its availability. In words, since a partial index wants no parameters."""
for _feed, _columns in {
    "fresh": (Video.published_at, Video.id),
    "followed": (Video.owner_id, Video.published_at, Video.id),
}.items():
    Index(f"ix_content_videos_{_feed}", *_columns, sqlite_where=FEEDABLE, postgresql_where=FEEDABLE)
Index(
    "ix_content_videos_scheduled",
    Video.publish_at,
    sqlite_where=text("publish_at IS NOT NULL AND published_at IS NULL"),
    postgresql_where=text("publish_at IS NOT NULL AND published_at IS NULL"),
)
Index(
    "ix_content_videos_poster_asked",
    Video.poster_asked_at,
    sqlite_where=text("poster_asked_at IS NOT NULL"),
    postgresql_where=text("poster_asked_at IS NOT NULL"),
)
Index(
    "ix_content_events_shares",
    ViewerEvent.video_id,
    ViewerEvent.person_id,
    sqlite_where=text("kind = 'share'"),
    postgresql_where=text("kind = 'share'"),
)
Index(
    "ix_content_events_watch",
    ViewerEvent.person_id,
    ViewerEvent.at,
    sqlite_where=text("kind = 'watch'"),
    postgresql_where=text("kind = 'watch'"),
)
Index("ix_content_events_person", ViewerEvent.person_id, ViewerEvent.received_at)
Index("ix_content_playbacks_video", Playback.video_id)
Index("ix_content_follows_other", Follow.other_id)
Index("ix_content_reactions_mine", VideoReaction.person_id, VideoReaction.kind, VideoReaction.at)
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
