"""What is said where something of the feed cannot be read."""

from __future__ import annotations

from studio.api.errors import ApiError
from studio.messages import Problem


def unread(what: str, error: ApiError) -> Problem:
    """`what`, the reason and the advice of the error, for a pane with a button that tries again."""
    return Problem(
        what_happened=what,
        what_was_kept="",
        what_to_do=f"{error.what_happened} {error.what_to_do}",
        detail=str(error),
    )
