"""What `docs` says to authors: a spark to begin with that may be published, and what each field is."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.content.media.results import FileLimits
from server.sparks import judging

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs/sparks.md"


def undescribed(part: Any, within: str = "Spark") -> Iterator[str]:
    """The fields of all objects in a schema that an editor has nothing to say of, as `Type.field`."""
    if isinstance(part, list):
        for one in part:
            yield from undescribed(one, within)
    if not isinstance(part, dict):
        return
    fields = part.get("properties", {})
    for name, field in fields.items():
        # Beside a `$ref`: what that leads to says what the type is, not what it is for here.
        if not field.get("description", "").strip():
            yield f"{within}.{name}"
        yield from undescribed(field, f"{within}.{name}")
    for name, one in part.get("$defs", {}).items():
        yield from undescribed(one, name)
    for key in part.keys() - {"properties", "$defs", "default"}:
        yield from undescribed(part[key], within)


def test_the_spark_of_the_tutorial_passes_the_gates(tmp_path: Path) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    content = judging.accepted(text)
    limits = FileLimits()
    found = judging.examine(tmp_path / "none", limits, content=content.text, sha256=content.sha256)
    assert found.refusals == ()
    assert content.slug == "paper-moon"


def test_each_field_of_the_schema_says_what_it_is() -> None:
    schema = json.loads(runpy.run_path(str(ROOT / "scripts/spark_schema.py"))["render"]())
    assert list(undescribed(schema)) == []
    fields = schema["$defs"]["Look"]["properties"]
    assert fields["sprite"]["$ref"] == "#/$defs/Sprite"
    assert fields["sprite"]["description"] == "What each looks like."
    assert schema["$defs"]["Gravity"]["properties"]["kind"]["description"] == "A constant acceleration."


def test_a_field_that_says_nothing_is_named() -> None:
    said, blank = {"description": "In px."}, {"$ref": "#/$defs/Part", "description": " "}
    part = {"properties": {"x": said, "y": {"type": "number"}}}
    schema = {
        "properties": {"at": said, "part": blank, "all": said | {"items": {"anyOf": [part]}}},
        "$defs": {"Part": part},
    }
    assert list(undescribed(schema)) == ["Spark.part", "Spark.all.y", "Part.y"]
