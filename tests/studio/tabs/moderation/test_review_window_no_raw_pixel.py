"""No unshielded pixel on the screen: what the real review window shows is looked at after every paint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.coded_clips import Recipe, write_clip
from studio.tabs.moderation import subject_video
from studio.video import panel
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import ENTER, A, videos
from tests.studio.tabs.moderation.review_world import Reviewer, ReviewWorld
from tests.studio.video.test_no_raw_pixel import LatePlayer, TrustingView, red_and_green


def raw_in(image: QImage) -> bool:
    """Whether pure red and pure green are on it; every fourth pixel is enough, the fields are large."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4)[::2, ::2]
    blue, green, red = flat[..., 0], flat[..., 1], flat[..., 2]
    reds = (red > 190) & (green < 70) & (blue < 70)
    greens = (green > 190) & (red < 70) & (blue < 70)
    return bool(reds.sum() > 50 and greens.sum() > 50)


class Watch(QObject):
    """Looks at what is on the screen whenever something of the window has been painted.

    It grabs the window's own buffer and paints nothing itself: the next event of any kind comes after the
    flush of the paint before it, and two paints in one handler are parted by the second's own event.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._painted = False
        self.looks = 0
        self.raw: list[QImage] = []
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._painted:
            self._painted = False
            self.look()
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self._painted = watched.window() is self._window
        return False

    def look(self) -> None:
        """Grab what is on the screen."""
        shown = self._window.screen().grabWindow(self._window.winId()).toImage()
        self.looks += 1
        if raw_in(shown):
            self.raw.append(shown)

    def end(self) -> None:
        """Look a last time, and no more."""
        self.look()
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)


@pytest.fixture(scope="module")
def world_parts(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder: Path = tmp_path_factory.mktemp("raw")
    clips = [
        write_clip(folder / f"{n}.mp4", Recipe(gop=30), frames=60, width=320, height=180, draw=red_and_green)
        for n in range(2)
    ]
    return [path.read_bytes() for path in clips]


def world_of(clips: list[bytes]) -> ReviewWorld:
    rows = videos(2, severity="low")
    return ReviewWorld(rows, videos={row.content_id: clips[n] for n, row in enumerate(rows)})


async def work(me: Reviewer) -> None:
    """Load, seek, step, play, and go on to the next item, which was loaded out of sight."""
    await me.open()
    await me.picture()
    player = me.page.content.player
    for frame in (50, 7):
        player.player.seek(frame)
        await me.until(lambda f=frame: player.view.picture is not None and player.view.picture.frame == f)
    me.press(Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Space)
    await me.until(lambda: player.player.head is not None and player.player.head.frame > 10)
    me.press(Qt.Key.Key_Space)
    await me.ahead()
    first = me.item
    me.press(A, ENTER)
    await me.until(lambda: me.item not in ("", first))
    await me.picture()
    strip = me.page.content.player.storyboard
    await me.until(lambda: len(strip._stills) > 3)


def test_the_window_shows_nothing_raw_before_a_reveal(review: PlayReview, world_parts: list[bytes]) -> None:
    async def story(me: Reviewer) -> None:
        watch = Watch(me.window)
        await work(me)
        watch.look()
        assert watch.looks > 20
        assert watch.raw == []
        me.page.content.player.player.reveal(True)
        await me.until(lambda: watch.raw)  # the watch does see raw pixels
        me.page.content.player.player.reveal(False)
        watch.raw.clear()
        await me.picture()
        watch.end()
        assert watch.raw == []

    review(world_of(world_parts), story)


def test_a_shield_one_frame_late_is_seen_in_the_window(
    review: PlayReview, world_parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_video, "Player", LatePlayer)
    monkeypatch.setattr(panel, "FrameView", TrustingView)

    async def story(me: Reviewer) -> None:
        watch = Watch(me.window)
        await work(me)
        watch.end()
        assert watch.raw

    review(world_of(world_parts), story)
