from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice
from pytestqt.qtbot import QtBot

from studio.video.audio import RATE, SoundOutput, SoundTrack, default_sink
from tests.studio.video.conftest import FRAMES, write_sound

Clip = Callable[[str], Path]


class FakeSink:
    """A device with a small buffer that plays what it is given at once."""

    def __init__(self) -> None:
        self.device = QBuffer()
        self.stopped = False

    def start(self) -> QIODevice:
        self.device.open(QIODevice.OpenModeFlag.ReadWrite)
        return self.device

    def stop(self) -> None:
        self.stopped = True

    def setVolume(self, volume: float) -> None:
        self.volume = volume

    def bytesFree(self) -> int:
        return 4096

    def processedUSecs(self) -> int:
        return self.device.size() * 1_000_000 // (RATE * 4)


def samples(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.int16).reshape(-1, 2)


def take_all(track: SoundTrack, qtbot: QtBot) -> bytes:
    data = bytearray()

    def drained() -> bool:
        data.extend(track.take(1 << 16))
        return track.ended

    qtbot.waitUntil(drained, timeout=20_000)
    return bytes(data)


def test_a_track_gives_all_its_sound_in_stereo(clip: Clip, qtbot: QtBot) -> None:
    sound = samples(take_all(SoundTrack(clip("tone"), 0.0), qtbot))
    assert len(sound) == pytest.approx(FRAMES / 30 * RATE, abs=3000)
    assert np.array_equal(sound[:, 0], sound[:, 1])
    half_power = 12_000 / np.sqrt(2)  # one channel spread over two keeps its loudness
    assert np.abs(sound[RATE:, 0]).max() == pytest.approx(half_power, rel=0.1)


def test_a_track_starts_where_it_is_told(clip: Clip, qtbot: QtBot) -> None:
    whole = samples(take_all(SoundTrack(clip("tone"), 0.0), qtbot))
    part = samples(take_all(SoundTrack(clip("tone"), 2.0), qtbot))
    assert len(whole) - len(part) == pytest.approx(2 * RATE, abs=1)
    # One sample early or late would differ by 490 at 440 Hz; AAC's own noise stays below 100.
    difference = whole[-len(part) :, 0].astype(int) - part[:, 0].astype(int)
    assert np.abs(difference).max() < 100


def test_a_track_decodes_only_a_second_ahead(clip: Clip, qtbot: QtBot) -> None:
    track = SoundTrack(clip("tone"), 0.0)
    qtbot.waitUntil(lambda: len(track._samples) >= RATE * 4, timeout=20_000)
    assert len(track._samples) < RATE * 4 + 10_000
    assert not track.ended
    track.close()
    qtbot.waitUntil(lambda: track._drained, timeout=20_000)


@pytest.mark.parametrize("source", [b"nonsense", None])
def test_without_sound_a_track_just_ends(clip: Clip, qtbot: QtBot, source: bytes | None) -> None:
    track = SoundTrack(clip("cfr") if source is None else source, 0.0)
    assert take_all(track, qtbot) == b""


def test_no_device_means_silence(clip: Clip) -> None:
    output = SoundOutput(make_sink=lambda: None)
    assert not output.start(clip("tone"), 0.0)
    assert output.played_s() is None
    output.stop()


def test_the_real_sink_is_made_only_for_a_device() -> None:
    from PySide6.QtMultimedia import QMediaDevices

    assert (default_sink() is None) == QMediaDevices.defaultAudioOutput().isNull()


def test_the_clock_is_what_was_played(clip: Clip, qtbot: QtBot) -> None:
    sink = FakeSink()
    output = SoundOutput(make_sink=lambda: sink)
    assert output.start(clip("tone"), 0.0)
    qtbot.waitUntil(lambda: (output.played_s() or 0) > 0.2, timeout=20_000)
    output.stop()
    assert sink.stopped
    assert output.played_s() is None
    heard = samples(bytes(sink.device.data().data()))
    assert np.abs(heard).max() > 5_000


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_begins_late_is_heard_in_its_place(tmp_path: Path, qtbot: QtBot, name: str) -> None:
    path = write_sound(tmp_path / name, (1.0, 2.0))
    for start in (0.0, 0.5, 1.5):
        loud = np.flatnonzero(
            np.abs(samples(take_all(SoundTrack(path, start), qtbot))[:, 0].astype(int)) > 2_000
        )
        assert loud[0] / RATE == pytest.approx(max(1.0 - start, 0.0), abs=0.03)


def test_a_gap_in_the_sound_is_silence(tmp_path: Path, qtbot: QtBot) -> None:
    path = write_sound(tmp_path / "a.mkv", (0.0, 0.5), (1.5, 2.5))
    sound = samples(take_all(SoundTrack(path, 0.0), qtbot))[:, 0].astype(int)
    assert len(sound) == pytest.approx(2.5 * RATE, abs=RATE * 0.05)
    assert np.abs(sound[int(0.7 * RATE) : int(1.3 * RATE)]).max() < 500
    assert np.abs(sound[int(1.6 * RATE) : int(2.4 * RATE)]).max() > 5_000


def test_a_device_that_is_unplugged_leaves_the_clock_to_itself(clip: Clip, qtbot: QtBot) -> None:
    sink, now = FakeSink(), [0.0]
    output = SoundOutput(make_sink=lambda: sink, now=lambda: now[0])
    assert output.start(clip("tone"), 0.0)
    qtbot.waitUntil(lambda: (output.played_s() or 0) > 0.1, timeout=20_000)
    output._pump.stop()
    qtbot.waitUntil(lambda: output._track is not None and output._track.waiting, timeout=20_000)
    assert output.played_s() is not None
    now[0] = 5.0
    assert output.played_s() is None
    assert sink.stopped


class SteppingSink(FakeSink):
    """A device that tells how far it is in steps of 50 ms."""

    def __init__(self, now: list[float]) -> None:
        super().__init__()
        self.now, self.began = now, 0.0
        self.stands = False

    def processedUSecs(self) -> int:
        played = (self.now[0] - self.began) if not self.stands else 0.3
        return int(min(played, self.device.size() / (RATE * 4)) * 20) * 50_000


def test_between_the_steps_of_a_device_the_clock_goes_on(clip: Clip, qtbot: QtBot) -> None:
    now = [10.0]
    sink = SteppingSink(now)
    output = SoundOutput(make_sink=lambda: sink, now=lambda: now[0])
    assert output.start(clip("tone"), 0.0)
    qtbot.waitUntil(lambda: sink.device.size() >= RATE * 4, timeout=20_000)
    sink.began = now[0]
    told = []
    for _ in range(100):
        now[0] += 0.007
        told.append((output.played_s() or 0.0, now[0] - sink.began))
    assert [each for each, _ in told] == sorted(each for each, _ in told)
    assert max(each - true for each, true in told) <= 0.001, "never ahead of what is heard"
    assert max(true - each for each, true in told[20:]) < 0.01, "and soon as exact as it was asked"
    output.stop()


def test_a_device_that_stands_still_holds_the_clock(clip: Clip, qtbot: QtBot) -> None:
    now = [10.0]
    sink = SteppingSink(now)
    output = SoundOutput(make_sink=lambda: sink, now=lambda: now[0])
    assert output.start(clip("tone"), 0.0)
    qtbot.waitUntil(lambda: sink.device.size() >= RATE * 4, timeout=20_000)
    sink.began = now[0]
    now[0] += 0.3
    assert output.played_s() == pytest.approx(0.3, abs=0.051)
    sink.stands = True
    for _ in range(20):
        now[0] += 0.02
        assert (output.played_s() or 0.0) <= 0.41
    output.stop()
