"""Baked films on the disk: bounded, the longest unused goes, and a bad disk harms nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from studio.sparks.files import Files
from studio.sparks.film import Pictures


def name(number: int) -> str:
    return f"{number:064x}.film"


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    files = Files(tmp_path / "films", most=300)
    for number in range(3):
        assert files.write(name(number), bytes(100))
        os.utime(tmp_path / "films" / name(number), ns=(number, number))
    assert files.read(name(0)) is not None  # used now
    files.write(name(3), bytes(100))
    assert files.read(name(1)) is None
    assert files.read(name(0)) is not None
    assert files.held() <= 300


@given(sizes=st.lists(st.integers(0, 150), max_size=30))
def test_never_more_than_its_bound(sizes: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    files = Files(tmp_path_factory.mktemp("films"), most=400)
    for number, size in enumerate(sizes):
        files.write(name(number), bytes(size))
        assert files.held() <= 400


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    files = Files(tmp_path, most=100)
    assert not files.write(name(0), bytes(101))
    assert files.read(name(0)) is None


def test_a_disk_that_does_not_take_it(tmp_path: Path) -> None:
    (tmp_path / "films").write_text("a file where the folder would be")
    files = Files(tmp_path / "films")
    assert not files.write(name(0), b"x")
    assert files.read(name(0)) is None
    assert files.held() == 0


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the name"):
        Files(tmp_path).read("../settings.json")


@given(numbers=st.lists(st.integers(0, 30), max_size=80))
def test_decoded_pictures_are_bounded(numbers: list[int]) -> None:
    pictures = Pictures(most=10 * 400)
    for number in numbers:
        pictures.put(("film", number, 10, 10), QImage(10, 10, QImage.Format.Format_ARGB32_Premultiplied))
        assert pictures.held <= 10 * 400
        assert pictures.get(("film", number, 10, 10)) is not None
    assert pictures.held == 400 * len(pictures._kept)
