"""Where evidence leads, which boxes are drawn when, and what each signal is called."""

from __future__ import annotations

import pytest

from server.forensics.rules import Abstained, Slot
from studio import gallery_evidence as made
from studio import gallery_scores
from studio.tabs.forensics import evidence, state
from studio.tabs.forensics.evidence import REACH_MS
from studio.tabs.forensics.lip_chart import lag_words, runs
from studio.tabs.forensics.signal_words import SIGNALS, named, told
from studio.video.playhead import Region

FACE, LIPS = Slot.FACE_MANIPULATION, Slot.LIP_SYNC
CALLED = {made.FIRST: 1, made.SECOND: 2}


def here(regions: tuple[Region, ...], ms: int) -> list[str]:
    return [region.label for region in regions if region.start_ms <= ms < region.end_ms]


def test_faces_are_numbered_by_how_long_they_are_seen_whatever_the_server_calls_them() -> None:
    kept = evidence.of_slot(FACE, made.SECOND, made.faces())
    assert kept is not None
    assert [(face.number, face.track) for face in kept.faces] == [(1, made.FIRST), (2, made.SECOND)]
    assert kept.worst == 2
    assert kept.summary == "8 signals, 2 faces"
    assert evidence.of_slot(Slot.EXPLICIT, None, made.faces()) is None
    silent = [made.signal(Slot.VOICE_SYNTHESIS, "voice_signals", abstained=Abstained.SILENT)]
    assert evidence.of_slot(Slot.VOICE_SYNTHESIS, None, silent) is None


def test_a_box_is_drawn_on_the_frames_nearest_to_its_own() -> None:
    boxes = [made.box(t, t, 0) for t in (0, 400, 5_000)]
    drawn = evidence.regions(boxes, CALLED, FACE)
    assert [(r.start_ms, r.end_ms) for r in drawn] == [(-1_000, 200), (200, 400 + REACH_MS), (4_000, 6_000)]
    assert here(drawn, 199) == here(drawn, 200) == ["Face 1"]
    assert here(drawn, 3_000) == []  # nobody knows where the face is then


def test_a_moment_without_a_box_of_its_own_is_drawn_the_nearest_and_says_so() -> None:
    drawn = evidence.regions([made.box(5_000, 100, 0)], CALLED, FACE, at=(1_000, 1_200))
    assert here(drawn, 1_000) == ["Face 1, as seen at 0:05.000"]
    assert here(drawn, 1_999) == ["Face 1, as seen at 0:05.000"]
    assert here(drawn, 2_000) == []
    assert here(drawn, 5_000) == ["Face 1"]


def test_two_faces_are_drawn_beside_each_other() -> None:
    boxes = [made.box(500, 0, 0), made.box(500, 5_000, 0, track=made.SECOND)]
    assert sorted(here(evidence.regions(boxes, CALLED, FACE), 500)) == ["Face 1", "Face 2"]
    whole = made.box(500, 0, 0, 10_000, track=None).model_copy(update={"score_bp": 6_900})
    assert here(evidence.regions([whole], CALLED, Slot.EXPLICIT), 500) == ["Explicit 69 %"]


def test_a_moment_leads_to_the_face_it_was_seen_on() -> None:
    spans = (1_200, 2_600, 8_800, "soft")
    signals = [*made.faces(), gallery_scores.signal(FACE, spans, track=made.SECOND)]
    (moment,) = [m for m in evidence.moments(FACE, signals) if m.score_bp == 8_800]
    assert moment.place.ms == 1_200
    assert here(moment.regions, 1_200) == ["Face 2"]  # within reach of its first box, at two seconds


def test_lips_lead_to_the_face_that_speaks() -> None:
    kept = evidence.of_slot(LIPS, None, [*made.faces(), *made.lips()])
    assert kept is not None
    assert kept.lips is not None
    assert (kept.lips.lag_ms, kept.lips.place.ms) == (made.LAG_MS, 3_000)
    assert here(kept.lips.place.regions, 3_000) == ["Face 1"]
    assert [line.value for line in kept.lines] == [
        "0.4 standard deviations · reliability 62 %",
        "0.18 · reliability 62 %",
        "+240 ms · reliability 62 %",
    ]


def test_a_signal_leads_where_it_was_measured_and_one_that_abstains_says_why() -> None:
    kept = evidence.of_slot(FACE, None, made.faces())
    assert kept is not None
    noise = next(line for line in kept.lines if line.title == "Noise of the face")
    assert (noise.value, noise.face) == ("-0.42 · reliability 62 %", 1)
    assert noise.place is not None
    assert noise.place.ms == 1_200
    small = kept.lines[-1]
    assert (small.value, small.meaning, small.place) == ("", "The faces are too small to judge.", None)


def test_of_the_restricted_class_there_is_nothing_to_cut_or_to_draw() -> None:
    shown = state.read(gallery_scores.found().model_copy(update={"restricted_class": True}))
    assert shown.faces == ()
    assert state.read(gallery_scores.found()).faces


@pytest.mark.parametrize(
    "name",
    [
        *("mouth_eye_sharpness", "mouth_cheek_noise", "face_ring_noise", "edge_noise", "face_ring_ela"),
        *("face_ring_sharpness", "high_frequency_share", "spectrum_residual", "jitter", "mouth_jitter"),
        *("pitch_jitter", "pitch_spread", "shimmer", "clarity", "clarity_spread", "voiced_share"),
        *("flatness", "cepstral_movement", "cepstral_slow_movement", "average_ripple"),
        *("group_delay_spread", "stretch_spread", "loudness_spread"),
        *("sync_surprise", "sync_trace", "sync_offset_ms", "explicit", "face_px"),
        *("transcript", "screen_text", "abusive_language", "checkpoint"),
    ],
)
def test_every_signal_of_the_analysers_has_a_sentence(name: str) -> None:
    assert name in SIGNALS
    assert SIGNALS[name].meaning.endswith(".")


def test_an_unknown_signal_is_called_by_its_own_name() -> None:
    assert named("tag.new_thing").title == "New thing"
    assert told("new", 1.239, "so") == "1.24 · so"
    assert told("face_signals", 1.0, "") == ""
    assert told("jitter", None, "") == ""


def test_what_was_said_and_written_leads_where_it_was() -> None:
    kept = evidence.of_slot(Slot.HATE_SPEECH, None, made.words())
    assert kept is not None
    assert kept.summary == "3 signals, 3 lines"
    assert [(q.text, q.how, q.place.ms) for q in kept.quotes] == [
        ("so this is the one that i told you of", "heard", 1_000),
        ("people like them do not belong here", "heard", 4_000),
        ("GO HOME", "read", 5_000),
    ]
    assert here(kept.quotes[2].place.regions, 5_000) == ["Hate speech"]
    assert kept.quotes[0].place.regions == ()


def test_two_lines_on_one_frame_are_both_drawn() -> None:
    lines = [made.box(500, 0, 0, track=None), made.box(500, 0, 5_000, track=None)]
    for ms in (-400, 500, 1_400):
        assert here(evidence.regions(lines, {}, Slot.HATE_SPEECH), ms) == ["Hate speech"] * 2


def test_the_lag_is_told_in_words() -> None:
    assert lag_words(240) == "They agree best where the sound comes 240 ms late."
    assert lag_words(-40) == "They agree best where the sound comes 40 ms early."
    assert "without any lag" in lag_words(0)
    assert "No lag" in lag_words(None)


def test_gaps_in_a_curve_stay_gaps() -> None:
    assert runs([None, 1.0, 2.0, None, 3.0]) == [range(1, 3), range(4, 5)]
    assert runs([]) == []
