"""The evaluation as a table, as JSON, and as the model card of docs/forensics.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from server.forensics.evaluation.evaluate import Line, leave_source_out, shipped
from server.forensics.evaluation.manifest import Manifest
from server.forensics.evaluation.table import Example
from server.forensics.fusion import Fusion
from server.forensics.rules import DEEPFAKE

BEGIN, END = "<!-- evaluation -->", "<!-- /evaluation -->"
_SHOWN = (
    ("slot", "slot"),
    ("condition", "condition"),
    ("fakes", "fakes"),
    ("reals", "real"),
    ("coverage", "scored"),
    ("auc", "AUC"),
    ("brier", "Brier"),
    ("tpr_look_closer", "TPR look closer"),
    ("fpr_look_closer", "FPR look closer"),
    ("tpr_likely", "TPR likely"),
    ("fpr_likely", "FPR likely"),
    ("usable", "of use"),
)


@dataclass(frozen=True)
class Report:
    """Both evaluations of a manifest. `seen` says that the shipped fusion was fitted on this very one, so
    that its figures are no test. `abstained` counts reasons by slot."""

    manifest_sha256: str
    fusion: str
    seen: bool
    leave_source_out: tuple[Line, ...]
    shipped: tuple[Line, ...]
    abstained: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def json(self) -> str:
        """All figures, rounded to four places."""
        return json.dumps(_rounded(asdict(self)), indent=1, sort_keys=True)


def report(manifest: Manifest, examples: Sequence[Example], fusion: Fusion) -> Report:
    """Evaluate every slot of the deepfake panel."""
    reasons: dict[str, dict[str, int]] = {}
    for one in examples:
        if not one.faces and one.reason:
            slot = reasons.setdefault(one.slot.value, {})
            slot[one.reason] = slot.get(one.reason, 0) + 1
    return Report(
        manifest_sha256=manifest.sha256,
        fusion=fusion.version,
        seen=fusion.manifest_sha256 == manifest.sha256,
        leave_source_out=tuple(line for slot in DEEPFAKE for line in leave_source_out(slot, examples)),
        shipped=tuple(line for slot in DEEPFAKE for line in shipped(slot, examples, fusion)),
        abstained=reasons,
    )


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    """Lines as a Markdown table; None is a dash, rates of real clips carry their upper bound."""
    rows = ["| " + " | ".join(title for _, title in _SHOWN) + " |", "|" + "---|" * len(_SHOWN)]
    rows += ["| " + " | ".join(_cell(line, name) for name, _ in _SHOWN) + " |" for line in lines]
    return "\n".join(rows)


def text(found: Report) -> str:
    """The report for a terminal."""
    told = json.loads(found.json())
    note = " (NO TEST: it was fitted on this manifest)" if found.seen else ""
    return "\n".join(
        [
            f"manifest {found.manifest_sha256[:12]}, fusion {found.fusion}",
            "",
            "Leave-source-out: each source scored by a fit on all others",
            table(told["leave_source_out"]),
            "",
            f"The fusion that ships{note}",
            table(told["shipped"]),
            "",
            "Abstained: " + json.dumps(told["abstained"]),
        ]
    )


def card(page: str, told: Mapping[str, Any]) -> str:
    """The page with its evaluation as `told` (a report's JSON) has it."""
    head, rest = page.split(BEGIN)
    body = "\n".join(
        [
            "",
            f"Manifest sha256 `{told['manifest_sha256']}`, fusion `{told['fusion']}`.",
            "Every source is scored by a fit on all the others, thresholds included. In brackets: the",
            "95 % interval of the AUC when sources are drawn anew; the 95 % upper bound of false alarms.",
            "",
            table(told["leave_source_out"]),
            "",
        ]
    )
    return f"{head}{BEGIN}\n{body}\n{END}{rest.split(END)[1]}"


def _cell(line: Mapping[str, Any], name: str) -> str:
    value = line[name]
    if name == "condition":
        return str(value or "all")
    if name == "auc" and value is not None and line["auc_low"] is not None:
        return f"{value:.2f} [{line['auc_low']:.2f}, {line['auc_high']:.2f}]"
    if name.startswith("fpr") and value is not None:
        return f"{value:.2f} [<= {line[f'{name}_upper']:.2f}]"
    if isinstance(value, bool):
        return "yes" if value else "no usable signal"
    if isinstance(value, float):
        return f"{value:.2f}"
    return "-" if value is None else str(value)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
