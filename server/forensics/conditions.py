"""In what condition picture and sound are: what decides whether a fusion may be believed of them.

Each condition is that of a perturbed copy in the evaluation (`evaluation/perturb.py`); a slot that was found
useless under one says so when it meets it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from server.forensics.rules import Condition as Condition
from server.forensics.rules import Slot
from server.forensics.sample import MediaSample
from server.forensics.sound import RATE, Sound
from server.forensics.spectra import stft

OF_SLOT: Final[dict[Slot, tuple[Condition, ...]]] = {
    Slot.FACE_MANIPULATION: (Condition.CLEAN, Condition.RECOMPRESSED, Condition.RESIZED),
    Slot.VOICE_SYNTHESIS: (
        Condition.CLEAN,
        Condition.NOISE,
        Condition.GATE,
        Condition.TELEPHONE,
        Condition.RECOMPRESSED,
    ),
    Slot.LIP_SYNC: tuple(Condition),
}
_NOISY_DB = -58.0
_GATED_DB = -85.0
_GATED_SHARE = 0.05
_TELEPHONE_DB = -45.0
_SPENT = 0.035
_SMALL_PX = 110.0


def conditions(sample: MediaSample) -> frozenset[Condition]:
    """Every condition that the sample is in; {CLEAN} when none other."""
    found: set[Condition] = set()
    if sample.sound is not None and sample.sound.seconds > 0.5:
        found |= _of_sound(sample.sound)
    facts = sample.facts
    if sample.has_picture:
        if facts.bits_a_pixel and facts.bits_a_pixel < _SPENT:
            found.add(Condition.RECOMPRESSED)
        sizes = [max(face.size for face in still.faces) for still in sample.stills if still.faces]
        if sizes and float(np.median(sizes)) < _SMALL_PX:
            found.add(Condition.RESIZED)
    return frozenset(found) or frozenset({Condition.CLEAN})


def _of_sound(sound: Sound) -> set[Condition]:
    """Noise: the quietest tenth is loud. Gate: a good part is silence between loud parts. Telephone: nothing
    above 4 kHz where somebody speaks."""
    found: set[Condition] = set()
    samples = np.concatenate([piece.samples for piece in sound.pieces]).astype(np.float64)
    blocks = samples[: samples.size // 160 * 160].reshape(-1, 160)
    level = 20 * np.log10(np.sqrt((blocks**2).mean(axis=1)) + 1e-7)
    if np.percentile(level, 5) > _NOISY_DB:
        found.add(Condition.NOISE)
    # The first and last half second may be the silence of an encoder.
    if level.size > 200 and (level[50:-50] < _GATED_DB).mean() > _GATED_SHARE:
        found.add(Condition.GATE)
    talk = np.concatenate([piece.talk for piece in sound.pieces])
    hz, rows = stft(samples, RATE, size=512, hop=160)
    heard = np.flatnonzero(talk[: rows.shape[1]])
    if heard.size > 20:
        power = (np.abs(rows[:, heard]) ** 2).mean(axis=1)
        above = power[(hz > 4_300) & (hz < 7_500)].mean() / power[(hz > 300) & (hz < 3_400)].mean()
        if 10 * np.log10(above + 1e-12) < _TELEPHONE_DB:
            found.add(Condition.TELEPHONE)
    return found
