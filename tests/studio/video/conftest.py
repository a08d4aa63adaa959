"""Small clips whose frame number is readable from their pixels, made once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.coded_clips import RECIPES, Recipe, write_clip

FRAMES = 150
SIZE = 320, 180


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The clip of a recipe by name, encoded when first asked for; "tone" has a sound track."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            tone = name == "tone"
            recipe = Recipe() if tone else RECIPES[name]
            path = folder / f"{name}.{recipe.suffix}"
            width, height = SIZE
            made[name] = write_clip(path, recipe, frames=FRAMES, width=width, height=height, tone=tone)
        return made[name]

    return get


@pytest.fixture(scope="session")
def damaged(clip: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose index is whole while the pictures in the middle are overwritten with zeros."""
    data = bytearray(clip("bframes").read_bytes())
    start, end = len(data) * 45 // 100, len(data) * 60 // 100
    data[start:end] = bytes(end - start)
    path = tmp_path_factory.mktemp("damaged") / "damaged.mp4"
    path.write_bytes(data)
    return path
