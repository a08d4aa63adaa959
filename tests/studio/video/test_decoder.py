from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, read_number
from studio.video import decoder as decoder_module
from studio.video.cache import FrameCache
from studio.video.decoder import Cached, Decoder, Early, Failed, Opened, Picture, Request, Result
from studio.video.index import Source
from studio.video.shield import OPEN, Shield
from tests.studio.video.conftest import FRAMES, SIZE

Clip = Callable[[str], Path]
PATIENCE = 20.0


class Desk:
    """A decoder and what it delivered."""

    def __init__(self, source: Source, budget: int, *, forward: bool = False) -> None:
        self.results: queue.Queue[Result] = queue.Queue()
        self.decoder = Decoder(source, self.results.put, budget=budget, forward=forward)
        self.decoder.start()

    def ask(self, frame: int, shield: Shield = OPEN) -> None:
        self.decoder.request(Request(frame, SIZE, shield))

    def until(self, wanted: Callable[[Result], bool]) -> list[Result]:
        """Everything delivered up to the first result that is wanted."""
        seen: list[Result] = []
        while not (seen and wanted(seen[-1])):
            seen.append(self.results.get(timeout=PATIENCE))
        return seen

    def exact(self, frame: int) -> Picture:
        found = self.until(lambda r: isinstance(r, Picture) and r.exact and r.wanted == frame)[-1]
        assert isinstance(found, Picture)
        return found


@contextmanager
def desk(source: Source, budget: int = 64 << 20, *, forward: bool = False) -> Iterator[Desk]:
    made = Desk(source, budget, forward=forward)
    yield made
    made.decoder.close()
    made.decoder.join(PATIENCE)
    assert not made.decoder.is_alive()


@pytest.mark.parametrize("name", RECIPES)
def test_pictures_show_the_frame_they_claim(clip: Clip, name: str) -> None:
    dice = random.Random(3)
    wanted = [dice.randrange(FRAMES) for _ in range(25)]
    wanted += [*range(100, 125), *range(124, 99, -1)]
    with desk(clip(name), budget=3 << 20) as at:
        for frame in wanted:
            at.ask(frame)
            for result in at.until(lambda r: isinstance(r, Picture) and r.exact):
                if isinstance(result, Picture) and result.wanted == frame:
                    assert read_number(result.pixels) == result.frame
            assert result.frame == frame


def test_a_file_in_memory_is_served_too(clip: Clip) -> None:
    with desk(clip("bframes").read_bytes()) as at:
        at.ask(77)
        assert read_number(at.exact(77).pixels) == 77


def test_opening_tells_what_it_is(clip: Clip) -> None:
    with desk(clip("rotated")) as at:
        opened = at.until(lambda r: isinstance(r, Opened))[-1]
        assert isinstance(opened, Opened)
        assert (opened.index.width, opened.index.height) == SIZE


def test_a_far_frame_is_announced_by_a_near_one(clip: Clip) -> None:
    with desk(clip("long_gop")) as at:
        at.ask(140)
        pictures = [
            r for r in at.until(lambda r: isinstance(r, Picture) and r.exact) if isinstance(r, Picture)
        ]
    assert pictures[0].frame == 0
    assert not pictures[0].exact
    assert pictures[-1].frame == 140


