"""The words and text rules of videos and comments; pure, so that the client checks by the same ones."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
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
