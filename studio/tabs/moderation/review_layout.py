"""Where everything stands on the review page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from studio.focus_order import REGION
from studio.keys import Keymap
from studio.tabs.moderation.review_cover import BreakScreen
from studio.tabs.moderation.review_notice import Notice
from studio.theme import style
from studio.widgets.card import Card
from studio.widgets.toast import CLEAR

if TYPE_CHECKING:
    from studio.tabs.moderation.review_desk import ReviewDesk

SIDE: Final = 380


def lay_out(page: ReviewDesk, keymap: Keymap) -> None:
    """Place what the page has made, and make the notices, the frames around and the break screen."""
    worn = style.tokens()
    page.offline = Notice("offline", "warning")
    page.away = Notice("clock", "warning", "I am here")
    page.trouble = Notice("alert-triangle", "danger", "Try again")
    main = QVBoxLayout()
    main.setSpacing(worn.space_2)
    page.other_draft = Notice("undo", "warning", "Use it instead")
    for notice in (page.offline, page.away, page.trouble, page.other_draft):
        main.addWidget(notice)
    main.addWidget(page.content, 1)
    side = QWidget()
    side.setFixedWidth(SIDE)
    side.setObjectName(CLEAR)
    side.setProperty(REGION, True)
    column = QVBoxLayout(side)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(worn.space_2)
    known = Card()
    known.layout().setContentsMargins(worn.space_3, 0, worn.space_1, 0)  # type: ignore[union-attr]
    known.body.addWidget(page.tabs)
    page.known, page.side = known, side
    column.addWidget(page.header)
    column.addWidget(page.panel)
    column.addWidget(known, 1)
    column.addStretch()  # while nothing is known, the panel keeps its height
    desk = QWidget()
    row = QHBoxLayout(desk)
    row.setContentsMargins(worn.space_4, worn.space_3, worn.space_3, worn.space_3)
    row.setSpacing(worn.space_3)
    row.addLayout(main, 1)
    row.addWidget(side)
    page.desk = desk
    page.pause = BreakScreen(keymap)
    page.stack = QStackedLayout(page)
    page.stack.addWidget(desk)
    page.stack.addWidget(page.pause)
