"""A checkpoint of the model folder as an analyser: pictures, faces or speech in, a calibrated score out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.content.media.stills import evenly
from server.forensics.analysers.base import Needs, abstain, signal
from server.forensics.analysers.voice_signals import SPEECH_S
from server.forensics.checkpoints.card import Card, Picture, Unfit, Voice
from server.forensics.checkpoints.network import Network
from server.forensics.results import Box, Signal, SlotScore, Span
from server.forensics.rules import BP, CHECKPOINT_BP, Abstained, Slot
from server.forensics.sample import MediaSample, Pixels, Still
from server.forensics.sound import RATE, Sound
from server.forensics.windows import SMALLEST_FACE

_TRACKS: Final = 3
_LOOKS: Final = 16
"""So many looks at a face, at the pictures or at the speech."""
_ENOUGH: Final = 8
Shown = NDArray[np.float32]


class Checkpoint:
    """Looks with one checkpoint. Its score is the median of its looks, and the middle 80 % of them is its
    interval: of several faces each for itself."""

    def __init__(self, card: Card, path: Path) -> None:
        self.card = card
        self.name: Final = f"model:{card.name}"
        self.version: Final = card.version
        self.slot: Final = card.slot
        self.requires: Final[Needs] = _NEEDS.get(card.slot, "frames")
        self.refusal: str | None = None
        self._path = path

    def is_available(self) -> Abstained | None:
        """The folder names only what can be used."""
        return None

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """A signal for each face, or one; FAILED, and `refusal` in words, where the file is not what its card
        says."""
        try:
            return self._looked(sample)
        except (Unfit, OSError) as error:
            self.refusal = str(error) if isinstance(error, Unfit) else "The file cannot be read."
            return [abstain(self, "checkpoint", Abstained.FAILED)]

    def _looked(self, sample: MediaSample) -> list[Signal]:
        if isinstance(self.card.input, Voice):
            heard = speech(sample.sound, self.card.input.samples)
            if isinstance(heard, Abstained):
                return [abstain(self, "checkpoint", heard)]
            network = Network(self.card, self._path)
            spans = [Span(start, end, _bp(network.score(shown))) for start, end, shown in heard]
            return [self._said(None, spans)]
        if not sample.has_picture:
            return [abstain(self, "checkpoint", Abstained.NO_PICTURE)]
        if self.slot is Slot.FACE_MANIPULATION:
            return self._faces(sample, self.card.input)
        network = Network(self.card, self._path)
        chosen = evenly(sample.stills, _LOOKS)
        scores = [_bp(network.score(pixels(still.picture, self.card.input))) for still in chosen]
        return [self._said(None, _at(chosen, scores))]

    def _faces(self, sample: MediaSample, how: Picture) -> list[Signal]:
        tracks: dict[int, list[Still]] = {}
        for still in sample.stills:
            for face in still.faces:
                if face.size >= SMALLEST_FACE:
                    tracks.setdefault(face.track, []).append(still)
        if not tracks:
            any_face = any(still.faces for still in sample.stills)
            return [abstain(self, "checkpoint", Abstained.FACE_TOO_SMALL if any_face else Abstained.NO_FACE)]
        network = Network(self.card, self._path)
        said = []
        for track in sorted(tracks, key=lambda track: (-len(tracks[track]), track))[:_TRACKS]:
            seen = tracks[track]
            chosen = evenly(seen, _LOOKS)
            cut = [face_of(still, track, how.margin) for still in chosen]
            scores = [_bp(network.score(pixels(picture, how))) for picture in cut]
            boxes = [
                sample.box(still, face) for still in chosen for face in still.faces if face.track == track
            ]
            said.append(self._said(track, _at(chosen, scores), boxes))
        return said

    def _said(self, track: int | None, spans: list[Span], boxes: Sequence[Box] = ()) -> Signal:
        scores = [span.score_bp for span in spans if span.score_bp is not None]
        if not scores:
            return abstain(self, "checkpoint", Abstained.FAILED)
        middle = round(float(np.median(scores)))
        return signal(
            self,
            "checkpoint",
            middle / BP,
            score_bp=middle,
            reliability_bp=round(CHECKPOINT_BP * min(1.0, len(scores) / _ENOUGH)),
            track=track,
            note=self.card.licence[:120],
            spans=tuple(spans),
            boxes=tuple(boxes),
        )

    def slot_score(self, signals: Sequence[Signal]) -> SlotScore | None:
        """What it says of its slot: the worst face. None where it says nothing."""
        mine = [one for one in signals if one.detector == self.name and one.score_bp is not None]
        if not mine:
            return None
        worst = max(mine, key=lambda one: (one.score_bp or 0, -(one.track or 0)))
        score, limits = worst.score_bp or 0, self.card.calibration
        scores = [span.score_bp for span in worst.spans if span.score_bp is not None]
        low, high = np.percentile(scores, (10, 90))
        return SlotScore(
            self.slot,
            self.card.method,
            score_bp=score,
            low_bp=min(score, round(float(low))),
            high_bp=max(score, round(float(high))),
            track=worst.track,
            reliability_bp=min(CHECKPOINT_BP, worst.reliability_bp),
            look_closer=limits.look_closer is not None and score >= limits.look_closer * BP,
            likely=limits.likely is not None and score >= limits.likely * BP,
        )


_NEEDS: Final[dict[Slot, Needs]] = {Slot.FACE_MANIPULATION: "faces", Slot.VOICE_SYNTHESIS: "audio"}


def pixels(picture: Pixels, how: Picture) -> Shown:
    """A BGR picture as the network takes it."""
    area = picture.shape[0] * picture.shape[1] > how.width * how.height
    sized = cv2.resize(
        picture, (how.width, how.height), interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR
    )
    ordered = sized[..., ::-1] if how.channels == "RGB" else sized
    values = (ordered.astype(np.float32) / 255.0 - np.array(how.mean, np.float32)) / np.array(
        how.std, np.float32
    )
    return np.ascontiguousarray((values.transpose(2, 0, 1) if how.layout == "NCHW" else values)[None])


def face_of(still: Still, track: int, margin: float) -> Pixels:
    """The square around a face of the still, with a margin, black where it leaves the picture."""
    face = next(face for face in still.faces if face.track == track)
    left, top, wide, high = face.box
    side = max(8, round(max(wide, high) * (1 + 2 * margin)))
    x, y = round(left + wide / 2 - side / 2), round(top + high / 2 - side / 2)
    height, width = still.picture.shape[:2]
    square = np.zeros((side, side, 3), np.uint8)
    first_x, first_y = max(0, x), max(0, y)
    part = still.picture[first_y : max(first_y, min(height, y + side)), first_x : min(width, x + side)]
    square[first_y - y : first_y - y + part.shape[0], first_x - x : first_x - x + part.shape[1]] = part
    return square


def speech(sound: Sound | None, samples: int) -> list[tuple[int, int, Shown]] | Abstained:
    """Stretches with the most speech, as the network takes them, with start and end in ms; or why none."""
    if sound is None:
        return Abstained.NO_SOUND
    if sound.peak < 1e-3:
        return Abstained.SILENT
    if sum(int(piece.talk.sum()) for piece in sound.pieces) / 100 < SPEECH_S:
        return Abstained.NO_SPEECH
    found = []
    for piece in sound.pieces:
        for first in range(0, max(1, piece.samples.size - samples // 2), samples):
            part = piece.samples[first : first + samples]
            talk = piece.talk[first * 100 // RATE : (first + samples) * 100 // RATE]
            start = piece.start_ms + first * 1000 // RATE
            found.append((int(talk.sum()), start, start + part.size * 1000 // RATE, part))
    most = sorted((one for one in found if one[0]), key=lambda one: (-one[0], one[1]))[:_LOOKS]
    return [
        (start, end, np.resize(part, samples).astype(np.float32)[None])
        for _, start, end, part in sorted(most, key=lambda one: one[1])
    ]


def _at(stills: Sequence[Still], scores: Sequence[int | None]) -> list[Span]:
    return [Span(still.t_ms, still.t_ms, bp) for still, bp in zip(stills, scores, strict=True)]


def _bp(share: float | None) -> int | None:
    return None if share is None else round(share * BP)
