"""The fields of one video that can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from server.content.rules import CAPTION_MAX, TITLE_MAX
from studio.tabs.content.publishing import Publishing
from studio.tabs.content.state import Draft, moment_in
from studio.tabs.content.still_strip import StillStrip
from studio.theme import style
from studio.video.storyboard import Preview
from studio.widgets.form import FormRow
from studio.widgets.length_note import LengthNote

CAPTION_HEIGHT = 96


class VideoForm(QWidget):
    """Emits `typed` at each change by the person at the screen, never for `show_draft`."""

    typed = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._showing = False
        self._saved_still: int | None = None
        self.setProperty("surface", "clear")
        self.title = QLineEdit()
        self.title.setMaxLength(TITLE_MAX)
        self.title.textEdited.connect(lambda: self.typed.emit())
        self.title_row = FormRow("Title", self.title)
        self.setFocusProxy(self.title)
        self.caption = QPlainTextEdit()
        self.caption.setTabChangesFocus(True)
        self.caption.setFixedHeight(CAPTION_HEIGHT)
        self.caption.textChanged.connect(self._caption_changed)
        self.caption_row = FormRow("Caption", self.caption)
        self.strip = StillStrip()
        self.strip.chosen.connect(self.typed)
        self.strip.chosen.connect(self._say_still)
        self.strip_row = FormRow("Still", self.strip)
        self.publishing = Publishing(now)
        self.publishing.typed.connect(self.typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_3)
        column.addWidget(self.strip_row)
        column.addWidget(self.title_row)
        column.addWidget(self.caption_row)
        column.addWidget(LengthNote(self.caption, CAPTION_MAX))
        column.addWidget(self.publishing)

    def draft(self) -> Draft:
        """What the form holds now."""
        return Draft(
            title=self.title.text(),
            caption=self.caption.toPlainText(),
            visibility=self.publishing.chosen,
            publish_at=self.publishing.publish_at,
            poster_at_ms=self.strip.choice,
        )

    def show_draft(self, draft: Draft, *, open_: bool) -> None:
        """Fill the form; `open_` says whether a time of publication can still be chosen."""
        self._showing = True
        if self.title.text() != draft.title:
            self.title.setText(draft.title)
        if self.caption.toPlainText() != draft.caption:
            self.caption.setPlainText(draft.caption)
        self.publishing.show_values(draft.visibility, draft.publish_at, open_=open_)
        self.strip.set_choice(draft.poster_at_ms)
        self._say_still()
        self._showing = False

    def show_stills(self, given: Sequence[Preview], saved: int | None) -> None:
        """Show what the still can be chosen from; it is at `saved` now. Without any there is no choice."""
        self._saved_still = saved
        self.strip.show_stills(given)
        self.strip_row.setVisible(bool(given))
        self._say_still()

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Say at each field what is wrong with it."""
        self.title_row.set_fault(faults.get("title", ""))
        self.caption_row.set_fault(faults.get("caption", ""))
        self.publishing.set_fault(faults.get("publish_at", ""))

    def _say_still(self) -> None:
        at = self.strip.choice
        pale = ", in colour once it is saved" if at != self._saved_still and self.strip.grey else ""
        self.strip_row.set_help("Chosen automatically" if at is None else f"From {moment_in(at)}{pale}")

    def _caption_changed(self) -> None:
        if not self._showing:
            self.typed.emit()
