"""What is written on the screen: the networks of rapidocr (PP-OCR, Apache-2.0) with our own decoding.

Only the package's two ONNX files are used. Its program would want the OpenCV that brings a Qt of its own, and
knows how to download.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.forensics.networks import session_options
from server.forensics.results import Box
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample, Pixels, Still
from server.forensics.words.lines import Line, clean, joined

SURE: Final = 0.6
"""A line read less surely than this is left out."""
_SIDE: Final = 960
_MOST: Final = 20
"""Lines of a still at most, the largest first: their number decides what a still costs."""
_MASK, _BOX, _GROW = 0.3, 0.5, 1.6
_HEIGHT, _WIDEST = 48, 1_280
_SAME: Final = 8.0
"""Stills of which no part differs by more, in levels of grey at 64 x 36 pixels, are read once."""
Quad = NDArray[np.float32]


class ScreenText:
    """Reads the stills of a sample."""

    name: Final = "rapidocr"
    version: Final = "1"
    slot: Final = Slot.HATE_SPEECH

    def is_available(self) -> Abstained | None:
        """NOT_INSTALLED without the package."""
        return Abstained.NOT_INSTALLED if _files() is None else None

    def read(self, sample: MediaSample) -> Iterator[list[Line]]:
        """The lines of each still; of one that looks like the one before, that it is still there."""
        before: tuple[NDArray[np.float32], list[Line]] | None = None
        for still in sample.stills:
            small = cv2.resize(
                cv2.cvtColor(still.picture, cv2.COLOR_BGR2GRAY), (64, 36), interpolation=cv2.INTER_AREA
            ).astype(np.float32)
            if before is not None and float(np.abs(small - before[0]).max()) < _SAME:
                found = [_moved(line, still.t_ms) for line in before[1]]
            else:
                found = list(_lines(still))
            before = (small, found)
            yield found


def all_lines(found: list[list[Line]]) -> list[Line]:
    """What the stills say together."""
    return joined([line for lines in found for line in lines])


def _moved(line: Line, t_ms: int) -> Line:
    return Line(line.text, t_ms, t_ms, line.sure, line.box)


def _lines(still: Still) -> Iterator[Line]:
    height, width = still.picture.shape[:2]
    for quad in _quads(still.picture):
        text, sure = _read(_cut(still.picture, quad))
        text = clean(text)
        if sure < SURE or len(text) < 2:
            continue
        low = np.clip(quad.min(axis=0), 0, (width, height))
        high = np.clip(quad.max(axis=0), 0, (width, height))
        box = Box(
            still.t_ms,
            round(float(low[0]) / width * BP),
            round(float(low[1]) / height * BP),
            round(float(high[0] - low[0]) / width * BP),
            round(float(high[1] - low[1]) / height * BP),
        )
        yield Line(text, still.t_ms, still.t_ms, sure, box)


def _quads(picture: Pixels) -> list[Quad]:
    """Corners of what looks like a line of text, the largest first (Liao et al. 2020, "Real-time Scene Text
    Detection with Differentiable Binarization": the map is a shrunk one, so each region grows again)."""
    height, width = picture.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    high, wide = (max(32, round(side * scale / 32) * 32) for side in (height, width))
    values = cv2.resize(picture, (wide, high)).astype(np.float32) / 127.5 - 1.0
    detector = _network("det")
    chart = detector.run(None, {detector.get_inputs()[0].name: values.transpose(2, 0, 1)[None]})[0][0, 0]
    mask = cv2.dilate((chart > _MASK).astype(np.uint8), np.ones((2, 2), np.uint8))
    found: list[tuple[float, Quad]] = []
    for outline in cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
        centre, (a, b), turn = cv2.minAreaRect(outline)
        if min(a, b) < 3:
            continue
        x, y, w, h = cv2.boundingRect(outline)
        inside = np.zeros((h, w), np.uint8)
        cv2.drawContours(inside, [outline - (x, y)], -1, 1, -1)
        if cv2.mean(chart[y : y + h, x : x + w], inside)[0] < _BOX:
            continue
        grow = 2 * _GROW * a * b / (2 * (a + b))
        corners = cv2.boxPoints((centre, (a + grow, b + grow), turn))
        found.append((a * b, np.asarray(corners * (width / wide, height / high), np.float32)))
    return [quad for _, quad in sorted(found, key=lambda one: (-one[0], one[1].tolist()))[:_MOST]]


def _cut(picture: Pixels, quad: Quad) -> Pixels:
    """The region upright and 48 pixels high, as it is read."""
    order = quad[np.argsort(quad[:, 0])]
    (top_left, low_left), (top_right, low_right) = (
        part[np.argsort(part[:, 1])] for part in (order[:2], order[2:])
    )
    wide = max(float(np.linalg.norm(top_right - top_left)), float(np.linalg.norm(low_right - low_left)), 1.0)
    high = max(float(np.linalg.norm(low_left - top_left)), float(np.linalg.norm(low_right - top_right)), 1.0)
    width = int(min(_WIDEST, max(16, round(_HEIGHT * wide / high))))
    target = np.array([(0, 0), (width, 0), (width, _HEIGHT), (0, _HEIGHT)], np.float32)
    source = np.array([top_left, top_right, low_right, low_left], np.float32)
    bent = cv2.getPerspectiveTransform(source, target)
    return np.asarray(
        cv2.warpPerspective(picture, bent, (width, _HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _read(strip: Pixels) -> tuple[str, float]:
    """The text of a line and how surely it was read: the best path of the network's CTC output."""
    reader = _network("rec")
    padded = np.zeros((_HEIGHT, max(320, strip.shape[1]), 3), np.float32)
    padded[:, : strip.shape[1]] = strip.astype(np.float32) / 127.5 - 1.0
    rows = reader.run(None, {reader.get_inputs()[0].name: padded.transpose(2, 0, 1)[None]})[0][0]
    best, sure = rows.argmax(axis=1), rows.max(axis=1)
    fresh = (best != 0) & np.concatenate([[True], best[1:] != best[:-1]])
    if not fresh.any():
        return "", 0.0
    letters = _letters()
    text = "".join(letters[i] for i in best[fresh] if i < len(letters))
    return text, float(sure[fresh].mean())


@lru_cache(maxsize=1)
def _letters() -> tuple[str, ...]:
    """What each output of the reader stands for: blank, the letters that its file lists, a space."""
    listed = _network("rec").get_modelmeta().custom_metadata_map["character"]
    return ("", *listed.splitlines(), " ")


@lru_cache(maxsize=2)
def _network(part: str) -> Any:
    import onnxruntime as ort

    files = _files()
    assert files is not None
    path = files[0] if part == "det" else files[1]
    return ort.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])


@lru_cache(maxsize=1)
def _files() -> tuple[Path, Path] | None:
    """Detector and reader in the package; it is found, not imported."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    found = [sorted(folder.glob(f"*_{part}*.onnx")) for part in ("det", "rec")]
    return (found[0][0], found[1][0]) if all(found) else None
