"""A picture of a flipbook as it is painted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from server.sparks.engine.flipbook import unpack
from studio.sparks.film import image_of
from tests.studio.sparks.ovens import gradients

pytestmark = pytest.mark.usefixtures("qapp")


def pixels(image: QImage) -> NDArray[np.uint8]:
    rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()


@pytest.mark.parametrize("size", [(36, 64), (90, 160), (18, 32)])
def test_it_fades_at_both_sides_and_nowhere_else(qapp: QApplication, size: tuple[int, int]) -> None:
    book, edge = unpack(gradients(4)), size[0] // 6
    plain, soft = (pixels(image_of(book, 1, *size, each)).astype(int) for each in (0, edge))
    assert (soft[:, edge:-edge] == plain[:, edge:-edge]).all()
    lit = slice(size[1] // 2, None)
    share = soft[lit, :, 3] / plain[lit, :, 3]
    assert share[:, 0].max() < 0.1
    assert share[:, -1].max() < 0.1
    assert (np.diff(share[-1, : edge + 1]) >= 0).all()
    assert share[-1, :edge] == pytest.approx(share[-1, ::-1][:edge], abs=0.02)
    assert (soft[..., :3] <= soft[..., 3:] + 1).all()  # still premultiplied


def test_an_edge_wider_than_the_picture_fades_all_of_it(qapp: QApplication) -> None:
    image = pixels(image_of(unpack(gradients(1)), 0, 36, 64, 400))
    assert image[:, 0].max() < image[:, 17].max()
