"""Sounds that were made, kept as files: 16-bit WAV by what they were made from."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from server.sparks.engine.audio.basics import RATE, Samples
from server.sparks.engine.audio.mix import sound
from server.sparks.engine.format.sounds import Score
from server.sparks.engine.format.spark import Tier

VERSION: Final = 1
"""Goes up whenever the same score begins to sound different; older files are then never found again."""
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of all files together: some 400 sounds."""


def key(score: Score, tier: Tier, seed: int) -> str:
    """64 hex digits: what a sound follows from."""
    made_from = [VERSION, score.model_dump(mode="json"), tier.value, seed]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def wav(samples: Samples) -> bytes:
    """float32 `(n, 2)` as a WAV file of 16 bits."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(samples.clip(-1, 1) * 32_767).astype("<i2").tobytes())
    return made.getvalue()


def stored(score: Score, tier: Tier, seed: int, folder: Path) -> Path:
    """The file of a sound in `folder`, made now unless it is there.

    Written beside and moved into place, so nobody ever reads half of one. Raises OSError: no room, no right.
    """
    path = folder / f"{key(score, tier, seed)}.wav"
    if path.exists():
        os.utime(path)
        return path
    folder.mkdir(parents=True, exist_ok=True)
    data = wav(sound(score, tier, seed))
    _make_room(folder, len(data))
    handle, beside = tempfile.mkstemp(suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    return path


def _make_room(folder: Path, wanted: int) -> None:
    """Removes those that were used longest ago until `wanted` bytes more fit."""
    files = sorted(((one.stat(), one) for one in folder.glob("*.wav")), key=lambda one: one[0].st_mtime)
    total = sum(stat.st_size for stat, _ in files) + wanted
    for stat, one in files:
        if total <= LARGEST:
            break
        one.unlink(missing_ok=True)
        total -= stat.st_size
