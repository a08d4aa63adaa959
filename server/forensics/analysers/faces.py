"""Which faces are in the picture, when and where: what the other face analysers stand on."""

from __future__ import annotations

from typing import Final

import numpy as np

from server.content.media.stills import evenly
from server.forensics.analysers.base import abstain, signal
from server.forensics.results import Signal, Span
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample
from server.forensics.windows import SMALLEST_FACE

_BOXES = 12
_GAP_MS = 1_500


class Faces:
    """One signal for each face track: its median size in pixels of the scan, the times, some boxes."""

    name: Final = "faces"
    version: Final = "2"
    slot: Final = Slot.FACE_MANIPULATION
    requires: Final = "faces"

    def is_available(self) -> Abstained | None:
        """The networks ship with the product."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """At most eight tracks, the longest seen first."""
        if not sample.has_picture:
            return [abstain(self, "face_px", Abstained.NO_PICTURE)]
        seen = tracks(sample)
        if not seen:
            return [abstain(self, "face_px", Abstained.NO_FACE)]
        return [self._track(sample, track, places) for track, places in list(seen.items())[:8]]

    def _track(self, sample: MediaSample, track: int, places: list[tuple[int, int]]) -> Signal:
        stills = [(sample.stills[i], sample.stills[i].faces[j]) for i, j in places]
        size = float(np.median([face.size for _, face in stills]))
        shown = evenly(stills, _BOXES)
        return signal(
            self,
            "face_px",
            round(size, 1),
            track=track,
            abstained=Abstained.FACE_TOO_SMALL if size < SMALLEST_FACE else None,
            reliability_bp=round(BP * min(1.0, size / 200)),
            spans=spans([still.t_ms for still, _ in stills]),
            boxes=tuple(sample.box(still, face) for still, face in shown),
        )


def tracks(sample: MediaSample) -> dict[int, list[tuple[int, int]]]:
    """For each track, the longest seen first, the stills that show it and its place among their faces."""
    found: dict[int, list[tuple[int, int]]] = {}
    for i, still in enumerate(sample.stills):
        for j, face in enumerate(still.faces):
            found.setdefault(face.track, []).append((i, j))
    return dict(sorted(found.items(), key=lambda seen: (-len(seen[1]), seen[0])))


def spans(times: list[int]) -> tuple[Span, ...]:
    """Times joined to stretches where they follow within a second and a half."""
    joined: list[Span] = []
    for t_ms in times:
        if joined and t_ms - joined[-1].end_ms <= _GAP_MS:
            joined[-1] = Span(joined[-1].start_ms, t_ms)
        else:
            joined.append(Span(t_ms, t_ms))
    return tuple(joined)
