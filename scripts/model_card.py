"""Writes the model card into docs/forensics.md from docs/forensics-evaluation.json (`make docs`)."""

from __future__ import annotations

import json
from pathlib import Path

from server.forensics.evaluation.report import card

PAGE = Path(__file__).parents[1] / "docs/forensics.md"
FIGURES = PAGE.with_name("forensics-evaluation.json")


def render(page: str) -> str:
    """The page with the figures as they were measured last."""
    return card(page, json.loads(FIGURES.read_text()))


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
