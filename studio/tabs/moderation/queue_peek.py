"""A look at what is known of an item without claiming it: flags, decisions, notes, and no media or text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import DecisionRow, FlagRow, NoteRow, Review
from studio.tabs.moderation.account_state import opinion_text
from studio.tabs.moderation.naming import name_of
from studio.tabs.moderation.rows import Titles
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.overlay import Overlay
from studio.widgets.scroll_pane import ScrollPane

HEAD: Final = 128
"""Height in px of what stands above the sections, with the margins."""

Line = tuple[str, str, str]
"""What it is, who or how, and what was said."""


def timecode(ms: int) -> str:
    """m:ss.t of a position in a video: flagged moments are often shorter than a second."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02}.{ms // 100 % 10}"


def short(at: datetime) -> str:
    """A moment to the minute, in the person's own time zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def flag_line(flag: FlagRow, titles: Titles) -> Line:
    """One flag: its policy, who raised it how surely and where, and its note."""
    by = f"@{flag.reporter_handle}" if flag.reporter_handle else flag.source.value.replace("_", " ")
    sure = [] if flag.confidence_bp is None else [f"{(flag.confidence_bp + 50) // 100} %"]
    where = ", ".join(f"{timecode(start)} to {timecode(end)}" for start, end in flag.ranges)
    detail = [by, *sure, *([where] if where else []), short(flag.received_at)]
    return titles(flag.policy), " · ".join(detail), flag.note or ""


def decision_line(decision: DecisionRow, titles: Titles) -> Line:
    """One earlier decision: outcome and policy, who took it when, and its facts."""
    policy = f": {titles(decision.policy)}" if decision.policy else ""
    undone = " (undone)" if decision.undone_at else " (reversed)" if decision.reversed_by_id else ""
    by = f"@{decision.decider_handle} · {short(decision.decided_at)}{opinion_text(decision)}"
    return f"{decision.outcome.capitalize()}{policy}{undone}", by, decision.facts or ""


def note_line(note: NoteRow) -> Line:
    """One note of a colleague."""
    at = "" if note.at_ms is None else f" at {timecode(note.at_ms)}"
    return f"@{note.author_handle}{at}", short(note.created_at), note.body


class Peek(Overlay):
    """Lies over the window until Esc."""

    def __init__(self, review: Review, titles: Titles, window: QWidget) -> None:
        super().__init__("Peek", window, 680)
        worn = style.tokens()
        item = review.item
        self.body.setContentsMargins(worn.space_5, worn.space_4, worn.space_4, worn.space_4)
        self.body.setSpacing(worn.space_3)
        head = QHBoxLayout()
        head.addWidget(ElidedLabel(name_of(item), "heading"), 1)
        head.addWidget(Chip(item.severity.capitalize(), item.severity.value))
        done = Button("Close", tip="Close (Esc)")
        done.clicked.connect(self.close_now)
        head.addWidget(done)
        self.body.addLayout(head)
        self.body.addWidget(
            Label("What was flagged is not shown: claim the item to review it.", "muted", wrap=True)
        )
        page = QWidget()
        page.setProperty("surface", "clear")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, worn.space_3, 0)
        column.setSpacing(worn.space_2)
        sections: tuple[tuple[str, Iterable[Line], str], ...] = (
            ("Flags", (flag_line(each, titles) for each in review.flags), "No flag stands."),
            ("Earlier decisions", (decision_line(each, titles) for each in review.decisions), "None."),
            ("Notes", (note_line(each) for each in review.notes), "None."),
        )
        for title, lines, nothing in sections:
            column.addWidget(Label(title, "section"))
            found = list(lines)
            for line in found:
                column.addWidget(_entry(*line))
            if not found:
                column.addWidget(Label(nothing, "muted"))
            column.addSpacing(worn.space_2)
        column.addStretch(1)
        self.body.addWidget(ScrollPane("Flags, earlier decisions and notes", page, ground="overlay"), 1)
        self._page = page
        self.closed.connect(self.deleteLater)

    def wanted_height(self) -> int:
        worn = style.tokens()
        room = self.surface.width() - 2 * worn.space_5 - worn.space_3
        return max(320, HEAD + self._page.heightForWidth(room))


def _entry(what: str, who: str, said: str) -> QWidget:
    entry = QWidget()
    lines = QVBoxLayout(entry)
    lines.setContentsMargins(0, 0, 0, style.tokens().space_1)
    lines.setSpacing(1)
    lines.addWidget(Label(what, "strong", wrap=True))
    lines.addWidget(Label(who, "muted", wrap=True))
    if said:
        lines.addWidget(Label(said, wrap=True))
    return entry
