"""Whose video it is and what they say about it, over the lower edge of the picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.content.schemas import FeedItem
from server.kit.wire import Availability
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.feed.name_button import NameButton
from studio.tabs.feed.stage import RING
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import ElidedLabel, Label

WITHHELD: Final = "The caption of this video is withheld."
LINES: Final = 2
DISC: Final = 28
INK: Final = "#ffffff"


class Caption(QWidget):
    """`follow_wanted` is emitted by the button beside the name, `profile_wanted` by the name."""

    follow_wanted = Signal()
    profile_wanted = Signal()

    def __init__(self, keymap: Keymap, parent: QWidget) -> None:
        super().__init__(parent)
        self.creator = hint(keymap, NameButton(disc=DISC, ink=INK, ring=RING), "feed.profile")
        self.creator.clicked.connect(self.profile_wanted)
        self.follow = hint(keymap, Button("Follow"), "feed.follow")
        self.follow.clicked.connect(self.follow_wanted)
        self.title = ElidedLabel("", "title")
        self.text = Label("", "muted", wrap=True)
        self.notice = Label("", "muted", wrap=True)
        worn = style.tokens()
        top = QHBoxLayout()
        top.setSpacing(worn.space_2)
        top.addWidget(self.creator, 0)
        top.addWidget(self.follow, 0)
        top.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(worn.space_1)
        rows.addLayout(top)
        rows.addWidget(self.title)
        rows.addWidget(self.text)
        rows.addWidget(self.notice)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation, False)

    def show_item(self, item: FeedItem, *, own: bool, notice: str) -> None:
        """Show the words of a video; `notice` is what is wrong with its file."""
        video = item.video
        self.creator.set_person(video.owner, handle=True)
        self.follow.setVisible(not own)
        self.follow.setText("Following" if item.mine.following else "Follow")
        spoken = "Unfollow" if item.mine.following else "Follow"
        self.follow.setAccessibleName(f"{spoken} {video.owner.name}")
        self.title.setText(video.title)
        withheld = video.caption is None or video.caption_availability is not Availability.PUBLIC
        self._said = WITHHELD if withheld else video.caption or ""
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))
        self._fitted = 0
        self.fit(self.width())

    _said = ""
    _fitted = 0
    """The width that the present words are laid out for."""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fitted = 0

    def fit(self, width: int) -> None:
        """Take so much room; of a long caption the first lines, the whole as a tooltip."""
        if width == self._fitted:
            return
        self._fitted = width
        self.setFixedWidth(max(1, width))
        lines = self._said.split("\n")
        text = " ".join(line for line in lines if line)
        metrics = self.text.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width * LINES * 0.92))
        self.text.setText(shown)
        self.text.setToolTip(self._said if shown != text else "")
        self.text.setVisible(bool(text))
        self.creator.setFixedWidth(min(self.creator.sizeHint().width(), max(60, width - 120)))
        self.adjustSize()
        self.resize(width, self.heightForWidth(width) if self.hasHeightForWidth() else self.height())
