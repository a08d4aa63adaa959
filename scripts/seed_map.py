"""Writes docs/seed-map.md from docs/seed-map.toml (`make docs`)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
HEAD = """# Where the seed went

Written by `make docs` from `seed-map.toml`. The seed document describes the platform naively; its
meanings are kept, its mistakes are not. *planned* names the later issue that owes it.
"""


def render(source: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    lines = [HEAD, "## Tables and columns", "", "| table | state | where | remark |", "|---|---|---|---|"]
    for name, table in source["table"].items():
        lines.append(f"| {name} | {table['state']} | {table['where']} | {table.get('note', '')} |")
    lines += ["", "| column | where |", "|---|---|"]
    for name, table in source["table"].items():
        lines += [f"| {name}.{column} | {where} |" for column, where in table.get("columns", {}).items()]
        lines += [f"| {name}.{column} | planned with its table |" for column in table.get("planned", ())]
    for kind, title in (
        ("method", "Service methods"),
        ("screen", "Screens"),
        ("metric", "Metrics"),
        ("claim", "Claims"),
    ):
        lines += ["", f"## {title}", "", f"| {kind} | state | where |", "|---|---|---|"]
        lines += [f"| {name} | {state} | {where} |" for name, (state, where) in source[kind].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (DOCS / "seed-map.md").write_text(render(tomllib.loads((DOCS / "seed-map.toml").read_text())))
