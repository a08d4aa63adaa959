"""Writes the state machines of moderation into docs/moderation.md (`make docs`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from server.moderation.rules import FLAG_MACHINE, ITEM_MACHINE, Transition

PAGE = Path(__file__).parents[1] / "docs/moderation.md"
BEGIN, END = "<!-- machines -->", "<!-- /machines -->"


def table(title: str, machine: Sequence[Transition]) -> str:
    """One machine as a Markdown table."""
    rows = [f"| {t.before or '(none)'} | {t.event} | {t.after} | {t.guard} |" for t in machine]
    return "\n".join([f"### {title}", "", "| from | event | to | guard |", "|---|---|---|---|", *rows, ""])


def render(page: str) -> str:
    """The page with its tables as the rules are now."""
    head, rest = page.split(BEGIN)
    tables = "\n".join((table("Flag", FLAG_MACHINE), table("Item", ITEM_MACHINE)))
    return f"{head}{BEGIN}\n\n{tables}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
