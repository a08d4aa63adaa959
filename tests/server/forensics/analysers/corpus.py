"""Files that nobody should send: each made anew from a plain clip, by name; nothing of them is stored."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.coded_clips import RECIPES, Recipe, picture, write_clip

Make = Callable[[Path, bytes], None]
"""Writes a file at the path; the bytes are those of a plain clip in MP4."""
NOT_THERE: Final = b"\xff\xff\xff\xff"


def flipped(data: bytes, seed: int) -> bytes:
    """The data with one in a thousand of its bytes another."""
    dice = np.random.default_rng(seed)
    spoilt = bytearray(data)
    for at in dice.integers(0, len(data), max(1, len(data) // 1000)):
        spoilt[int(at)] = int(dice.integers(0, 256))
    return bytes(spoilt)


def corpus() -> dict[str, Make]:
    """Every file by name."""
    return dict([*_no_video(), *_damaged(), *_lies(), *_codecs(), *_shapes(), *_times(), *_sounds()])


def _no_video() -> Iterator[tuple[str, Make]]:
    for name, data in {
        "empty": b"",
        "one byte": b"\x00",
        "text": b"This is no video.\n" * 99,
        "html": b"<html><script>alert(1)</script></html>",
        "zip": b"PK\x03\x04" + bytes(200),
        "pdf": b"%PDF-1.7\n" + bytes(200),
        "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "ftyp alone": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    }.items():
        yield name, _bytes(data)
    for seed in range(3):
        yield f"noise {seed}", _bytes(np.random.default_rng(seed).bytes(9_000))
    for kind in (".png", ".jpg", ".bmp"):
        yield (
            f"picture {kind} named mp4",
            _bytes(cv2.imencode(kind, np.full((64, 64, 3), 90, np.uint8))[1].tobytes()),
        )


def _damaged() -> Iterator[tuple[str, Make]]:
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
        yield f"cut at {share}", lambda path, plain, share=share: _put(path, plain[: int(len(plain) * share)])
    for seed in range(16):
        yield f"flipped {seed}", lambda path, plain, seed=seed: _put(path, flipped(plain, seed))
    yield "twice", lambda path, plain: _put(path, plain + plain)
    yield "zeros inside", lambda path, plain: _put(path, plain[:5_000] + bytes(9_000) + plain[14_000:])
    yield "junk before", lambda path, plain: _put(path, b"junk" * 99 + plain)


def _lies() -> Iterator[tuple[str, Make]]:
    """An index that says what is not so: bytes at an offset from the name of a box, overwritten."""
    for name, box, offset, data in (
        ("a picture of 65535 x 65535", b"avc1", 28, b"\xff\xff\xff\xff"),
        ("a picture of 0 x 0", b"avc1", 28, bytes(4)),
        ("shown giant", b"tkhd", 80, NOT_THERE),
        ("a negative count of times", b"stts", 8, NOT_THERE),
        ("a negative count of frames", b"stsz", 12, NOT_THERE),
        ("a negative size of frames", b"stsz", 8, b"\x80\x00\x00\x00"),
        ("a negative count of chunks", b"stco", 8, NOT_THERE),
        ("chunks beyond the end", b"stco", 12, b"\x7f\xff\xff\xff"),
        ("a negative count of keyframes", b"stss", 8, NOT_THERE),
        ("negative offsets", b"ctts", 16, b"\x80\x00\x00\x00"),
        ("an endless film", b"mvhd", 20, NOT_THERE),
        ("no time in a second", b"mvhd", 16, bytes(4)),
        ("no time in a second of the track", b"mdhd", 16, bytes(4)),
        ("an edit of the past", b"elst", 16, NOT_THERE),
        ("a box larger than the file", b"moov", -4, b"\x7f\xff\xff\xff"),
        ("a box without a size", b"trak", -4, bytes(4)),
        ("a box of one byte", b"mdia", -4, b"\x00\x00\x00\x01"),
    ):
        yield (
            name,
            lambda path, plain, box=box, offset=offset, data=data: _put(
                path, _patched(plain, box, offset, data)
            ),
        )


def _codecs() -> Iterator[tuple[str, Make]]:
    for codec, suffix, pixels in (
        ("mjpeg", "avi", "yuvj420p"),
        ("mpeg4", "avi", "yuv420p"),
        ("mpeg2video", "ts", "yuv420p"),
        ("mpeg1video", "mpg", "yuv420p"),
        ("libvpx", "webm", "yuv420p"),
        ("libvpx-vp9", "webm", "yuv420p"),
        ("prores_ks", "mov", "yuv422p10le"),
        ("flv", "flv", "yuv420p"),
        ("wmv2", "asf", "yuv420p"),
        ("libx265", "mp4", "yuv420p"),
        ("ffv1", "mkv", "yuv420p"),
        ("rawvideo", "avi", "yuv420p"),
        ("huffyuv", "avi", "yuv422p"),
        ("libx264", "mp4", "yuv444p"),
        ("libx264", "mp4", "yuv420p10le"),
    ):
        if codec in av.codecs_available:
            yield (
                f"{codec} {pixels} in {suffix}",
                lambda path, plain, how=(codec, suffix, pixels): _coded(path, *how),
            )


def _shapes() -> Iterator[tuple[str, Make]]:
    for width, height in ((2, 2), (16, 4_096), (4_096, 16), (34, 18), (4_098, 4_098)):
        yield (
            f"{width} x {height}",
            lambda path, plain, size=(width, height): _coded(
                path, "libx264", "mp4", "yuv420p", *size, frames=2
            ),
        )
    yield "one frame", lambda path, plain: _coded(path, "libx264", "mp4", "yuv420p", 64, 64, frames=1)
    for turn in (90, 180, 270):
        yield f"turned by {turn}", lambda path, plain, turn=turn: _clip(path, Recipe(b_frames=0, rotate=turn))
    for name in ("vfr", "vfr_mkv", "open_gop", "long_gop"):
        yield name, lambda path, plain, name=name: _clip(path, RECIPES[name])
    yield "40 tracks", lambda path, plain: _many_tracks(path, 40)


def _times() -> Iterator[tuple[str, Make]]:
    for name, times in {
        "an hour between two frames": [*range(10), *range(36_000, 36_010)],
        "before the beginning": list(range(-20, 20)),
        "the same time again": [0, 1, 1, 1, 2, 2, 3],
        "a thousand frames a second": [i / 100 for i in range(400)],
        "a frame in ten seconds": [i * 100 for i in range(20)],
    }.items():
        yield name, lambda path, plain, times=times: _timed(path, times)


def _sounds() -> Iterator[tuple[str, Make]]:
    for name, rate, channels in (("8 kHz", 8_000, 1), ("192 kHz", 192_000, 2), ("8 channels", 48_000, 8)):
        yield f"a sound of {name}", lambda path, plain, how=(rate, channels): _wav(path, *how)
    yield "a sound of no numbers", lambda path, plain: _put(path, _float_wav(np.full(32_000, np.nan, "<f4")))
    yield "a sound beyond loud", lambda path, plain: _put(path, _float_wav(np.full(32_000, 1e30, "<f4")))


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _bytes(data: bytes) -> Make:
    return lambda path, plain: _put(path, data)


def _patched(plain: bytes, box: bytes, offset: int, data: bytes) -> bytes:
    at = plain.find(box)
    if at < 0:
        return plain
    at += offset
    return plain[:at] + data + plain[at + len(data) :]


def _clip(path: Path, recipe: Recipe) -> None:
    write_clip(path, recipe, frames=45, width=160, height=90)


def _coded(
    path: Path, codec: str, suffix: str, pixels: str, width: int = 96, height: int = 64, *, frames: int = 20
) -> None:
    container = {"ts": "mpegts", "mkv": "matroska", "mpg": "mpeg"}.get(suffix, suffix)
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        for i in range(frames):
            shown: NDArray[np.uint8] = np.roll(picture(i, 96, 64), i, axis=1)
            sized = cv2.resize(shown, (width, height))
            frame = av.VideoFrame.from_ndarray(sized, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _timed(path: Path, tenths: list[float]) -> None:
    """Frames at these tenths of a second, in Matroska."""
    with av.open(str(path), "w", format="matroska") as out:
        stream: Any = out.add_stream("mjpeg", rate=1_000)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1_000)
        for i, tenth in enumerate(tenths):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), i % 250, np.uint8), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 1_000)
            for packet in stream.encode(frame.reformat(format="yuvj420p")):
                packet.pts = packet.dts = round(tenth * 100)
                packet.time_base = Fraction(1, 1_000)
                try:
                    out.mux(packet)
                except av.FFmpegError:
                    continue  # what the muxer itself refuses


def _many_tracks(path: Path, count: int) -> None:
    with av.open(str(path), "w", format="matroska") as out:
        streams: list[Any] = [out.add_stream("mjpeg", rate=25) for _ in range(count)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuvj420p"
        for stream in streams:
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            out.mux(stream.encode(frame.reformat(format="yuvj420p")))


def _wav(path: Path, rate: int, channels: int) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.random.default_rng(0).integers(-9_000, 9_000, rate * channels, "<i2").tobytes())


def _float_wav(samples: NDArray[Any]) -> bytes:
    data = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1, 16_000,
                       64_000, 4, 32, b"data", len(data))  # fmt: skip
    return head + data
