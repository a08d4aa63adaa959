"""Values of the format over all its bounds, drawn from its annotations: a new field is covered by itself."""

from __future__ import annotations

import types
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as bounds
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from server.sparks.engine.format.base import Curve, Path, Seen
from server.sparks.engine.format.forces import HARDEST
from server.sparks.engine.format.layers import Particles
from server.sparks.engine.format.shapes import Drawing, Mask

_SEEN: TypeAdapter[str] = TypeAdapter(Annotated[str, Seen])
DRAWN = [
    "M0 0L9 9",
    "M0 0 H20000 V-20000 Z",
    "M0 0z",
    "m1 1c0 0 0 0 0 0",
    "M0 0A5 9 30 1 1 7 7T9 9 1-1",
    "M3 3L3 3",
]


def of(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """What JSON of a valid `model` says."""
    fields = {name: _field(model, name, field) for name, field in model.model_fields.items()}
    drawn = st.fixed_dictionaries(fields)
    if model is Particles:
        return drawn.map(lambda said: {**said, "forces": _bearable(said["forces"])})
    if model in (Curve, Path):
        key = "keys" if model is Curve else "points"
        return drawn.map(lambda said: {**said, key: _in_order(said[key], 1 if model is Curve else 2)})
    return drawn


def _field(model: type[BaseModel], name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    if model is Drawing and name == "paths":
        return st.lists(st.sampled_from(DRAWN), min_size=1, max_size=3)
    if model is Mask and name == "rows":
        return st.lists(st.text(" .:+*#", min_size=1, max_size=64), min_size=1, max_size=64)
    if model is Particles and name == "life":
        return _span(5e-324, 12)
    return _of(field.annotation, list(field.metadata))


def _of(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of(args[0], [*args[1:], *metadata])
    limits = _limits(metadata)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of([_of(one, []) for one in args])
    if origin is tuple:
        if any(getattr(getattr(each, "func", None), "__name__", "") == "_ascending" for each in metadata):
            return _span(0, 20_000)
        return st.tuples(*[_of(one, []) for one in args])
    if origin is list:
        most = min(limits.get("max_length", 4), 4)
        return st.lists(
            _of(args[0], []),
            min_size=limits.get("min_length", 0),
            max_size=max(most, limits.get("min_length", 0)),
        )
    if kind is type(None):
        return st.none()
    if issubclass(kind, BaseModel):
        return of(kind)
    if issubclass(kind, StrEnum):
        return st.sampled_from([one.value for one in kind])
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(limits["ge"], limits["le"])
    if kind is float:
        low, high = limits.get("ge", limits.get("gt")), limits["le"]
        return st.floats(low, high, exclude_min="gt" in limits) | st.sampled_from([float(high)])
    if limits.get("pattern"):
        return st.just("p")
    texts = st.text(
        st.characters(codec="utf-8"), min_size=limits["min_length"], max_size=limits["max_length"]
    )
    return texts.filter(_is_seen)


def _is_seen(text: str) -> bool:
    try:
        _SEEN.validate_python(text)
    except ValidationError:
        return False
    return True


def _limits(metadata: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in metadata:
        if isinstance(one, FieldInfo):
            found |= _limits(list(one.metadata))
        elif isinstance(one, StringConstraints):
            found |= {"pattern": one.pattern, "min_length": one.min_length, "max_length": one.max_length}
        else:
            for name, kind in (
                ("ge", bounds.Ge), ("gt", bounds.Gt), ("le", bounds.Le),
                ("min_length", bounds.MinLen), ("max_length", bounds.MaxLen),
            ):  # fmt: skip
                if isinstance(one, kind):
                    found[name] = getattr(one, name)
    return found


def _span(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=2, max_size=2).map(sorted)


def _bearable(forces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the attractors that would be too much together."""
    kept, total = [], 0.0
    for force in forces:
        total += abs(force["strength"]) / force["radius"] if force["kind"] == "attractor" else 0
        if total <= HARDEST or force["kind"] != "attractor":
            kept.append(force)
    return kept


def _in_order(keys: list[tuple[float, ...]], least: int) -> list[tuple[float, ...]]:
    by_time = dict(sorted((key[0], key) for key in keys))
    while len(by_time) < least:
        when = max(by_time) + 1e-3 if max(by_time) < 11 else min(by_time) / 2
        by_time[when] = (when, 5.0, 5.0)
    return [by_time[when] for when in sorted(by_time)]
