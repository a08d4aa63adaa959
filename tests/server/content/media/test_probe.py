"""Probing: exact measurements of good files, a clear reason for every other one, never a crash."""

from __future__ import annotations

import random
import socket
import struct
import wave
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.content.media.probe import probe
from server.content.media.results import FileLimits, Probe, Refused
from server.content.media.source import Refusal

MakeVideo = Callable[..., Path]
LIMITS = FileLimits()


class Listener:
    """A host on the loopback that counts who calls."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def connections(self) -> int:
        """How many connections wait to be accepted."""
        count = 0
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    host = Listener()
    yield host
    host.close()


def examine(path: Path, limits: FileLimits = LIMITS) -> Probe | Refused:
    """Probe in this process; a refusal becomes a value. Any other exception is a fault."""
    try:
        return probe(path, limits)
    except Refusal as refusal:
        return refusal.refused


def accepted(path: Path) -> Probe:
    result = examine(path)
    assert isinstance(result, Probe), result
    return result


def refused(path: Path, limits: FileLimits = LIMITS) -> Refused:
    result = examine(path, limits)
    assert isinstance(result, Refused), result
    assert result.reason.endswith(".")
    assert len(result.reason) > 15
    return result


def test_h264_with_b_frames_and_sound_is_measured_exactly(plain: Path) -> None:
    found = accepted(plain)
    assert (found.frames, found.keyframes, found.avg_fps) == (50, 5, "25")
    assert (found.width, found.height, found.rotation) == (64, 48, 0)
    assert (found.video_codec, found.pixel_format) == ("h264", "yuv420p")
    assert found.has_audio
    assert (found.audio_codec, found.sample_rate, found.channels) == ("aac", 44_100, 1)
    assert 2000 <= found.duration_ms <= 2060
    assert "mp4" in found.container
    assert not found.vfr
    assert found.bit_rate > 0
    assert found.damaged_from_ms is None


@pytest.mark.parametrize(
    ("name", "codec", "named", "options"),
    [
        ("a.mkv", "libx265", "hevc", {"x265-params": "log-level=none"}),
        ("a.webm", "libvpx-vp9", "vp9", {"deadline": "realtime", "cpu-used": "8"}),
        ("a.avi", "mpeg4", "mpeg4", {}),
        ("a.mov", "mjpeg", "mjpeg", {"pixels": "yuvj420p", "b_frames": 0}),
        ("a.ts", "libx264", "h264", {}),
    ],
)
def test_every_accepted_container_gives_the_same_count(
    make_video: MakeVideo, name: str, codec: str, named: str, options: dict[str, Any]
) -> None:
    found = accepted(make_video(name, codec=codec, **options))
    assert (found.video_codec, found.frames, found.avg_fps) == (named, 50, "25")
    assert abs(found.duration_ms - 2000) <= 10
    assert not found.vfr
    assert found.damaged_from_ms is None


def test_variable_frame_rate_is_told_from_constant(make_video: MakeVideo) -> None:
    rng = random.Random(3)
    pts = [0]
    for _ in range(49):
        pts.append(pts[-1] + rng.choice([1, 2, 3, 9]))
    found = accepted(make_video(pts=pts, time_base=Fraction(1, 90)))
    assert found.vfr
    assert found.frames == 50
    assert abs(found.duration_ms - pts[-1] * 1000 / 90) <= 110


@pytest.mark.parametrize(("counterclockwise", "clockwise"), [(90, 270), (180, 180), (270, 90)])
def test_rotation_turns_the_shown_size(make_video: MakeVideo, counterclockwise: int, clockwise: int) -> None:
    found = accepted(make_video(rotation=counterclockwise))
    assert found.rotation == clockwise
    assert (found.width, found.height) == ((64, 48) if clockwise == 180 else (48, 64))


def test_sound_that_outlasts_the_picture_counts_as_length(make_video: MakeVideo) -> None:
    found = accepted(make_video(audio_s=5.0))
    assert found.frames == 50
    assert 5000 <= found.duration_ms <= 5100


@pytest.mark.parametrize(
    ("length_ms", "start", "frames"), [(1000, 1024, 25), (1000, 6144, 25), (1600, 6144, 40)]
)
def test_what_an_edit_list_cut_away_is_neither_counted_nor_missed(
    make_video: MakeVideo, length_ms: int, start: int, frames: int
) -> None:
    path = make_video()
    data = bytearray(path.read_bytes())
    entry = data.find(b"elst") + 12
    data[entry : entry + 8] = struct.pack(">Ii", length_ms, start)
    path.write_bytes(data)
    found = accepted(path)
    assert (found.frames, found.damaged_from_ms) == (frames, None)
    with av.open(str(path)) as player:
        assert len(list(player.decode(video=0))) == frames


def test_a_title_in_another_encoding_is_no_fault_of_the_video(plain: Path, tmp_path: Path) -> None:
    titled = tmp_path / "titled.mp4"
    with av.open(str(plain)) as source, av.open(str(titled), "w") as out:
        out.metadata["title"] = "Cafe in Orleans"
        tracks = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream.index]
                out.mux(packet)
    written = titled.read_bytes()
    assert b"Cafe in Orleans" in written
    titled.write_bytes(written.replace(b"Cafe in Orleans", "Caf\xe9 in Orleans".encode("latin-1")))
    assert accepted(titled).frames == accepted(plain).frames


def test_a_single_frame_is_a_video(make_video: MakeVideo) -> None:
    found = accepted(make_video(frames=1))
    assert (found.frames, found.keyframes, found.duration_ms) == (1, 1, 40)


def test_the_content_decides_and_not_the_name(make_video: MakeVideo) -> None:
    found = accepted(make_video("a.mkv").rename(make_video("x.mp4").with_name("report.txt")))
    assert "matroska" in found.container


def test_4k_is_accepted_and_more_is_not(make_video: MakeVideo) -> None:
    found = accepted(make_video(size=(3840, 2160), frames=3, preset="ultrafast"))
    assert (found.width, found.height, found.frames) == (3840, 2160, 3)
    small = FileLimits(pixels=64 * 48 - 1)
    assert refused(make_video("b.mp4"), small).code == "too_many_pixels"
    assert refused(make_video("b.mp4"), FileLimits(side=63)).code == "too_many_pixels"


def test_two_hours_are_accepted_and_more_than_the_limit_is_not(make_video: MakeVideo) -> None:
    path = make_video(frames=7200, time_base=Fraction(1, 1), gop=250, preset="ultrafast")
    found = accepted(path)
    assert (found.frames, found.duration_ms, found.avg_fps) == (7200, 7_199_040, "1")
    limits = FileLimits(duration_ms=7_199_000)
    assert refused(path, limits).code == "too_long"
    assert refused(path, FileLimits(frames=7199)).code == "too_many_frames"


def test_too_many_tracks_are_refused(plain: Path) -> None:
    assert refused(plain, FileLimits(streams=1)).code == "too_many_streams"


def test_an_empty_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert refused(tmp_path / "a.mp4") == Refused("empty", "The file is empty.")
    assert refused(tmp_path / "none.mp4").code == "missing"
    assert refused(tmp_path).code == "missing"


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")


def _wav(path: Path) -> None:
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(8000))


def _png(path: Path) -> None:
    path.write_bytes(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes())


def _jpg(path: Path) -> None:
    path.write_bytes(cv2.imencode(".jpg", np.zeros((9, 9, 3), np.uint8))[1].tobytes())


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (lambda p: p.write_text("Dear moderator,\nthis is not a film.\n" * 40), "a text file"),
        (lambda p: p.write_text("é" * 400), "a text file"),
        (lambda p: p.write_text("<!DOCTYPE html><html><body>"), "a web page"),
        (lambda p: p.write_text("<?xml version='1.0'?><MPD/>"), "an XML document"),
        (lambda p: p.write_bytes(b"MZ\x90\0" + bytes(200)), "a Windows program"),
        (lambda p: p.write_bytes(b"\x7fELF\x02\x01" + bytes(200)), "a Linux program"),
        (_zip, "a ZIP archive"),
        (_wav, "a sound file"),
        (_png, "a PNG image"),
        (_jpg, "a JPEG image"),
    ],
)
def test_what_is_not_a_video_is_called_what_it_is(
    tmp_path: Path, write: Callable[[Path], object], kind: str
) -> None:
    path = tmp_path / "movie.mp4"
    write(path)
    result = refused(path)
    assert result.code == "not_video"
    assert kind in result.reason


def test_sound_alone_is_refused_even_with_cover_art(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4096), np.float32), format="fltp")
        frame.rate = 44_100
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    assert refused(path).code == "no_video"


def test_a_codec_outside_the_list_is_refused(make_video: MakeVideo) -> None:
    assert refused(make_video("a.mkv", codec="ffv1")).code == "unsupported_codec"


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_refused(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(random.Random(seed).randbytes(50_000))
    refused(path)


def test_the_middle_torn_out_is_accepted_with_its_place(plain: Path, tmp_path: Path) -> None:
    data = bytearray(plain.read_bytes())
    start, stop = _payload_of_frames(plain, 20, 40)
    data[start:stop] = bytes(stop - start)
    path = tmp_path / "torn.mp4"
    path.write_bytes(data)
    found = accepted(path)
    assert found.frames == 50
    assert found.damaged_from_ms == 800


def _payload_of_frames(path: Path, first: int, last: int) -> tuple[int, int]:
    """Where the packets of video frames first..last-1 (in decoding order) lie in the file."""
    with av.open(str(path)) as source:
        packets = [p for p in source.demux(source.streams.video[0]) if p.size]
        wanted = packets[first:last]
        places = [(p.pos or 0, (p.pos or 0) + p.size) for p in wanted]
    return min(p[0] for p in places), max(p[1] for p in places)


def test_a_file_cut_after_its_index_tells_where_it_ends(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(plain.read_bytes()[: _payload_of_frames(plain, 0, 30)[1]])
    found = accepted(path)
    assert found.damaged_from_ms is not None
    assert 1000 <= found.damaged_from_ms <= 1240


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".avi", ".ts"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cut_anywhere_is_accepted_or_refused(
    data: st.DataObject, suffix: str, cuttable: dict[str, bytes], tmp_path: Path
) -> None:
    whole = cuttable[suffix]
    cut = data.draw(st.integers(0, len(whole) - 1), label="cut")
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[:cut])
    result = examine(path)
    if isinstance(result, Probe):
        assert 0 < result.frames <= 50
        assert result.duration_ms <= 2100


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_scribbled_anywhere_is_accepted_or_refused(
    data: st.DataObject, cuttable: dict[str, bytes], tmp_path: Path
) -> None:
    suffix = data.draw(st.sampled_from(sorted(cuttable)), label="container")
    scribbled = bytearray(cuttable[suffix])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(scribbled) - 8))
        scribbled[at : at + 8] = struct.pack(">Q", data.draw(st.integers(0, 2**64 - 1)))
    path = tmp_path / f"scribbled{suffix}"
    path.write_bytes(scribbled)
    examine(path)


@pytest.fixture(scope="module")
def cuttable(tmp_path_factory: pytest.TempPathFactory, write: Callable[..., Path]) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("cuttable")
    codecs = {".mp4": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9", ".avi": "mpeg4", ".ts": "libx264"}
    paths = [write(folder / f"whole{suffix}", codec=codec) for suffix, codec in codecs.items()]
    return {path.suffix: path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    "lines",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{victim}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '/etc/passwd'\n",
        "ffconcat version 1.0\nfile '{victim}'\n",
        "# a comment first\nffconcat version 1.0\nfile '{victim}'\n",
        "ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
        "file '{victim}'\n",
        "<?xml version='1.0'?><MPD><Period><AdaptationSet><Representation><BaseURL>{victim}"
        "</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\n"
        "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video {port} RTP/AVP 96\r\n",
    ],
)
def test_a_playlist_reads_no_other_file_and_no_host(
    tmp_path: Path, plain: Path, listener: Listener, lines: str
) -> None:
    path = tmp_path / "attack.mp4"
    path.write_text(lines.format(victim=plain, port=listener.port))
    assert refused(path).code == "not_video"
    assert listener.connections() == 0
