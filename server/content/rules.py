"""The words and text rules of videos and comments; pure, so that the client checks by the same ones."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePosixPath

TITLE_MAX = 120
CAPTION_MAX = 2_200
COMMENT_MAX = 1_000
FILENAME_MAX = 200


class Visibility(StrEnum):
    """Who the owner wants to see a video: everyone, whoever has its id, nobody else."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class VideoState(StrEnum):
    """Where a file is on its way in. `ready` and `refused` are final."""

    UPLOADING = "uploading"
    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


class ContentType(StrEnum):
    """The things of this domain whose availability moderation sets; a caption's id is its video's."""

    VIDEO = "video"
    CAPTION = "caption"
    COMMENT = "comment"


class DerivativeKind(StrEnum):
    """What is made from a video file for people to find their way in it."""

    STORYBOARD = "storyboard"
    POSTER = "poster"
    WAVEFORM = "waveform"


_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates of UAX #9: they make text read other than it is stored."""


@dataclass(frozen=True)
class Cleaned:
    """Text as it is stored, and how many characters had to go."""

    text: str
    removed: int


def clean(text: str, *, lines: bool) -> Cleaned:
    """Take out control and bidi-override characters; the rest stays as it was written.

    With `lines`, line feeds and tabs stay. White space at both ends goes without being counted.
    """
    kept = "".join(c for c in text if not _is_removed(c, lines=lines))
    return Cleaned(kept.strip(), len(text) - len(kept))


def _is_removed(c: str, *, lines: bool) -> bool:
    if c in "\n\t" and lines:
        return False
    return c in _BIDI_CONTROLS or unicodedata.category(c) in ("Cc", "Cs")


def clean_filename(name: str) -> str:
    """The last part of a path from any system, as one harmless line; `video` when nothing is left."""
    last = PurePosixPath(clean(name, lines=False).text.replace("\\", "/")).name
    return last.strip(" .")[:FILENAME_MAX] or "video"


class EventKind(StrEnum):
    """What a viewer does, as a fact."""

    SESSION_START = "session_start"
    SESSION_END = "session_end"
    WATCH = "watch"
    LIKE = "like"
    UNLIKE = "unlike"
    SAVE = "save"
    UNSAVE = "unsave"
    SHARE = "share"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    BLOCK = "block"
    UNBLOCK = "unblock"


class Verdict(StrEnum):
    """What became of an event that was sent in."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class Reaction(StrEnum):
    """What a viewer keeps up about a video until they take it back."""

    LIKE = "like"
    SAVE = "save"


class Relation(StrEnum):
    """What a viewer keeps up about a person until they take it back."""

    FOLLOW = "follow"
    BLOCK = "block"


BATCH_MAX = 500
"""Events that may be sent in at once."""
BEAT_MAX_MS = 10_000
"""The longest stretch that one `watch` tells of."""
FACTS_A_DAY = 20_000
"""More is not kept of what a person tells in a day; to watch without end on two devices is 17,280."""
BEATS_A_MINUTE = 120
"""More stretches than that are not told by a player."""
STAYS_MAX = 1_000
"""So often a person may come back to one video and still be counted."""
FOLLOWS_MAX = 1_000
"""People whom one may follow: the feed looks at each of them."""
BLOCKS_MAX = 1_000
"""People whom one may block."""
VIEW_MS = 3_000
"""What has to be watched of a video for a view, when that is less than half of it."""
VIEW_EVERY = timedelta(minutes=30)
"""Within this time further playbacks of a viewer are the same view."""
SKEW = timedelta(minutes=5)
"""A clock that is ahead by more than this is wrong: what it tells happened when it arrived."""
VERY_LATE = timedelta(days=30)
"""What arrives later than this after it happened is marked."""
FOLLOW_BONUS = timedelta(hours=24)
"""By how much a video of a followed person is taken for fresher than it is."""
FRESH = timedelta(days=3)
"""How long a video has that advantage."""
