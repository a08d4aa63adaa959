"""What container and codec say: facts for a person to weigh, none of which is a score.

A tag is what somebody wrote. That a generator names itself is worth knowing; that none does says nothing.
"""

from __future__ import annotations

import re
from typing import Final

from server.forensics.analysers.base import signal
from server.forensics.results import Signal
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample

_ENCODER = re.compile(r"encoder|software|tool|handler_name|comment|description|creation|make|model")
_GENERATORS: Final = re.compile(
    r"stable[ -]?diffusion|midjourney|dall.?e|\bsora\b|runway|synthesia|heygen|d-id|deepface|faceswap|roop"
    r"|wav2lip|sadtalker|liveportrait|elevenlabs|comfyui|gen-?[234]\b|\bveo\b|pika labs|kling",
    re.IGNORECASE,
)


class Metadata:
    """Facts of the file: `value` is a number where there is one, `note` says it in words."""

    name: Final = "metadata"
    version: Final = "1"
    slot: Final = Slot.PROVENANCE
    requires: Final = "file"

    def is_available(self) -> Abstained | None:
        """It reads what was probed."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """Container, tracks, rate, tags of encoders, and whether a tag names a known generator."""
        facts = sample.facts
        found = [
            self._fact("container", None, facts.container),
            self._fact("duration_ms", facts.duration_ms, ""),
        ]
        if facts.video_codec:
            size = f"{facts.video_codec} {facts.width}x{facts.height} {facts.pixel_format}"
            found += [
                self._fact("video", facts.fps, size),
                self._fact("bits_a_pixel", round(facts.bits_a_pixel, 4), ""),
                self._fact("variable_rate", float(facts.vfr), ""),
            ]
        if facts.audio_codec:
            found.append(self._fact("audio", float(facts.sample_rate), facts.audio_codec))
        if facts.damaged:
            found.append(self._fact("damaged", 1.0, "packets end before the file says they do"))
        found += [
            self._fact(f"tag.{key}", None, value) for key, value in facts.tags.items() if _ENCODER.search(key)
        ]
        named = sorted(
            {hit[0].lower() for value in facts.tags.values() if (hit := _GENERATORS.search(value))}
        )
        found.append(self._fact("generator_named", float(bool(named)), ", ".join(named)))
        return found

    def _fact(self, name: str, value: float | None, note: str) -> Signal:
        return signal(self, name, value, note=note, reliability_bp=BP)
