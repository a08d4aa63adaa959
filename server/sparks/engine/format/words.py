"""What the check of a type found, in plain words: what is there, and what may be.

The allowed range comes from the JSON Schema of the format, so it is said once, where the field is declared.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from server.sparks.engine.format.problems import Json, Problem, Step, path, shown
from server.sparks.engine.format.spark import Spark

Schema = Mapping[str, Any]

_UNIONS: Final = {"layers", "forces", "colliders", "shape"}
"""Where `kind` says which of several types it is. The steps to a fault in there have it once more."""
_PATTERNS: Final = {
    r"^[a-z][a-z0-9-]{0,39}$": "lower-case letters, digits and hyphens, a letter first, 40 at most",
    r"^#[0-9a-f]{6}$": 'a colour like "#ffcc00", in lower case',
    r"^[ .:+*#]+$": "made of spaces and . : + * # alone",
}
_LONGEST_NAME: Final = 40
"""Of longer names none that is near is looked for: it would take long, and there is none."""


@cache
def schema() -> Schema:
    """The JSON Schema of `spark/1`."""
    return Spark.model_json_schema(by_alias=True)


def problem(error: Mapping[str, Any], tree: Json) -> Problem:
    """One of `ValidationError.errors()` about `tree`."""
    steps, here = _place(error["loc"], tree)
    if error["type"].startswith("union_tag"):
        steps.append("kind")
    return Problem(path=path(steps), message=_message(error, here, steps))


def _place(loc: Sequence[Step], tree: Json) -> tuple[list[Step], Schema]:
    """Where in the file a fault is, and the schema of what should be there.

    `loc` names the type within a union and marks a faulty key of an object; neither is part of the path.
    """
    steps: list[Step] = []
    value: Json = tree
    here = schema()
    whole = here
    in_union = False
    for step in loc:
        if step == "[key]":
            here = {
                "type": "string",
                "pattern": next(iter(_resolved(whole).get("patternProperties", {})), ""),
            }
            continue
        if in_union and isinstance(value, dict) and value.get("kind") == step:
            in_union = False
            here = _kind(here, str(step))
            continue
        whole, inner = here, _inner(here, step)
        in_union = _parent(steps, step) in _UNIONS
        steps.append(step)
        here = inner
        value = _below(value, step)
    return steps, _resolved(here)


def _parent(steps: Sequence[Step], step: Step) -> Step | None:
    if isinstance(step, int):
        return steps[-1] if steps and steps[-1] != "shape" else None
    return step if step == "shape" else None


def _below(value: Json, step: Step) -> Json:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _resolved(part: Schema) -> Schema:
    """The schema that a reference leads to; of one that may be null, the other."""
    if "$ref" in part:
        return _resolved(schema()["$defs"][part["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in part:
        rest = [one for one in part["anyOf"] if one.get("type") != "null"]
        return _resolved(rest[0]) if len(rest) == 1 else part
    return part


def _kind(part: Schema, kind: str) -> Schema:
    reference = _resolved(part).get("discriminator", {}).get("mapping", {}).get(kind)
    return {"$ref": reference} if reference else {}


def _inner(part: Schema, step: Step) -> Schema:
    part = _resolved(part)
    if isinstance(step, int):
        fixed = part.get("prefixItems", [])
        inner: Schema = fixed[step] if step < len(fixed) else part.get("items") or {}
        return inner
    properties = part.get("properties", {})
    named: Schema = properties.get(step) or next(iter(part.get("patternProperties", {}).values()), {})
    if named:
        return named
    others = part.get("additionalProperties")
    return others if isinstance(others, dict) else {}


def _message(error: Mapping[str, Any], here: Schema, steps: Sequence[Step]) -> str:
    kind: str = error["type"]
    given, context = error.get("input"), error.get("ctx", {})
    allowed = describe(here)
    if kind == "missing":
        return f"it is missing; it must be {allowed}"
    if kind == "extra_forbidden":
        return _unknown(str(steps[-1]), error["loc"])
    if kind == "value_error":
        said = str(context.get("error", error["msg"]))
        return f"{said}; it must be {allowed}" if here.get("type") == "string" else said
    if kind == "union_tag_not_found":
        return f"`kind` is missing; it must be {_listed(_kinds(here))}"
    if kind == "union_tag_invalid":
        return _near(str(context["tag"]), _kinds(here), "kind")
    if kind == "enum" and isinstance(given, str):
        return _near(given, here.get("enum", []), "value")
    if kind in {"too_short", "too_long", "string_too_short", "string_too_long"}:
        count = context.get("actual_length", len(given or ""))
        unit = "characters" if isinstance(given, str) else "entries"
        return f"it has {count:,} {unit}; it must be {allowed}"
    return f"{shown(given)} must be {allowed}"


def _kinds(here: Schema) -> list[str]:
    return list(here.get("discriminator", {}).get("mapping", {}))


def _unknown(name: str, loc: Sequence[Step]) -> str:
    return _near(name, _names(loc), "field")


def _names(loc: Sequence[Step]) -> list[str]:
    """The fields that the object has whose unknown field is at `loc`."""
    here: Schema = schema()
    for step in loc[:-1]:
        mapping = _resolved(here).get("discriminator", {}).get("mapping", {})
        here = _kind(here, str(step)) if step in mapping else _inner(here, step)
    return list(_resolved(here).get("properties", {}))


def _near(name: str, known: Sequence[str], what: str) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6) if len(name) <= _LONGEST_NAME else []
    quoted = f"`{name}`" if len(name) <= _LONGEST_NAME else shown(name)
    if found:
        return f"{quoted}: did you mean `{found[0]}`?"
    return f"{quoted} is no {what} here; there is {_listed(known, 'and')}"


def _listed(names: Sequence[str], last: str = "or") -> str:
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:
        return "".join(quoted) or "nothing"
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def describe(part: Schema) -> str:
    """What a schema allows: "a number from 0 to 1", "a text of 1 to 24 characters"."""
    part = _resolved(part)
    if "const" in part:
        return f'"{part["const"]}"'
    if "enum" in part:
        return _listed(part["enum"])
    if "discriminator" in part:
        return f"an object whose `kind` is {_listed(_kinds(part))}"
    describer = _DESCRIBED.get(part.get("type", ""))
    return describer(part) if describer else "something else"


def _range(part: Schema) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    above, below = part.get("exclusiveMinimum"), part.get("exclusiveMaximum")
    start = f"more than {above:,}" if above is not None else f"from {low:,}" if low is not None else ""
    end = (
        f"less than {below:,}"
        if below is not None
        else f"{'at most' if above is not None or low is None else 'to'} {high:,}"
        if high is not None
        else ""
    )
    joined = f" {'and ' if start.startswith('more') and end else ''}".join(one for one in (start, end) if one)
    return f" {joined}" if joined else ""


def _text(part: Schema) -> str:
    pattern = part.get("pattern", "")
    if pattern:
        return _PATTERNS.get(pattern, f"a text like {pattern}")
    return f"a text{''.join(_members(part, 'Length', ' of ', ' characters'))}"


def _list(part: Schema) -> str:
    if "prefixItems" in part:
        each = [describe(one) for one in part["prefixItems"]]
        alike = f", each {each[0]}" if len(set(each)) == 1 else ": " + "; ".join(each)
        return f"a list of {len(each)}{alike}"
    return f"a list{''.join(_members(part, 'Items', ' of ', ' entries'))}"


def _members(part: Schema, what: str, before: str, after: str) -> Iterator[str]:
    low, high = part.get(f"min{what}"), part.get(f"max{what}")
    if low is not None and high is not None:
        yield f"{before}{low:,} to {high:,}{after}"
    elif high is not None:
        yield f"{before}at most {high:,}{after}"
    elif low is not None:
        yield f"{before}{low:,} or more{after}"


_DESCRIBED: Final[Mapping[str, Callable[[Schema], str]]] = {
    "number": lambda part: f"a number{_range(part)}",
    "integer": lambda part: f"a whole number{_range(part)}",
    "string": _text,
    "boolean": lambda _: "true or false",
    "array": _list,
    "object": lambda part: f"an object{''.join(_members(part, 'Properties', ' of ', ' entries'))}",
}
