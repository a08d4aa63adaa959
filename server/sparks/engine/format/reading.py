"""Bytes to a `Spark` and back. What comes in is somebody else's; for the same the same goes out.

spark = read(data)          # or Faulty, with every problem and its place
dump(spark)                 # sorted, without what is as it is by default, so it has one hash
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ValidationError

from server.sparks.engine.format import drawn, migrations, relations, words
from server.sparks.engine.format.parsing import parse
from server.sparks.engine.format.problems import MOST, Faulty, Json, Problem, path, shown
from server.sparks.engine.format.spark import LARGEST, Spark

PACK_SCHEMA: Final = "spark-pack/1"
LARGEST_PACK: Final = 4 * 1024 * 1024
MOST_SPARKS: Final = 200
_WIDTH: Final = 100
_ALWAYS: Final = {"kind", "schema_"}
"""Written even where they are the default: by them the reader tells what it has before it."""

Tree = dict[str, Json]


def read(data: bytes, *, strokes: bool = True) -> Spark:
    """The spark that `data` says, of this version of the format or an older one.

    Raises Faulty with all that is wrong with it, each with its path: what is no JSON (then that is all), a
    field that there is not, what lies outside its range, and what does not fit the rest. Without `strokes` it
    is not tried whether what is drawn can be drawn, which needs numpy: of a file that was judged it can.
    """
    return _spark(parse(data, LARGEST), strokes=strokes)


def _spark(tree: Tree, *, strokes: bool = True, left: drawn.Left | None = None) -> Spark:
    tree, unknown = migrations.migrate(tree)
    if unknown:
        raise Faulty(unknown)
    related = relations.faults(tree)
    text = json.dumps(tree, ensure_ascii=True)
    try:
        # From JSON, strictly: "1" is no number and 1 is not true, but a list is a tuple.
        spark = Spark.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise Faulty(_told(error, tree, related)) from None
    if wrong := [*related, *(drawn.faults(spark, left) if strokes else ())]:
        raise Faulty(wrong)
    size = len(dump(spark))
    if size > LARGEST:
        message = f"written out, it has {size:,} bytes; {LARGEST:,} is the most"
        raise Faulty([Problem(path="", message=message)])
    return spark


def _told(error: ValidationError, tree: Tree, related: Sequence[Problem]) -> list[Problem]:
    found = error.errors(include_url=False)
    told = [words.problem(one, tree) for one in found[:MOST] if not _of_the_whole(one["loc"], one["type"])]
    told += related
    if not told:
        # What `relations` does not know of; a test sees to it that there is no such thing.
        told = [words.problem(one, tree) for one in found[:MOST]]
    rest = max(len(found) - MOST, 0)
    # Faulty counts them; it needs no words for what it does not tell.
    return told + [Problem(path="", message="")] * rest


def _of_the_whole(loc: Sequence[str | int], kind: str) -> bool:
    """Whether `relations` has said so, with its place: of the spark, or of the life of a layer."""
    return kind == "value_error" and (not loc or (len(loc) == 3 and loc[0] == "layers"))


def dump(spark: Spark, *, pretty: bool = False) -> bytes:
    """`spark` as its file, UTF-8: equal sparks give equal bytes.

    Names sorted, numbers in their shortest form, nothing that is as it is by default. `pretty` is for people:
    in the order of the format, indented, on one line what fits into one.
    """
    return _text(_plain(spark), pretty=pretty)


def content_hash(spark: Spark) -> str:
    """SHA-256 of what `dump` writes, 64 hex digits: what a spark is, whatever its file looked like."""
    return hashlib.sha256(dump(spark)).hexdigest()


def _text(value: Json, *, pretty: bool = False) -> bytes:
    if pretty:
        return (_laid_out(value, "") + "\n").encode()
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _laid_out(value: Json, indent: str, before: int = 0) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        names = [json.dumps(name, ensure_ascii=False) + ": " for name in value]
        parts = [
            name + _laid_out(inner, deeper, len(name) + 1)
            for name, inner in zip(names, value.values(), strict=True)
        ]
        opened, closed = "{", "}"
    else:
        parts, (opened, closed) = [_laid_out(inner, deeper, 1) for inner in value], "[]"
    return f"{opened}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closed}"


def _plain(value: object) -> Json:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        made: Tree = {}
        for name, field in fields.items():
            inner = getattr(value, name)
            if name in _ALWAYS or field.is_required() or inner != field.default:
                made[field.alias or name] = _plain(inner)
        return made
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def read_pack(data: bytes) -> list[Spark]:
    """The sparks of a pack, at most 200 in 4 MiB, no two of one id.

    Raises Faulty with what is wrong with any of them, as `sparks[3].layers[0].life[1]`.
    """
    tree = parse(data, LARGEST_PACK, deeper=2)
    problems = [
        Problem(path=path([key]), message="a pack has no such field, only `schema` and `sparks`")
        for key in tree
        if key not in {"schema", "sparks"}
    ]
    if tree.get("schema") != PACK_SCHEMA:
        said = shown(tree["schema"]) if "schema" in tree else "it is missing; it"
        problems.append(Problem(path="schema", message=f'{said} must be "{PACK_SCHEMA}"'))
    given = tree.get("sparks")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_SPARKS:
        problems.append(Problem(path="sparks", message=f"it must be a list of 1 to {MOST_SPARKS} sparks"))
        raise Faulty(problems)
    sparks: list[Spark] = []
    ids: set[str] = set()
    left = drawn.Left()
    for i, one in enumerate(given):
        if not isinstance(one, dict):
            problems.append(Problem(path=path(["sparks", i]), message=f"{shown(one)} must be a spark"))
            continue
        try:
            spark = _spark(one, left=left)
        except Faulty as error:
            problems += [
                Problem(path=_within(f"sparks[{i}]", p.path), message=p.message) for p in error.problems
            ]
            continue
        if spark.id in ids:
            message = f"the pack has a spark {spark.id} already"
            problems.append(Problem(path=path(["sparks", i, "id"]), message=message))
        ids.add(spark.id)
        sparks.append(spark)
    if problems:
        raise Faulty(problems)
    return sparks


def _within(outer: str, inner: str) -> str:
    return outer + (inner if inner.startswith("[") or not inner else f".{inner}")
