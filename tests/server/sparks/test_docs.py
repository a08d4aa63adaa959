"""The spark that `docs/sparks.md` teaches with is one that may be published."""

from __future__ import annotations

import re
from pathlib import Path

from server.content.media.results import FileLimits
from server.sparks import judging

DOCS = Path(__file__).parents[3] / "docs/sparks.md"


def test_the_spark_of_the_tutorial_passes_the_gates(tmp_path: Path) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    content = judging.accepted(text)
    limits = FileLimits()
    found = judging.examine(tmp_path / "none", limits, content=content.text, sha256=content.sha256)
    assert found.refusals == ()
    assert content.slug == "paper-moon"
