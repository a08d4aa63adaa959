"""What is said of checkpoints and of how the scores did, and the columns of both tables."""

from __future__ import annotations

from typing import Final

from server.forensics.checkpoints.schemas import CheckpointView, ModelsView
from server.forensics.evaluation.schemas import EvaluationLine, EvaluationView
from server.forensics.rules import Condition
from studio.tabs.forensics.words import TITLES
from studio.video.playhead import percent
from studio.widgets.table import ChipLook, Column

ADD: Final = "python -m server models add NET.onnx"
"""What puts a checkpoint into the folder, on the machine of the server."""
CONDITIONS: Final = {
    None: "All together",
    Condition.CLEAN: "As they are",
    Condition.NOISE: "With noise",
    Condition.GATE: "Noise gated",
    Condition.TELEPHONE: "Telephone",
    Condition.RECOMPRESSED: "Recompressed",
    Condition.RESIZED: "Resized",
}
_BP: Final = 10_000
NONE: Final = "-"
_USED, _UNUSED = ChipLook("success", "check"), ChipLook("warning", "alert-triangle")
_OF_USE, _NO_USE = ChipLook("success", "check"), ChipLook("neutral", "minus", "No")


def share(bp: int | None) -> str:
    """Basis points as a share with two places, as such figures are written."""
    return NONE if bp is None else f"{bp / _BP:.2f}"


def auc(line: EvaluationLine) -> str:
    """The AUC with its interval."""
    if line.auc_bp is None or line.auc_low_bp is None:
        return share(line.auc_bp)
    return f"{share(line.auc_bp)} [{share(line.auc_low_bp)}, {share(line.auc_high_bp)}]"


def rate(bp: int | None, upper: int | None) -> str:
    """A rate of false alarms with what it is at most."""
    return share(bp) if bp is None or upper is None else f"{share(bp)} [≤{share(upper)}]"


def checkpoints() -> list[Column[CheckpointView]]:
    """What lies in the model folder, by name."""
    return [
        Column(
            id="name",
            title="Name",
            width=120,
            stretch=2,
            text=lambda c: c.name,
            key=lambda c: c.name,
            tooltip=lambda c: "\n".join(part for part in (c.name, c.source or "") if part),
            tip="What its card calls it, or the name of its file.",
        ),
        Column(
            id="slot",
            title="Answers for",
            width=136,
            text=lambda c: TITLES[c.slot] if c.slot else NONE,
            tip="The score that it gives, in place of the signals. One checkpoint at most gives each.",
        ),
        Column(
            id="licence",
            title="Licence",
            width=110,
            stretch=1,
            text=licence,
            tooltip=licence,
            tone="text_muted",
            tip="Under which licence its maker gave it away, as its card says.",
        ),
        Column(
            id="state",
            title="State",
            width=114,
            text=lambda c: "In use" if c.why is None else "Not used",
            chip=lambda c: _USED if c.why is None else _UNUSED,
            tip="Whether analyses use it now. The file is verified whenever it is used.",
        ),
        Column(
            id="flags",
            title="Flags from",
            width=100,
            text=thresholds,
            tooltip=lambda c: f"Look closer, likely: {thresholds(c)}",
            tone="text_muted",
            tip="The scores from which a person is asked to look closer, and from which it is called likely.",
        ),
        Column(
            id="sha256",
            title="SHA-256",
            width=112,
            text=lambda c: c.sha256[:12] if c.sha256 else NONE,
            tooltip=lambda c: f"{c.sha256}\nVersion {c.version}" if c.sha256 else "",
            tone="text_muted",
            tip="The beginning of the digest of its file, by which two of them are told apart.",
        ),
        Column(
            id="why",
            title="Why not",
            width=120,
            stretch=4,
            text=lambda c: c.why or "",
            tooltip=lambda c: c.why or "",
            tone="text_muted",
            tip="What keeps it from being used.",
        ),
    ]


def licence(one: CheckpointView) -> str:
    """The licence, and that it is not for trade where that is not in its name."""
    said = one.licence or NONE
    return f"{said} (non-commercial)" if one.non_commercial and "NC" not in said else said


def thresholds(one: CheckpointView) -> str:
    """Both thresholds; one that is not there is never passed."""
    if one.look_closer_bp is None and one.likely_bp is None:
        return "never" if one.sha256 else NONE
    both = (one.look_closer_bp, one.likely_bp)
    return ", ".join("never" if bp is None else percent(bp) for bp in both)


