"""The doctor's findings: what was looked at, what was found, what to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.ops.schemas import Check, Findings, Level
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.tab import Context
from studio.tabs.ops.state import CHECKS, summary, worst_first
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label, tooltip
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack

LOOKS: Final = {
    Level.OK: ("OK", "success", "check"),
    Level.WARN: ("Look", "warning", "alert-triangle"),
    Level.FAIL: ("Broken", "danger", "x"),
}
PICTURE: Final = 16
NAME: Final = 104
"""The width in px of the names of what is well, so that the findings stand in line."""


class DoctorCard(Card):
    """`examined` carries the findings after each examination."""

    examined = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__("Doctor")
        self._context = context
        self.findings: Findings | None = None
        self.again = IconButton("refresh", "Examine again")
        self.again.clicked.connect(self.refresh)
        self.add_tool(self.again)
        self._scroll = ScrollPane("Findings of the doctor")
        self.states = StateStack(self._scroll)
        self.states.retried.connect(self.refresh)
        self.body.addWidget(self.states, 1)

    def refresh(self) -> None:
        """Have the server looked over."""
        if not self.again.isEnabled():
            return
        self.again.setEnabled(False)
        self.states.loading()

        async def fetch() -> Findings:
            return (await self._context.api.get("/v1/ops/doctor")).model(Findings)

        self._context.tasks.read(fetch, self._show, self._failed, owner=self)

    def _show(self, findings: Findings) -> None:
        self.again.setEnabled(True)
        if findings != self.findings:
            self.findings = findings
            self._fill(findings)
        self.set_subtitle(summary(findings))
        self.states.content()
        self.examined.emit(findings)

    def _failed(self, error: ApiError) -> None:
        self.again.setEnabled(True)
        if self.findings is not None:
            self.states.content()
            self.set_subtitle(f"Not examined now: {error.what_happened}")
            return
        told = Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
        self.states.failed(told)

    def _fill(self, findings: Findings) -> None:
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, style.tokens().space_2, 0)
        column.setSpacing(style.tokens().space_2)
        for check in worst_first(findings.checks):
            column.addWidget(_line(check))
        column.addStretch(1)
        self._scroll.setWidget(inside)


def _line(check: Check) -> QWidget:
    """What is well takes a line; what is not stands out with its level and what to do."""
    worn = style.tokens()
    line = QWidget()
    title = CHECKS.get(check.name, check.name)
    word, tone, icon = LOOKS[check.level]
    line.setAccessibleName(f"{title}: {word}. {check.finding}. {check.advice}".strip())
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(worn.space_2)
    picture = IconLabel(icon, tone, PICTURE)
    picture.setToolTip(tooltip(word))
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    if check.level is Level.OK:
        name = Label(title, "strong")
        name.setFixedWidth(NAME)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(Label(check.finding, "muted", wrap=True), 1)
        return line
    words = QVBoxLayout()
    words.setContentsMargins(0, 0, 0, worn.space_2)
    words.setSpacing(2)
    head = QHBoxLayout()
    head.setSpacing(worn.space_2)
    head.addWidget(Label(title, "strong"))
    head.addWidget(Chip(word, tone))
    head.addStretch(1)
    words.addLayout(head)
    words.addWidget(Label(check.finding, "muted", wrap=True))
    if check.advice:
        words.addWidget(Label(check.advice, wrap=True))
    row.addLayout(words, 1)
    return line
