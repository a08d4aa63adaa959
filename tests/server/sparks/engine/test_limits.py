"""What a file may not ask for, though each of its fields is right: refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from server.sparks.engine.format import drawn
from server.sparks.engine.format.problems import Faulty
from server.sparks.engine.format.reading import read, read_pack
from tests.server.sparks.engine.test_reading import changed, encoded, told

CURVES = "M0 0q9999 0 0 0t" + "0 0 " * 40


def drawing(*paths: str, **fields: object) -> dict[str, Any]:
    tree = changed(**fields)
    tree["layers"][0]["shape"] = {"kind": "drawing", "paths": list(paths)}
    return tree


def test_too_many_points_are_refused_where_they_are_too_many() -> None:
    assert read(encoded(drawing(CURVES)))
    ((path, message),) = told(encoded(drawing(*[CURVES] * 15))).items()
    assert path == "layers[0].shape.paths[10]"
    assert "all drawings of a spark have 20,000 points at most, and each curve 4 to 48" in message


def test_the_points_of_a_pack_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [drawing(CURVES, id=f"spark-{i}") for i in range(4)]
    pack = encoded({"schema": "spark-pack/1", "sparks": trees})
    assert len(read_pack(pack)) == 4
    monkeypatch.setattr(drawn.Left, "__init__", lambda left: setattr(left, "points", 5_000))
    with pytest.raises(Faulty) as caught:
        read_pack(pack)
    assert [one.path for one in caught.value.problems] == [
        f"sparks[{i}].layers[0].shape.paths[0]" for i in (2, 3)
    ]
    assert "all drawings of a pack have 400,000 points at most" in caught.value.problems[0].message


def test_attractors_that_pull_too_hard_together_are_refused_at_the_one_with_which_they_do() -> None:
    pull = {"kind": "attractor", "at": [360, 640], "strength": 20_000, "radius": 10}
    tree = changed()
    tree["layers"][0]["forces"] = [pull, {"kind": "gravity"}, pull | {"strength": -20_000}]
    read(encoded(tree))
    tree["layers"][0]["forces"] += [pull | {"strength": 1}, pull]
    assert told(encoded(tree)) == {
        "layers[0].forces[3]": "strength / radius of all attractors is more than 4,000 with this one"
    }


def test_notes_that_would_take_long_to_make_are_refused() -> None:
    sound = {"at": 0, "recipe": "pad", "notes": [200] * 15, "decay": 6}
    read(encoded(changed(score={"sounds": [sound]})))
    assert told(encoded(changed(score={"sounds": [sound, sound]}))) == {
        "score": "all its notes together last 180.0 s; 90 s is the most"
    }
