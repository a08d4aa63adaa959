"""The video behind a preview: the newest of the feed, in a loop and without sound."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from server.content.schemas import FeedItem
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.offline.media_cache import MediaCorrupt, MediaTooLarge, MediaWiped, media_path
from studio.tab import Context
from studio.video.audio import SoundOutput
from studio.video.decoder import Failed, Picture
from studio.video.player import Player
from studio.video.playhead import Playhead
from studio.video.shield import OPEN
from studio.video.view import image_over

NONE: Final = "There is no video in your feed to look at it over."
WATCH: Final = "content.watch"
BUDGET: Final = 32 << 20


class GroundVideo(QObject):
    """`painted`: there is another frame; `failed` says why there is none."""

    painted = Signal()
    failed = Signal(str)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._key = ""
        self._wanted = self._asked = False
        self.player = Player(
            self, sound=SoundOutput(self, make_sink=lambda: None), budget=BUDGET, forward=True
        )
        self.player.set_shield(OPEN)
        self.player.set_muted(True)
        self.player.opened.connect(lambda _index: self._go())
        self.player.picture.connect(self._show)
        self.player.failed.connect(self._fail)
        self.player.changed.connect(self._follow)
        self._picture: Picture | None = None

    @property
    def frame(self) -> QImage | None:
        """The frame that is shown."""
        return image_over(self._picture.pixels) if self._picture is not None else None

    def fetch(self) -> None:
        """Have the video here, at its first frame."""
        if not self._asked:
            self._asked = True
            self._context.tasks.spawn(self._fetch(), self)

    def run(self, running: bool) -> None:
        """Play, or stand still; the video is fetched when it is first wanted."""
        self._wanted = running
        if running:
            self.fetch()
        self._go()

    def painted_now(self) -> None:
        """What there was is on the screen now."""
        if self._picture is not None:
            self.player.painted(self._picture)

    def close(self) -> None:
        """Let go of the video."""
        self._wanted, self._picture = False, None
        self.player.close()
        if self._key:
            self._context.media.release(self._key)
            self._key = ""
        self._asked = False

    async def _fetch(self) -> None:
        api, media = self._context.api, self._context.media
        try:
            if WATCH not in self._context.me.permissions:
                self._give_up(NONE)
                return
            page = (await api.get("/v1/content/feed", params={"limit": 1})).model(Page[FeedItem])
            if not page.items:
                self._give_up(NONE)
                return
            video = str(page.items[0].video.id)
            head = await api.request("HEAD", media_path(video))
            key, length = (head.etag or "").strip('"'), head.headers.get("content-length", "")
            if not key or not length.isdecimal():
                self._give_up(NONE)
                return
            path = await media.fetch(api, video, sha256=key, size=int(length), restricted=False)
        except ApiError as error:
            self._give_up(error.what_happened)
        except (MediaTooLarge, MediaCorrupt, MediaWiped, OSError):
            self._give_up("The video could not be kept on this computer.")
        else:
            self._key = key
            self.player.open(path)

    def _give_up(self, why: str) -> None:
        self._asked = False
        self.failed.emit(why)

    def _go(self) -> None:
        head = self.player.head
        if head is not None and head.playing != self._wanted:
            self.player.play_pause()

    def _show(self, picture: Picture) -> None:
        self._picture = picture
        self.painted.emit()

    def _fail(self, failed: Failed) -> None:
        if failed.frame is None:
            self._give_up(failed.message)

    def _follow(self, head: Playhead | None) -> None:
        if head is not None and not head.playing and self._wanted and head.frame >= head.count - 1:
            self.player.play_pause()  # round and round
