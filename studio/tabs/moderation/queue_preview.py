"""The card beside the queue: the facts of the selected item and no picture of it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from server.accounts.schemas import Me
from server.moderation.rules import ItemState
from server.moderation.schemas import CreatorSummary, FlagRow, Review
from studio.focus_order import REGION
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.moderation.handover import may_take_over
from studio.tabs.moderation.rows import Now, Titles, due_text, due_tone, holder_look, holder_told, moment
from studio.tabs.moderation.snapshot import QueueRow
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import Label, tooltip
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.time_label import ago, exact, span

WIDE, NARROW = 292, 272
"""Its width in px beside a roomy table and beside a cramped one."""

LINK_PADDING = 4
"""What the style sheet puts around the text of a link, taken back so that it stands in line."""


def creator_line(creator: CreatorSummary) -> str:
    """The record of a creator in one line."""
    if not (creator.strike_points or creator.violations or creator.allowed):
        return "No record yet"
    points = f"{creator.strike_points} strike point{'s' if creator.strike_points != 1 else ''}"
    violations = f"{creator.violations:,} violation{'s' if creator.violations != 1 else ''}"
    return f"{points} · {violations} · {creator.allowed:,} allowed"


def flag_lines(flags: list[FlagRow], titles: Titles) -> list[tuple[str, str]]:
    """The flags as (policy, who raised them), the most frequent policy first."""
    by_policy = Counter(flag.policy for flag in flags)
    lines = []
    for policy, _count in by_policy.most_common():
        sources = Counter(flag.source.value.replace("_", " ") for flag in flags if flag.policy == policy)
        raised = [f"{name} ({n})" if n > 1 else name for name, n in sources.most_common()]
        lines.append((titles(policy), ", ".join(raised)))
    return lines


class Preview(QFrame):
    """Shows a row at once, and what `show_review` brings when it has come."""

    claim_wanted = Signal()
    peek_wanted = Signal()
    why_wanted = Signal()
    account_wanted = Signal()
    take_over_wanted = Signal()

    def __init__(self, keymap: Keymap, *, now: Now, titles: Titles, me: Me) -> None:
        super().__init__()
        self._now, self._titles, self._me, self._person = now, titles, me.handle, me
        self._row: QueueRow | None = None
        self.review: Review | None = None
        self.setProperty("surface", "card")
        self.setAccessibleName("Selected item")
        self.setProperty(REGION, True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._lay_out(outer, keymap)
        self.show_row(None)

    def _lay_out(self, outer: QVBoxLayout, keymap: Keymap) -> None:
        worn = style.tokens()
        self._severity, self._due, self._holder = Chip(""), Chip("", icon="clock"), Chip("")
        self.title = Label("", "title", wrap=True)
        self._kind = Label("", "muted", wrap=True)
        self._creator = hint(keymap, Button("", kind="link"), "queue.account")
        self._creator.clicked.connect(self.account_wanted)
        self._record = Label("", "muted", wrap=True)
        self._flags = QVBoxLayout()
        self._estimate, self._priority = Label(""), Label("")
        self._history = Label("", "muted", wrap=True)
        why = hint(keymap, Button("Why here?", kind="quiet", icon="help"), "queue.why")
        why.clicked.connect(self.why_wanted)
        self.why = why
        self.claim = hint(keymap, Button("Claim", kind="primary", icon="review"), "queue.open")
        self.claim.clicked.connect(self.claim_wanted)
        self.take_over = hint(keymap, Button("Take over…", icon="unlock"), "queue.take-over")
        self.take_over.clicked.connect(self.take_over_wanted)
        self.peek = hint(keymap, Button("Peek", icon="eye"), "queue.peek")
        self.peek.clicked.connect(self.peek_wanted)

        facts = QWidget()
        facts.setProperty("surface", "clear")
        column = QVBoxLayout(facts)
        column.setContentsMargins(worn.space_4, worn.space_4, worn.space_4, worn.space_3)
        column.setSpacing(worn.space_2)
        chips = QHBoxLayout()
        chips.setSpacing(worn.space_2)
        for chip in (self._severity, self._due):
            chips.addWidget(chip)
        chips.addStretch(1)
        column.addLayout(chips)
        column.addWidget(self.title)
        column.addWidget(self._kind)
        column.addWidget(self._holder, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(_section("Creator"))
        link = QHBoxLayout()
        link.setContentsMargins(-LINK_PADDING, 0, 0, 0)
        link.addWidget(self._creator, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(link)
        column.addWidget(self._record)
        column.addWidget(_section("Flags"))
        column.addLayout(self._flags)
        column.addWidget(_section("Work"))
        column.addLayout(_fact("Estimated review", self._estimate))
        column.addLayout(_fact("Priority", self._priority, why))
        column.addWidget(self._history)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(worn.space_4, worn.space_2, worn.space_4, worn.space_4)
        buttons.setSpacing(worn.space_2)
        buttons.addWidget(self.claim, 1)
        buttons.addWidget(self.take_over, 1)
        buttons.addWidget(self.peek)
        outer.addWidget(ScrollPane("Facts of the selected item", facts), 1)
        outer.addLayout(buttons)

    # What is shown

    def show_row(self, row: QueueRow | None) -> None:
        """Turn to another item; what is known of the same one stays. With none the card is hidden."""
        if row is None or self._row is None or row.id != self._row.id:
            self.review = None
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            return
        self._severity.set(row.severity.capitalize(), row.severity)
        self.title.setText(row.title)
        flagged = moment(row.created)
        self._kind.setToolTip(tooltip(f"Flagged {exact(flagged)}"))
        self._creator.setText(f"@{row.creator}".replace("&", "&&") if row.creator else "Nobody")
        self._creator.setAccessibleName(f"Account of {row.creator}" if row.creator else "No creator")
        self._creator.setEnabled(row.creator is not None)
        self._priority.setText(f"{row.priority:,}")
        self.claim.setText("Continue" if row.claimed_by == self._me else "Claim")
        taken = row.claimed_by not in (None, self._me)
        self.claim.setEnabled("moderation.claim" in self._person.permissions and not taken)
        over = may_take_over(row, self._person)
        self.take_over.setVisible(over)
        self.claim.setVisible(not over)
        self.tick()
        self._show_known()

    def tick(self) -> None:
        """Bring the countdowns up to date."""
        if (row := self._row) is None:
            return
        now = self._now()
        over = due_text(row, now)
        self._due.set(over if row.due < now else f"{over} left", due_tone(row, now), "clock")
        self._due.setToolTip(tooltip(f"Due {exact(moment(row.due))}"))
        flagged = ago(moment(now), moment(row.created))
        self._kind.setText(f"{row.content_type.capitalize()} · flagged {flagged}")
        look = holder_look(row, self._me)
        self._holder.setVisible(look is not None)
        if look is not None:
            self._holder.set(holder_told(row, now, self._me), look.tone, look.icon)

    def show_review(self, review: Review) -> None:
        """Add what only the server knows, if the item is still the shown one."""
        if self._row is not None and str(review.item.id) == self._row.id:
            self.review = review
            self._show_known()

    def creator_id(self) -> UUID | None:
        """The creator of the shown item, when known."""
        return self.review.creator.id if self.review and self.review.creator else None

    def _show_known(self) -> None:
        row, review = self._row, self.review
        assert row is not None
        _empty(self._flags)
        if review is None:
            count = f"{row.flag_count} flag{'s' if row.flag_count != 1 else ''}"
            self._flags.addLayout(_two_lines(self._titles(row.policy), count))
            self._record.hide()
            self._estimate.setText("…")
            self._history.setText("")
            return
        self._record.setText(creator_line(review.creator) if review.creator else "")
        self._record.setVisible(review.creator is not None)
        for policy, raised in flag_lines(review.flags, self._titles):
            self._flags.addLayout(_two_lines(policy, raised))
        estimate = review.estimated_review_ms
        self._estimate.setText(f"about {span(estimate / 1000)}" if estimate else "not known yet")
        before = [
            f"{len(found)} {one if len(found) == 1 else many}"
            for found, one, many in (
                (review.decisions, "earlier decision", "earlier decisions"),
                (review.notes, "note", "notes"),
            )
            if found
        ]
        if review.item.state is ItemState.ON_HOLD and review.hold_reason:
            before.append(f"on hold: {review.hold_reason}")
        self._history.setText(" · ".join(before))


def _section(title: str) -> Label:
    label = Label(title, "section")
    label.setContentsMargins(0, style.tokens().space_3, 0, 0)
    return label


def _fact(name: str, value: Label, tool: QWidget | None = None) -> QHBoxLayout:
    line = QHBoxLayout()
    line.addWidget(Label(name, "muted"))
    line.addWidget(value, 1)
    if tool is not None:
        line.addWidget(tool)
    return line


def _two_lines(first: str, second: str) -> QVBoxLayout:
    lines = QVBoxLayout()
    lines.setSpacing(0)
    lines.addWidget(Label(first, wrap=True))
    lines.addWidget(Label(second, "muted", wrap=True))
    return lines


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (inner := item.layout()) is not None:
            while (leaf := inner.takeAt(0)) is not None:
                if (widget := leaf.widget()) is not None:
                    widget.deleteLater()
