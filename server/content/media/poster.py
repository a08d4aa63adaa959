"""Choose and draw the one picture that stands for a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from server.content.media import source, stills
from server.content.media.frames import read_frames
from server.content.media.results import FileLimits, Poster
from server.content.media.source import Refusal

_CANDIDATES = 5
_FIT = 640
_QUALITY = 82


def poster(path: Path, limits: FileLimits) -> Poster:
    """The liveliest of five keyframes, in colour, upright, fitted into 640 x 640.

    Liveliest is the widest spread of grey levels: fades, black leaders and blank cards lose.
    Raises Refusal like `probe`.
    """
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        table = read_frames(container, stream, limits)
        best, best_spread, t_ms = None, -1.0, 0
        for frame in stills.keyframes(container, stream, table, _CANDIDATES):
            picture = stills.upright(frame, stills.shown_size(frame, _FIT, _FIT), "bgr24")
            spread = float(np.std(picture))
            if spread > best_spread:
                best, best_spread = picture, spread
                t_ms = table.ms(table.pts[0] if frame.pts is None else frame.pts)
    if best is None:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
    height, width = best.shape[:2]
    return Poster(jpeg=stills.jpeg(best, _QUALITY), width=width, height=height, t_ms=t_ms)
