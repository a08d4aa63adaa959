from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest

from benchmarks.coded_clips import RECIPES, read_number
from studio.video.index import Source, build_index
from studio.video.reader import FrameMissingError, FrameReader
from studio.video.shield import OPEN, treat
from tests.studio.video.conftest import FRAMES, SIZE, write_h264

Clip = Callable[[str], Path]


@contextmanager
def reading(source: Source) -> Iterator[FrameReader]:
    reader = FrameReader(source, build_index(source).table)
    yield reader
    reader.close()


def last(reader: FrameReader, frame: int) -> av.VideoFrame:
    *_, (number, picture) = reader.run(frame)
    assert number == frame
    return picture


@pytest.mark.parametrize("name", RECIPES)
def test_seeks_and_steps_land_on_the_frame_asked_for(clip: Clip, name: str) -> None:
    dice = random.Random(11)
    wanted = [dice.randrange(FRAMES) for _ in range(40)]
    wanted += [*range(50, 90), *range(89, 49, -1), 0, FRAMES - 1, 0]
    index = build_index(clip(name))
    with reading(clip(name)) as reader:
        found = [read_number(treat(last(reader, frame), SIZE, index.rotation, OPEN)) for frame in wanted]
    assert found == wanted


def test_a_run_yields_every_frame_on_its_way_in_order(clip: Clip) -> None:
    with reading(clip("open_gop")) as reader:
        assert [number for number, _ in reader.run(75)] == list(range(60, 76))
        assert reader.cost(80) == 5
        assert reader.cost(75) == 16
        assert [number for number, _ in reader.run(80)] == list(range(76, 81))


def test_an_abandoned_run_is_gone_on_with(clip: Clip) -> None:
    with reading(clip("bframes")) as reader:
        for number, _ in reader.run(50):
            if number == 20:
                break
        assert [number for number, _ in reader.run(25)] == list(range(21, 26))


def test_a_hundred_steps_forth_and_back_give_the_same_pictures(clip: Clip) -> None:
    def digest(picture: av.VideoFrame) -> str:
        return hashlib.sha256(picture.to_ndarray(format="bgr24").tobytes()).hexdigest()

    with reading(clip("vfr")) as reader:
        forth = [digest(last(reader, number)) for number in range(20, 121)]
        back = [digest(last(reader, number)) for number in range(120, 19, -1)]
    assert back[::-1] == forth
    assert len(set(forth)) == len(forth)


def test_frames_lost_to_damage_are_named_and_the_rest_still_comes(damaged: Path) -> None:
    with reading(damaged) as reader:
        lost = 0
        for number in range(0, FRAMES, 5):
            try:
                last(reader, number)
            except FrameMissingError:
                lost += 1
        assert 0 < lost < FRAMES // 5
        assert last(reader, 3) is not None
        assert last(reader, FRAMES - 1) is not None


def test_a_seek_that_lands_late_is_retried_from_one_keyframe_earlier(clip: Clip) -> None:
    sought: list[int] = []

    class LandsLate(FrameReader):
        def _seek(self, keyframe: int) -> None:
            super()._seek(120 if not sought else keyframe)
            sought.append(keyframe)

    reader = LandsLate(clip("bframes"), build_index(clip("bframes")).table)
    frame = last(reader, 80)
    assert read_number(treat(frame, SIZE, 0, OPEN)) == 80
    assert sought == [60, 0]
    reader.close()


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.ts", {}),
        ("a.m2ts", {}),
        ("a.mpg", {"codec": "mpeg2video"}),
        ("a.mkv", {}),
        ("a.flv", {}),
        ("a.avi", {"codec": "mpeg4"}),
        ("edit_list.mp4", {"first": 10}),
    ],
)
def test_every_container_is_exact_from_its_first_frame_on(
    tmp_path: Path, name: str, how: dict[str, Any]
) -> None:
    path = write_h264(tmp_path / name, **how)
    first = int(how.get("first", 0))
    index = build_index(path)
    wanted = [45, 3, 29, 0, 31, 1, 60, 12, len(index.table) - 1, 0]
    with reading(path) as reader:
        found = [read_number(treat(last(reader, n), SIZE, index.rotation, OPEN)) - first for n in wanted]
    assert len(index.table) == 90 - first
    assert found == wanted


def test_a_first_group_that_no_seek_finds_is_read_from_the_beginning(clip: Clip) -> None:
    class LandsLate(FrameReader):
        def _seek(self, keyframe: int) -> None:
            super()._seek(60)

    reader = LandsLate(clip("bframes"), build_index(clip("bframes")).table)
    assert read_number(treat(last(reader, 7), SIZE, 0, OPEN)) == 7
    reader.close()
