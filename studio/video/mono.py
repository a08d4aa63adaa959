"""The sound of a video as one channel, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from studio.video.index import Source, open_media

Samples = NDArray[np.float32]


def mono(source: Source, rate: int) -> Iterator[tuple[float, Samples]]:
    """Yield the sound at `rate` Hz: the file's own time in seconds, and the samples from there on, -1..1.

    Nothing is yielded for a video without sound; damaged sound ends early. Raises MediaError.
    """
    with open_media(source) as container:
        if not container.streams.audio:
            return
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        try:
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    yield part.time or 0.0, part.to_ndarray()[0].astype(np.float32) / 32768
        except av.FFmpegError:
            return
