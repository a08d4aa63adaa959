"""One page of the feed: a video on its way, its first frame, and playing it in a loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QObject, QSize, Signal

from server.content.schemas import FeedItem, VideoView
from studio.api.errors import ApiError, NotFound, Offline
from studio.tabs.feed.media import FeedMedia, Held, Unplayable
from studio.video.audio import SoundOutput
from studio.video.decoder import Failed, Picture
from studio.video.index import MediaIndex
from studio.video.player import Player
from studio.video.playhead import Playhead
from studio.video.shield import OPEN

BUDGET: Final = 48 << 20
"""Bytes of decoded frames that one page may hold."""

Spawn = Callable[[Coroutine[Any, Any, None], QObject], Any]


class Slot(QObject):
    """Loads its video at once, and shows its first frame before anybody swipes to it.

    `painted`: there is another picture; `changed`: there is something else to be told. `gone`: nobody may see
    this video any more. `reached` tells the ms that have been seen, `looped` those at which it began anew;
    `running` whether its pictures follow one another: not while it is paused, nor while they stall.
    """

    painted = Signal()
    changed = Signal()
    gone = Signal(object)
    offline = Signal()
    reached = Signal(int)
    looped = Signal(int)
    running = Signal(bool)

    def __init__(
        self, item: FeedItem, media: FeedMedia, spawn: Spawn, parent: QObject, *, sound: SoundOutput | None
    ) -> None:
        super().__init__(parent)
        self.video: VideoView = item.video
        self.picture: Picture | None = None
        self.problem = ""
        self.notice = ""
        self.come = 0
        """How much of its file has come, in per cent."""
        self._on_screen: Picture | None = None
        self._size = _size_told(item.video)
        self._media, self._spawn = media, spawn
        self._held: Held | None = None
        self._closed = False
        self._wanted = self._playing = self._running = False
        self._sound = sound or SoundOutput(self)
        self.player = Player(self, sound=self._sound, budget=BUDGET, forward=True)
        self.player.set_shield(OPEN)
        self.player.opened.connect(self._opened)
        self.player.picture.connect(self._show)
        self.player.failed.connect(self._failed)
        self.player.changed.connect(self._follow)
        self.load()

    @property
    def id(self) -> UUID:
        """Which video this is."""
        return self.video.id

    @property
    def size(self) -> QSize:
        """The upright size of the picture; only its shape matters."""
        return self._size

    @property
    def ready(self) -> bool:
        """Whether a frame is there to be painted."""
        return self.picture is not None

    @property
    def waits(self) -> bool:
        """Whether it neither shows anything nor has failed."""
        return self.picture is None and not self.problem

    @property
    def ms(self) -> int:
        """Up to where its pictures were seen; those that do not come in time are not waited for."""
        head = self.player.head
        return head.table.ms_of(min(self.player.pace.seen, head.frame)) if head is not None else 0

    @property
    def share(self) -> float:
        """How much of the video has been played, 0 to 1."""
        head, index = self.player.head, self.player.index
        return min(1.0, head.ms / index.table.duration_ms) if head is not None and index is not None else 0.0

    def painted_now(self, picture: Picture) -> None:
        """This picture is on the screen now."""
        if picture is not self._on_screen:
            self._on_screen = picture
            self.player.painted(picture)

    def load(self) -> None:
        """Bring the video; again after a failure."""
        if self.problem and self._held is not None:
            # It arrived whole and cannot be played: the copy may have been damaged on the disk since.
            self._media.discard(self._held)
            self._held = None
        self.problem, self.come = "", 0
        self.changed.emit()
        self._spawn(self._load(), self)

    def play(self) -> None:
        """Play as soon as there is something to play."""
        self._wanted = True
        head = self.player.head
        if head is not None and not head.playing:
            self.player.play_pause()  # from the beginning, if it is at its end

    def pause(self) -> None:
        """Stand still at the frame that is shown."""
        self._wanted = False
        head = self.player.head
        if head is not None and head.playing:
            self.player.play_pause()

    def rewind(self) -> None:
        """Be at the beginning when it is met again."""
        self.player.seek(0)

    def set_sound(self, *, muted: bool, volume: float) -> None:
        """`volume` is 0 to 100."""
        self._sound.set_volume(volume / 100)
        self.player.set_muted(muted)

    def set_fit(self, size: QSize) -> None:
        """The size in device pixels at which it is painted."""
        self.player.set_fit((max(1, size.width()), max(1, size.height())))

    def close(self) -> None:
        """Let go of everything."""
        self._closed, self._wanted = True, False
        self._note_running(False)
        self.player.close()
        self.picture = self._on_screen = None
        held, self._held = self._held, None
        if held is not None:
            self._media.release(held)
        self.deleteLater()

    async def _load(self) -> None:
        if self._held is not None:
            held = self._held
        else:
            try:
                held = await self._media.fetch(self.video, self._note_progress)
            except NotFound:
                self.gone.emit(self.id)
                return
            except Offline as error:
                self._give_up(f"{error.what_happened} This video is not on this computer yet.")
                self.offline.emit()
                return
            except ApiError as error:
                self._give_up(error.what_happened)
                return
            except Unplayable as error:
                self._give_up(str(error))
                return
        if self._closed:
            self._media.release(held)
            return
        self._held = held
        self.player.open(held.source)

    def _note_progress(self, done: int, whole: int) -> None:
        share = done * 100 // whole if whole else 0
        if share != self.come and not self._closed:
            self.come = share
            self.changed.emit()

    def _give_up(self, why: str) -> None:
        if not self._closed:
            self.problem = why
            self._note_running(False)
            self.changed.emit()

    def _opened(self, index: MediaIndex) -> None:
        self._size = QSize(index.width, index.height)
        self.changed.emit()
        if self._wanted:
            self.play()

    def _show(self, picture: Picture) -> None:
        first, self.picture = self.picture is None, picture
        if picture.damaged:
            self._note("This part of the video is damaged.")
        (self.changed if first else self.painted).emit()

    def _failed(self, failed: Failed) -> None:
        if failed.frame is not None:
            self._note("This part of the video is damaged.")
            return
        self.picture = None
        self._give_up(failed.message)

    def _note(self, notice: str) -> None:
        if self.notice != notice:
            self.notice = notice
            self.changed.emit()

    def _follow(self, head: Playhead | None) -> None:
        if head is None:
            return
        pace, played = self.player.pace, self._playing
        self._playing = head.playing
        if head.playing:
            self._note_running(not pace.stalled)
            self.reached.emit(self.ms)
        elif played and self._wanted and head.frame >= head.count - 1:
            self.looped.emit(head.table.duration_ms if pace.seen >= head.count else self.ms)
            self.player.play_pause()
        else:
            self._note_running(False)

    def _note_running(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self.running.emit(running)


def _size_told(video: VideoView) -> QSize:
    """The shape as the server tells it, until the file itself is open."""
    return QSize(video.width or 9, video.height or 16)
