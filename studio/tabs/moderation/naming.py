"""What an item is called outside the list of the queue, where nothing that was flagged may be read."""

from __future__ import annotations

from typing import Final

from server.moderation.rules import ContentType
from server.moderation.schemas import Handover, ItemRow

TEXTS: Final = frozenset({ContentType.COMMENT, ContentType.CAPTION, ContentType.PROFILE})
"""Of these the title is the beginning of the flagged text itself."""


def name_of(item: ItemRow) -> str:
    """The title of an item; a text is named by whose it is, since its title is what was flagged."""
    kind = item.content_type.capitalize()
    if item.content_type in TEXTS:
        return f"{kind} by @{item.creator_handle}" if item.creator_handle else kind
    return item.title or kind


def name_handed(handed: Handover) -> str:
    """The same of an item that was handed over, of which less is known."""
    return f"a {handed.content_type}" if handed.content_type in TEXTS else f"“{handed.title}”"
