"""What a score rests on: moments, faces, signals and curves, each with the place it leads to. Free of Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.forensics.rules import WHY, Slot
from server.forensics.schemas import BoxView, CurveView, SignalView, SpanView
from studio.tabs.forensics.signal_words import named, told
from studio.tabs.forensics.words import TITLES
from studio.video.playhead import Region, percent, timecode

SPANS_SHOWN: Final = 6
"""Moments that one meter lists: those that say most."""
REACH_MS: Final = 1_000
"""How far from the frame it was seen on a box is drawn: a face moves."""
FACE: Final = "face_px"
"""The signal that says where a face is, whatever else is said of it."""
WORDS: Final = {"transcript": "heard", "screen_text": "read"}
"""The signals that hold what is said and written, and how it was come by."""
NEUTRAL: Final = frozenset({FACE, *WORDS})
"""Signals whose stretches say where something is, and not that anything is wrong with it."""
Numbers = Mapping[int, int]
Boxes = Mapping[int, Sequence[BoxView]]
"""Boxes by the track of the face that they show."""


@dataclass(frozen=True)
class Place:
    """Where evidence leads: a time, and what is drawn on the frames from then on."""

    ms: int
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A stretch of the video that can be gone to."""

    start_ms: int
    end_ms: int
    score_bp: int | None
    note: str
    regions: tuple[Region, ...] = ()

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.start_ms, self.regions)


@dataclass(frozen=True)
class Face:
    """A face of the video: `number` is what it is called, `portrait` where it is seen largest."""

    number: int
    track: int
    portrait: BoxView
    place: Place

    @property
    def title(self) -> str:
        """What it is called."""
        return f"Face {self.number}"


@dataclass(frozen=True)
class Line:
    """One signal in words: what was measured, what came out, what that means. `face` is the number of the one
    it was measured on."""

    title: str
    value: str
    meaning: str
    face: int | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Lips:
    """Mouth and speech over time, and how well they agree when the sound is shifted. `lag_ms` is more than 0
    where the sound comes late."""

    opening: CurveView
    loudness: CurveView
    lags: CurveView | None
    lag_ms: int | None
    place: Place


@dataclass(frozen=True)
class Quote:
    """A line that was heard, or read in the picture."""

    text: str
    how: str
    place: Place


@dataclass(frozen=True)
class Evidence:
    """What one score rests on. `worst` is the number of the face that the score speaks of."""

    lines: tuple[Line, ...] = ()
    faces: tuple[Face, ...] = ()
    lips: Lips | None = None
    worst: int | None = None
    quotes: tuple[Quote, ...] = ()

    @property
    def summary(self) -> str:
        """How much there is."""
        count = len(self.lines)
        parts = [f"{count} {'signal' if count == 1 else 'signals'}"]
        if self.faces:
            parts.append(f"{len(self.faces)} {'face' if len(self.faces) == 1 else 'faces'}")
        if self.quotes:
            parts.append(f"{len(self.quotes)} {'line' if len(self.quotes) == 1 else 'lines'}")
        return ", ".join(parts)


def numbers(signals: Iterable[SignalView]) -> Numbers:
    """What each face is called, by its track: 1 is the one that is seen longest."""
    found: dict[int, int] = {}
    for signal in signals:
        if signal.track is not None:
            found.setdefault(signal.track, len(found) + 1)
    return found


def of_slot(slot: Slot, track: int | None, signals: Sequence[SignalView]) -> Evidence | None:
    """What the score of a slot rests on, where anything was kept of it; `track` is the face it speaks of."""
    own = [signal for signal in signals if signal.slot is slot]
    called, faces_of = numbers(signals), boxes_by_track(signals, FACE)
    lines = tuple(_line(signal, faces_of, called) for signal in own)
    seen = {signal.track for signal in own if signal.track is not None}
    faces = tuple(_faces(signals, seen, called))
    if not faces and all(signal.abstained is not None for signal in own):
        return None  # why nothing was measured stands beside the slot already
    return Evidence(
        lines,
        faces,
        _lips(own, faces_of, called),
        called.get(track) if track is not None else None,
        _quotes(own, called),
    )


def all_faces(signals: Sequence[SignalView]) -> tuple[Face, ...]:
    """Every face of the video."""
    called = numbers(signals)
    return tuple(_faces(signals, set(called), called))


def moments(slot: Slot, signals: Sequence[SignalView]) -> tuple[Moment, ...]:
    """Where the signals of a slot were seen: those that say most, in the order of the video."""
    found: dict[tuple[int, int], tuple[SpanView, SignalView]] = {}
    for signal in signals:
        if signal.slot is slot:
            for span in signal.spans:
                key = span.start_ms, span.end_ms
                if span.start_ms >= 0 and (key not in found or _weight(found[key][0]) <= _weight(span)):
                    found[key] = span, signal
    best = sorted(found.values(), key=lambda pair: _weight(pair[0]), reverse=True)[:SPANS_SHOWN]
    best.sort(key=lambda pair: (pair[0].start_ms, pair[0].end_ms))
    called, faces_of = numbers(signals), boxes_by_track(signals, FACE)
    return tuple(
        Moment(
            span.start_ms,
            span.end_ms,
            span.score_bp,
            span.note,
            regions(boxes_of(signal, faces_of), called, slot, at=(span.start_ms, span.end_ms)),
        )
        for span, signal in best
    )


def boxes_by_track(signals: Iterable[SignalView], name: str | None = None) -> Boxes:
    """Every box of each face; with `name`, those of the signals of that name alone."""
    found: dict[int, list[BoxView]] = {}
    for signal in signals:
        if signal.track is not None and name in (None, signal.name):
            found.setdefault(signal.track, []).extend(signal.boxes)
    return found


