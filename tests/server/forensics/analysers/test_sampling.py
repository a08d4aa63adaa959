"""One decode, bounded: which frames, at which times, and what a damaged or odd file still gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, Recipe, read_number, write_clip
from server.content.media.results import FileLimits
from server.content.media.source import Refusal
from server.forensics import sampling
from server.forensics.sampling import take
from server.forensics.sound import RATE, Samples

LIMITS = FileLimits()


def clip(folder: Path, recipe: str | Recipe = "bframes", **how: object) -> Path:
    size = {"frames": 90, "width": 320, "height": 180} | how
    made = RECIPES[recipe] if isinstance(recipe, str) else recipe
    return write_clip(folder / f"clip.{made.suffix}", made, **size)  # type: ignore[arg-type]


def test_a_short_clip_is_scanned_at_two_and_a_half_a_second(tmp_path: Path) -> None:
    sample = take(clip(tmp_path, tone=True), LIMITS)
    assert len(sample.stills) == 7  # of 3 s
    assert sample.coverage_bp == 10_000
    assert sample.sound is not None
    assert sample.sound.seconds == pytest.approx(3.0, abs=0.1)
    assert (sample.facts.width, sample.facts.height, sample.facts.video_codec) == (320, 180, "h264")
    assert sample.window is None


@pytest.mark.parametrize("recipe", ["cfr", "bframes", "vfr", "vfr_mkv", "open_gop", "rotated"])
def test_each_still_is_the_frame_of_its_time(tmp_path: Path, recipe: str) -> None:
    how = {"width": 180, "height": 320} if recipe == "rotated" else {}
    path = clip(tmp_path, recipe, **how)
    with av.open(str(path)) as container:
        shown = sorted(float(frame.time or 0) for frame in container.decode(video=0))
    sample = take(path, LIMITS)
    for still in sample.stills:
        number = read_number(still.picture[:, :, ::-1])
        assert still.t_ms == pytest.approx((shown[number] - shown[0]) * 1000, abs=1)


def test_a_rotated_clip_is_upright(tmp_path: Path) -> None:
    sample = take(clip(tmp_path, "rotated", width=180, height=320), LIMITS)
    assert sample.stills[0].picture.shape == (320, 180, 3)


def test_a_large_picture_is_made_small(tmp_path: Path) -> None:
    sample = take(clip(tmp_path, "cfr", frames=10, width=3840, height=2160), LIMITS)
    assert max(sample.stills[0].picture.shape) == sampling.SIDE


def test_the_number_of_stills_is_capped_and_what_was_not_seen_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MOST_STILLS", 3)
    sample = take(clip(tmp_path, "cfr", frames=600), LIMITS)
    assert len(sample.stills) == 3
    assert 1_000 < sample.coverage_bp < 3_000


def test_a_video_beyond_the_budget_is_looked_at_where_its_keyframes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "_SCAN_PIXELS", 0)
    sample = take(clip(tmp_path, Recipe(gop=5, b_frames=0), frames=300), LIMITS)
    numbers = [read_number(still.picture[:, :, ::-1]) for still in sample.stills]
    assert len(numbers) == 25
    assert all(number % 5 == 0 for number in numbers)
    assert numbers[-1] >= 290


def test_a_cut_clip_gives_what_it_has(tmp_path: Path) -> None:
    path = clip(tmp_path, Recipe(suffix="mkv"), frames=120)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    sample = take(path, LIMITS)
    assert sample.stills
    assert sample.stills[-1].t_ms < 3_600


def test_sound_alone_is_enough(
    tmp_path: Path, spoken: Callable[..., Samples], write_wav: Callable[..., Path]
) -> None:
    sample = take(write_wav(tmp_path / "a.mp4", spoken(4.0)), LIMITS)
    assert not sample.has_picture
    assert sample.sound is not None
    assert sample.facts.container == "wav"
    assert sample.facts.duration_ms == pytest.approx(4_000, abs=20)
    assert sample.coverage_bp == 10_000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (np.random.default_rng(0).bytes(5_000), "unreadable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_video"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not_video"),
        (b"just some words", "not_video"),
        (bytes(5_000), "unreadable"),
    ],
    ids=["empty", "random", "png", "playlist", "text", "zeros"],
)
def test_what_is_neither_picture_nor_sound_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(Refusal) as refused:
        take(tmp_path / "a.mp4", LIMITS)
    assert refused.value.refused.code == code


def test_limits_hold(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    path = clip(tmp_path)
    for limits, code in (
        (FileLimits(duration_ms=1_000), "too_long"),
        (FileLimits(side=100), "too_many_pixels"),
        (FileLimits(frames=10), "too_many_frames"),
    ):
        with pytest.raises(Refusal) as refused:
            take(path, limits)
        assert refused.value.refused.code == code
    with pytest.raises(Refusal, match="longer"):
        take(write_wav(tmp_path / "b.wav", np.zeros(3 * RATE, np.float32)), FileLimits(duration_ms=1_000))


def test_tags_are_cut(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        out.metadata.update({f"KEY{i}": "x" * 5_000 for i in range(200)})
        stream: Any = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    tags = take(tmp_path / "a.mkv", LIMITS).facts.tags
    assert 0 < len(tags) <= 24
    assert max(map(len, tags.values())) <= 120
