"""What the item under review is, how long it may still take, and how long it is one's own."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import Review
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim
from studio.tabs.moderation.naming import TEXTS, name_of
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, tooltip
from studio.widgets.time_label import countdown, exact

SHORT_S: Final = 120
"""A lease is called short when less than this is left."""


class ReviewHeader(QWidget):
    """Title, creator, severity and the two countdowns."""

    back_wanted = Signal()
    why_wanted = Signal()
    account_wanted = Signal()
    panic_wanted = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.setAccessibleName("Item under review")
        worn = style.tokens()
        self._review: Review | None = None
        self._held: HeldClaim | None = None
        self.title = ElidedLabel("", "title")
        self._about = ElidedLabel("", "muted")
        self._severity, self._due, self._lease = Chip(""), Chip("", icon="clock"), Chip("", icon="lock")
        self._restricted = Chip("Restricted", "critical", "shield")
        self._restricted.setToolTip("Nothing of this item is written to a disk.")
        self._second = Chip("Second opinion", "info", "people")
        self._second.setToolTip(
            "Another person has decided already; what they found is sealed until you have."
        )
        back = hint(keymap, IconButton("chevron-left", "Give the item back"), "review.give-back")
        back.clicked.connect(self.back_wanted)
        self.why = hint(keymap, IconButton("help", "Why is this first?"), "review.why")
        self.why.clicked.connect(self.why_wanted)
        account = hint(keymap, IconButton("person", "Open the creator's account"), "review.account")
        account.clicked.connect(self.account_wanted)
        self.panic = hint(keymap, Button("Blank", icon="blank"), "review.panic")
        self.panic.clicked.connect(self.panic_wanted)
        first = QHBoxLayout()
        first.setSpacing(worn.space_1)
        first.addWidget(back)
        first.addWidget(self.title, 1)
        first.addWidget(self.why)
        first.addWidget(account)
        first.addWidget(self.panic)
        chips = QHBoxLayout()
        chips.setSpacing(worn.space_1)
        for chip in (self._severity, self._due, self._lease, self._restricted):
            chips.addWidget(chip)
        chips.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_1)
        column.addLayout(first)
        about = QHBoxLayout()
        about.setSpacing(worn.space_1)
        about.addWidget(self._about, 1)
        about.addWidget(self._second)
        column.addLayout(about)
        column.addLayout(chips)
        self.clear()

    def show_review(self, review: Review, *, restricted: bool) -> None:
        """Show what the item is."""
        self._review = review
        item = review.item
        self.title.setText(name_of(item))
        stage = " · escalated" if item.stage > 1 else ""
        flags = f"{item.flag_count} flag{'s' if item.flag_count != 1 else ''}"
        who = f"@{item.creator_handle}" if item.creator_handle else "unknown creator"
        named = "" if item.content_type in TEXTS else f"{item.content_type.capitalize()} by {who} · "
        self._about.setText(f"{named}{flags}{stage}")
        self._severity.set(item.severity.capitalize(), item.severity.value)
        self._due.setToolTip(tooltip(f"Due {exact(item.due_at)}"))
        for chip in (self._severity, self._due, self._lease):
            chip.show()
        self._second.setVisible(item.has_first_opinion and item.stage == 1)
        self._restricted.setVisible(restricted)

    def show_claim(self, held: HeldClaim | None, now: datetime) -> None:
        """Show how long the item is one's own."""
        self._held = held
        self.tick(now)

    def clear(self) -> None:
        """Show no item."""
        self._review = self._held = None
        self.title.setText("")
        self._about.setText("")
        for chip in (self._severity, self._due, self._lease, self._second, self._restricted):
            chip.hide()

    def tick(self, now: datetime) -> None:
        """Bring the countdowns up to date."""
        if self._review is None:
            return
        item = self._review.item
        due = countdown(now, item.due_at, (item.due_at - item.created_at).total_seconds())
        self._due.set(due.text, due.tone, "clock")
        if self._held is None:
            return
        if self._held.phase is ClaimPhase.LOST:
            self._lease.set("Not yours now", "danger", "unlock")
            return
        left = int(self._held.left(now).total_seconds())
        self._lease.set(f"{left // 60}:{left % 60:02}", "warning" if left < SHORT_S else "neutral", "lock")
        self._lease.setToolTip(
            tooltip(f"Yours until {exact(self._held.lease_until)}; extended while you work")
        )
