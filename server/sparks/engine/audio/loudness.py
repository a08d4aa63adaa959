"""How loud a sound is: integrated loudness and true peak after ITU-R BS.1770-4.

Of our own, not `pyloudnorm`: that needs scipy.signal (2 s to import, for two filters of second order), takes
no sound below 0.4 s and knows no true peak. The two filters are applied in the frequency domain, as what they
are at 48 kHz; their answer has died away within the silence that is put behind.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.audio.basics import RATE, Samples

SHELF: Final = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
HIGH_PASS: Final = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""BS.1770-4 annex 1, tables 1 and 2, at 48 kHz."""
OVERSAMPLING: Final = np.array(
    [
        [
            0.0017089843750,
            0.0109863281250,
            -0.0196533203125,
            0.0332031250000,
            -0.0594482421875,
            0.1373291015625,
            0.9721679687500,
            -0.1022949218750,
            0.0476074218750,
            -0.0266113281250,
            0.0148925781250,
            -0.0083007812500,
        ],
        [
            -0.0291748046875,
            0.0292968750000,
            -0.0517578125000,
            0.0891113281250,
            -0.1665039062500,
            0.4650878906250,
            0.7797851562500,
            -0.2003173828125,
            0.1015625000000,
            -0.0582275390625,
            0.0330810546875,
            -0.0189208984375,
        ],
    ],
    np.float32,
)
"""BS.1770-4 annex 2: two of the four phases of the filter for 4x oversampling; the others mirror them."""
SILENCE: Final = -70.0
"""LUFS; what is softer is not counted, and what has nothing louder is as loud as this."""
_HOP: Final = RATE // 10
_BLOCK: Final = 4
_SHORT: Final = 0.4
_LOOP: Final = 3.0


def fast(count: int) -> int:
    """The least length from `count` on that has no factor but 2, 3 and 5: the FFT takes 2^n too much else."""
    best = 1 << max(0, (count - 1).bit_length())
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = threes << max(0, (-(-count // threes) - 1).bit_length())
            best = min(best, twos) if twos >= count else best
            threes *= 3
        fives *= 5
    return best


def _response(taps: tuple[tuple[float, ...], tuple[float, ...]], size: int) -> NDArray[np.complex128]:
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    over, under = (a + turn * (b + turn * c) for a, b, c in taps)
    return np.asarray(over / under)


def weighted(sound: Samples) -> Samples:
    """`(2, n)` as the ear weighs it (K weighting), of the same shape."""
    count = sound.shape[1]
    size = fast(count + RATE // 4)
    gain = (_response(SHELF, size) * _response(HIGH_PASS, size)).astype(np.complex64)
    heard = np.fft.irfft(np.fft.rfft(sound, size, axis=1) * gain, size, axis=1)
    return np.asarray(heard[:, :count], np.float32)


def powers(squares: Samples) -> NDArray[np.float64]:
    """Of squares `(n,)` the mean over each block of 0.4 s, one each 0.1 s; only of whole blocks."""
    hops = squares.size // _HOP
    each = squares[: hops * _HOP].reshape(hops, _HOP).mean(axis=1, dtype=np.float64)
    return np.convolve(each, np.full(_BLOCK, 1 / _BLOCK), "valid") if hops >= _BLOCK else np.zeros(0)


def gated(blocks: NDArray[np.float64]) -> float:
    """LUFS of the powers of blocks: those above -70, and of these those no more than 10 below their mean."""
    for gate in (SILENCE, None):
        if not blocks.size:
            return SILENCE
        least = gate if gate is not None else _lufs(float(blocks.mean())) - 10
        blocks = blocks[blocks > 10 ** ((least + 0.691) / 10)]
    return _lufs(float(blocks.mean())) if blocks.size else SILENCE


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(max(power, 1e-12))


def integrated(sound: Samples) -> float:
    """LUFS of `(2, n)` at 48 kHz. One shorter than 0.4 s is measured as a loop of itself, 3 s long."""
    return gated(powers(np.square(weighted(looped(sound))).sum(axis=0)))


def looped(sound: Samples) -> Samples:
    """The sound; one too short to be measured as often as fits into 3 s."""
    count = sound.shape[1]
    if count >= _SHORT * RATE:
        return sound
    return np.concatenate([sound] * math.ceil(_LOOP * RATE / count), axis=1)


def peaks(sound: Samples) -> Samples:
    """Of `(2, n)` the highest that either channel reaches at or just after each sample, `(n,)`, linear."""
    count = sound.shape[1]
    taps = [*OVERSAMPLING, *OVERSAMPLING[::-1, ::-1]]
    made: Samples = np.abs(sound).max(axis=0)
    for channel in sound:
        for phase in taps:
            between: Samples = np.convolve(channel, phase)
            # The middle of twelve taps lies five samples behind.
            np.maximum(made, np.abs(between[5 : 5 + count]), out=made)
            np.maximum(made, np.abs(between[6 : 6 + count]), out=made)
    return made


def true_peak(sound: Samples) -> float:
    """dBTP of `(2, n)`."""
    return 20 * math.log10(max(float(peaks(sound).max(initial=0)), 1e-9))
