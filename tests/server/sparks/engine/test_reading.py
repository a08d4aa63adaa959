"""Reading files of sparks: every problem at once, in plain words, and nothing hangs on what is hostile."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from server.sparks.engine.format import relations, words
from server.sparks.engine.format.migrations import MIGRATIONS, migrate
from server.sparks.engine.format.parsing import DEEPEST_NESTING
from server.sparks.engine.format.problems import Faulty
from server.sparks.engine.format.reading import (
    LARGEST_PACK,
    content_hash,
    dump,
    read,
    read_pack,
)
from server.sparks.engine.format.spark import LARGEST, Spark

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
FULL: dict[str, Any] = {
    "schema": "spark/1",
    "id": "a-spark",
    "name": "A spark",
    "tier": "rare",
    "credits": 200,
    "family": "test",
    "duration": 3.0,
    "hero_at": 1.5,
    "palettes": {"gold": ["#ffcc00", "#ffffff"], "sea": ["#003366"]},
    "camera": {"zoom": {"keys": [[0, 1], [3, 1.2]]}},
    "layers": [
        {
            "kind": "particles",
            "id": "core",
            "emit": {"rate": 40, "bursts": [{"count": 10}]},
            "shape": {"kind": "star", "points": 5, "outer": 90, "inner": 40},
            "life": [0.5, 1.5],
            "forces": [
                {"kind": "gravity", "y": 300},
                {"kind": "gather", "at": [360, 640], "shape": {"kind": "point", "spread": 3}},
            ],
            "colliders": [{"kind": "floor"}],
            "look": {"colours": "gold"},
            "trail": {"colours": "sea"},
            "subs": [{"on": "death", "layer": "ash"}],
        },
        {"kind": "particles", "id": "ash", "look": {"colours": "sea", "sprite": "flake"}},
        {
            "kind": "ribbon",
            "id": "band",
            "path": {"points": [[0, 100, 200], [2, 300, 400]]},
            "width": {"keys": [[0, 0], [1, 9]]},
            "colours": "gold",
        },
        {"kind": "words", "id": "name", "duration": 2, "colours": "gold"},
    ],
    "score": {"sounds": [{"at": 0, "recipe": "tone", "notes": [440, 660], "step": 0.2}]},
}


def encoded(tree: object) -> bytes:
    return json.dumps(tree).encode()


def told(data: bytes) -> dict[str, str]:
    with pytest.raises(Faulty) as caught:
        read(data)
    return {problem.path: problem.message for problem in caught.value.problems}


def changed(**fields: object) -> dict[str, Any]:
    return copy.deepcopy(FULL) | fields


def test_a_spark_comes_back_as_it_was_written() -> None:
    spark = read(encoded(FULL))
    assert read(dump(spark)) == spark
    assert read(dump(spark, pretty=True)) == spark
    assert dump(read(dump(spark))) == dump(spark)


def test_the_hash_is_of_what_a_spark_is_not_of_how_its_file_looks() -> None:
    spark = read(encoded(FULL))
    # Another order, another way to write a number, a default that is written out.
    other = dict(reversed(FULL.items())) | {"duration": 3, "max_particles": 8000}
    assert content_hash(read(json.dumps(other, indent=3).encode())) == content_hash(spark)
    assert content_hash(read(encoded(changed(duration=3.25)))) != content_hash(spark)
    assert len(content_hash(spark)) == 64


def test_every_problem_is_told_at_once_with_its_place_and_what_may_be() -> None:
    tree = changed(name="", credits=5_000, hero_at=9)
    core, ash, band, name = tree["layers"]
    core |= {"life": [0, 99], "gravty": 1, "follow": 1}
    core["shape"] |= {"points": 99, "outr": 3}
    core["forces"][0]["kind"] = "gravty"
    core["forces"][1]["shape"]["spread"] = "wide"
    core["subs"][0]["layer"] = "gone"
    ash["look"] |= {"colours": "silver", "sprite": "flakes"}
    del band["width"]
    band["path"]["points"][1] = [2, 300, 99_999]
    name["id"] = "band"
    tree["palettes"]["Bad Name"] = ["#FFF"]
    assert told(encoded(tree)) == {
        "name": "it has 0 characters; it must be a text of 1 to 40 characters",
        "credits": "a rare spark costs 100 to 450 credits",
        "hero_at": "9 s is after the end at 3 s",
        'palettes["Bad Name"]': '"Bad Name" must be lower-case letters, digits and hyphens, '
        "a letter first, 40 at most",
        'palettes["Bad Name"][0]': '"#FFF" must be a colour like "#ffcc00", in lower case',
        "layers[0].life[0]": "0 s must be more than 0 and at most 12",
        "layers[0].life[1]": "99 s must be more than 0 and at most 12",
        "layers[0].gravty": "`gravty` is no field here; there is `kind`, `id`, `start`, `duration`, `emit`, "
        "`place`, `shape`, `launch`, `life`, `forces`, `colliders`, `follow`, `look`, `trail` and `subs`",
        "layers[0].follow": "1 must be true or false",
        "layers[0].shape.points": "99 must be a whole number from 2 to 24",
        "layers[0].shape.outr": "`outr`: did you mean `outer`?",
        "layers[0].forces[0].kind": "`gravty`: did you mean `gravity`?",
        "layers[0].forces[1].shape.spread": '"wide" must be a number from 0 to 2,000',
        "layers[0].subs[0].layer": "there is no such layer of particles",
        "layers[1].look.colours": "there is no such palette; there is gold, sea, Bad Name",
        "layers[1].look.sprite": "`flakes`: did you mean `flake`?",
        "layers[2].width": "it is missing; it must be an object",
        "layers[2].path.points[1][2]": "99999 must be a number from -1,280 to 2,560",
        "layers[3].id": "another layer has this id already",
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1, column 1: this is not JSON (expecting value)"),
        (b"{", "line 1, column 2: this is not JSON"),
        (b"\xff\xfe", "the file is not UTF-8: byte 0"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"[]", "the file must hold one object"),
        (b" " * (LARGEST + 1), "the file has 65,537 bytes; 65,536 is the most"),
        (b"[" * LARGEST, f"brackets are nested deeper than {DEEPEST_NESTING}"),
        (b'{"a":' * 9_000, "brackets are nested deeper"),
        (b'{"duration": NaN}', "duration: NaN is no number"),
        (b'{"duration": -Infinity}', "duration: this number is too large"),
        (b'{"duration": [1e999]}', "duration[0]: this number is too large"),
        (b'{"duration": ' + b"9" * 60_000 + b"}", "duration: this number is too large"),
        (b'{"id": "a", "id": "b"}', "id: this name is given twice"),
        (b'{"layers": [{"a": 1, "a": 2}]}', "layers[0].a: this name is given twice"),
        (b'{"name": "a\\u0000"}', "name: a text must not contain the character U+0000"),
        (b'{"name": "\\ud800"}', "lone surrogate"),
        (b"{}", 'schema: it is missing; it must be one of "spark/1", "spark/0"'),
        (b'{"schema": "spark/9"}', 'schema: "spark/9" is not one of "spark/1", "spark/0"'),
    ],
)
def test_what_cannot_be_read_at_all_says_why(data: bytes, message: str) -> None:
    with pytest.raises(Faulty) as caught:
        read(data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * LARGEST,
        b'{"a":[' * (LARGEST // 6),
        b"[]," * (LARGEST // 3),
        b'"' + b'\\"' * (LARGEST // 2 - 1),
        b'"\\' * (LARGEST // 2),
        b"1" * LARGEST,
        b"-" * LARGEST,
        b"1e" + b"9" * (LARGEST - 2),
        encoded(changed(id="a" + "-" * 60_000 + "!")),
        encoded(FULL | {f"gravty{i}": i for i in range(3_000)}),
        encoded(FULL | {"g" * 60_000: 1}),
        encoded(changed(layers=[{"kind": "x"}] * 4_000)),
        encoded(changed(palettes={"p": [0] * 20_000})),
        encoded(changed(layers=FULL["layers"][:1] * 60)),
    ],
)
def test_hostile_input_is_refused_soon(data: bytes) -> None:
    words.schema()
    start = time.process_time()
    with pytest.raises(Faulty) as caught:
        read(data)
    # The slowest takes some 0.1 s; one that hangs takes minutes.
    assert time.process_time() - start < 3
    assert len(caught.value.problems) <= 101
    assert len(str(caught.value)) < 40_000


def test_what_is_read_can_always_be_read_again() -> None:
    # Written out, 1e4 is longer than it was.
    tree = changed(about="x" * 200)
    tree["layers"][0]["shape"] = {"kind": "drawing", "paths": ["M0 0" + " L1 1" * 790] * 15}
    tree["layers"][0]["forces"] = []
    text = json.dumps(tree, separators=(",", ":"))
    padded = text.replace('"emit":{"rate":40', '"emit":{"rate":1e4')
    spark = read(padded.encode())
    assert read(dump(spark)) == spark


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([12, 13, 20_000, 1e30, -0.5, 0.5, 1e-9, 2**70]),
    st.sampled_from(
        ["gold", "core", "ash", "particles", "ribbon", "star", "tone", "#ffffff", "", "\x00", "kind"]
    ),
    st.sampled_from([[], {}, [0, 1], [1, 0], {"kind": "disc", "radius": 3}, {"keys": [[0, 1]]}]),
    st.text(max_size=5),
).map(copy.deepcopy)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [place for key, one in inner for place in [(*at, key), *places(one, (*at, key))]]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    tree = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(places(tree)))
        owner: Any = tree
        for step in place[:-1]:
            owner = owner[step]
        act = draw(st.sampled_from(["set", "set", "remove", "add", "copy", "rename"]))
        if act == "set":
            owner[place[-1]] = draw(values)
        elif act == "remove":
            del owner[place[-1]]
        elif isinstance(owner, list):
            owner.insert(place[-1], copy.deepcopy(owner[place[-1]]) if act == "copy" else draw(values))
        elif act == "rename":
            owner[place[-1] + "y"] = owner.pop(place[-1])
        else:
            owner[draw(st.sampled_from(["colours", "life", "subs", "emit", "x", "kind", "gravity"]))] = draw(
                values
            )
    return tree


@settings(max_examples=400)
@given(mutated())
def test_of_anything_becomes_a_spark_or_a_list_of_its_faults(tree: dict[str, Any]) -> None:
    problems = []
    try:
        spark = read(encoded(tree))
    except Faulty as error:
        problems = error.problems
    if problems:
        assert all(problem.message and "something else" not in problem.message for problem in problems)
        return
    assert read(dump(spark)) == spark
    assert spark == Spark.model_validate_json(encoded(tree), strict=True)


@settings(max_examples=300)
@given(mutated())
def test_what_is_told_of_how_parts_fit_is_what_the_type_makes_sure_of(tree: dict[str, Any]) -> None:
    """Where every field is right by itself, both refuse the same."""
    try:
        Spark.model_validate_json(encoded(tree), strict=True)
    except ValidationError as error:
        whole = [one for one in error.errors() if not one["loc"]]
        if whole and len(error.errors()) == 1:
            assert relations.faults(tree), whole
    else:
        assert not relations.faults(tree)


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_of_any_bytes_too(data: bytes) -> None:
    with pytest.raises(Faulty):
        read(data)


@pytest.mark.parametrize("version", sorted(MIGRATIONS))
def test_a_file_of_each_older_version_becomes_what_it_became_before(version: str) -> None:
    stem = version.replace("/", "-")
    old = (GOLDEN / f"{stem}.json").read_bytes()
    spark = read(old)
    assert json.loads(dump(spark, pretty=True)) == json.loads((GOLDEN / f"{stem}.migrated.json").read_text())
    tree = json.loads(old)
    before = copy.deepcopy(tree)
    migrate(tree)
    assert tree == before, "a migration must not change what it is given"


@given(
    st.recursive(
        values,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["layers", "look", "trail", "colours", "palettes"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_a_migration_leaves_what_it_does_not_know(layers: object) -> None:
    for version in MIGRATIONS:
        with pytest.raises(Faulty):
            read(encoded({"schema": version, "layers": layers}))


def test_migrations_go_step_by_step_and_never_in_a_circle() -> None:
    steps = {
        "spark/a": lambda tree: tree | {"schema": "spark/b", "b": 1},
        "spark/b": lambda tree: tree | {"schema": "spark/c", "c": tree["b"]},
    }
    assert migrate({"schema": "spark/a"}, steps, "spark/c") == ({"schema": "spark/c", "b": 1, "c": 1}, [])
    round_and_round = {"spark/a": lambda tree: tree}
    with pytest.raises(Faulty, match="circle"):
        migrate({"schema": "spark/a"}, round_and_round, "spark/c")


def test_packs() -> None:
    trees = [changed(id=f"spark-{i}") for i in range(3)]
    pack = encoded({"schema": "spark-pack/1", "sparks": trees})
    assert read_pack(pack) == [read(encoded(tree)) for tree in trees]


def test_the_problems_of_a_pack_say_of_which_spark() -> None:
    pack = {"schema": "spark-pack/1", "sparks": [FULL, changed(duration=99), 3, FULL], "by": "me"}
    with pytest.raises(Faulty) as caught:
        read_pack(encoded(pack))
    assert [(one.path, one.message) for one in caught.value.problems] == [
        ("by", "a pack has no such field, only `schema` and `sparks`"),
        ("sparks[1].duration", "99 must be a number from 0.6 to 12"),
        ("sparks[2]", "3 must be a spark"),
        ("sparks[3].id", "the pack has a spark a-spark already"),
    ]
    for data, message in [
        (b" " * (LARGEST_PACK + 1), "4,194,304 is the most"),
        (b'{"schema": "spark/1", "sparks": []}', 'must be "spark-pack/1"'),
        (encoded({"schema": "spark-pack/1", "sparks": [FULL] * 201}), "a list of 1 to 200"),
    ]:
        with pytest.raises(Faulty, match=message):
            read_pack(data)


def test_a_stroke_that_is_none_is_named_wherever_it_stands() -> None:
    tree = copy.deepcopy(FULL)
    drawing = {"kind": "drawing", "paths": ["M 0 0 L 10 10", "L nowhere"]}
    tree["layers"][0]["shape"] = drawing
    tree["layers"][0]["forces"] = [{"kind": "gather", "shape": drawing, "at": [0, 0]}]
    with pytest.raises(Faulty) as told:
        read(json.dumps(tree).encode())
    assert [problem.path for problem in told.value.problems] == [
        "layers[0].shape.paths[1]",
        "layers[0].forces[0].shape.paths[1]",
    ]
