from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.coded_clips import RECIPES
from studio.video.index import MediaError, build_index, open_media
from tests.studio.video.conftest import FRAMES, SIZE

Clip = Callable[[str], Path]


@pytest.mark.parametrize("name", RECIPES)
def test_every_frame_is_in_the_table(clip: Clip, name: str) -> None:
    index = build_index(clip(name))
    assert len(index.table) == FRAMES
    assert (index.width, index.height) == SIZE
    assert index.rotation == RECIPES[name].rotate
    gap = RECIPES[name].gop
    assert index.table.keyframes == tuple(range(0, FRAMES, gap))


def test_a_variable_rate_keeps_its_own_times(clip: Clip) -> None:
    table = build_index(clip("vfr")).table
    gaps = {b - a for a, b in zip(table.pts, table.pts[1:], strict=False)}
    assert len(gaps) > 2


def test_a_file_in_memory_gives_the_same_table(clip: Clip) -> None:
    path = clip("tone")
    from_path = build_index(path)
    assert build_index(path.read_bytes()) == from_path
    assert build_index(lambda: io.BytesIO(path.read_bytes())) == from_path
    assert from_path.has_audio
    assert not build_index(clip("cfr")).has_audio


def test_pixel_aspect_and_lone_frame(tmp_path: Path) -> None:
    path = tmp_path / "one.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"x264-params": "sar=2/1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    index = build_index(path)
    assert (index.width, index.height) == (128, 64)
    assert (len(index.table), index.table.duration_ms) == (1, 40)


HOSTILE = {
    "empty": b"",
    "text": b"not a video at all\n" * 50,
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "zip": b"PK\x03\x04" + bytes(300),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("in_memory", [True, False])
def test_what_is_no_video_is_refused(name: str, in_memory: bool, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(MediaError) as caught:
        build_index(HOSTILE[name] if in_memory else path)
    assert caught.value.code == "unreadable"


def test_a_path_is_never_taken_for_an_address(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="damaged"):
        open_media("http://127.0.0.1:9/x.mp4")
    with pytest.raises(MediaError, match="damaged"):
        open_media(tmp_path / "missing.mp4")


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), "s16", "mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError) as caught:
        build_index(path)
    assert caught.value.code == "no_video"


def test_raw_h264_has_no_times(clip: Clip, tmp_path: Path) -> None:
    path = tmp_path / "raw.h264"
    with av.open(str(clip("cfr"))) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with pytest.raises(MediaError) as caught:
        build_index(path)
    assert caught.value.code == "no_timestamps"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), name=st.sampled_from(["vfr_mkv", "bframes"]))
def test_a_file_cut_anywhere_is_read_or_refused(clip: Clip, share: float, name: str) -> None:
    data = clip(name).read_bytes()
    try:
        index = build_index(data[: int(len(data) * share)])
    except MediaError:
        return
    assert 1 <= len(index.table) <= FRAMES
