"""Words are read, heard and judged, or it is said why not; nothing of them is logged or fetched."""

from __future__ import annotations

import importlib.util
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from server.content.media.results import FileLimits
from server.forensics.results import Analysis, Box, Signal, SlotScore
from server.forensics.rules import SIGNALS_ONLY_BP, Abstained, Slot
from server.forensics.sample import Facts, MediaSample, Pixels, Still
from server.forensics.sampling import take_words
from server.forensics.sound import RATE, Piece, Samples, Sound
from server.forensics.words import analyse, detectors
from server.forensics.words.abusive import AbusiveLanguage, listed, normal
from server.forensics.words.lines import LONGEST, Line, clean, joined

RUDE, POLITE = "You are a stupid idiot", "Welcome to the garden show"
HATE = "these people are vermin"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails the test."""

    def refuse(*how: object, **given: object) -> object:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def written(*texts: str) -> Pixels:
    """A picture with lines of text on it."""
    picture = np.full((360, 640, 3), 40, np.uint8)
    for i, text in enumerate(texts):
        cv2.putText(picture, text, (30, 80 + 70 * i), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (255, 255, 255), 2)
    return picture


def sample(*pictures: Pixels, sound: Sound | None = None) -> MediaSample:
    stills = tuple(Still(i * 2_500, picture, ()) for i, picture in enumerate(pictures))
    return MediaSample(path="", facts=Facts(container="mov", duration_ms=10_000), stills=stills, sound=sound)


def parts(found: Analysis) -> tuple[Signal, Signal, Signal, SlotScore]:
    screen, speech, judged = found.signals
    return screen, speech, judged, found.slots[0]


@pytest.mark.usefixtures("offline")
def test_what_is_on_the_screen_is_read_where_it_is_and_judged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found = analyse.examined(sample(written(POLITE), written(POLITE), written(POLITE, RUDE)), "0" * 64)
    screen, speech, judged, score = parts(found)
    said = {span.note.lower(): span for span in screen.spans}
    assert set(said) == {POLITE.lower(), RUDE.lower()}
    assert (said[POLITE.lower()].start_ms, said[POLITE.lower()].end_ms) == (0, 5_000)
    assert said[RUDE.lower()].start_ms == 5_000
    boxes = {box.t_ms: box for box in screen.boxes}
    assert 1_000 < boxes[5_000].y_bp < 5_000
    assert speech.abstained is Abstained.NO_SOUND
    assert score.score_bp is not None
    assert score.score_bp > 9_000
    assert score.look_closer
    assert not score.likely, "how often it would be wrong was never measured"
    assert score.reliability_bp <= SIGNALS_ONLY_BP
    [hit] = judged.spans
    assert hit.note.lower().startswith(RUDE.lower())
    assert (hit.start_ms, judged.boxes[0].t_ms) == (5_000, 5_000)
    assert "idiot" not in caplog.text


@pytest.mark.usefixtures("offline")
def test_harmless_words_get_a_low_score() -> None:
    score = analyse.examined(sample(written(POLITE)), "0" * 64).slots[0]
    assert score.score_bp is not None
    assert score.score_bp < 2_000
    assert not score.look_closer


@pytest.mark.usefixtures("offline")
def test_nothing_to_read_is_not_nought() -> None:
    found = analyse.examined(sample(written()), "0" * 64)
    screen, _, judged, score = parts(found)
    assert (screen.value, screen.abstained) == (0.0, None)
    assert (score.score_bp, score.abstained) == (None, Abstained.NO_WORDS)
    assert judged.score_bp is None
    assert found.missing == ("hate_speech: No word was read or heard.",)


@pytest.mark.usefixtures("offline")
def test_speech_is_written_down_roughly(media: Path) -> None:
    heard = take_words(media / "real_ljspeech_LJ001-0008.wav", FileLimits())
    found = analyse.examined(heard, "0" * 64)
    _, speech, _, score = parts(found)
    assert speech.note.startswith("rough")
    words = " ".join(span.note for span in speech.spans).split()
    assert len(words) >= 3
    assert all(0 <= span.start_ms < span.end_ms <= heard.facts.duration_ms + 200 for span in speech.spans)
    assert score.score_bp is not None


def test_silence_is_not_listened_to() -> None:
    quiet = Sound((Piece(0, np.zeros(3 * RATE, np.float32)),))
    assert parts(analyse.examined(sample(sound=quiet), "0" * 64))[1].abstained is Abstained.SILENT


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    gone = {"profanity_check", "pocketsphinx"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *how: None if name in gone else real(name, *how)
    )
    found = analyse.examined(sample(written(RUDE)), "0" * 64)
    assert found.slots[0].abstained is Abstained.NOT_INSTALLED
    assert any("creator-studio[text]" in sentence for sentence in found.missing)
    assert any("creator-studio[asr]" in sentence for sentence in found.missing)
    assert not any("rapidocr" in sentence for sentence in found.missing)
    assert found.detectors == detectors.versions()
    assert found.detectors["pocketsphinx"] == "not installed"


def test_one_that_breaks_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(given: MediaSample) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(type(detectors.SCREEN), "read", lambda self, given: broken(given))
    screen, _, _, score = parts(analyse.examined(sample(written(RUDE)), "0" * 64))
    assert screen.abstained is Abstained.FAILED
    assert score.abstained is Abstained.FAILED


def line(text: str, *, seen: bool = True, at: int = 0) -> Line:
    return Line(text, at, at + 1_000, 0.9, Box(at, 0, 0, 1, 1) if seen else None)


def test_the_lexicon_knows_what_the_classifier_misses() -> None:
    by_text = {one.line.text: one for one in AbusiveLanguage().judge([line(HATE), line(POLITE)])}
    assert by_text[HATE].why == "dehumanising"
    assert by_text[HATE].score_bp == 9_000
    assert by_text[POLITE].why == "classifier"


@pytest.mark.parametrize("text", ["Th3se pe0ple are VERMIIIIN!", "thésé people  are...vermin", HATE.upper()])
def test_letters_in_disguise_are_seen_through(text: str) -> None:
    assert listed(text) is not None


@pytest.mark.parametrize(
    "text", ["these people are verminous", "the muslims greeted us", "kill all the lights?"]
)
def test_what_is_not_in_the_lexicon_is_not_found(text: str) -> None:
    found = listed(text)
    assert found is None or text.startswith("kill all the")


def test_one_word_that_was_heard_decides_nothing() -> None:
    assert AbusiveLanguage().judge([line("stupid idiot", seen=False)]) == []


def test_what_was_heard_asks_for_a_closer_look_by_a_phrase_alone() -> None:
    insult, phrase = AbusiveLanguage().judge([line(RUDE, seen=False), line(HATE, seen=False)])
    assert insult.score_bp < analyse.LOOK_CLOSER_BP <= phrase.score_bp


def test_a_strangers_words_are_cut_and_made_plain() -> None:
    assert clean("a\u202eb\x00c\nd\u200b  e") == "a b c d e"
    assert len(clean("x" * 10_000)) == LONGEST
    assert clean("\ufb01ne") == "fine"
    assert normal("a" * 50) == "a"


def test_what_stays_on_the_screen_is_one_line() -> None:
    kept = joined([line("News"), line("news", at=2_500), line("other", at=2_500), line("News", at=60_000)])
    assert [(one.text, one.start_ms, one.end_ms) for one in kept] == [
        ("News", 0, 3_500),
        ("other", 2_500, 3_500),
        ("News", 60_000, 61_000),
    ]


def test_speech_that_is_long_is_heard_in_part(spoken: Callable[..., Samples]) -> None:
    from server.forensics.words.transcript import LONGEST_S
    from server.forensics.words.transcript import parts as heard

    long = sample(sound=Sound((Piece(0, spoken(60.0)),)))
    lengths = [end - start for _, start, end in heard(long)]
    assert max(lengths) <= 8_000
    assert sum(lengths) <= (LONGEST_S + 8) * 1_000
    assert Slot.HATE_SPEECH is detectors.SCREEN.slot
