"""A text under review: large, verbatim, with what hides in it made visible, and masked until revealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QColor, QFont, QHideEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from server.content.schemas import CommentView
from server.moderation.rules import ContentType
from server.moderation.schemas import Review
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.moderation.subject_spans import Piece, SpanKind, findings, masked, pieces
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.label import Label

TEXT_PX: Final = 22
TONES: Final = {
    SpanKind.HIDDEN: "danger",
    SpanKind.LINK: "info",
    SpanKind.MIXED: "warning",
    SpanKind.QUOTED: "accent",
}
NAMES: Final = {
    ContentType.COMMENT: "Comment",
    ContentType.CAPTION: "Caption",
    ContentType.PROFILE: "Profile",
    ContentType.SPARK: "Spark",
}


class TextSubject(QWidget):
    """Shows one text. While `mask` is on, only the shape of the words is there to be painted or copied."""

    revealed_changed = Signal(bool)

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.setAccessibleName("Text under review")
        worn = style.tokens()
        self._review: Review | None = None
        self._thread: Sequence[CommentView] = ()
        self._parts: list[Piece] = []
        self._mask = self._revealed = self._blank = False
        card = Card()
        card.layout().setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)  # type: ignore[union-attr]
        head = QHBoxLayout()
        head.setSpacing(worn.space_2)
        self._kind, self._whose = Label("", "section"), Label("", "muted")
        self._found = QHBoxLayout()
        self._found.setSpacing(worn.space_1)
        self.reveal = hint(keymap, Button("Hold to reveal", icon="eye"), "review.reveal")
        self.reveal.pressed.connect(lambda: self.set_revealed(True))
        self.reveal.released.connect(lambda: self.set_revealed(False))
        head.addWidget(self._kind)
        head.addWidget(self._whose, 1)
        head.addLayout(self._found)
        head.addWidget(self.reveal)
        self.view = QTextEdit()
        self.view.setReadOnly(True)
        self.view.selectionChanged.connect(self._remember)
        self._quote = ""
        self.view.setAcceptRichText(False)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setAccessibleName("Original text")
        self.view.setTabChangesFocus(True)
        self.view.viewport().setAutoFillBackground(False)
        card.body.addLayout(head)
        card.body.addWidget(self.view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        self.setFocusProxy(self.view)

    def _remember(self) -> None:
        selected = self.view.textCursor().selectedText().replace("\u2029", "\n").strip()
        if selected and self.readable:
            self._quote = selected

    def take_quote(self) -> str:
        """The words that were selected last while they could be read; they are handed over once."""
        quote, self._quote = self._quote, ""
        return quote

    # What is shown

    def show_review(self, review: Review, thread: Sequence[CommentView], *, mask: bool) -> None:
        """Show the text of an item with the comments around it, masked if asked for."""
        self._review, self._thread = review, thread
        self._mask, self._revealed, self._blank = mask, False, False
        self._quote = ""
        subject = review.subject
        quotes = [flag.note for flag in review.flags if flag.note]
        self._parts = pieces(subject.text, quotes) if subject else []
        self._kind.setText(NAMES.get(review.item.content_type, "Text"))
        self._whose.setText(_whose(review))
        self.reveal.setVisible(mask)
        _empty(self._found)
        for words in findings(self._parts):
            self._found.addWidget(Chip(words, "warning", "alert-triangle"))
        self._write()

    def clear(self) -> None:
        """Forget the text; a reveal ends."""
        self.set_revealed(False)
        self._review, self._thread, self._parts = None, (), []
        self._quote = ""
        self.view.clear()

    @property
    def readable(self) -> bool:
        """Whether the words themselves are on the screen."""
        return self._review is not None and not self._blank and (self._revealed or not self._mask)

    @property
    def revealed(self) -> bool:
        """Whether a masked text is being revealed."""
        return self._revealed

    def set_revealed(self, revealed: bool) -> None:
        """Hold (True) or release (False) the reveal."""
        if revealed == self._revealed or not self._mask or self._blank:
            return
        self._revealed = revealed
        self._write()
        self.revealed_changed.emit(revealed)

    def set_blank(self, blank: bool) -> None:
        """Show nothing at all."""
        if blank:
            self.set_revealed(False)
        self._blank = blank
        self._write()

    def hideEvent(self, event: QHideEvent) -> None:
        self.set_revealed(False)
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.set_revealed(False)
        elif event.type() == QEvent.Type.PaletteChange and self._review is not None:
            self._write()
        super().changeEvent(event)

    # Writing. Always as plain text with formats: what a person typed is never read as markup.

    def _write(self) -> None:
        self.view.clear()
        if self._blank or self._review is None:
            return
        cursor = self.view.textCursor()
        subject = self._review.subject
        if subject is None or (not self._parts and not subject.title):
            cursor.insertText("The text is not there any more.", _plain("text_muted", 15))
            return
        if subject.content_type is ContentType.PROFILE:
            self._insert(cursor, [Piece(f"{subject.title}\n")], weight=QFont.Weight.DemiBold)
        elif subject.content_type is ContentType.CAPTION:
            self._around(cursor, f"Under the video “{subject.title}”")
        for comment in self._before():
            self._around(cursor, f"@{comment.author.handle}: {comment.body}")
        self._insert(cursor, self._parts or [Piece("Nothing is written here.")])
        for comment in self._after():
            cursor.insertBlock()
            self._around(cursor, f"@{comment.author.handle}: {comment.body}", after=True)
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self.view.setTextCursor(cursor)

    def _insert(
        self, cursor: QTextCursor, parts: Sequence[Piece], *, weight: QFont.Weight = QFont.Weight.Medium
    ) -> None:
        block = QTextBlockFormat()
        block.setTopMargin(style.tokens().space_3)
        block.setBottomMargin(style.tokens().space_4)
        block.setLineHeight(145, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(block)
        hidden = self._mask and not self._revealed
        for part in parts:
            look = _plain("text", TEXT_PX, weight)
            if hidden:
                look = _plain("raised", TEXT_PX, weight, ground="raised")
            elif part.kind is not None:
                look = _plain(TONES[part.kind], TEXT_PX, weight, ground=f"{TONES[part.kind]}_soft")
            cursor.insertText(masked(part.text) if hidden else part.text, look)

    def _around(self, cursor: QTextCursor, text: str, *, after: bool = False) -> None:
        """A line of what stands around the text; it is shown no more than the text itself."""
        shown = masked(text) if self._mask and not self._revealed else text
        ground = "raised" if shown != text else ""
        cursor.insertText(shown, _plain(ground or "text_faint", 14, ground=ground))
        if not after:
            cursor.insertBlock()

    def _before(self) -> list[CommentView]:
        mine = self._place()
        return [] if mine is None else list(self._thread[:mine])

    def _after(self) -> list[CommentView]:
        mine = self._place()
        return [] if mine is None else list(self._thread[mine + 1 :])

    def _place(self) -> int | None:
        assert self._review is not None
        mine = self._review.item.content_id
        return next((n for n, each in enumerate(self._thread) if each.id == mine), None)


def _plain(
    ink: str, px: int, weight: QFont.Weight = QFont.Weight.Normal, *, ground: str = ""
) -> QTextCharFormat:
    worn = style.tokens()
    look = QTextCharFormat()
    font = QFont(worn.font_family)
    font.setPixelSize(px)
    font.setWeight(weight)
    look.setFont(font)
    look.setForeground(QColor(worn.color(ink)))
    if ground:
        look.setBackground(QColor(worn.color(ground)))
    return look


def _whose(review: Review) -> str:
    subject = review.subject
    by = f"by @{review.item.creator_handle}" if review.item.creator_handle else ""
    notes = [by]
    if subject is not None and subject.changed:
        notes.append("changed since it was last flagged")
    if subject is not None and subject.deleted:
        notes.append("deleted by its author")
    return " · ".join(filter(None, notes))


def _empty(layout: QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()
