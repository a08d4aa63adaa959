"""Writes the model card into docs/forensics.md from the evaluation that ships (`make docs`)."""

from __future__ import annotations

import json
from pathlib import Path

import resources
from server.forensics.evaluation.figures import STORED
from server.forensics.evaluation.report import card

PAGE = Path(__file__).parents[1] / "docs/forensics.md"
FIGURES = resources.path(STORED)


def render(page: str) -> str:
    """The page with the figures as they were measured last."""
    return card(page, json.loads(FIGURES.read_text()))


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