def boxes_of(signal: SignalView, faces_of: Boxes) -> tuple[BoxView, ...]:
    """The boxes of a signal, with all that are known of the face it was measured on."""
    boxes = list(signal.boxes)
    if signal.track is not None:
        boxes += faces_of.get(signal.track, ())
    return tuple({_where(box): box for box in boxes}.values())


def _where(box: BoxView) -> tuple[int | None, ...]:
    """A face is seen once on a frame; of writing there may be several lines."""
    return (box.track, box.t_ms) if box.track is not None else (None, box.t_ms, box.x_bp, box.y_bp)


def regions(
    boxes: Iterable[BoxView], called: Numbers, slot: Slot, *, at: tuple[int, int] | None = None
) -> tuple[Region, ...]:
    """Boxes as they are drawn while the video plays: each on the frames nearest to its own. Of a face that is
    not known where `at` begins, the nearest box is drawn there, and says from when it is."""
    groups: dict[int | None, list[BoxView]] = {}
    for box in boxes:
        groups.setdefault(box.track, []).append(box)
    made: list[Region] = []
    for track, group in groups.items():
        group.sort(key=lambda box: box.t_ms)
        name = f"Face {called[track]}" if track in called and track is not None else TITLES[slot]
        times = sorted({box.t_ms for box in group})
        places = {at_ms: n for n, at_ms in enumerate(times)}
        drawn = [_region(box, _name(name, box), *_window(times, places[box.t_ms])) for box in group]
        if at is not None and not any(each.start_ms <= at[0] < each.end_ms for each in drawn):
            near = min(group, key=lambda box: abs(box.t_ms - at[0]))
            later = [each.start_ms for each in drawn if each.start_ms > at[0]]
            until = min([max(at[1], at[0] + REACH_MS), *later])
            drawn.append(_region(near, f"{name}, as seen at {timecode(near.t_ms)}", at[0], until))
        made += drawn
    return tuple(sorted(made, key=lambda region: region.start_ms))


def _name(name: str, box: BoxView) -> str:
    return name if box.score_bp is None else f"{name} {percent(box.score_bp)}"


def _window(times: Sequence[int], n: int) -> tuple[int, int]:
    """From when until when a box is the nearest one, at most `REACH_MS` to each side."""
    at = times[n]
    start = at - REACH_MS if n == 0 else max(at - REACH_MS, (times[n - 1] + at) // 2)
    after = at + REACH_MS if n + 1 == len(times) else min(at + REACH_MS, (at + times[n + 1]) // 2)
    return start, max(after, start + 1)


def _region(box: BoxView, label: str, start_ms: int, end_ms: int) -> Region:
    return Region(start_ms, end_ms, box.x_bp, box.y_bp, box.width_bp, box.height_bp, label)


def _weight(span: SpanView) -> int:
    return span.score_bp if span.score_bp is not None else -1


def _faces(signals: Sequence[SignalView], seen: set[int], called: Numbers) -> Iterable[Face]:
    known = boxes_by_track(signals)
    for track, number in called.items():
        boxes = known.get(track, ())
        if track in seen and boxes:
            portrait = max(boxes, key=lambda box: (box.width_bp * box.height_bp, -box.t_ms))
            everywhere = tuple({box.t_ms: box for box in boxes}.values())
            drawn = regions(everywhere, called, Slot.FACE_MANIPULATION)
            yield Face(number, track, portrait, Place(portrait.t_ms, drawn))


def _line(signal: SignalView, faces_of: Boxes, called: Numbers) -> Line:
    title, meaning, _ = named(signal.name)
    face = called.get(signal.track) if signal.track is not None else None
    if signal.abstained is not None:
        return Line(title, "", WHY[signal.abstained], face)
    value = told(signal.name, signal.value, signal.note)
    trust = f"reliability {percent(signal.reliability_bp)}"
    said = f"{value} · {trust}" if value else trust.capitalize()
    return Line(title, said, meaning, face, _place(signal, faces_of, called))


def _place(signal: SignalView, faces_of: Boxes, called: Numbers) -> Place | None:
    spans = [span for span in signal.spans if span.start_ms >= 0]
    if spans:
        first = max(spans, key=lambda span: (_weight(span), -span.start_ms))
        at = first.start_ms, first.end_ms
    elif signal.boxes:
        at = signal.boxes[0].t_ms, signal.boxes[0].t_ms
    else:
        return None
    return Place(at[0], regions(boxes_of(signal, faces_of), called, signal.slot, at=at))


def _quotes(own: Sequence[SignalView], called: Numbers) -> tuple[Quote, ...]:
    found = []
    for signal in own:
        how = WORDS.get(signal.name)
        for span in signal.spans if how else ():
            boxes = [box for box in signal.boxes if span.start_ms <= box.t_ms <= span.end_ms]
            at = span.start_ms, span.end_ms
            place = Place(span.start_ms, regions(boxes, called, signal.slot, at=at))
            found.append(Quote(span.note, how or "", place))
    return tuple(sorted(found, key=lambda quote: quote.place.ms))


def _lips(own: Sequence[SignalView], faces_of: Boxes, called: Numbers) -> Lips | None:
    for signal in own:
        curves = {curve.name: curve for curve in signal.curves}
        opening, loudness = curves.get("mouth_opening"), curves.get("speech_envelope")
        if opening is None or loudness is None:
            continue
        offset = next((s.value for s in own if s.name == "sync_offset_ms" and s.track == signal.track), None)
        at = opening.start_ms, opening.start_ms + round(opening.step_ms * len(opening.values))
        drawn = regions(boxes_of(signal, faces_of), called, signal.slot, at=at)
        return Lips(
            opening,
            loudness,
            curves.get("agreement_by_lag"),
            None if offset is None else round(offset),
            Place(at[0], drawn),
        )
    return None
