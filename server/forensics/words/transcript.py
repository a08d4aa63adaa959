"""What is said, roughly: pocketsphinx (BSD) with the American English model in its wheel, an extra.

Rough means that every second or third word may be wrong: it shows where to listen, and is no quotation. Other
languages come out as English words that sound alike.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np

from server.forensics.analysers.voice_signals import spans
from server.forensics.rules import Abstained, Slot
from server.forensics.sample import MediaSample
from server.forensics.sound import RATE, Piece
from server.forensics.words.lines import Line, clean

SURE: Final = 0.4
"""How well its words are taken to be heard, whatever they are."""
LONGEST_S: Final = 40.0
"""So much speech is listened to: it takes up to half its length."""
_LINE_MS: Final = 8_000
_PAD_MS: Final = 150
_SHORTEST_MS: Final = 500
_BEAMS: Final = {"beam": 1e-40, "wbeam": 1e-25, "pbeam": 1e-40, "maxhmmpf": 6_000}


class Transcript:
    """Listens to the speech of a sample."""

    name: Final = "pocketsphinx"
    version: Final = "1"
    slot: Final = Slot.HATE_SPEECH

    def is_available(self) -> Abstained | None:
        """NOT_INSTALLED without the package."""
        return None if importlib.util.find_spec("pocketsphinx") else Abstained.NOT_INSTALLED

    def why_not(self, sample: MediaSample) -> Abstained | None:
        """Why there is nothing to be heard; None where somebody speaks."""
        if sample.sound is None:
            return Abstained.NO_SOUND
        if sample.sound.peak < 1e-3:
            return Abstained.SILENT
        return None if parts(sample) else Abstained.NO_SPEECH

    def listen(self, sample: MediaSample) -> Iterator[Line | None]:
        """One line for each of `parts`, None where no word was made out."""
        for piece, start_ms, end_ms in parts(sample):
            text = clean(_heard(piece, start_ms, end_ms))
            yield Line(text, start_ms, end_ms, SURE) if len(text.split()) > 1 else None


def parts(sample: MediaSample) -> list[tuple[Piece, int, int]]:
    """The stretches of speech, in ms, none longer than a line, until LONGEST_S are full."""
    found: list[tuple[Piece, int, int]] = []
    left_ms = LONGEST_S * 1000
    for piece in () if sample.sound is None else sample.sound.pieces:
        for span in spans(piece, piece.talk):
            for start in range(span.start_ms, span.end_ms, _LINE_MS):
                end = min(span.end_ms, start + _LINE_MS)
                if end - start < _SHORTEST_MS or left_ms <= 0:
                    continue
                left_ms -= end - start
                found.append((piece, start, end))
    return found


def _heard(piece: Piece, start_ms: int, end_ms: int) -> str:
    first = max(0, (start_ms - _PAD_MS - piece.start_ms) * RATE // 1000)
    last = (end_ms + _PAD_MS - piece.start_ms) * RATE // 1000
    part = piece.samples[first:last]
    level = float(np.sqrt((part.astype(np.float64) ** 2).mean()))
    data = (np.clip(part * (0.1 / max(level, 1e-4)), -1, 1) * 32_767).astype("<i2").tobytes()
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    return "" if best is None else str(best.hypstr)


@lru_cache(maxsize=1)
def _decoder() -> Any:
    from pocketsphinx import Decoder

    # FATAL: what it logs else quotes what it heard. Narrower beams halve its time and cost it few words.
    return Decoder(
        samprate=float(RATE), loglevel="FATAL", beam=1e-40, wbeam=1e-25, pbeam=1e-40, maxhmmpf=6_000
    )
