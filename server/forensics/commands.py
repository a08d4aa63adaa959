"""`python -m server forensics ...`: what the command line does."""

from __future__ import annotations

import sys
from pathlib import Path

from server.forensics import fusion
from server.forensics.evaluation import manifest
from server.forensics.evaluation.report import report, text
from server.forensics.evaluation.table import build


def evaluate(path: Path, *, json_only: bool) -> None:
    """Evaluate on the clips of a manifest: the table on stdout, or with `json_only` the figures as JSON.

    The clips are decoded in this process: they are the operator's own. Raises Refused for no manifest.
    """
    listed = manifest.read(path)
    examples = build(listed, lambda line: print(line, file=sys.stderr))
    found = report(listed, examples, fusion.stored())
    print(found.json() if json_only else text(found))
