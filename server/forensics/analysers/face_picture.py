"""Measures one face in one still: noise, edges, spectrum, recompression and sharpness.

All but two are logarithms of a ratio of two regions of the same picture, so that a change of the whole (a
softer lens, a stronger compression) mostly cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.forensics.faces.mesh import OVAL, Points

Measured = Mapping[str, float]
_SRM: Final = np.array([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], np.float32) / 4
"""A noise residual filter of Fridrich & Kodovsky 2012, "Rich Models for Steganalysis"."""
_SPECTRUM = 128
_MOUTH = (61, 291, 0, 17)
_EYES = (33, 263, 159, 386, 145, 374)
_LEAST_PX = 30
Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


def measure(picture: NDArray[np.uint8], points: Points) -> Measured | None:
    """The signals of the face `points` (468, 2) in a BGR picture; None when too little of it is inside."""
    height, width = picture.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    size = float((high - low).max())
    middle = (low + high) / 2
    left, top = np.maximum(0, middle - size).astype(int)
    right, bottom = np.minimum((width, height), middle + size).astype(int)
    crop = picture[top:bottom, left:right]
    if min(crop.shape[:2]) < 48:
        return None
    shape = points - np.array([left, top], np.float32)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inner, edge, ring = _regions(grey.shape, shape, size)
    mouth = _around(grey.shape, shape[list(_MOUTH)], size * 0.06)
    eyes = _around(grey.shape, shape[list(_EYES)], size * 0.05)
    cheek = inner & ~mouth & ~eyes
    noise = np.abs(cv2.filter2D(grey, -1, _SRM))
    sharp = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    again = _recompressed(crop)
    high_share, flatness = _spectrum(grey, shape)
    return {
        "mouth_eye_sharpness": _ratio(sharp, mouth, eyes),
        "mouth_cheek_noise": _ratio(noise, mouth, cheek),
        "face_ring_noise": _ratio(noise, inner, ring),
        "edge_noise": _ratio(noise, edge, inner),
        "face_ring_ela": _ratio(again, inner, ring),
        "face_ring_sharpness": _ratio(sharp, inner, ring),
        "high_frequency_share": high_share,
        "spectrum_residual": flatness,
    }


def _regions(shape: tuple[int, ...], points: Points, size: float) -> tuple[Mask, Mask, Mask]:
    """The inside of the face, its outline, and a ring of background around it."""
    face = np.zeros(shape, np.uint8)
    cv2.fillPoly(face, [points[list(OVAL)].astype(np.int32)], 1)
    brush = np.ones((max(3, int(size * 0.06)),) * 2, np.uint8)
    inner, outer = cv2.erode(face, brush), cv2.dilate(face, brush)
    ring = cv2.dilate(outer, brush, iterations=4) - outer
    return inner.astype(np.bool_), (outer - inner).astype(np.bool_), ring.astype(np.bool_)


def _around(shape: tuple[int, ...], points: Points, margin: float) -> Mask:
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    mask = np.zeros(shape, np.bool_)
    mask[max(0, int(low[1])) : int(high[1]) + 1, max(0, int(low[0])) : int(high[0]) + 1] = True
    return mask


def _recompressed(crop: NDArray[np.uint8]) -> Grey:
    """Error level analysis: what one more JPEG of quality 90 changes, mean of the channels."""
    done, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not done:
        return np.zeros(crop.shape[:2], np.float32)
    again = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32)
    return np.asarray(np.abs(again - crop).mean(axis=2), np.float32)


def _spectrum(grey: Grey, points: Points) -> tuple[float, float]:
    """Of the face scaled to 128 px: log share of power above a quarter of the sampling rate, and how far the
    radial power spectrum strays from a power law (Durall et al. 2020, "Watch your Up-Convolution")."""
    low = np.maximum(0, points.min(axis=0)).astype(int)
    high = points.max(axis=0).astype(int)
    face = grey[low[1] : high[1], low[0] : high[0]]
    if min(face.shape, default=0) < 16:
        return float("nan"), float("nan")
    square = cv2.resize(face, (_SPECTRUM, _SPECTRUM), interpolation=cv2.INTER_AREA)
    window = np.outer(np.hanning(_SPECTRUM), np.hanning(_SPECTRUM))
    power = np.abs(np.fft.fftshift(np.fft.fft2((square - square.mean()) * window))) ** 2 + 1e-3
    y, x = np.indices(power.shape) - _SPECTRUM // 2
    radius = np.hypot(x, y)
    share = float(np.log(power[radius > 32].sum() / power.sum()))
    steps = np.arange(2, 62)
    ring = radius.astype(int).ravel()
    profile = np.log((np.bincount(ring, power.ravel()) / np.bincount(ring))[steps])
    slope, offset = np.polyfit(np.log(steps), profile, 1)
    return share, float(np.std(profile - (slope * np.log(steps) + offset)))


def _ratio(values: Grey, above: Mask, below: Mask) -> float:
    """Log of the ratio of two regions' means; NaN when one has hardly a pixel."""
    if min(above.sum(), below.sum()) < _LEAST_PX:
        return float("nan")
    return float(np.log((values[above].mean() + 0.05) / (values[below].mean() + 0.05)))
