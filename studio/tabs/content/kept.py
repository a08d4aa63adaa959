"""What was typed about videos, as text that outlives the program. Free of Qt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from server.content.rules import Visibility
from server.content.schemas import VideoView
from studio.offline import upload as uploads
from studio.offline.upload import Upload
from studio.offline.uploads import ASKED
from studio.tabs.content.state import Draft

PREFIX: Final = "content:edit:"
"""Keys of what was typed and not saved."""
NEW: Final = ASKED
"""Keys of files whose upload has not begun."""


def kept_text(video: VideoView, typed: Draft) -> str:
    """What was typed about a video, and the copy on which it was typed, as text."""
    return json.dumps({"video": video.model_dump(mode="json"), "typed": _told(typed)})


def kept_of(text: str) -> tuple[VideoView, Draft] | None:
    """The copy of a kept text, and what was typed on it; None for any other text."""
    try:
        kept = json.loads(text)
        return VideoView.model_validate(kept["video"]), _draft(kept["typed"])
    except (ValueError, KeyError, TypeError):
        return None


def new_text(upload: Upload, typed: Draft) -> str:
    """A file whose upload has not begun, with what was typed about it, as text."""
    return json.dumps({"upload": uploads.kept_text(upload), "typed": _told(typed)})


def new_of(text: str) -> tuple[Upload, Draft] | None:
    """The file of a kept text with what was typed about it, None for any other text."""
    try:
        kept = json.loads(text)
        found = uploads.kept_of(kept["upload"])
        return (found, _draft(kept["typed"])) if found is not None else None
    except (ValueError, KeyError, TypeError):
        return None


def _told(draft: Draft) -> dict[str, Any]:
    at = draft.publish_at
    return vars(draft) | {"publish_at": at.isoformat() if at else None}


def _draft(told: Mapping[str, Any]) -> Draft:
    at, ms = told["publish_at"], told.get("poster_at_ms")
    return Draft(
        title=str(told["title"]),
        caption=str(told["caption"]),
        visibility=Visibility(told["visibility"]),
        publish_at=datetime.fromisoformat(at).astimezone(UTC) if at else None,
        poster_at_ms=None if ms is None else int(ms),
    )