def due(models: ModelsView) -> str:
    """How many videos wait for another look, since what looks at them has changed."""
    if not models.due:
        return "All current analyses are by the detectors that are installed now."
    many = f"{models.due:,} current analyses are" if models.due > 1 else "1 current analysis is"
    return (
        f"{many} by detectors of other versions. These videos are looked at again by themselves, fifty at a "
        "time, while nothing else waits; what is shown of them until then is the earlier score."
    )


def detectors(models: ModelsView) -> str:
    """What looks at videos now, a line each with its version."""
    return "\n".join(f"{name} {version}" for name, version in sorted(models.detectors.items()))


def measured(found: EvaluationView) -> str:
    """What the figures below were measured on, and how."""
    return (
        f"Measured on {found.clips:,} clips and on copies of them that were made worse. Each source was "
        "scored by a fit on all the other sources, thresholds included, so no clip is judged by what it "
        "taught. Figures on other material will be worse."
    )


def of_what(found: EvaluationView) -> str:
    """Which fusion, on which clips."""
    return f"{found.fusion} · manifest {found.manifest_sha256[:12]}"


def _number(column: str, title: str, width: int, tip: str) -> Column[EvaluationLine]:
    """A share of the line, named without `_bp`."""

    def of(line: EvaluationLine) -> int | None:
        value: int | None = getattr(line, f"{column}_bp")
        return value

    def text(line: EvaluationLine) -> str:
        if column == "auc":
            return auc(line)
        if column.startswith("fpr"):
            return rate(of(line), getattr(line, f"{column}_upper_bp"))
        return share(of(line))

    return Column(
        id=column,
        title=title,
        width=width,
        text=text,
        key=lambda line: float(-1 if (bp := of(line)) is None else bp),
        align="right",
        tip=tip,
    )


def evaluation() -> list[Column[EvaluationLine]]:
    """A line for each slot and condition, as they were measured."""
    return [
        Column(
            id="slot",
            title="Slot",
            width=136,
            stretch=2,
            text=lambda e: TITLES[e.slot],
            tip="What the score is about.",
        ),
        Column(
            id="condition",
            title="Condition",
            width=108,
            below="slot",
            text=lambda e: CONDITIONS[e.condition],
            tone="text_muted",
            tip="What was done to the clips before they were scored, as uploads do it.",
        ),
        Column(
            id="fakes",
            title="Fakes",
            width=62,
            text=lambda e: f"{e.fakes:,}",
            key=lambda e: float(e.fakes),
            align="right",
            tip="How many manipulated clips were scored. Few of them make every figure uncertain.",
        ),
        Column(
            id="reals",
            title="Real",
            width=52,
            text=lambda e: f"{e.reals:,}",
            key=lambda e: float(e.reals),
            align="right",
            tip="How many untouched clips were scored. Few of them leave false alarms unknown.",
        ),
        _number(
            "scored",
            "Scored",
            64,
            "The share of the clips that would be given a score; of the others it would be said why not.",
        ),
        _number(
            "auc",
            "AUC",
            134,
            "How often a fake scores higher than a real clip: 1 is always, 0.5 is chance. In brackets the "
            "range that other sources like these would give in 95 of 100 cases.",
        ),
        _number(
            "brier",
            "Brier",
            56,
            "How far the scores lie from the truth on average, squared: 0 is perfect, 0.25 is a coin.",
        ),
        _number(
            "tpr_look_closer",
            "TPR closer",
            90,
            "The share of fakes that would have said “look closer” or more.",
        ),
        _number(
            "fpr_look_closer",
            "FPR closer",
            104,
            "The share of real clips that would have said “look closer” or more: false alarms. In brackets "
            "what it is at most, with a certainty of 95 %.",
        ),
        _number("tpr_likely", "TPR likely", 82, "The share of fakes that would have been called likely."),
        _number(
            "fpr_likely",
            "FPR likely",
            104,
            "The share of real clips that would have been called likely: false alarms. In brackets what "
            "it is at most, with a certainty of 95 %.",
        ),
        Column(
            id="usable",
            title="Of use",
            width=80,
            text=lambda e: "Yes" if e.usable else "No usable signal",
            chip=lambda e: _OF_USE if e.usable else _NO_USE,
            tooltip=lambda e: USE if e.usable else NO_USE,
            tip="Whether real clips and fakes were told apart well enough for a score to be shown.",
        ),
    ]


USE: Final = "A score is shown in this condition."
NO_USE: Final = "No usable signal: no score is shown in this condition, the measurements are evidence only."