def test_a_still_stands_in_before_anything_is_decoded(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk(clip("bframes"), budget=1 << 20) as at:
        at.ask(5)
        at.exact(5)
        while not at.decoder.idle:
            at.decoder.join(0.01)
        told: list[object] = []
        run = decoder_module.FrameReader.run

        def noted(reader: decoder_module.FrameReader, frame: int, **how: bool) -> object:
            told.append("decoding")
            return run(reader, frame, **how)

        monkeypatch.setattr(decoder_module.FrameReader, "run", noted)
        deliver = at.decoder._deliver_to
        monkeypatch.setattr(at.decoder, "_deliver_to", lambda r: (told.append(r), deliver(r)))
        at.ask(149)
        at.exact(149)
    pictures = [told for told in told if isinstance(told, Picture)]
    assert isinstance(told[0], Picture)
    assert (told[0].frame, told[0].wanted) == (120, 149)
    assert read_number(told[0].pixels) == 120
    assert pictures[-1].frame == 149


def test_a_still_never_passes_for_the_frame_itself(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_module, "_STILL_SIDE", 8)
    with desk(clip("bframes"), budget=1 << 20) as at:
        at.ask(5)
        at.exact(5)
        while not at.decoder.idle:
            at.decoder.join(0.01)
        at.ask(149)
        stand_in = at.until(lambda r: isinstance(r, Picture))[-1]
        assert isinstance(stand_in, Picture)
        assert (stand_in.frame, stand_in.exact) == (120, False)
        at.ask(120)
        assert read_number(at.exact(120).pixels) == 120
        assert read_number(stand_in.pixels) != 120, "so small a still cannot be read"


def test_the_latest_request_wins(clip: Clip) -> None:
    with desk(clip("long_gop")) as at:
        for frame in range(FRAMES):
            at.ask(frame)
        at.ask(33)
        at.exact(33)
        at.ask(90)
        served = {
            r.wanted for r in at.until(lambda r: isinstance(r, Picture) and r.exact) if isinstance(r, Picture)
        }
    assert served == {90}


def test_the_neighbourhood_is_prefetched_and_reported(clip: Clip) -> None:
    with desk(clip("bframes")) as at:
        at.ask(75)
        at.until(lambda r: isinstance(r, Cached) and any(a <= 30 and b >= 135 for a, b in r.ranges))


def test_the_cache_never_exceeds_its_budget(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    budget, sizes = 1 << 20, []
    put = FrameCache.put

    def watched(cache: FrameCache, *args: object) -> None:
        put(cache, *args)  # type: ignore[arg-type]
        sizes.append(cache.size)

    monkeypatch.setattr(FrameCache, "put", watched)
    with desk(clip("bframes"), budget=budget) as at:
        for frame in (0, 149, 75, 20):
            at.ask(frame)
            at.exact(frame)
    assert len(sizes) > 50
    assert max(sizes) <= budget
    assert at.decoder._cache.size == 0


def test_a_budget_too_small_for_one_frame_still_shows_frames(clip: Clip) -> None:
    with desk(clip("bframes"), budget=1000) as at:
        for frame in (10, 9, 8):
            at.ask(frame)
            assert read_number(at.exact(frame).pixels) == frame


def test_steps_inside_the_cache_decode_nothing(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk(clip("bframes")) as at:
        at.ask(75)
        at.until(lambda r: isinstance(r, Cached) and any(a <= 60 and b >= 90 for a, b in r.ranges))
        runs: list[int] = []
        run = decoder_module.FrameReader.run

        def counted(reader: decoder_module.FrameReader, frame: int, **how: bool) -> object:
            if threading.current_thread() is at.decoder and reader is at.decoder._reader:
                runs.append(frame)
            return run(reader, frame, **how)

        monkeypatch.setattr(decoder_module.FrameReader, "run", counted)
        for frame in (76, 77, 76, 75, 74, 73):
            at.ask(frame)
            assert read_number(at.exact(frame).pixels) == frame
    assert not [frame for frame in runs if 60 <= frame <= 90]


def test_only_what_was_asked_for_is_raw(clip: Clip) -> None:
    with desk(clip("bframes")) as at:
        for shield in (Shield(), OPEN, Shield(grey=True), Shield(), OPEN):
            at.ask(40, shield)
            result = at.until(lambda r: isinstance(r, Picture) and r.exact)[-1]
            assert isinstance(result, Picture)
            assert result.shield == shield
            values = result.pixels[..., :3].astype(int)
            steepest = np.abs(np.diff(values, axis=1)).max()
            assert (steepest > 60) == (shield == OPEN)


def test_a_raw_picture_is_not_kept_past_its_reveal(clip: Clip) -> None:
    with desk(clip("bframes")) as at:
        at.ask(40, OPEN)
        at.exact(40)
        at.ask(40, Shield())
        at.exact(40)
        assert {p.shield for p in at.decoder._treated.values()} == {Shield()}


def test_damaged_frames_are_reported_and_stood_in_for(damaged: Path) -> None:
    lost = []
    with desk(damaged) as at:
        for frame in range(FRAMES):
            at.ask(frame)
            answer = at.until(lambda r: isinstance(r, Failed) or (isinstance(r, Picture) and r.exact))
            if isinstance(answer[-1], Failed):
                assert (answer[-1].code, answer[-1].frame) == ("frame_missing", frame)
                lost.append(frame)
                at.until(lambda r: isinstance(r, Picture) and not r.exact)
        at.ask(FRAMES - 1)
        assert read_number(at.exact(FRAMES - 1).pixels) == FRAMES - 1
    assert lost


@pytest.mark.parametrize("source", [b"", b"nonsense" * 100])
def test_what_does_not_open_is_a_result(source: bytes) -> None:
    with desk(source) as at:
        failed = at.until(lambda r: True)[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, failed.frame) == ("unreadable", None)


def test_an_unforeseen_error_is_a_result_and_the_thread_goes_on(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    treat = decoder_module.treat
    broken = threading.Event()
    broken.set()

    def sometimes(*args: object) -> object:
        if broken.is_set():
            raise ValueError("no memory for this size")
        return treat(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(decoder_module, "treat", sometimes)
    with desk(clip("bframes")) as at:
        at.ask(5)
        failed = at.until(lambda r: isinstance(r, Failed))[-1]
        assert isinstance(failed, Failed)
        assert failed.code == "decoder"
        broken.clear()
        at.ask(6)
        assert at.exact(6).frame == 6


def test_a_source_that_fails_to_read_is_a_result() -> None:
    def opener() -> BinaryIO:
        raise RuntimeError("the network is gone")

    with desk(opener) as at:
        failed = at.until(lambda r: True)[-1]
    assert isinstance(failed, Failed)
    assert failed.code == "unreadable"


def test_nothing_is_delivered_after_closing(clip: Clip) -> None:
    made = Desk(clip("long_gop"), 64 << 20)
    made.ask(149)
    made.until(lambda r: isinstance(r, Picture))
    made.decoder.close()
    count = made.results.qsize()
    made.decoder.join(PATIENCE)
    assert made.results.qsize() <= count + 1


def settled(at: Desk) -> list[Early]:
    """Wait until a decoder has all it wants; what it delivered early meanwhile."""
    found = []
    while not (at.decoder.idle and at.results.empty()):
        with suppress(queue.Empty):
            result = at.results.get(timeout=0.01)
            if isinstance(result, Early):
                found.append(result)
    return found


def test_played_forward_it_holds_the_next_frames_alone_and_delivers_two_early(clip: Clip) -> None:
    with desk(clip("bframes"), forward=True) as at:
        for frame in (0, 1, 2, 3, 70):
            at.ask(frame)
            assert read_number(at.exact(frame).pixels) == frame
            early = settled(at)
            assert at.decoder._cache.ranges() == ((frame, frame + 8),)
            assert {each.picture.frame for each in early} <= {frame + 1, frame + 2}
            for each in early:
                assert read_number(each.picture.pixels) == each.picture.frame
        at.decoder.request(Request(71, SIZE, OPEN, show=False))
        (late,) = settled(at)
        assert late.picture.frame == 73, "71 and 72 were delivered before"


def test_played_forward_it_goes_on_across_the_end(clip: Clip) -> None:
    with desk(clip("bframes"), forward=True) as at:
        at.ask(FRAMES - 2)
        at.exact(FRAMES - 2)
        early = settled(at)
        assert [each.picture.frame for each in early] == [FRAMES - 1, 0]
        assert at.decoder._cache.ranges() == ((0, 6), (FRAMES - 2, FRAMES - 1))


def test_played_forward_it_keeps_its_budget(clip: Clip) -> None:
    with desk(clip("bframes"), budget=300_000, forward=True) as at:
        for frame in range(20):
            at.ask(frame)
            assert read_number(at.exact(frame).pixels) == frame
            settled(at)
            assert at.decoder._cache.size <= 300_000
            assert frame in at.decoder._cache


def test_a_damaged_frame_is_told_each_time_it_is_asked_for(damaged: Path) -> None:
    with desk(damaged, forward=True) as at:
        lost = []
        for frame in range(FRAMES):
            at.ask(frame)
            answer = at.until(lambda r: isinstance(r, Failed) or (isinstance(r, Picture) and r.exact))[-1]
            if isinstance(answer, Failed):
                assert answer.frame == frame
                lost.append(frame)
            settled(at)
        assert lost
