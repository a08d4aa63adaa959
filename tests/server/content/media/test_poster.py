"""The poster is a lively, upright picture in colour from the video itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from server.content.media.poster import poster
from server.content.media.results import FileLimits
from server.content.media.source import Refusal

MakeVideo = Callable[..., Path]
LIMITS = FileLimits()


def test_the_poster_fits_and_is_in_colour(make_video: MakeVideo) -> None:
    found = poster(make_video(size=(1280, 720), frames=5, corner=True), LIMITS)
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (360, 640, 3)
    assert (found.width, found.height) == (640, 360)


def test_the_liveliest_keyframe_wins(make_video: MakeVideo) -> None:
    # The white corner stands out most from the darkest frame, which is the first of each fifty.
    found = poster(make_video(frames=50, gop=10, corner=True), LIMITS)
    assert found.t_ms == 0


def test_the_poster_is_upright(make_video: MakeVideo) -> None:
    found = poster(make_video(size=(320, 180), rotation=90, corner=True), LIMITS)
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (320, 180)
    assert picture[300, 10] > 200 > picture[10, 10]


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("ts", "libx264")]
)
@pytest.mark.parametrize(
    ("at_ms", "frame"), [(0, 0), (39, 0), (40, 1), (1_239, 30), (1_240, 31), (1_960, 49), (10**9, 49)]
)
def test_the_owner_has_the_very_frame(
    make_video: MakeVideo, level: Callable[[int], int], suffix: str, codec: str, at_ms: int, frame: int
) -> None:
    b_frames = 2 if codec == "libx264" else 0
    found = poster(make_video(f"clip.{suffix}", codec=codec, gop=25, b_frames=b_frames), LIMITS, at_ms=at_ms)
    assert found.t_ms == frame * 40
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert abs(float(picture.mean()) - level(frame)) < 3


def test_where_nothing_can_be_decoded_another_picture_is_taken(make_video: MakeVideo) -> None:
    path = make_video(frames=50, gop=10, size=(320, 240), corner=True)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 4] = bytes(len(data) // 4)
    path.write_bytes(data)
    for at_ms in range(0, 2_000, 200):
        assert poster(path, LIMITS, at_ms=at_ms).width == 320


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(Refusal, match="empty"):
        poster(tmp_path / "a.mp4", LIMITS)
