"""What hides in a text is found, and what only looks odd is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.tabs.moderation.subject_spans import SpanKind, findings, masked, pieces


def marked(text: str, *quotes: str) -> list[tuple[str, SpanKind]]:
    return [(part.text, part.kind) for part in pieces(text, quotes) if part.kind is not None]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fr\u200bee", "[zero width space U+200B]"),
        ("abc\u202edef", "[right-to-left override U+202E]"),
        ("pay\u00adpal", "[soft hyphen U+00AD]"),
        ("a\u200db", "[zero width joiner U+200D]"),
        ("tag\U000e0041", "[tag latin capital letter a U+E0041]"),
        ("a\u3164b", "[hangul filler U+3164]"),
        ("a\x07b", "[control character U+0007]"),
        ("a\ufe0fb", "[variation selector-16 U+FE0F]"),
    ],
)
def test_hidden_characters_are_named(text: str, shown: str) -> None:
    assert marked(text) == [(shown, SpanKind.HIDDEN)]


@pytest.mark.parametrize(
    "text",
    [
        "plain words,\nnew line\tand tab",
        "family \U0001f468\u200d\U0001f469\u200d\U0001f467 and heart \u2764\ufe0f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "naïve façade, Ünïcödé",
        "привет мир",
    ],
)
def test_ordinary_writing_is_left_alone(text: str) -> None:
    assert marked(text) == []


def test_letters_of_two_alphabets_in_one_word_are_a_disguise() -> None:
    assert marked("visit p\u0430ypal now") == [("p\u0430ypal", SpanKind.MIXED)]
    assert marked("кофе and coffee") == []


@pytest.mark.parametrize(
    "link", ["https://bad.example/x?y=1", "www.bad.example", "get-rich.xyz/now", "t.me/group"]
)
def test_links_are_marked(link: str) -> None:
    assert marked(f"go to {link} today") == [(link, SpanKind.LINK)]


def test_what_a_flag_quotes_is_marked() -> None:
    text = "You should Leave this town, friend."
    assert marked(text, 'He wrote "leave this town" to me') == [("Leave this town", SpanKind.QUOTED)]
    assert marked(text, 'He wrote "something else"', "no quote") == []


@given(st.text(max_size=200))
def test_nothing_but_hidden_characters_is_ever_replaced(text: str) -> None:
    parts = pieces(text, [f'"{text}"'])
    kept = "".join(part.text for part in parts if part.kind is not SpanKind.HIDDEN)
    hidden = sum(part.kind is SpanKind.HIDDEN for part in parts)
    assert len(text) >= len(kept)
    assert hidden or kept == text


@given(st.text(max_size=200))
def test_a_masked_text_keeps_its_shape_and_none_of_its_letters(text: str) -> None:
    shape = masked(text)
    assert len(shape) == len(text)
    assert set(shape) <= {"x", *filter(str.isspace, text)}


def test_findings_count_in_words() -> None:
    assert findings(pieces("a\u200bb\u200bc bit.ly/x")) == ["2 hidden characters", "1 link"]
