"""Names and words of strangers: one line, cut, in letters that the font has; or refused with a path."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from server.sparks.engine import lettering, wording
from server.sparks.engine.format.problems import Faulty
from server.sparks.engine.format.reading import read
from server.sparks.engine.staging import Staging
from server.sparks.engine.wording import has, said
from tests.server.sparks.engine.simulated import at, layer, spark

ENDS = ["\n", "\r", "\x1c", "\x85", "\u2028", "\u2029"]
WORDS: dict[str, Any] = {"kind": "words", "id": "w", "duration": 2, "colours": "p"}


def written(sender: str, **words: Any) -> str:
    """What the words of a spark say to be drawn."""
    scene = Staging(at(120, layer(), WORDS | words, sender=sender)).scene()
    (lettering_,) = [one for one in scene.layers if hasattr(one, "text")]
    return str(lettering_.text)


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_line_is_a_space_for_whoever_draws(end: str) -> None:
    assert written(f"Ada{end}Lovelace") == "Ada Lovelace"
    assert said("initial", "?", f"{end}ada") == "A"
    letters, _ = lettering.mask(wording.one_line(f"a{end}b"), 40)
    assert letters.max() > 0.9


def test_a_name_is_cut_before_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written("W" * 8_000) == "W" * 24 == said("sender", "?", "W" * 8_000)
    drawn: list[int] = []
    mask = lettering.mask.__wrapped__

    def watched(text: str, px: int) -> Any:
        found = mask(text, px)
        drawn.append(found[0].shape[1])
        return found

    monkeypatch.setattr(lettering, "mask", watched)
    lettering.lay("W" * 24, 180, 500, 200, np.ones((8, 3), np.float32), 360, 640)
    # Once, and as wide as it is shown: the room around is as wide as the letters are high.
    assert len(drawn) == 1
    assert drawn[0] <= 360 + 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zoë Ångström", "Zoë Ångström"),
        ("Zoe\u0308", "Zoë"),
        ("Жанна", "Жанна"),
        ("Ann \U0001f600", "Ann"),
        ("\u202eAnn", "Ann"),
        ("\U0001f468\u200d\U0001f469", "Somebody"),
        ("\u674e\u534e", "Somebody"),
        ("\u674e Ann", "Somebody"),
        ("\u0645\u0646\u0649", "Somebody"),
        ("\u05e9\u05dc\u05d5\u05dd", "Somebody"),
        ("", "Somebody"),
        (" \n ", "Somebody"),
    ],
)
def test_a_name_that_the_font_cannot_write_is_the_text_and_no_row_of_boxes(name: str, shown: str) -> None:
    assert written(name) == shown
    assert said("initial", "Somebody", name) == ("Somebody" if shown == "Somebody" else shown[0])
    assert all(map(has, shown))


HIDDEN = ["\n", "a\nb", "\u200b", "\u202eevil", "a\u2028b", " ", "\u3164", "\u00a0\u2800"]


def told(**said: Any) -> dict[str, str]:
    tree = json.loads(spark(layer()).model_dump_json(by_alias=True, exclude_none=True)) | said
    with pytest.raises(Faulty) as caught:
        read(json.dumps(tree).encode())
    return {one.path: one.message for one in caught.value.problems}


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize(
    ("field", "range_"), [("name", "1 to 40"), ("author", "at most 80"), ("about", "at most 200")]
)
def test_what_hides_something_or_shows_nothing_is_refused(field: str, range_: str, text: str) -> None:
    ((path, message),) = told(**{field: text}).items()
    assert path == field
    assert "not seen" in message or "shows nothing" in message
    assert f"it must be a text of {range_} characters" in message


def test_words_and_letters_are_refused_by_their_path() -> None:
    glyphs = {"kind": "glyphs", "text": "a\u2029b"}
    gather = {"kind": "gather", "at": [0, 0], "shape": glyphs}
    layers = [layer(shape=glyphs, forces=[gather]), WORDS | {"text": "a\nb"}]
    assert set(told(layers=layers)) == {
        "layers[0].shape.text",
        "layers[0].forces[0].shape.text",
        "layers[1].text",
    }


def test_what_is_empty_by_default_may_be_so_and_other_scripts_are_texts() -> None:
    tree = json.loads(spark(layer()).model_dump_json(by_alias=True, exclude_none=True))
    read(json.dumps(tree | {"about": "", "author": "", "name": "\u674e\u534e \u0645\u0646"}).encode())
