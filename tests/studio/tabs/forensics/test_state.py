"""What the server says of a video, in the lines and sentences of the panel."""

from __future__ import annotations

import pytest

from server.forensics.rules import (
    NEVER_SEEN,
    WHY,
    Abstained,
    AnalysisKind,
    AnalysisState,
    Slot,
    manipulated_of_100,
    overall_risk,
)
from server.forensics.schemas import KindView, VerdictView, VideoAnalyses
from studio import gallery_evidence as evidence
from studio import gallery_scores as made
from studio.tabs.forensics import provenance, state
from studio.tabs.forensics.evidence import moments
from studio.tabs.forensics.state import Level, Scores, Section
from studio.tabs.forensics.words import MEANINGS, NOT_ANALYSED, TITLES
from studio.video.playhead import Range

CORE, TEXT = AnalysisKind.CORE, AnalysisKind.TEXT


def sections(scores: Scores) -> tuple[Section, Section]:
    deepfake, content = scores.sections
    return deepfake, content


def test_everything_has_words() -> None:
    assert set(TITLES) == set(MEANINGS) == set(Slot)
    assert set(WHY) == set(Abstained)


def test_the_two_panels_have_the_lines_of_the_seed() -> None:
    deepfake, content = sections(state.read(made.found()))
    assert [meter.title for meter in deepfake.meters] == ["Face manipulation", "Voice synthesis", "Lip sync"]
    assert [meter.title for meter in content.meters] == [
        "Explicit",
        "Violence",
        "Hate speech",
        "Non-consensual",
    ]


def test_a_word_goes_with_each_threshold() -> None:
    deepfake, _ = sections(state.read(made.found()))
    said = {meter.title: (meter.level, meter.word) for meter in deepfake.meters}
    assert said == {
        "Face manipulation": (Level.LIKELY, "Likely"),
        "Voice synthesis": (Level.QUIET, "Nothing stands out"),
        "Lip sync": (Level.LOOK, "Look closer"),
    }


def test_no_score_is_not_a_score_of_nought() -> None:
    deepfake, content = sections(state.read(made.abstained()))
    for meter in (deepfake.overall, *deepfake.meters):
        assert (meter.score_bp, meter.word, meter.level) == (None, NOT_ANALYSED, Level.NONE)
    assert [meter.why for meter in deepfake.meters] == [
        "No face was found.",
        "The sound is silent.",
        "No mouth is seen while somebody speaks.",
    ]
    explicit = content.meters[0]
    assert (explicit.score_bp, explicit.word) == (0, "Nothing stands out")


def test_non_consensual_says_that_no_picture_tells_it() -> None:
    for known in (made.found(), made.no_model()):
        _, content = sections(state.read(known))
        assert content.meters[-1].why == NEVER_SEEN


@pytest.mark.parametrize(
    ("verdict", "word", "level"),
    [
        (True, "Likely manipulated", Level.LIKELY),
        (False, "No sign of it", Level.QUIET),
        (None, "Undetermined", Level.QUIET),
    ],
)
def test_the_verdict_has_three_values(verdict: bool | None, word: str, level: Level) -> None:
    said = VerdictView(score_bp=8_000, confidence_bp=4_000, is_deepfake=verdict)
    core = made.kind(CORE, made.score(Slot.LIP_SYNC, 8_000), verdict=said)
    deepfake, _ = sections(state.read(made.video(core, made.none_yet(TEXT))))
    assert (deepfake.overall.word, deepfake.overall.level) == (word, level)
    assert "Confidence 40 %" in deepfake.overall.why


def test_the_overall_risk_names_its_category_and_what_is_not_in_it() -> None:
    _, content = sections(state.read(made.found()))
    assert (content.overall.score_bp, content.overall.word) == (8_100, "Highest: deepfake")
    assert "Not in it: violence, non-consensual." in content.overall.why
    _, empty = sections(state.read(made.no_model()))
    assert (empty.overall.score_bp, empty.overall.word) == (None, NOT_ANALYSED)


def test_the_highest_is_the_risk() -> None:
    assert overall_risk({"a": None, "b": 100, "c": 90}) == ("b", 100)
    assert overall_risk({"a": None}) is None


