"""How long an analysis takes, by the worker process that the server uses, on clips of 1920 x 1080 at 30 fps.

- `clip_10s_ratio`, `clip_60s_ratio`: the core job, wall clock against the clip's length; `two_hours_s` in s.
- `text_ratio`: the text job, the worse of 10 s and 60 s (small: 10 s); null where its packages are missing.
- `peak_rss_mb`: the largest worker of this run, as the kernel keeps its peak (VmHWM), looked at every 20 ms.
- `pdq_1080p_ms`, `lookup_1m_ms`: hashing (`benchmarks.forensics_hashing`).

The clips show a person who talks, looped, where `../shared/media` has one; else they are generated, without
face and speech, which takes less time, and `clips` says so.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import forensics_hashing
from benchmarks.coded_clips import picture
from server.content.media.results import Refused
from server.forensics.results import Analysis
from server.forensics.rules import AnalysisKind
from server.forensics.run import analysis_of
from server.forensics.words.detectors import not_installed

TALKING: Final = Path(__file__).parents[1].parent / "shared/media/vret_2.mp4"
SIZE: Final = (1920, 1080)
FPS, SECONDS, RATE = 30, 10, 48_000
TWO_HOURS: Final = 2 * 60 * 60


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; no database is part of it."""
    full = scale == "full"
    with tempfile.TemporaryDirectory(prefix="forensics-") as folder, peak_rss() as peak:
        place = Path(folder)
        _say("coding the clips")
        short = write_clip(place / "10.mp4", crf=23)
        minute = loop(short, place / "60.mp4", 60)
        ten_s, ten = timed(short, AnalysisKind.CORE)
        sixty_s, _ = timed(minute, AnalysisKind.CORE)
        texts = []
        if not not_installed():
            texts = [timed(short, AnalysisKind.TEXT)[0] / SECONDS]
            if full:
                texts.append(timed(minute, AnalysisKind.TEXT)[0] / 60)
        two_hours = None
        if full:
            long = loop(write_clip(place / "small.mp4", crf=38), place / "7200.mp4", TWO_HOURS)
            two_hours = round(timed(long, AnalysisKind.CORE)[0], 1)
    faces = {box.track for signal in ten.signals if signal.detector == "faces" for box in signal.boxes}
    return {
        "clips": "a person who talks" if TALKING.is_file() else "generated, without face and speech",
        "faces": len(faces),
        "clip_10s_ratio": round(ten_s / SECONDS, 3),
        "clip_60s_ratio": round(sixty_s / 60, 3),
        "two_hours_s": two_hours,
        "text_ratio": round(max(texts), 3) if texts else None,
        "peak_rss_mb": round(peak[0] / 1024),
        "pdq_1080p_ms": round(forensics_hashing.pdq_1080p_ms(), 2),
        "lookup_1m_ms": round(forensics_hashing.lookup_1m_ms(), 2),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def timed(path: Path, kind: AnalysisKind) -> tuple[float, Analysis]:
    """Seconds of wall clock that the job takes, and what it found."""
    began = time.perf_counter()
    found = analysis_of(path, kind=kind)
    took = time.perf_counter() - began
    if isinstance(found, Refused):
        raise SystemExit(f"{path.name} was refused: {found.reason}")
    _say(f"{kind.value} of {path.name}: {took:.1f} s, {found.frames} stills")
    return took, found


@contextmanager
def peak_rss() -> Iterator[list[int]]:
    """The largest peak of a child of this process so far, in KiB. Not by getrusage, which counts what the
    parent held when it forked."""
    peak, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for children in Path("/proc/self/task").glob("*/children"):
                try:
                    for pid in children.read_text().split():
                        command = Path(f"/proc/{pid}/cmdline").read_bytes()
                        held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                        if held and b"server.content.media.child" in command:
                            peak[0] = max(peak[0], int(held[1]))
                except OSError:
                    continue

    watch = threading.Thread(target=look, name="peak-rss")
    watch.start()
    try:
        yield peak
    finally:
        over.set()
        watch.join()


def write_clip(path: Path, *, crf: int) -> Path:
    """Ten seconds in H.264 and AAC."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=FPS)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": str(crf), "g": str(FPS * 2)}
        sound: Any = out.add_stream("aac", rate=RATE, layout="mono")
        for i, shown in enumerate(_pictures()):
            frame = av.VideoFrame.from_ndarray(shown, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        samples = _samples()
        for at in range(0, samples.size, 1024):
            heard = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = RATE, at, Fraction(1, RATE)
            out.mux(sound.encode(heard))
        out.mux(sound.encode(None))
    return path


def _pictures() -> Iterator[NDArray[np.uint8]]:
    width, height = SIZE
    if not TALKING.is_file():
        yield from (picture(i, width, height) for i in range(FPS * SECONDS))
        return
    shown: list[NDArray[np.uint8]] = []
    with av.open(str(TALKING)) as source:
        rate = float(source.streams.video[0].average_rate or FPS)
        for frame in source.decode(video=0):
            shown.append(frame.to_ndarray(format="bgr24").astype(np.uint8))
            if len(shown) >= rate * SECONDS:
                break
    for i in range(FPS * SECONDS):
        original = shown[round(i * rate / FPS) % len(shown)]
        scale = height / original.shape[0]
        sized = cv2.resize(original, (min(width, round(original.shape[1] * scale)), height))
        canvas = np.full((height, width, 3), 60, np.uint8)
        left = (width - sized.shape[1]) // 2
        canvas[:, left : left + sized.shape[1]] = sized
        yield canvas


def _samples() -> NDArray[np.float32]:
    count = RATE * SECONDS
    if not TALKING.is_file():
        return np.asarray(0.2 * np.sin(2 * np.pi * 220 * np.arange(count) / RATE), np.float32)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(str(TALKING)) as source:
        parts = [
            part.to_ndarray()[0] for frame in source.decode(audio=0) for part in resampler.resample(frame)
        ]
    return np.resize(np.concatenate(parts), count).astype(np.float32)


def loop(path: Path, to: Path, seconds: int) -> Path:
    """The clip again and again, its packets copied."""
    with av.open(str(to), "w") as out:
        streams: dict[int, Any] = {}
        for again in range(seconds // SECONDS):
            with av.open(str(path)) as source:
                for stream in source.streams if again == 0 else ():
                    streams[stream.index] = out.add_stream_from_template(stream)
                for packet in source.demux():
                    # The sound's first packet, before 0, is there but once.
                    if packet.dts is None or packet.pts is None or (again and packet.pts < 0):
                        continue
                    shift = round(again * SECONDS / packet.time_base)
                    packet.stream = streams[packet.stream_index]
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    out.mux(packet)
    return to


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
