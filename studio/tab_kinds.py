"""The tabs there are, in their order at the left edge."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.sparks.tray import SparkTray
from studio.tab import Context, Tab
from studio.tabs.audit.tab import AuditTab
from studio.tabs.content.tab import ContentTab
from studio.tabs.feed.tab import FeedTab
from studio.tabs.forensics.tab import ScoresTab
from studio.tabs.moderation.tab import ModerationTab
from studio.tabs.ops.tab import OpsTab
from studio.tabs.people.account_tab import AccountTab
from studio.tabs.people.tab import PeopleTab
from studio.tabs.sparks.tab import SparksTab
from studio.window import TabKind


def tab_kinds() -> list[TabKind]:
    """Every tab; the window shows those that the person's permissions allow."""
    return [
        TabKind(tab=ModerationTab, build=_moderation),
        TabKind(tab=ScoresTab, build=ScoresTab),
        TabKind(tab=PeopleTab, build=PeopleTab),
        TabKind(tab=AuditTab, build=AuditTab),
        TabKind(tab=OpsTab, build=OpsTab),
        TabKind(tab=FeedTab, build=_feed),
        TabKind(tab=SparksTab, build=SparksTab),
        TabKind(tab=ContentTab, build=ContentTab),
        TabKind(tab=AccountTab, build=AccountTab),
    ]


def _moderation(context: Context) -> Tab:
    return ModerationTab(context, review=_review)


def _feed(context: Context) -> Tab:
    return FeedTab(context, make_tray=_tray if SparksTab.allowed(context.me) else None)


def _tray(context: Context) -> SparkTray:
    from studio.tabs.sparks.panel import TrayPanel

    return TrayPanel(context)


def _review(context: Context) -> QWidget:
    from studio.tabs.moderation.review_page import ReviewPage

    page = ReviewPage(context)
    if "forensics.read" in context.me.permissions:
        from studio.tabs.forensics.panel import ScoresPanel

        page.lend(ScoresPanel(context))
    return page
