"""The figures that were measured, as they ship with the fusion. Reads one file and works nothing out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import resources
from server.forensics import fusion
from server.forensics.evaluation.schemas import EvaluationLine, EvaluationView

STORED: Final = "models/fusion-v1.evaluation.json"
_SHARES: Final = {"scored_bp": "coverage"}
"""What is called otherwise in the file."""


@lru_cache(maxsize=1)
def stored() -> EvaluationView | None:
    """The evaluation of the fusion that ships; None where the figures are those of another one."""
    told = json.loads(resources.path(STORED).read_text())
    ships = fusion.stored()
    if (told["fusion"], told["manifest_sha256"]) != (ships.version, ships.manifest_sha256):
        return None
    return EvaluationView(
        fusion=ships.version,
        manifest_sha256=ships.manifest_sha256,
        clips=ships.clips,
        lines=[_line(one) for one in told["leave_source_out"]],
    )


def _line(told: Mapping[str, Any]) -> EvaluationLine:
    """Shares of the file, which has four places, as basis points."""
    values: dict[str, Any] = {}
    for name in EvaluationLine.model_fields:
        value = told[_SHARES.get(name, name.removesuffix("_bp"))]
        values[name] = round(value * 10_000) if name.endswith("_bp") and value is not None else value
    return EvaluationLine(**values)
