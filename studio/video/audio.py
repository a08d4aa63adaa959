"""Sound of a video at normal speed, played where there is a device, and the clock that goes by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import av
from PySide6.QtCore import QIODevice, QObject, QTimer

from studio.video.index import MediaError, Source, open_media

RATE = 48_000
_BYTES_PER_SECOND = RATE * 2 * 2  # 16 bit, two channels
_AHEAD = _BYTES_PER_SECOND  # sound decoded in advance
_PREROLL_S = 0.5  # a codec needs a few frames before its samples are true, and some seeks land late
_JITTER = RATE // 50  # time stamps are rounded: so many samples off are no gap
_STALL_S = 1.0  # a device that takes nothing for so long is gone
_PUMP_MS = 20
_COARSE_S = 0.1  # devices tell how far they are in steps of up to so much; what differs more has stopped
_DRIFT = 0.001  # the clock of a device may be slower than ours by so much


class Sink(Protocol):
    """The part of QAudioSink that is used."""

    def start(self) -> QIODevice | None:
        """Begin; answers the device to write samples to, or None when that fails."""
        ...

    def stop(self) -> None:
        """End and drop what is not played yet."""
        ...

    def setVolume(self, volume: float) -> None:
        """How loud, 0 to 1; by amplitude."""
        ...

    def bytesFree(self) -> int:
        """Room for samples, in bytes."""
        ...

    def processedUSecs(self) -> int:
        """Sound played since `start`, in microseconds."""
        ...


def default_sink() -> Sink | None:
    """A sink on the default device; None where there is no device or no sound library.

    The device is asked for first: a QAudioSink without one warns.
    """
    try:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices
    except ImportError:
        return None
    device = QMediaDevices.defaultAudioOutput()
    if device.isNull():
        return None
    wanted = QAudioFormat()
    wanted.setSampleRate(RATE)
    wanted.setChannelCount(2)
    wanted.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    return QAudioSink(device, wanted) if device.isFormatSupported(wanted) else None


class SoundTrack:
    """Decodes sound from `start_s` (the file's own time) on a thread, at most a second ahead."""

    def __init__(self, source: Source, start_s: float) -> None:
        self._source = source
        self._start_s = start_s
        self._samples = bytearray()
        self._next = 0  # samples since the start that are decoded, silence among them
        self._room = threading.Condition()
        self._closing = False
        self._drained = False
        threading.Thread(target=self._run, name="sound-decoder", daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether all there was has been taken."""
        with self._room:
            return self._drained and not self._samples

    @property
    def waiting(self) -> bool:
        """Whether there is sound to be taken."""
        with self._room:
            return bool(self._samples)

    def take(self, size: int) -> bytes:
        """Up to `size` bytes of interleaved 16-bit stereo; whole sample frames, never waits."""
        with self._room:
            size = min(size, len(self._samples)) // 4 * 4
            taken = bytes(self._samples[:size])
            del self._samples[:size]
            self._room.notify()
            return taken

    def close(self) -> None:
        """End the thread; returns at once."""
        with self._room:
            self._closing = True
            self._room.notify()

    def _run(self) -> None:
        try:
            self._decode()
        except (MediaError, av.FFmpegError, OSError):
            pass  # silence is what is left; the picture goes on by the silent clock
        finally:
            with self._room:
                self._drained = True

    def _decode(self) -> None:
        with open_media(self._source) as container:
            if not container.streams.audio:
                return
            stream = container.streams.audio[0]
            at_s = self._start_s - _PREROLL_S
            if stream.time_base and at_s > float((stream.start_time or 0) * stream.time_base):
                container.seek(int(at_s / stream.time_base), stream=stream, backward=True)
            resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
            for frame in container.decode(stream):
                for part in resampler.resample(frame):
                    if not self._append(part):
                        return

    def _append(self, part: av.AudioFrame) -> bool:
        """Keep what lies after the start, each sample in its place; False when nobody listens any more.

        Sound that begins late or has a gap is led in by silence: the picture goes by this clock.
        """
        data = bytes(part.planes[0])[: part.samples * 4]
        due = self._next if part.time is None else round((part.time - self._start_s) * RATE)
        late = due - self._next
        if self._next and abs(late) <= _JITTER:
            late = 0
        while late > 0:
            quiet = min(late, RATE // 10)
            if not self._put(bytes(quiet * 4)):
                return False
            late -= quiet
        return self._put(data[-late * 4 :])

    def _put(self, data: bytes) -> bool:
        with self._room:
            self._room.wait_for(lambda: self._closing or len(self._samples) < _AHEAD)
            self._samples += data
            self._next += len(data) // 4
            return not self._closing


class SoundOutput(QObject):
    """Plays one track at a time. Without a device it stays silent and `start` answers False."""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        make_sink: Callable[[], Sink | None] = default_sink,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._make_sink, self._now = make_sink, now
        self._written = 0
        self._volume = 1.0
        self._heard = (0, 0.0)
        self._began = self._asked = self._told_s = 0.0
        self._sink: Sink | None = None
        self._device: QIODevice | None = None
        self._track: SoundTrack | None = None
        self._pump = QTimer(self)
        self._pump.setInterval(_PUMP_MS)
        self._pump.timeout.connect(self.pump)

    def available(self) -> bool:
        """Whether there is a device now."""
        return self._make_sink() is not None

    def set_volume(self, volume: float) -> None:
        """How loud, 0 to 1 as people hear it: half of it sounds half as loud."""
        self._volume = min(max(volume, 0.0), 1.0) ** 2
        if self._sink is not None:
            self._sink.setVolume(self._volume)

    def start(self, source: Source, start_s: float) -> bool:
        """Play from `start_s` in the file's own time; False where there is no device."""
        self.stop()
        self._sink = self._make_sink()
        if self._sink is not None:
            self._sink.setVolume(self._volume)
        self._device = self._sink.start() if self._sink else None
        if self._device is None:
            self._sink = None
            return False
        self._track = SoundTrack(source, start_s)
        self._written, self._heard = 0, (0, self._now())
        self._began = self._asked = self._told_s = 0.0
        self._pump.start()
        return True

    def stop(self) -> None:
        """Fall silent at once."""
        self._pump.stop()
        if self._track is not None:
            self._track.close()
        if self._sink is not None:
            self._sink.stop()
        self._sink = self._device = self._track = None

    def played_s(self) -> float | None:
        """Seconds of sound played since `start`; None when silent, at the end, or the device is gone."""
        if self._sink is None or self._track is None or self._track.ended:
            return None
        played, now = self._sink.processedUSecs(), self._now()
        before, since = self._heard
        if played != before:
            self._heard = (played, now)
        elif now - since > _STALL_S and self._owes(played, self._track):
            self.stop()  # unplugged: without this the picture would stand still for ever
            return None
        self._told_s = max(self._told_s, self._between_steps(played / 1e6, now))
        return self._told_s

    def _between_steps(self, played_s: float, now: float) -> float:
        """Seconds played, finer than the device tells: it is never behind what it told at any time."""
        if not played_s:
            return 0.0
        began = self._began + (now - self._asked) * _DRIFT
        self._asked = now
        self._began = began if 0 <= now - played_s - began <= _COARSE_S else now - played_s
        return min(now - self._began, self._written / _BYTES_PER_SECOND)

    def _owes(self, played_us: int, track: SoundTrack) -> bool:
        return track.waiting or self._written / _BYTES_PER_SECOND > played_us / 1e6 + 0.02

    def pump(self) -> None:
        """Hand the device as much sound as it takes."""
        if self._sink is not None and self._device is not None and self._track is not None:
            data = self._track.take(self._sink.bytesFree())
            if data:
                self._written += self._device.write(data)