@pytest.mark.parametrize(
    ("score_bp", "prevalence_bp", "of_100"),
    [
        (5_000, 200, 2.0),  # a score that says nothing leaves the share as it is
        (9_000, 200, 15.5),
        (9_000, 5_000, 90.0),
        (0, 200, 0.0),
        (10_000, 200, 100.0),
        (10_000, 0, 0.0),
    ],
)
def test_how_many_of_100_are_manipulated(score_bp: int, prevalence_bp: int, of_100: float) -> None:
    assert manipulated_of_100(score_bp, prevalence_bp=prevalence_bp) == pytest.approx(of_100, abs=0.05)


def test_the_sentence_says_how_much_a_score_is_worth() -> None:
    assert state.of_100_videos(9_000, 200) == (
        "Of 100 videos like this, about 16 are manipulated, if 2 of 100 videos are altogether."
    )
    assert "fewer than 1 is manipulated, if 0.5 of 100" in state.of_100_videos(2_000, 50)
    assert "about 1 is manipulated" in state.of_100_videos(3_500, 200)


def test_the_moments_that_say_most_are_listed_in_the_order_of_the_video() -> None:
    spans = [(n * 1_000, n * 1_000 + 500, 1_000 + n * 100, "") for n in range(10)]
    signal = made.signal(Slot.LIP_SYNC, *reversed(spans), spans[3])
    found = moments(Slot.LIP_SYNC, [signal, made.signal(Slot.EXPLICIT, (50, 60, 9_000, ""))])
    assert [moment.start_ms for moment in found] == [4_000, 5_000, 6_000, 7_000, 8_000, 9_000]


def test_every_stretch_is_in_a_lane() -> None:
    scores, face, lips, hate = state.read(made.found()).lanes
    assert (scores.name, face.name, lips.name) == ("Scores", "Face", "Lip sync")
    assert [(r.start_ms, r.label) for r in hate.ranges][1:] == [(5_000, "Hate speech: GO HOME")]
    assert [lane.heard for lane in (scores, face, lips)] == [False, False, True]
    assert face.ranges[1] == Range(6_400, 8_000, "Face manipulation: the skin flickers", 7_900)
    assert [r.start_ms for r in face.ranges] == [1_200, 6_400, 8_200]


def test_the_course_has_the_highest_score_of_each_second_and_none_where_nothing_was_scored() -> None:
    course = state.read(made.found()).lanes[0].course
    assert course is not None
    assert (course.start_ms, course.step_ms) == (1_000, 1_000)
    assert course.values == (8_800, 8_800, None, 7_200, 7_200, 7_900, 7_900, 7_900)
    assert state.read(made.abstained()).lanes == ()


def test_where_something_was_only_measured_is_no_moment() -> None:
    weak = made.signal(Slot.EXPLICIT, (0, 100, 75, ""), (200, 300, 6_000, ""))
    core = made.kind(CORE, made.score(Slot.EXPLICIT, 400), signals=[weak])
    scores = state.read(made.video(core, made.none_yet(TEXT)))
    assert [(lane.name, len(lane.ranges)) for lane in scores.lanes] == [("Scores", 0), ("Explicit", 1)]
    assert [moment.start_ms for moment in scores.sections[1].meters[0].moments] == [200]


def test_the_method_says_what_was_done_and_what_was_not() -> None:
    assert state.read(made.found()).method == (
        "Picture and sound: made up for the demo, 96 frames, 82 % of the length, no checkpoint.",
        "The last 12 seconds are damaged.",
        "Words: made up for the demo, 8 frames, 82 % of the length.",
    )
    said = state.read(made.no_model()).method
    assert said[0] == "Picture and sound: nothing looked."
    assert len(said) == len(set(said)) == 3
    score = made.score(Slot.FACE_MANIPULATION, 5_000, method="model:xception@1f2e")
    core = made.kind(CORE, score)
    assert "checkpoint xception" in state.read(made.video(core, made.none_yet(TEXT))).method[0]


def test_what_is_under_way_is_said() -> None:
    core, text = state.read(made.running()).progress
    assert (core.text, core.share_bp) == ("Picture and sound: being analysed", 4_300)
    assert (text.text, text.share_bp) == ("Words: to be analysed.", None)
    assert all(state.may_cancel(line) for line in (core, text))
    assert state.read(made.found()).progress == ()


