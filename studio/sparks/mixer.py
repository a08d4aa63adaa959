"""The sound of sparks: one stream to one device, few voices, a limiter, and the video softer meanwhile.

Where there is no device it is silent, and says so: nobody is made softer for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PySide6.QtCore import QIODevice, QObject, QTimer

from studio.video.audio import RATE, Sink, default_sink

VOICES: Final = 6
AGAIN_DB: Final = -6.0
"""What sounds already is louder than what comes on top of it by a combo."""
DUCK_DB: Final = -9.0
CEILING: Final = 0.891
"""-1 dBFS."""
PUMP_MS: Final = 20
AHEAD_S: Final = 0.08
"""Handed to the device in advance: what is triggered is heard no later than that."""
STALL_S: Final = 1.0
_FRAME: Final = 4
_RELEASE: Final = 0.25
"""s in which the limiter lets go."""
_ATTACK: Final = RATE // 500
"""Samples in which it takes hold: a step would be a click."""
_FADE: Final = RATE // 200
Samples = NDArray[np.float32]


def amplitude(db: float) -> float:
    """Times so many for so many dB."""
    return float(10.0 ** (db / 20.0))


@dataclass(eq=False, slots=True)
class _Voice:
    name: str
    samples: Samples
    gain: float
    at: int = 0
    ends: int | None = None
    """Where it has faded out, when it had to give way."""


class Limiter:
    """Holds peaks below `CEILING`: goes down within `_ATTACK` ahead of one, which is heard that much later,
    and lets go slowly. Where nothing is too loud it but delays."""

    def __init__(self) -> None:
        self._ahead = np.zeros((_ATTACK, 2), np.float32)
        self._held = np.ones(_ATTACK)

    @property
    def gain(self) -> float:
        """What the last sample was multiplied by."""
        return float(self._held.mean())

    def apply(self, block: Samples) -> Samples:
        """As many samples as the block has, nowhere above the ceiling."""
        if not len(block):
            return block
        known = np.concatenate((self._ahead, block))
        self._ahead = known[len(block) :]
        peaks = np.abs(known).max(axis=1)
        if peaks.max() <= CEILING and self._held.min() == 1.0:
            return known[: len(block)]
        allowed = np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
        # Of each sample to be heard now and of those that follow it, the least; it lets go on a line, and
        # its mean over the same time is a ramp that is down when the peak is there.
        least = sliding_window_view(allowed, _ATTACK + 1).min(axis=1)
        line = np.arange(1, len(block) + 1) / (RATE * _RELEASE)
        held = np.minimum(np.minimum.accumulate(least - line), self._held[-1]) + line
        held = np.concatenate((self._held, np.minimum(held, 1.0)))
        self._held = held[len(block) :]
        gains = sliding_window_view(held, _ATTACK).mean(axis=1)[1:]
        limited: Samples = known[: len(block)] * gains[:, None].astype(np.float32)
        return limited


class Mixer(QObject):
    """`on_duck` hears how loud the video may be meanwhile, 0 to 1 by amplitude."""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        make_sink: Callable[[], Sink | None] = default_sink,
        now: Callable[[], float] = time.monotonic,
        on_duck: Callable[[float], object] = lambda _share: None,
    ) -> None:
        super().__init__(parent)
        self._make_sink, self._now, self._on_duck = make_sink, now, on_duck
        self._voices: list[_Voice] = []
        self._limiter = Limiter()
        self._sink: Sink | None = None
        self._device: QIODevice | None = None
        self._muted, self._volume, self._ducked = True, 1.0, False
        self._took = 0.0
        self._silence = 0
        self._pump = QTimer(self)
        self._pump.setInterval(PUMP_MS)
        self._pump.timeout.connect(self.pump)

    @property
    def voices(self) -> int:
        """How many sound now, without those that give way."""
        return sum(each.ends is None for each in self._voices)

    def set_sound(self, *, muted: bool, volume: float) -> None:
        """`volume` is 0 to 1 as people hear it. What sounds falls silent when it is muted."""
        self._muted, self._volume = muted, min(max(volume, 0.0), 1.0) ** 2
        if muted:
            self.stop()
        elif self._sink is not None:
            self._sink.setVolume(self._volume)

    def play(self, name: str, pcm: bytes, *, db: float = 0.0) -> bool:
        """Sound once, with what sounds already; False where nothing can be heard. `pcm` is interleaved
        16-bit stereo at 48 kHz; `name` tells a combo."""
        if self._muted or not pcm or not self._open():
            return False
        gain = amplitude(db + (AGAIN_DB if any(each.name == name for each in self._voices) else 0.0))
        samples = np.frombuffer(pcm, "<i2").reshape(-1, 2).astype(np.float32) / np.float32(32_768)
        self._voices.append(_Voice(name, samples, gain))
        self._give_way()
        if not self._ducked:
            self._ducked = True
            self._on_duck(amplitude(DUCK_DB))
        self._pump.start()
        self.pump()
        return True

    def stop(self) -> None:
        """Fall silent at once; the video is as loud as it was."""
        self._pump.stop()
        self._voices.clear()
        if self._sink is not None:
            self._sink.stop()
        self._sink = self._device = None
        self._limiter = Limiter()
        self._unduck()

    def mix(self, count: int) -> Samples:
        """The next `count` samples of all voices, limited; those that have ended are let go of."""
        block = np.zeros((count, 2), np.float32)
        for voice in self._voices:
            part = voice.samples[voice.at : voice.at + count] * np.float32(voice.gain)
            if voice.ends is not None:
                places = np.arange(voice.at, voice.at + len(part), dtype=np.float32)
                part = part * np.clip((voice.ends - places) / _FADE, 0, 1)[:, None].astype(np.float32)
            block[: len(part)] += part
            voice.at += count
        self._voices = [each for each in self._voices if each.at < (each.ends or len(each.samples))]
        return self._limiter.apply(block)

    def pump(self) -> None:
        """Hand the device what it takes, and no more ahead than is needed."""
        if self._sink is None or self._device is None:
            return
        now = self._now()
        wanted = int((now - self._took + AHEAD_S) * RATE)
        count = min(self._sink.bytesFree() // _FRAME, wanted)
        if count > 0:
            block = self.mix(count)
            data = (np.clip(block, -1, 1) * 32_767).astype("<i2").tobytes()
            written = self._device.write(data)
            self._took += count / RATE
            if written < 0:
                self.stop()
                return
        elif now - self._took > STALL_S:
            self.stop()  # unplugged
            return
        if not self._voices:
            self._unduck()
            self._silence += max(count, 0)
            if self._silence > RATE:
                self.stop()
        else:
            self._silence = 0

    def _open(self) -> bool:
        if self._sink is not None:
            return True
        self._sink = self._make_sink()
        if self._sink is None:
            return False
        self._sink.setVolume(self._volume)
        self._device = self._sink.start()
        if self._device is None:
            self._sink = None
            return False
        self._took, self._silence = self._now(), 0
        return True

    def _give_way(self) -> None:
        """The oldest give way to what is new, with a short fade."""
        sounding = [each for each in self._voices if each.ends is None]
        for voice in sounding[: max(0, len(sounding) - VOICES)]:
            voice.ends = min(voice.at + _FADE, len(voice.samples))

    def _unduck(self) -> None:
        if self._ducked:
            self._ducked = False
            self._on_duck(1.0)
