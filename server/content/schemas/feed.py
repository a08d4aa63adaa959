"""What the feed and the page of a person show."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.content.schemas.videos import Author, Count, Counts, VideoView
from server.kit.wire import Frozen, Instant


class Mine(Frozen):
    """What the viewer has done about a video and its owner."""

    liked: bool
    saved: bool
    following: bool


class Why(Frozen):
    """Why a video has its place: the feed goes by `rank_at`, newest first, which is when it was published,
    later by `bonus_s` seconds for fresh videos of people whom the viewer follows."""

    rank_at: Instant
    published_at: Instant
    bonus_s: Annotated[int, Field(ge=0)]


class FeedItem(Frozen):
    """A video in the feed. `why` is null for one that has no place there, but was asked for by its id."""

    video: VideoView
    counts: Counts
    mine: Mine
    why: Why | None


class Profile(Frozen):
    """The page of a person. `bio` is empty where there is none, and where it is withheld."""

    id: UUID
    handle: str
    name: str
    bio: str
    followers: Count
    following: Count
    followed: bool = Field(description="Whether the viewer follows them")
    blocked: bool = Field(description="Whether the viewer blocks them")
    me: bool


class Blocked(Frozen):
    """Somebody whom the viewer blocks, `since` when."""

    person: Author
    since: Instant
