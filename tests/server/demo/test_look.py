"""Moments in files of the user's own come from their stills and peaks, and lie within the video."""

from __future__ import annotations

import cv2
import numpy as np

from server.demo.look import moments

INDEX = {"columns": 2, "cell_width": 8, "cell_height": 6, "t_ms": [0, 1000, 2000, 3000]}


def sheet(*greys: int) -> bytes:
    cells = [np.full((6, 8), grey, np.uint8) for grey in greys]
    picture = np.vstack([np.hstack(cells[:2]), np.hstack(cells[2:])])
    return cv2.imencode(".png", picture)[1].tobytes()


def peaks(*loud: int) -> bytes:
    high = np.repeat(np.array(loud, np.int8), 10)
    return (-high).tobytes() + high.tobytes()


def spans(*found: object, **_: object) -> list[tuple[int, int]]:
    return [(m.start_ms, m.end_ms) for m in moments(*found)]  # type: ignore[arg-type]


def test_a_change_of_scene_lies_between_the_stills_that_differ() -> None:
    assert spans(4000, (sheet(10, 12, 200, 201), INDEX), None) == [(1000, 2000)]


def test_the_loudest_second_is_found() -> None:
    meta = {"start_ms": 0, "duration_ms": 5000}
    assert spans(5000, None, (peaks(10, 10, 10, 100, 10), meta)) == [(3000, 4000)]


def test_where_nothing_stands_out_the_video_is_divided_evenly() -> None:
    meta = {"start_ms": 0, "duration_ms": 5000}
    found = spans(6000, (sheet(10, 10, 11, 10), INDEX), (peaks(9, 9, 9, 9, 9), meta))
    assert found == [(2000, 3000), (4000, 5000)]
    assert spans(6000, None, None) == found


def test_nothing_reaches_beyond_the_video() -> None:
    assert spans(1500, (sheet(10, 10, 200, 10), INDEX), None) == [(500, 750), (1000, 1250)]
    assert spans(0, None, None) == []
