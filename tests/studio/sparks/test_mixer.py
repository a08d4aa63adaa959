"""Voices, limiter, ducking; and no device at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from studio.sparks.mixer import AGAIN_DB, CEILING, DUCK_DB, VOICES, Limiter, Mixer, amplitude
from tests.studio.sparks.ovens import Clock, pcm


class Tape:
    """Takes what is written to it, in place of a QIODevice."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


class Device:
    """A sink that has room for so much."""

    def __init__(self, room: int = 1 << 20) -> None:
        self.tape, self.room, self.stopped, self.volume = Tape(), room, False, 1.0

    def start(self) -> Any:
        return self.tape

    def stop(self) -> None:
        self.stopped = True

    def setVolume(self, volume: float) -> None:
        self.volume = volume

    def bytesFree(self) -> int:
        return self.room

    def processedUSecs(self) -> int:
        return 0


class Desk:
    """A mixer with a device of its own, and what it said of the video."""

    def __init__(self, device: Device | None) -> None:
        self.clock, self.device, self.ducks = Clock(), device, list[float]()
        self.mixer = Mixer(make_sink=lambda: device, now=self.clock, on_duck=self.ducks.append)
        self.mixer.set_sound(muted=False, volume=1.0)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            self.clock.at += 0.02
            self.mixer.pump()


@pytest.fixture
def desk(qapp: QApplication) -> Desk:
    return Desk(Device())


def test_without_a_device_it_is_silent_and_nobody_is_made_softer(qapp: QApplication) -> None:
    desk = Desk(None)
    assert not desk.mixer.play("a", pcm())
    desk.run(1.0)
    assert desk.ducks == []
    assert desk.mixer.voices == 0


def test_a_device_that_does_not_open(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device()
    monkeypatch.setattr(device, "start", lambda: None)
    assert not Desk(device).mixer.play("a", pcm())


def test_muted_it_neither_sounds_nor_ducks(desk: Desk) -> None:
    desk.mixer.set_sound(muted=True, volume=1.0)
    assert not desk.mixer.play("a", pcm())
    assert desk.ducks == []


def test_the_video_is_softer_meanwhile_and_then_as_before(desk: Desk) -> None:
    assert desk.mixer.play("a", pcm(0.2))
    assert desk.ducks == [pytest.approx(amplitude(DUCK_DB))]
    desk.run(0.5)
    assert desk.ducks[-1] == 1.0
    assert len(desk.ducks) == 2


@pytest.mark.parametrize("how", ["stop", "mute"])
def test_ducking_ends_with_the_sound_however_that_ends(desk: Desk, how: str) -> None:
    desk.mixer.play("a", pcm(2.0))
    if how == "stop":
        desk.mixer.stop()
    else:
        desk.mixer.set_sound(muted=True, volume=1.0)
    assert desk.ducks[-1] == 1.0


def test_a_device_that_is_pulled_out(desk: Desk) -> None:
    desk.mixer.play("a", pcm(4.0))
    assert desk.device is not None
    desk.device.room = 0
    desk.run(2.0)
    assert desk.ducks[-1] == 1.0
    assert desk.device.stopped


def test_at_most_six_voices(desk: Desk) -> None:
    for number in range(20):
        desk.mixer.play(f"spark {number}", pcm(3.0))
        assert desk.mixer.voices <= VOICES
    desk.run(0.1)
    assert desk.mixer.voices == VOICES


def test_a_combo_comes_in_softer(desk: Desk) -> None:
    desk.mixer.play("a", pcm(2.0))
    desk.mixer.play("a", pcm(2.0))
    first, second = desk.mixer._voices
    assert second.gain / first.gain == pytest.approx(amplitude(AGAIN_DB))


def test_nothing_is_louder_than_the_ceiling(desk: Desk) -> None:
    for number in range(6):
        desk.mixer.play(f"spark {number}", pcm(1.0, level=1.0))
    block = desk.mixer.mix(4_800)
    assert np.abs(block).max() <= CEILING + 1e-4
    assert np.abs(block).max() > 0.5


def test_the_limiter_lets_go_slowly() -> None:
    limiter = Limiter()
    limiter.apply(np.full((480, 2), 2.0, np.float32))
    held = limiter.gain
    limiter.apply(np.full((480, 2), 0.1, np.float32))
    assert held < limiter.gain < 1.0


@pytest.mark.parametrize("block", [1, 97, 480, 960, 9_600])
@pytest.mark.parametrize("peak_at", [960, 1_000, 1_919])
def test_the_limiter_does_not_click(block: int, peak_at: int) -> None:
    """Nowhere, and least of all at the border of two blocks."""
    given = np.full((9_600, 2), 0.5, np.float32)
    given[peak_at : peak_at + 20] = 3.0
    limiter, heard = Limiter(), list[np.ndarray]()
    for at in range(0, len(given), block):
        heard.append(limiter.apply(given[at : at + block]))
    sound = np.concatenate(heard)
    late = int(np.argmax(sound[:, 0] > 0.0))
    assert late <= 96  # 2 ms
    gains = sound[late:, 0] / given[: len(sound) - late, 0]
    assert np.abs(np.diff(gains)).max() < 0.02
    assert sound.max() <= CEILING + 1e-4
    assert gains[0] == pytest.approx(1.0)
    assert gains[-1] > 0.9 * gains[peak_at]
    assert gains[peak_at] == pytest.approx(CEILING / 3.0, abs=1e-3)


def test_no_more_is_handed_over_than_is_needed(desk: Desk) -> None:
    desk.mixer.play("a", pcm(3.0))
    assert desk.device is not None
    assert len(desk.device.tape.data) / 4 / 48_000 <= 0.1
    desk.run(0.5)
    assert len(desk.device.tape.data) / 4 / 48_000 == pytest.approx(0.58, abs=0.03)


def test_it_lets_go_of_the_device_after_a_while_of_silence(desk: Desk) -> None:
    desk.mixer.play("a", pcm(0.1))
    desk.run(2.0)
    assert desk.device is not None
    assert desk.device.stopped
    assert desk.mixer.play("b", pcm(0.1))  # and takes it again
