"""The link of a video, as people hand it on to each other."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_BEGIN: Final = "studio:video/"
_ID: Final = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"
_LINK: Final = re.compile(re.escape(_BEGIN) + _ID, re.IGNORECASE)


def link_to(video_id: UUID) -> str:
    """The link of a video."""
    return f"{_BEGIN}{video_id}"


def video_in(text: str) -> UUID | None:
    """The video whose link is the first in a text, wherever it stands there; None where there is none."""
    found = _LINK.search(text)
    return UUID(found[1]) if found else None
