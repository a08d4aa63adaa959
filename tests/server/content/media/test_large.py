"""The largest files that people bring pass the whole worker, within the limits that it sets itself."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from server.content.media.results import Poster, Probe, Refused, Storyboard, Waveform
from server.content.media.worker import run
from tests.server.content.media.conftest import MakeVideo

pytestmark = pytest.mark.crash
PIECE_S = 16
FRAMES, PACKETS = 25 * PIECE_S, 44_100 * PIECE_S // 1024
"""Of picture and sound in one piece."""


@pytest.fixture
def two_hours(make_video: MakeVideo, tmp_path: Path) -> Path:
    """A short piece whose packets are written 450 times, each time later: nothing is encoded again."""
    piece = make_video("piece.mp4", frames=FRAMES, gop=100, b_frames=0, audio_s=PIECE_S + 1.0)
    path = tmp_path / "two-hours.mp4"
    with av.open(str(piece)) as source, av.open(str(path), "w") as out:
        copies = {s.index: out.add_stream_from_template(s) for s in source.streams}
        packets = [p for p in source.demux() if p.dts is not None]
        kept: list[tuple[av.Packet, int, Fraction, int]] = []
        for stream, count in ((source.streams.video[0], FRAMES), (source.streams.audio[0], PACKETS)):
            own = [p for p in packets if p.stream_index == stream.index][:count]
            length = count * (own[1].dts - own[0].dts)
            kept += [(p, p.dts, p.time_base, length) for p in own]
            for packet in own:
                packet.stream = copies[packet.stream_index]
        kept.sort(key=lambda one: one[1] * one[2])
        for n in range(7200 // PIECE_S):
            for packet, dts, time_base, length in kept:
                packet.pts = packet.dts = dts + n * length
                packet.time_base = time_base
                out.mux(packet)
    return path


def everything(path: Path) -> tuple[Probe, Storyboard, Poster, Waveform]:
    made: Sequence[Any] = [run(task, path) for task in (Probe, Storyboard, Poster, Waveform)]
    assert not [one for one in made if isinstance(one, Refused)]
    return made[0], made[1], made[2], made[3]


@pytest.mark.drill
def test_two_hours_at_25_frames_with_sound(two_hours: Path) -> None:
    found, board, still, peaks = everything(two_hours)
    assert (found.frames, found.avg_fps, found.vfr, found.damaged_from_ms) == (180_000, "25", False, None)
    assert abs(found.duration_ms - 7_200_000) < 100
    assert (found.has_audio, found.audio_codec) == (True, "aac")
    assert board.t_ms[-1] > 7_000_000
    assert still.jpeg
    assert abs(peaks.duration_ms - 7_200_000) < 1_000
    assert min(peaks.high[1:-1]) > 60, "half of full scale sounds throughout; the seams are louder"


def test_4k(make_video: MakeVideo) -> None:
    size = (3840, 2160)
    found, board, still, peaks = everything(
        make_video(size=size, frames=50, gop=25, preset="ultrafast", audio_s=2.0)
    )
    assert (found.width, found.height, found.frames) == (*size, 50)
    assert board.t_ms[0] == 0
    assert max(still.width, still.height) < 3840
    assert peaks.duration_ms > 1_900
