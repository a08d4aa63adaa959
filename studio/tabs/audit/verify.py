"""Walking the whole chain on the server, and what came of it, told where nobody can miss it."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.audit.schemas import Verification
from studio.api.client import CONNECT_S, Answer
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.audit.state import verdict_words
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button, IconButton
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label
from studio.widgets.painting import fill_rounded
from studio.widgets.progress_row import ProgressRow

_ICON: Final = 20
LONGEST_S: Final = 600.0
"""A log of some 60 million entries is walked in this time."""


class VerifyCard(QWidget):
    """Hidden until asked, and coloured by what came of it.

    `entry_wanted` carries a seq to look at, `export_wanted` asks for the file.
    """

    entry_wanted = Signal(int)
    export_wanted = Signal()
    ended = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self.verdict: Verification | None = None
        self._tone = ""
        self.setAccessibleName("Verification of the audit log")
        worn = style.tokens()
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(worn.space_4, worn.space_3, worn.space_3, worn.space_3)
        self._shown: QWidget | None = None
        self.hide()

    @property
    def running(self) -> bool:
        """True while the server walks the chain."""
        return self._task is not None and not self._task.done()

    def verify(self) -> None:
        """Begin, unless it is under way."""
        if self.running:
            return
        self.verdict = None
        progress = ProgressRow("Verifying every link, every payload and every seal")
        progress.set_progress(None, "The server walks the log")
        progress.cancelled.connect(self.cancel)
        self._show(progress, "")
        self._task = self._context.tasks.spawn(self._work(), self)

    def cancel(self) -> None:
        """Stop waiting for the outcome."""
        if self._task is not None:
            self._task.cancel()
        self.hide()
        self.ended.emit()

    async def _work(self) -> None:
        try:
            verdict = await self._ask()
        except ApiError as error:
            self._tell_failed(error)
        else:
            self.tell(verdict)
        self.ended.emit()

    async def _ask(self) -> Verification:
        patience = httpx.Timeout(LONGEST_S, connect=CONNECT_S)
        async with self._context.api.open("POST", "/v1/audit/verify", timeout=patience) as response:
            content = await response.aread()
        return Answer(response.status_code, response.headers, content).model(Verification)

    def tell(self, verdict: Verification) -> None:
        """Show an outcome."""
        self.verdict = verdict
        title, text = verdict_words(verdict)
        tone, icon = ("success", "check") if verdict.whole else ("danger", "alert-triangle")
        buttons: list[Button] = []
        if verdict.broken_at is not None:
            at = verdict.broken_at
            look = Button(f"Look at #{at:,}")
            look.clicked.connect(lambda: self.entry_wanted.emit(at))
            export = Button("Export the log", icon="export", tip="Keep what is there as evidence")
            export.clicked.connect(self.export_wanted)
            copy = Button("Copy the finding", kind="quiet", icon="copy")
            copy.clicked.connect(lambda: clipboard.put(f"{title}\n{text}"))
            buttons = [look, export, copy]
            text += " Do not restore or delete anything: tell whoever answers for the server."
        self._say(tone, icon, title, text, buttons)

    def _tell_failed(self, error: ApiError) -> None:
        again = Button("Try again")
        again.clicked.connect(self.verify)
        text = f"{error.what_happened} Nothing is said about the log by this. {error.to_do_oneself}"
        self._say("warning", "alert-triangle", "Not verified", text, [again])

    def _say(self, tone: str, icon: str, title: str, text: str, buttons: list[Button]) -> None:
        told = QWidget()
        told.setAccessibleName(f"{title}. {text}")
        row = QHBoxLayout(told)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_3)
        picture = IconLabel(icon, tone, _ICON)
        words = QVBoxLayout()
        words.setSpacing(style.tokens().space_1)
        words.addWidget(Label(title, "title"))
        words.addWidget(Label(text, wrap=True))
        if buttons:
            below = QHBoxLayout()
            below.setContentsMargins(0, style.tokens().space_1, 0, 0)
            below.setSpacing(style.tokens().space_2)
            for button in buttons:
                below.addWidget(button)
            below.addStretch(1)
            words.addLayout(below)
        close = IconButton("x", "Close the outcome")
        close.clicked.connect(self.hide)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._show(told, tone)

    def _show(self, widget: QWidget, tone: str) -> None:
        if self._shown is not None:
            self._shown.hide()
            self._shown.deleteLater()
        self._shown, self._tone = widget, tone
        self._body.addWidget(widget)
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ground, edge = (f"{self._tone}_soft", self._tone) if self._tone else ("surface", "border")
        radius = style.tokens().radius
        fill_rounded(QPainter(self), self.rect().toRectF(), ground, radius, edge)
