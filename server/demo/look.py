"""Where something happens in a file of the user's own, by the stills and peaks that were made of it.

The file itself is never opened here: that is for the media worker alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from server.demo.moments import Moment

MOST = 3
_CUT = 14.0
"""Mean difference of two neighbouring stills, of 255, from which on it is another picture."""
_LOUD = 1.5
"""How many times louder than the middle of all seconds a second must be."""
_LABEL = "Demo mark, set by the program: {}."


def moments(
    duration_ms: int,
    sheet: tuple[bytes, Mapping[str, Any]] | None,
    peaks: tuple[bytes, Mapping[str, Any]] | None,
) -> tuple[Moment, ...]:
    """At most three moments within the video, in order of time: changes of scene, the loudest second, or
    else two that divide it evenly. None of a video that has no length."""
    found = [*(_cuts(*sheet) if sheet else ()), *(_loudest(*peaks) if peaks else ())]
    whole = [m for m in found if 0 <= m.start_ms < m.end_ms <= duration_ms][:MOST]
    return tuple(sorted(whole or _even(duration_ms), key=lambda moment: moment.start_ms))


def _cuts(sheet: bytes, index: Mapping[str, Any]) -> list[Moment]:
    """The two greatest changes from one still to the next; each lies somewhere between the two."""
    picture = cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return []
    times: Sequence[int] = index["t_ms"]
    width, height, columns = index["cell_width"], index["cell_height"], index["columns"]
    cells = [
        picture[n // columns * height :, n % columns * width :][:height, :width].astype(np.int16)
        for n in range(len(times))
    ]
    steps = [float(np.abs(after - before).mean()) for before, after in pairwise(cells)]
    greatest = sorted(range(len(steps)), key=lambda n: -steps[n])[: MOST - 1]
    label = _LABEL.format("the picture changes here")
    return [Moment(times[n], times[n + 1], label, "change") for n in greatest if steps[n] >= _CUT]


def _loudest(peaks: bytes, meta: Mapping[str, Any]) -> list[Moment]:
    rows: NDArray[np.int16] = np.frombuffer(peaks, np.int8).reshape(2, -1).astype(np.int16)
    seconds = meta["duration_ms"] // 1000
    if seconds < 3:
        return []
    loud = np.array([part.mean() for part in np.array_split(rows[1] - rows[0], seconds)])
    at = int(loud.argmax())
    if loud[at] < _LOUD * max(1.0, float(np.median(loud))):
        return []
    start = meta["start_ms"] + at * meta["duration_ms"] // seconds
    return [Moment(max(0, start), start + 1000, _LABEL.format("the loudest second"), "loud")]


def _even(duration_ms: int) -> list[Moment]:
    length = min(2000, duration_ms // 6)
    label = _LABEL.format("it marks no particular thing")
    return [
        Moment(at, at + length, label, "even") for at in (duration_ms // 3, duration_ms * 2 // 3) if length
    ]
