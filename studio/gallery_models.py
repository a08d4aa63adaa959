"""Made-up checkpoints and figures for the pictures and the tests."""

from __future__ import annotations

from typing import Any

from server.forensics.checkpoints.schemas import CheckpointView, ModelsView
from server.forensics.evaluation.schemas import EvaluationLine, EvaluationView
from server.forensics.rules import Condition, Slot


def checkpoint(name: str = "face-net", **more: Any) -> CheckpointView:
    """A made-up checkpoint that is in use."""
    values: dict[str, Any] = {
        "name": name,
        "slot": Slot.FACE_MANIPULATION,
        "licence": "Apache-2.0",
        "non_commercial": False,
        "sha256": "3f9a" * 16,
        "version": "3f9a3f9a3f9a.0badcafe",
        "look_closer_bp": 7_000,
        "likely_bp": 9_300,
        "source": "made up for the demo",
        "why": None,
    }
    return CheckpointView(**values | more)


def bare(name: str, why: str) -> CheckpointView:
    """A file without a card that holds."""
    nothing = dict.fromkeys(CheckpointView.model_fields.keys() - {"name", "why"})
    return CheckpointView(name=name, why=why, **nothing)


def models(*checkpoints: CheckpointView, due: int = 0) -> ModelsView:
    """A model folder with these."""
    detectors = {f"model:{one.name}": one.version for one in checkpoints if one.why is None and one.version}
    return ModelsView(checkpoints=list(checkpoints), detectors={"face": "2"} | detectors, due=due)


def some() -> ModelsView:
    """One in use, and three that are not, each for another reason."""
    return models(
        checkpoint(),
        checkpoint(
            "gore-net",
            slot=Slot.VIOLENCE,
            licence="CC-BY-NC-4.0",
            non_commercial=True,
            look_closer_bp=None,
            likely_bp=None,
            why="Its licence (CC-BY-NC-4.0) allows no commercial use: add it with --accept-non-commercial if "
            "that is what you do.",
        ),
        bare("old-weights", "old-weights.pt is not ONNX: only .onnx files are accepted."),
        checkpoint(
            "voice-net",
            slot=Slot.VOICE_SYNTHESIS,
            licence="MIT",
            why="The file is not the one that its card names: its SHA-256 is another.",
        ),
        due=1_240,
    )


def line(slot: Slot = Slot.LIP_SYNC, condition: Condition | None = None, **more: Any) -> EvaluationLine:
    """A made-up line of a slot that is of use."""
    values: dict[str, Any] = {
        "slot": slot,
        "condition": condition,
        "fakes": 540,
        "reals": 30,
        "scored_bp": 7_537,
        "auc_bp": 9_953,
        "auc_low_bp": 9_891,
        "auc_high_bp": 10_000,
        "brier_bp": 912,
        "tpr_look_closer_bp": 6_722,
        "fpr_look_closer_bp": 0,
        "fpr_look_closer_upper_bp": 950,
        "tpr_likely_bp": 4_870,
        "fpr_likely_bp": 0,
        "fpr_likely_upper_bp": 950,
        "usable": True,
    }
    return EvaluationLine(**values | more)


def evaluation() -> EvaluationView:
    """One slot that is of use, and one that is not."""
    useless: dict[str, Any] = {
        "scored_bp": 0,
        "auc_bp": 745,
        "auc_low_bp": 0,
        "auc_high_bp": 2_084,
        "brier_bp": 4_026,
        "tpr_look_closer_bp": 0,
        "tpr_likely_bp": 0,
        "fakes": 21,
        "reals": 36,
        "usable": False,
    }
    bare_line = dict.fromkeys(
        name for name in EvaluationLine.model_fields if name.endswith("_bp") and name != "scored_bp"
    )
    return EvaluationView(
        fusion="fusion-v1",
        manifest_sha256="8d08c328" * 8,
        clips=126,
        lines=[
            line(Slot.FACE_MANIPULATION, Condition.CLEAN, **useless),
            line(Slot.FACE_MANIPULATION, **useless),
            line(Slot.VOICE_SYNTHESIS, **useless | bare_line),
            line(Slot.LIP_SYNC, Condition.CLEAN, fakes=90, reals=5),
            line(Slot.LIP_SYNC),
        ],
    )
