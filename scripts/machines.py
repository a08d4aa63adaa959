"""Writes the state machines of moderation, forensics and sparks into their pages (`make docs`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from server.forensics.banks.rules import ENTRY_MACHINE
from server.forensics.rules import MACHINE
from server.moderation.rules import FLAG_MACHINE, ITEM_MACHINE
from server.sparks.rules import SPARK_MACHINE, VERSION_MACHINE

DOCS: Final = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- machines -->", "<!-- /machines -->"


class Transition(Protocol):
    """One line of a machine."""

    @property
    def before(self) -> str | None: ...
    @property
    def event(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def guard(self) -> str: ...


PAGES: Final[Mapping[str, Mapping[str, Sequence[Transition]]]] = {
    "moderation.md": {"Flag": FLAG_MACHINE, "Item": ITEM_MACHINE},
    "forensics.md": {"Analysis": MACHINE, "Bank entry": ENTRY_MACHINE},
    "sparks.md": {"Spark": SPARK_MACHINE, "Version": VERSION_MACHINE},
}


def table(title: str, machine: Sequence[Transition]) -> str:
    """One machine as a Markdown table."""
    rows = [f"| {t.before or '(none)'} | {t.event} | {t.after} | {t.guard} |" for t in machine]
    return "\n".join([f"### {title}", "", "| from | event | to | guard |", "|---|---|---|---|", *rows, ""])


def render(name: str, page: str) -> str:
    """The page of this name with its tables as the rules are now."""
    head, rest = page.split(BEGIN)
    tables = "\n".join(table(title, machine) for title, machine in PAGES[name].items())
    return f"{head}{BEGIN}\n\n{tables}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    for name in PAGES:
        file = DOCS / name
        file.write_text(render(name, file.read_text()))
