"""Faces from the raw output of the networks, and their tracks over time."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from server.forensics.faces import finder, mesh
from server.forensics.faces.tracks import Tracker


def raw(*faces: tuple[int, int, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The finder's output with faces at cells (column, row) of the given size in input pixels and logit."""
    regressors, logits = np.zeros((2304, 16), np.float32), np.full(2304, -20, np.float32)
    for column, row, size, logit in faces:
        i = row * 48 + column
        regressors[i, 2:4] = size
        regressors[i, 4:8] = (-size / 4, 0, size / 4, 0)
        logits[i] = logit
    return regressors, logits


def test_a_face_is_where_its_anchor_and_numbers_say() -> None:
    [face] = finder.decoded(*raw((24, 12, 48.0, 5.0)), 384, (0, 96))
    middle = (24.5 / 48 * 384, 12.5 / 48 * 384 - 96)
    assert face.box == pytest.approx((middle[0] - 48, middle[1] - 48, 96, 96), abs=1e-3)
    assert face.right_eye == pytest.approx((middle[0] - 24, middle[1]), abs=1e-3)
    assert face.score == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-6)


def test_overlapping_boxes_are_one_face_and_the_surest_stays() -> None:
    faces = finder.decoded(*raw((10, 10, 40.0, 1.0), (11, 10, 40.0, 3.0), (35, 35, 40.0, 2.0)), 192, (0, 0))
    assert [round(face.score, 3) for face in faces] == [0.953, 0.881]


def test_what_is_no_number_or_unsure_is_no_face() -> None:
    regressors, logits = raw((10, 10, 40.0, 3.0), (30, 30, 40.0, -0.1))
    regressors[10 * 48 + 10, 2] = np.nan
    assert finder.decoded(regressors, logits, 192, (0, 0)) == []


def test_an_empty_picture_has_no_face() -> None:
    assert finder.find(np.zeros((90, 160, 3), np.uint8)) == []
    assert finder.find(np.zeros((1, 960, 3), np.uint8)) == []


def test_the_mesh_is_turned_back_into_the_picture() -> None:
    turn = cv2.getRotationMatrix2D((100, 80), 30, 192 / 60)
    turn[:, 2] += (96 - 100, 96 - 80)
    wanted = np.random.default_rng(0).random((468, 2)) * 40 + 80
    inside = wanted @ turn[:, :2].T + turn[:, 2]
    flat = np.concatenate([inside, np.zeros((468, 1))], axis=1).astype(np.float32)
    points = mesh.decoded(flat.reshape(1, 1, 1, 1404), 4.0, turn)
    assert points is not None
    assert points == pytest.approx(wanted, abs=1e-3)
    assert mesh.decoded(flat.reshape(1, 1, 1, 1404), -1.0, turn) is None


def test_no_mesh_without_a_region() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    assert mesh.lay(picture, mesh.Region(float("nan"), 0, 50, 0)) is None
    assert mesh.lay(picture, mesh.Region(10, 10, 0, 0)) is None


def test_two_faces_keep_their_tracks_when_they_move(face_points: Callable[..., mesh.Points]) -> None:
    tracker = Tracker()
    first = tracker.name([face_points(80, 100, 100), face_points(80, 300, 100)], 0)
    second = tracker.name([face_points(80, 310, 105), face_points(80, 110, 95)], 400)
    assert [face.track for face in first] == [0, 1]
    assert [face.track for face in second] == [1, 0]


def test_a_face_elsewhere_or_much_later_is_a_new_track(face_points: Callable[..., mesh.Points]) -> None:
    tracker = Tracker()
    tracker.name([face_points(80, 100, 100)], 0)
    assert [face.track for face in tracker.name([face_points(80, 600, 100)], 400)] == [1]
    assert [face.track for face in tracker.name([face_points(80, 100, 100)], 9_000)] == [2]


def test_a_tracker_that_goes_on_numbers_from_where_the_other_ended(
    face_points: Callable[..., mesh.Points],
) -> None:
    tracker = Tracker()
    scan = Tracker(tracks=4)
    known = scan.name([face_points(80, 100, 100)], 0)
    tracker.resume(known, 1_000, 5)
    found = tracker.name([face_points(80, 105, 100), face_points(80, 500, 100)], 1_040)
    assert [face.track for face in found] == [4, 5]
