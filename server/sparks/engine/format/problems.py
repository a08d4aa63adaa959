"""What is wrong with a file, each with its place, in words that need no knowledge of how it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from server.kit.wire import Frozen

MOST: Final = 100
"""So many are told; of a file that has more, how many more. Telling all of a hostile one would take long."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")

Step = str | int
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Problem(Frozen):
    """One fault: `path` like `layers[2].life[1]`, empty for the whole file, and what is the matter there."""

    path: str
    message: str


class Faulty(ValueError):
    """A file that is no spark, with all of what is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = len(problems) - MOST
        self.problems = list(problems[:MOST])
        if more > 0:
            self.problems.append(Problem(path="", message=f"and {more:,} more"))
        super().__init__("\n".join(f"{p.path}: {p.message}" if p.path else p.message for p in self.problems))


def path(steps: Sequence[Step]) -> str:
    """`("layers", 2, "life", 1)` as `layers[2].life[1]`; a key that is no plain word in quotes."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{shown(step)}]"
    return text


def shown(value: object) -> str:
    """A value as the file has it, cut to 40 characters."""
    if isinstance(value, str):
        return json.dumps(value if len(value) <= 40 else value[:39] + "…")
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value) if isinstance(value, bool | int | float | None) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
