"""Sounds and samples made for these tests; nobody's face or voice is among them."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from server.forensics.faces import mesh
from server.forensics.faces.tracks import Face
from server.forensics.sample import Facts, MediaSample, Still, Window
from server.forensics.sound import RATE, Piece, Samples, Sound

MEDIA = Path(__file__).parents[4].parent / "shared/media"


def syllables(seconds: float, seed: int = 0, pitch: float = 120.0) -> NDArray[np.float64]:
    """The loudness 0 to 1 of made-up speech at 16 kHz: some four syllables a second, of uneven length."""
    dice = np.random.default_rng(seed)
    size = int(seconds * RATE)
    level = np.zeros(size)
    at = 0
    while at < size:
        long, gap = int(dice.uniform(0.1, 0.25) * RATE), int(dice.uniform(0.04, 0.2) * RATE)
        end = min(size, at + long)
        level[at:end] = dice.uniform(0.4, 1.0) * np.hanning(long)[: end - at]
        at += long + gap
    return level


def spoken(seconds: float, seed: int = 0) -> Samples:
    """A buzz of 120 Hz with its harmonics, in syllables: no voice, but what the detector takes for one."""
    times = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 20))
    return np.asarray(0.2 * buzz * syllables(seconds, seed), np.float32)


def face_points(size: float, x: float, y: float, opening: float = 0.05) -> mesh.Points:
    """A mesh that spans `size` pixels around (x, y), its mouth open by a share of the eyes' distance."""
    dice = np.random.default_rng(3)
    points = (dice.random((468, 2), dtype=np.float32) - 0.5) * size * 0.6 + [x, y]
    turn = np.linspace(0, 2 * np.pi, len(mesh.OVAL), endpoint=False) - np.pi / 2
    points[list(mesh.OVAL)] = np.stack([x + np.cos(turn) * size / 2, y + np.sin(turn) * size / 2], axis=1)
    points[mesh.RIGHT_EYE], points[mesh.LEFT_EYE] = (x - size / 4, y - size / 6), (x + size / 4, y - size / 6)
    points[mesh.LIP_UP] = (x, y + size / 5)
    points[mesh.LIP_DOWN] = (x, y + size / 5 + opening * size / 2)
    return points.astype(np.float32)


def talking(seconds: float, seed: int, heard: int, *, size: float = 120.0, moves: float = 0.2) -> MediaSample:
    """A sample of one face whose mouth follows the syllables of `seed`, with the sound of `heard`."""
    times = np.arange(0, int(seconds * 1000), 40)
    level = syllables(seconds, seed)
    opened = level[np.minimum(times * RATE // 1000, level.size - 1)] * moves
    meshes = np.stack([face_points(size, 200, 150, share) for share in opened])
    picture = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    faces = [Still(int(t), picture, (Face(0, meshes[i]),)) for i, t in enumerate(times) if i % 10 == 0]
    return MediaSample(
        path="",
        facts=Facts(container="mov", duration_ms=int(seconds * 1000), width=400, height=300, fps=25.0),
        stills=tuple(faces),
        window=Window(times.astype(np.int64), {0: meshes}),
        sound=Sound((Piece(0, spoken(seconds, heard)),)),
    )


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """A wav file of 16 bits mono, whatever its name says."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="session", name="spoken")
def made_speech() -> Callable[..., Samples]:
    """`spoken`."""
    return spoken


@pytest.fixture(scope="session", name="talking")
def made_sample() -> Callable[..., MediaSample]:
    """`talking`."""
    return talking


@pytest.fixture(scope="session", name="write_wav")
def wav_writer() -> Callable[..., Path]:
    """`write_wav`."""
    return write_wav


@pytest.fixture(scope="session", name="face_points")
def made_face() -> Callable[..., mesh.Points]:
    """`face_points`."""
    return face_points


@pytest.fixture(scope="session")
def media() -> Path:
    """The clips for evaluation, which are no part of the product."""
    if not (MEDIA / "MANIFEST.csv").is_file():
        pytest.skip("the clips for evaluation are not on this machine")
    return MEDIA