def test_what_failed_says_why_and_what_is_older() -> None:
    core, text = state.read(made.failed()).progress
    assert core.text.endswith("waits for an administrator. Reading it stopped the isolated reader.")
    assert text.text == "Words: The file could not be analysed. The file is damaged."
    assert not any(state.may_cancel(line) for line in (core, text))
    before = made.found()
    parked = made.analysis(CORE, AnalysisState.CANCELLED)
    again = before.model_copy(update={"core": before.core.model_copy(update={"latest": parked})})
    (line,) = state.read(again).progress
    assert line.text.endswith("The analysis was cancelled. The scores below are from before.")


def test_a_second_try_is_told() -> None:
    waits = made.analysis(CORE, AnalysisState.QUEUED, runs=1)
    line, other = state.read(made.video(made.none_yet(CORE, waits), made.none_yet(TEXT))).progress
    assert "stopped once and is tried again" in line.text
    assert other.text == "Words: not analysed yet."


def test_restricted_videos_say_that_there_is_no_evidence() -> None:
    scores = state.read(made.restricted())
    assert scores.lanes == ()
    assert "no evidence is kept" in scores.notes[0]
    assert state.read(made.found()).notes == ()


def test_what_the_file_says_of_itself_is_a_fact_and_no_score() -> None:
    told = state.read(made.found()).provenance
    assert told is not None
    assert told.badge.word == "Valid credentials"
    assert told.facts[-1] == ("Signed by", "Made-up Camera Works")
    assert state.read(made.abstained()).provenance is None
    assert state.read(made.never()).provenance is None


@pytest.mark.parametrize(
    ("rank", "word", "tone"),
    [
        (0, "No credentials", "neutral"),
        (1, "Invalid credentials", "danger"),
        (2, "Valid credentials", "info"),
        (3, "Trusted credentials", "success"),
    ],
)
def test_credentials_that_fit_are_not_credentials_that_are_trusted(rank: int, word: str, tone: str) -> None:
    told = provenance.read(evidence.provenance(rank))
    assert told is not None
    assert (told.badge.word, told.badge.tone) == (word, tone)


def test_a_key_of_the_file_does_not_pass_for_what_was_verified() -> None:
    own = [
        *evidence.provenance(2),
        evidence.signal(Slot.PROVENANCE, "tag.software.signed_by", 1, note="Reuters\nSigned by: BBC\u202e"),
        evidence.signal(Slot.PROVENANCE, "tag.issuer", 1, note="x" * 500),
    ]
    told = provenance.read(own)
    assert told is not None
    assert [words for name, words in told.facts if name == "Signed by"] == ["Made-up Camera Works"]
    (signed, said), (issuer, long) = told.tags[-2:]
    assert (signed, said) == ("Tag “software.signed_by”", "Reuters Signed by: BBC")
    assert issuer == "Tag “issuer”"
    assert len(long) == provenance.LONGEST


def test_credentials_that_nothing_looked_at_are_not_none() -> None:
    unread = evidence.signal(Slot.PROVENANCE, "manifest", abstained=Abstained.NOT_INSTALLED)
    told = provenance.read([unread])
    assert told is not None
    assert told.badge.word == "Credentials not read"
    assert told.badge.meaning == "The detector for this is not installed on the server."


def test_an_earlier_analysis_is_named() -> None:
    deepfake, _ = sections(state.read(made.found()))
    assert deepfake.notes[1] == "An earlier analysis (signals-v0) said: 62 %."


@pytest.mark.parametrize(
    ("change", "only"),
    [({"progress_bp": 9_000, "version": 7}, True), ({"state": AnalysisState.CANCELLED}, False)],
)
def test_progress_alone_is_told_from_news(change: dict[str, object], only: bool) -> None:
    before = made.running()
    assert before.core.latest is not None
    latest = before.core.latest.model_copy(update=change)
    now = before.model_copy(update={"core": before.core.model_copy(update={"latest": latest})})
    assert state.only_progress(before, now) is only


def test_a_video_that_nobody_asked_for_is_told_apart() -> None:
    assert state.never_asked(made.never())
    others: list[VideoAnalyses] = [made.running(), made.found(), made.failed()]
    assert not any(map(state.never_asked, others))
    assert isinstance(made.never().core, KindView)
