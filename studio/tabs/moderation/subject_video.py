"""Two players that take turns: while one is looked at, the other opens the next video out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from PySide6.QtWidgets import QStackedLayout, QWidget

from studio.keys import Keymap
from studio.settings import BLUR, GREYSCALE, MUTED, Settings
from studio.video.index import Source
from studio.video.panel import ReviewPlayer
from studio.video.player import Player
from studio.video.playhead import Lane
from studio.video.shield import Shield

BUDGET: Final = 128 << 20
"""Decoded frames in bytes that each of the two players may hold."""


class VideoStage(QWidget):
    """`front` is the player that is seen. What is behind it is never painted."""

    def __init__(self, keymap: Keymap, settings: Settings) -> None:
        super().__init__()
        self.setAccessibleName("Video under review")
        self._settings = settings
        self._stack = QStackedLayout(self)
        self.players = [ReviewPlayer(player=Player(budget=BUDGET), keymap=keymap) for _ in range(2)]
        for player in self.players:
            player.player.setParent(player)
            self._stack.addWidget(player)
        self._prepared: UUID | None = None
        self._blank = False

    @property
    def front(self) -> ReviewPlayer:
        """The player that is seen."""
        return self.players[self._stack.currentIndex()]

    @property
    def _back(self) -> ReviewPlayer:
        return self.players[1 - self._stack.currentIndex()]

    def prepare(self, item: UUID, source: Source, lanes: Sequence[Lane]) -> None:
        """Open the video of another item behind the one that is seen."""
        if self._prepared == item:
            return
        self._prepared = item
        self._back.resize(self.front.size())
        self._back.player.set_fit(self.front.view.fit())
        self._open(self._back, source, lanes)

    def show_video(self, item: UUID, source: Source, lanes: Sequence[Lane]) -> None:
        """Show the video of an item, at once if it was prepared."""
        if self._prepared == item:
            self._prepared = None
            before = self.front
            self._stack.setCurrentIndex(1 - self._stack.currentIndex())
            before.close_video()
            self.front.player.set_blank(self._blank)
        else:
            self._open(self.front, source, lanes)

    def close_video(self) -> None:
        """Show no video; what is prepared stays."""
        self.front.close_video()

    def forget_prepared(self) -> None:
        """Close what was opened out of sight."""
        self._prepared = None
        self._back.close_video()

    def set_blank(self, blank: bool) -> None:
        """Show nothing and fall silent."""
        self._blank = blank
        self.front.player.set_blank(blank)

    def _open(self, player: ReviewPlayer, source: Source, lanes: Sequence[Lane]) -> None:
        """Open with the shield that the person starts every item with."""
        get = self._settings.get
        player.player.set_shield(Shield(blur=True, strength=get(BLUR), grey=get(GREYSCALE)))
        player.player.set_muted(get(MUTED))
        player.player.set_blank(self._blank and player is self.front)
        player.open(source, lanes=lanes)
