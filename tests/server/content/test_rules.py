"""Hostile text is made harmless, and honest text is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.content.rules import FILENAME_MAX, clean, clean_filename


@pytest.mark.parametrize(
    ("written", "kept", "removed"),
    [
        ("plain", "plain", 0),
        ("  trimmed  ", "trimmed", 0),
        ("שלום עולם", "שלום עולם", 0),
        ("👩‍🚀 family 👨‍👩‍👧", "👩‍🚀 family 👨‍👩‍👧", 0),
        ("free \u202egnp.exe", "free gnp.exe", 1),
        ("\u2066isolated\u2069", "isolated", 2),
        ("bell\x07 and escape\x1b[31m", "bell and escape[31m", 2),
        ("\x85next line", "next line", 1),
    ],
)
def test_control_and_bidi_characters_go_and_are_counted(written: str, kept: str, removed: int) -> None:
    cleaned = clean(written, lines=True)
    assert (cleaned.text, cleaned.removed) == (kept, removed)


def test_line_feeds_stay_only_where_lines_are_meant() -> None:
    assert clean("one\ntwo\tthree\r\n", lines=True).text == "one\ntwo\tthree"
    assert clean("one\ntwo", lines=False).text == "onetwo"


@given(st.text(), st.booleans())
def test_cleaning_twice_changes_nothing_more(text: str, lines: bool) -> None:
    once = clean(text, lines=lines)
    again = clean(once.text, lines=lines)
    assert again.text == once.text
    assert again.removed == 0
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in once.text)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("holiday.mp4", "holiday.mp4"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\me\\clip.mov", "clip.mov"),
        ("../../..", "video"),
        ("..", "video"),
        ("\u202e4pm.exe", "4pm.exe"),
        ("\x00\n", "video"),
        ("a" * 500 + ".mp4", "a" * FILENAME_MAX),
    ],
)
def test_a_file_name_is_one_harmless_line(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


@given(st.text())
def test_no_file_name_leads_anywhere(name: str) -> None:
    kept = clean_filename(name)
    assert kept
    assert len(kept) <= FILENAME_MAX
    assert not {"/", "\\", "\x00", "\n"} & set(kept)
    assert kept not in (".", "..")
