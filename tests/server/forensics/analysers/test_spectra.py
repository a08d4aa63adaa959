"""What is worked out without SciPy is what SciPy says."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.fft import dct
from scipy.signal import butter, sosfilt
from scipy.signal import stft as theirs

from server.forensics.spectra import cosines, speech_band, stft

RATE = 16_000


def sound(size: int) -> np.ndarray:
    return np.random.default_rng(size).standard_normal(size)


@pytest.mark.parametrize("count", [640, 16_000, 16_001, 47_999])
@pytest.mark.parametrize(("size", "hop"), [(512, 160), (640, 320)])
def test_spectra(count: int, size: int, hop: int) -> None:
    hz, _, expected = theirs(sound(count), RATE, nperseg=size, noverlap=size - hop)
    ours, rows = stft(sound(count), RATE, size=size, hop=hop)
    assert np.array_equal(ours, hz)
    assert rows.shape == expected.shape
    assert np.allclose(rows, expected, atol=1e-12)


def test_a_cosine_transform() -> None:
    rows = sound(103 * 7).reshape(103, 7)
    assert np.allclose(cosines(rows), dct(rows, axis=0, norm="ortho"), atol=1e-12)


@pytest.mark.parametrize("count", [480, 16_000, 160_000])
def test_the_band_of_speech(count: int) -> None:
    sections = butter(4, (200, 3_800), "bandpass", fs=RATE, output="sos")
    assert np.allclose(speech_band(sound(count)), sosfilt(sections, sound(count)), atol=1e-10)


def test_the_worker_loads_no_scipy() -> None:
    program = "import sys, server.forensics.analyse; print('scipy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
