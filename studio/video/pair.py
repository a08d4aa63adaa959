"""Two videos that are looked at side by side: one leads, the other stands where it belongs."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.video.along import Along
from studio.video.player import Player
from studio.video.playhead import Playhead


class Pair(QObject):
    """Has `follower` show what belongs to the frame of `leader`, whether that plays, steps or is scrubbed.

    The follower has no clock of its own, so the two cannot drift apart.
    """

    def __init__(self, leader: Player, follower: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._leader, self._follower = leader, follower
        self._along = Along()
        leader.changed.connect(self._follow)
        follower.opened.connect(lambda _index: self._follow(leader.head))

    def set_along(self, along: Along) -> None:
        """Which times belong together from now on."""
        self._along = along
        self._follow(self._leader.head)

    def _follow(self, head: Playhead | None) -> None:
        other = self._follower.head
        if head is None or other is None:
            return
        wanted = other.table.at_ms(self._along.there(head.ms))
        if wanted != other.frame:
            self._follower.seek(wanted)
