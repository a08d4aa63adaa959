"""The tabs there are, in their order at the left edge."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.tab import Context, Tab
from studio.tabs.moderation.tab import ModerationTab
from studio.window import TabKind


def tab_kinds() -> list[TabKind]:
    """Every tab; the window shows those that the person's permissions allow."""
    return [TabKind(tab=ModerationTab, build=_moderation)]


def _moderation(context: Context) -> Tab:
    return ModerationTab(context, review=_review)


def _review(context: Context) -> QWidget:
    from studio.tabs.moderation.review_page import ReviewPage

    return ReviewPage(context)
