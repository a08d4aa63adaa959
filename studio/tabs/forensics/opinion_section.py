"""The model's opinion below the scores, apart from them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.opinion.schemas import OpinionView
from studio.tabs.forensics import opinion
from studio.tabs.forensics.evidence import Place
from studio.tabs.forensics.opinion import Opined
from studio.tabs.forensics.refocus import focus_kept
from studio.theme import style
from studio.video.playhead import timecode
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import Label


class OpinionSection(QWidget):
    """`place_wanted` carries the `Place` of a still; `ask_wanted`: a model is to be asked. Hidden until an
    opinion, or the lack of one, is known."""

    place_wanted = Signal(object)
    ask_wanted = Signal()

    def __init__(self, *, may_ask: bool) -> None:
        super().__init__()
        self._may_ask = may_ask
        self._known: OpinionView | None = None
        self.setAccessibleName(opinion.TITLE)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(style.tokens().space_2)
        self.hide()

    def show_opinion(self, known: OpinionView | None) -> None:
        """Show what a model said; None hides the section."""
        if known == self._known:
            return
        self._known = known
        with focus_kept(self):
            self._rebuild(known)
        self.setVisible(known is not None)

    def _rebuild(self, known: OpinionView | None) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (gone := item.widget()) is not None:
                gone.hide()
                gone.deleteLater()
        if known is not None:
            self._build(opinion.read(known))
        for n in range(self._column.count()):
            if (made := self._column.itemAt(n)) is not None and (part := made.widget()) is not None:
                part.show()  # now: what is not seen takes no focus

    def _build(self, told: opinion.Opinion) -> None:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Label(opinion.TITLE, "section"))
        row.addStretch(1)
        row.addWidget(Chip(told.word, told.tone, told.icon))
        self._column.addWidget(head)
        self._column.addWidget(Label(opinion.APART, "caption", wrap=True))
        for words in (told.why, told.summary):
            if words:
                self._column.addWidget(Label(words, wrap=True))
        for category in told.categories:
            self._column.addWidget(self._category(category))
        if told.source:
            self._column.addWidget(Label(f"Asked: {told.source}.", "caption", wrap=True))
        if told.may_ask and self._may_ask:
            again = "Ask the model again" if told.summary else "Ask a model"
            leaves = "Asking sends stills and words of the video to a provider outside this server."
            ask = InlineConfirm(again, "Send them?", "Ask", icon="export")
            ask.confirmed.connect(self.ask_wanted)
            self._column.addWidget(Label(leaves, "caption", wrap=True))
            self._column.addWidget(ask)

    def _category(self, said: Opined) -> QWidget:
        made = QWidget()
        made.setAccessibleName(f"{said.title}: {said.word}")
        column = QVBoxLayout(made)
        column.setContentsMargins(0, style.tokens().space_1, 0, 0)
        column.setSpacing(style.tokens().space_1)
        head = QHBoxLayout()
        head.setSpacing(style.tokens().space_2)
        head.addWidget(Label(said.title, "strong"))
        head.addWidget(Chip(said.word, said.tone))
        head.addStretch(1)
        column.addLayout(head)
        for words in (said.reason, said.raised):
            if words:
                column.addWidget(Label(words, "caption", wrap=True))
        if said.moments_ms:
            column.addLayout(self._moments(said))
        return made

    def _moments(self, said: Opined) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_1)
        for ms in said.moments_ms[:4]:
            at = timecode(ms)
            jump = Button(at.rpartition(".")[0], kind="link", icon="marker", tip=f"Go to the still at {at}")
            jump.setAccessibleName(f"{opinion.TITLE}, {said.title}: go to {at}")
            jump.clicked.connect(partial(self._go, ms))
            row.addWidget(jump)
        row.addStretch(1)
        return row

    def _go(self, ms: int, _checked: bool = False) -> None:
        self.place_wanted.emit(Place(ms))
