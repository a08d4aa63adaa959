"""The tabs there are, in their order at the left edge."""

from __future__ import annotations

from studio.window import TabKind


def tab_kinds() -> list[TabKind]:
    """Every tab; the window shows those that the person's permissions allow."""
    return []
