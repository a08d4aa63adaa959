"""What the routes of videos and of comments share: texts that were cleaned."""

from __future__ import annotations

from server.content.rules import Cleaned
from server.kit.errors import Invalid


def said(field: str, cleaned: Cleaned) -> Cleaned:
    """The text, unless nothing is left of it. Raises Invalid."""
    if not cleaned.text:
        raise Invalid(f"Nothing is left of the {field} without its control characters.")
    return cleaned


def notices(**texts: Cleaned | None) -> list[str]:
    """What the server took out of texts, in sentences."""
    return [
        f"Control characters were taken out of the {field}: {text.removed}."
        for field, text in texts.items()
        if text is not None and text.removed
    ]
