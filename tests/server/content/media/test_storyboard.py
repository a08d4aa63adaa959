"""Storyboards show the frames that they say they show, upright, at any length and GOP."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from server.content.media import stills
from server.content.media import storyboard as module
from server.content.media.results import FileLimits, Storyboard
from server.content.media.source import Refusal
from server.content.media.storyboard import storyboard

MakeVideo = Callable[..., Path]
Level = Callable[[int], int]
LIMITS = FileLimits()


def cells(board: Storyboard) -> list[np.ndarray]:
    """The stills cut out of the sheet."""
    sheet = cv2.imdecode(np.frombuffer(board.sheet, np.uint8), cv2.IMREAD_UNCHANGED)
    assert sheet is not None
    assert sheet.ndim == 2, "the sheet is grey"
    found = []
    for i in range(len(board.t_ms)):
        top, left = (
            i // board.columns * board.cell_height,
            i % board.columns * board.cell_width,
        )
        found.append(sheet[top : top + board.cell_height, left : left + board.cell_width])
        assert found[-1].shape == (board.cell_height, board.cell_width)
    return found


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("long_gop.mp4", {"gop": 50}),
        ("all_keys.mp4", {"gop": 1}),
        ("b_frames.mp4", {"gop": 4, "b_frames": 3}),
        ("open_gop.mp4", {"gop": 4, "x264-params": "open-gop=1:keyint=4:bframes=2"}),
        ("a.mkv", {"gop": 4}),
        ("a.avi", {"codec": "mpeg4", "b": "4M"}),
        ("a.ts", {"gop": 4}),
        ("a.webm", {"codec": "libvpx-vp9"}),
    ],
)
def test_each_still_is_the_frame_of_its_time(
    make_video: MakeVideo, level: Level, name: str, how: dict[str, object]
) -> None:
    board = storyboard(make_video(name, **how), LIMITS)
    assert len(board.t_ms) >= 12
    assert sorted(set(board.t_ms)) == list(board.t_ms)
    assert board.t_ms[0] == 0
    assert board.t_ms[-1] >= 1800
    for still, t_ms in zip(cells(board), board.t_ms, strict=True):
        assert abs(float(still.mean()) - level(round(t_ms / 40))) < 2


def test_stills_follow_time_and_not_frame_numbers_in_vfr(make_video: MakeVideo, level: Level) -> None:
    pts = [*range(25), *range(100, 2600, 100)]
    board = storyboard(make_video(pts=pts, time_base=Fraction(1, 25), gop=1), LIMITS)
    for still, t_ms in zip(cells(board), board.t_ms, strict=True):
        assert abs(float(still.mean()) - level(pts.index(round(t_ms / 40)))) < 2
    assert sum(t_ms > 4000 for t_ms in board.t_ms) > 20, "most stills lie in the sparse long part"


@pytest.mark.parametrize(("turn", "bright"), [(None, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
def test_stills_are_upright(make_video: MakeVideo, turn: int | None, bright: tuple[int, int]) -> None:
    board = storyboard(make_video(size=(320, 180), rotation=turn, corner=True), LIMITS)
    expected = (160, 90) if turn in (None, 180) else (160, 284)
    assert (board.cell_width, board.cell_height) == expected
    still = cells(board)[0]
    half_height, half_width = board.cell_height // 2, board.cell_width // 2
    quarters = {
        (row, column): float(
            still[row * half_height :, column * half_width :][: half_height - 3, : half_width - 3].mean()
        )
        for row in (0, 1)
        for column in (0, 1)
    }
    assert max(quarters, key=lambda place: quarters[place]) == bright


def test_a_picture_smaller_than_a_still_is_not_blown_up(make_video: MakeVideo) -> None:
    board = storyboard(make_video(size=(64, 48)), LIMITS)
    assert (board.cell_width, board.cell_height) == (64, 48)


def test_two_hours_take_sixty_seeks_and_no_more(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(frames=7200, time_base=Fraction(1, 1), gop=60, preset="ultrafast")
    sought: list[int] = []
    real = stills.keyframe

    def counted(*arguments: Any) -> object:
        sought.append(1)
        return real(*arguments)

    monkeypatch.setattr(stills, "keyframe", counted)
    board = storyboard(path, LIMITS)
    assert len(sought) == len(board.t_ms) == 60
    gaps = np.diff(board.t_ms)
    assert gaps.max() <= 180_000


def test_the_exact_pass_ends_with_its_budget(make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUDGET_PIXELS", 64 * 48 * 10)
    board = storyboard(make_video(gop=250, frames=200), LIMITS)
    assert len(board.t_ms) >= 1
    assert board.t_ms[-1] <= 20 * 40


def test_what_is_damaged_is_left_out(plain: Path, level: Level, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    data = plain.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 5])
    board = storyboard(path, LIMITS)
    assert board.t_ms[0] == 0
    assert 400 <= board.t_ms[-1] < 1600
    for still, t_ms in zip(cells(board), board.t_ms, strict=True):
        assert abs(float(still.mean()) - level(round(t_ms / 40))) < 2


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("hello")
    with pytest.raises(Refusal, match="text file"):
        storyboard(tmp_path / "a.mp4", LIMITS)


def test_the_index_travels_as_json(make_video: MakeVideo) -> None:
    board = storyboard(make_video(), LIMITS)
    assert board.index() == {
        "columns": board.columns,
        "cell_width": board.cell_width,
        "cell_height": board.cell_height,
        "t_ms": list(board.t_ms),
    }
