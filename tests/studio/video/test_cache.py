from __future__ import annotations

import av
from hypothesis import given
from hypothesis import strategies as st

from studio.video.cache import FrameCache, frame_bytes


def frame(width: int = 64) -> av.VideoFrame:
    return av.VideoFrame(width, 36, "yuv420p")


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.sampled_from([64, 128]))),
    st.integers(0, 12),
)
def test_it_never_holds_more_than_its_budget(puts: list[tuple[int, int, int]], room: int) -> None:
    cache = FrameCache(room * frame_bytes(frame()))
    for number, centre, width in puts:
        cache.centre = centre
        cache.put(number, frame(width))
        held = [n for first, last in cache.ranges() for n in range(first, last + 1)]
        assert cache.size <= cache.budget
        assert cache.size == sum(frame_bytes(found) for n in held if (found := cache.get(n)))
        assert len(cache) == len(held)


def test_the_farthest_from_the_centre_goes_first() -> None:
    cache = FrameCache(3 * frame_bytes(frame()))
    cache.centre = 10
    for number in (1, 9, 10, 12):
        cache.put(number, frame())
    assert cache.ranges() == ((9, 10), (12, 12))
    cache.put(40, frame())
    assert 40 not in cache


def test_nearest_and_clear() -> None:
    cache = FrameCache(1 << 20)
    assert cache.nearest(5) is None
    for number in (2, 8):
        cache.put(number, frame())
    assert [cache.nearest(n) for n in (0, 4, 6, 99)] == [2, 2, 8, 8]
    assert cache.room(frame()) == (1 << 20) // frame_bytes(frame())
    cache.clear()
    assert (len(cache), cache.size, cache.ranges()) == (0, 0, ())
