"""Measures every clip of a manifest in every condition: the table from which is fitted and evaluated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from server.content.media.results import FileLimits
from server.content.media.source import Refusal
from server.forensics.analysers.base import Detector
from server.forensics.analysers.face_signals import FaceSignals
from server.forensics.analysers.lip_sync import LipSync
from server.forensics.analysers.voice_signals import VoiceSignals
from server.forensics.conditions import OF_SLOT, Condition, conditions
from server.forensics.evaluation import perturb
from server.forensics.evaluation.manifest import Clip, Manifest
from server.forensics.rules import Slot
from server.forensics.sample import MediaSample
from server.forensics.sampling import WINDOW_MS, take
from server.forensics.sound import Sound
from server.forensics.windows import choose

_LIMITS = FileLimits()
_WHOLE_MS = 30_000
_OF_SOUND = (Condition.CLEAN, Condition.NOISE, Condition.GATE, Condition.TELEPHONE)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Example:
    """One clip as one slot sees it in one condition. `faces` has the values of each face track (of sound:
    one); empty where the detector abstained. `groups` are the sources that it is made of."""

    clip: str
    groups: tuple[str, ...]
    slot: Slot
    fake: bool
    condition: Condition
    found: tuple[Condition, ...]
    faces: tuple[dict[str, float], ...]
    reason: str = ""


def build(manifest: Manifest, say: Say) -> list[Example]:
    """Every example of the manifest; a sound swap for each real picture with each other real sound."""
    voices = [clip for clip in manifest.clips if clip.kind == "audio"]
    videos = [clip for clip in manifest.clips if clip.kind == "video"]
    samples = {clip.name: taken for clip in voices if (taken := _taken(clip.path)) is not None}
    rows: list[Example] = []
    for clip in voices:
        say(clip.name)
        if clip.name in samples:
            rows += _voice(clip, samples[clip.name], clip.label == "fake")
    pictures: dict[str, MediaSample] = {}
    for clip in videos:
        say(clip.name)
        taken = _taken(clip.path)
        if taken is None:
            continue
        pictures[clip.name] = taken
        if clip.own_sound:
            rows += _voice(clip, taken, fake=False)
        if not clip.sound_swapped:
            rows += _face(clip, taken, Condition.CLEAN)
    sounds = [
        (clip, sample.sound)
        for clip in manifest.clips
        if clip.own_sound and (sample := pictures.get(clip.name) or samples.get(clip.name)) and sample.sound
    ]
    worn = {condition: [(c, perturb.sound(condition, s)) for c, s in sounds] for condition in _OF_SOUND}
    for clip in videos:
        if clip.name in pictures:
            say(f"{clip.name}, its sound swapped and its picture worn")
            for condition in _OF_SOUND:
                rows += _lips(clip, pictures[clip.name], worn[condition], condition)
            rows += _worn(clip, pictures[clip.name], sounds)
    return rows


def _taken(path: Path) -> MediaSample | None:
    try:
        return take(path, _LIMITS, window_ms=_WHOLE_MS)
    except Refusal:
        return None


def _worn(clip: Clip, clean: MediaSample, sounds: list[tuple[Clip, Sound]]) -> Iterator[Example]:
    """The clip's picture re-compressed and made smaller."""
    for condition in (Condition.RECOMPRESSED, Condition.RESIZED):
        with tempfile.TemporaryDirectory(prefix="forensics-") as folder:
            copy = perturb.picture(condition, clip.path, Path(folder) / "copy.mp4")
            taken = _taken(copy)
        if taken is None:
            continue
        taken = replace(taken, sound=clean.sound)
        if not clip.sound_swapped:
            yield from _face(clip, taken, condition)
        yield from _lips(clip, taken, sounds, condition)


def _voice(clip: Clip, sample: MediaSample, fake: bool) -> Iterator[Example]:
    for condition in OF_SLOT[Slot.VOICE_SYNTHESIS]:
        if sample.sound is not None:
            heard = MediaSample(path="", facts=sample.facts, sound=perturb.sound(condition, sample.sound))
            yield _example(VoiceSignals(), heard, clip.name, (clip.group,), fake, condition)


def _face(clip: Clip, sample: MediaSample, condition: Condition) -> Iterator[Example]:
    yield _example(
        FaceSignals(), _windowed(sample), clip.name, (clip.group,), clip.label == "fake", condition
    )


def _lips(
    clip: Clip, sample: MediaSample, sounds: list[tuple[Clip, Sound]], condition: Condition
) -> Iterator[Example]:
    """The clip with its own sound, where that is true, and with every other real one.

    Each recording is a source: what is measured is that of these lips with this sound, of which other
    recordings of a collection know nothing.
    """
    for other, sound in sounds if clip.own_sound else ():
        own = other.name == clip.name
        heard = _windowed(replace(sample, sound=sound))
        name = clip.name if own else f"{clip.name} + {other.name}"
        groups = tuple(dict.fromkeys((clip.name, other.name)))
        yield _example(LipSync(), heard, name, groups, not own, condition)


def _windowed(sample: MediaSample) -> MediaSample:
    """The sample with the window that the product would have chosen."""
    span = choose(sample.sound, sample.stills, sample.facts.duration_ms, WINDOW_MS)
    if span is None or sample.window is None:
        return replace(sample, window=None)
    return replace(sample, window=sample.window.cut(*span))


def _example(
    detector: Detector,
    sample: MediaSample,
    name: str,
    groups: tuple[str, ...],
    fake: bool,
    condition: Condition,
) -> Example:
    tracks: dict[int | None, dict[str, float]] = {}
    reason = ""
    for one in detector.analyse(sample):
        if one.value is not None and one.abstained is None:
            tracks.setdefault(one.track, {})[one.name] = one.value
        elif one.abstained is not None:
            reason = one.abstained.value
    found = tuple(sorted(conditions(sample)))
    return Example(name, groups, detector.slot, fake, condition, found, tuple(tracks.values()), reason)
