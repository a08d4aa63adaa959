"""What can be baked of a spark, and the name by which it is kept; free of Qt, loads no engine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.sparks.engine.version import ENGINE

FPS: Final = 30
SIZE: Final = (360, 640)
SAMPLE: Final = 4
"""Bytes of a sound for each moment: two channels of 16 bits."""
THUMB_FPS: Final = 15
THUMB: Final = (180, 320)


class Kind(StrEnum):
    """`film` all its pictures, `sketch` those that play while they are drawn (the film, where nothing had to
    give way), `thumb` the same small and with fewer, `still` the one that stands for it, `sound` interleaved
    16-bit stereo at 48 kHz, `meter` what was measured while it was made, as JSON."""

    FILM = "film"
    SKETCH = "sketch"
    THUMB = "thumb"
    STILL = "still"
    SOUND = "sound"
    METER = "meter"


PICTURES: Final = frozenset({Kind.FILM, Kind.THUMB, Kind.STILL})
URGENT: Final = frozenset({Kind.FILM, Kind.SKETCH, Kind.SOUND, Kind.STILL})
"""What somebody has asked for; the rest is made when there is time."""
FIRST: Final = frozenset({Kind.SOUND, Kind.STILL})
"""What is baked before the film of the same spark."""


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to be baked of the content with this hash. The sound knows no sender."""

    kind: Kind
    sha256: str
    seed: int = 1
    sender: str = ""

    @property
    def name(self) -> str:
        """The name of its file: the same for all that would come out the same."""
        said = json.dumps([ENGINE, self.kind.value, self.sha256, self.seed, self.sender])
        return f"{hashlib.sha256(said.encode()).hexdigest()}.{self.kind}"
