"""Fit and evaluation on made-up examples whose truth is known; swaps and sources of a manifest."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from server.cli import main
from server.forensics.conditions import Condition, conditions
from server.forensics.evaluation import manifest, metrics, perturb
from server.forensics.evaluation.evaluate import leave_source_out, shipped
from server.forensics.evaluation.fit import fit_slot
from server.forensics.evaluation.report import BEGIN, END, Report, card, report, text
from server.forensics.evaluation.table import Example, build
from server.forensics.fusion import Fusion, SlotFusion
from server.forensics.rules import Slot
from server.forensics.sample import Facts, MediaSample
from server.forensics.sound import Piece, Samples, Sound
from server.refused import Refused

SLOT = Slot.FACE_MANIPULATION
CONDITIONS = (Condition.CLEAN, Condition.RECOMPRESSED, Condition.RESIZED)


def examples(apart: float, *, useless: Condition | None = None, sources: int = 8) -> list[Example]:
    """Clips of some sources, both kinds in each, whose one telling signal is `apart` deviations apart."""
    dice = np.random.default_rng(5)
    rows = []
    for source in range(sources):
        for i in range(6):
            fake = i % 2 == 0
            for condition in CONDITIONS:
                far = 0.0 if condition is useless else apart
                values = {
                    "edge_noise": float(dice.normal(far if fake else 0.0, 1)),
                    "face_ring_noise": float(dice.normal(0, 1)),
                    "jitter": float(dice.normal(0, 1)),
                }
                name = f"{source}-{i}"
                rows.append(Example(name, (f"s{source}",), SLOT, fake, condition, (condition,), (values,)))
    return rows


@pytest.fixture(scope="module")
def telling() -> list[Example]:
    """Clips whose signal tells; several tests look at the same fit of them."""
    return examples(4.0, sources=6)


@pytest.fixture(scope="module")
def fitted(telling: list[Example]) -> SlotFusion:
    return fit_slot(SLOT, telling)


@pytest.fixture(scope="module")
def told(telling: list[Example], fitted: SlotFusion) -> Report:
    """What the evaluation says of them."""
    fusion = Fusion(version="test", manifest_sha256="f" * 64, clips=1, slots={SLOT: fitted})
    return report(manifest.Manifest((), "f" * 64), telling, fusion)


def test_a_signal_that_tells_is_of_use_and_keeps_to_its_rates(fitted: SlotFusion, told: Report) -> None:
    assert fitted.auc_low > 0.9
    assert all(fitted.usable.values())
    assert len(fitted.draws) > 20
    names = list(fitted.signals)
    weights = dict(zip(names, fitted.draws[0][1:], strict=True))
    assert weights["edge_noise"] > 3 * abs(weights["jitter"])
    whole = told.leave_source_out[-1]
    assert whole.condition is None
    assert whole.auc is not None
    assert whole.auc > 0.95
    assert whole.tpr_look_closer is not None
    assert whole.tpr_look_closer > 0.7
    assert whole.fpr_look_closer is not None
    assert whole.fpr_look_closer <= 0.10


def test_noise_is_of_no_use() -> None:
    noise = examples(0.0)
    assert not any(fit_slot(SLOT, noise, draws=0).usable.values())
    assert all(line.coverage == 0.0 and line.tpr_likely == 0.0 for line in leave_source_out(SLOT, noise))


def test_a_condition_in_which_it_fails_is_left_out_alone() -> None:
    fitted = fit_slot(SLOT, examples(4.0, useless=Condition.RESIZED), draws=0)
    assert fitted.usable == {Condition.CLEAN: True, Condition.RECOMPRESSED: True, Condition.RESIZED: False}


def test_a_difference_between_sources_is_no_difference_between_kinds() -> None:
    """Fakes of one source, real clips of another: nothing can be learnt of fakes from that."""
    rows = [replace(one, groups=("a" if one.fake else "b",)) for one in examples(4.0)]
    assert not any(fit_slot(SLOT, rows, draws=0).usable.values())


def test_who_abstained_counts_as_not_flagged() -> None:
    rows = examples(4.0, sources=5)
    half = [replace(one, faces=()) if one.fake and one.clip.endswith("0") else one for one in rows]
    line = leave_source_out(SLOT, half)[-1]
    assert line.tpr_look_closer is not None
    assert line.tpr_look_closer <= 2 / 3
    assert line.coverage < 1.0


def test_auc_and_its_interval() -> None:
    assert metrics.auc([3, 2], [1, 2]) == 0.875
    assert metrics.auc([], [1]) is None
    scores = [0.9, 0.8, 0.2, 0.1] * 4
    kinds = [True, True, False, False] * 4
    assert metrics.auc_interval(scores, kinds, [f"s{i // 4}" for i in range(16)]) == (1.0, 1.0)
    assert metrics.auc_interval(scores, kinds, ["one"] * 16) is None


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    assert metrics.upper_bound(0, 10) == pytest.approx(1 - 0.05 ** (1 / 10))
    assert metrics.upper_bound(10, 10) == 1.0
    assert metrics.upper_bound(0, 0) is None


def test_a_threshold_lets_through_no_more_than_its_rate() -> None:
    real = [i / 100 for i in range(100)]
    at = metrics.threshold(real, 100, 0.10)
    assert sum(score >= at for score in real) == 10
    assert metrics.threshold([0.4], 5, 0.02) > 0.4
    assert metrics.threshold([], 5, 0.02) == 0.0


def test_brier_weighs_both_kinds_alike() -> None:
    assert metrics.brier([1.0, 0.5, 0.5, 0.5], [True, False, False, False]) == 0.125
    assert metrics.brier([1.0], [True]) is None


def test_the_card_and_the_table_carry_limits(
    telling: list[Example], fitted: SlotFusion, told: Report
) -> None:
    assert told.seen
    assert "NO TEST" in text(told)
    page = card(f"head\n{BEGIN}\nstale\n{END}\ntail\n", json.loads(told.json()))
    assert page.startswith("head\n")
    assert page.endswith("tail\n")
    assert "stale" not in page
    assert "[<= " in page
    fusion = Fusion(version="test", manifest_sha256="f" * 64, clips=1, slots={SLOT: fitted})
    assert shipped(SLOT, telling, fusion)[0].usable


def write_manifest(folder: Path, rows: list[tuple[str, str, str, str, str]]) -> Path:
    with (folder / "MANIFEST.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["file", "kind", "label", "source", "licence", "duration_s", "notes"])
        out.writerows(
            [name, kind, label, source, "own", 1, notes] for name, kind, label, source, notes in rows
        )
    return folder / "MANIFEST.csv"


def test_clips_of_one_repository_are_one_source(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()
    path = write_manifest(
        tmp_path,
        [
            ("a", "video", "real", "Owner/Name : x.mp4", ""),
            ("b", "video", "fake", "owner/name : y.mp4", "CONSTRUCTED audio swap, picture untouched"),
            ("c", "video", "real", "other/name : z.mp4", "its sound may not match: not lip-sync truth"),
        ],
    )
    a, b, c = manifest.read(path).clips
    assert a.group == b.group != c.group
    assert (a.own_sound, b.own_sound, c.own_sound) == (True, False, False)
    assert b.sound_swapped


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,label\nx,real\n")
    with pytest.raises(Refused, match="column"):
        manifest.read(tmp_path / "a.csv")
    with pytest.raises(Refused, match="not beside it"):
        manifest.read(write_manifest(tmp_path, [("gone.mp4", "video", "real", "a/b", "")]))


@pytest.fixture
def voices(tmp_path: Path, spoken: Callable[..., Samples], write_wav: Callable[..., Path]) -> Path:
    """A manifest of two made sounds."""
    rows = []
    for i in range(2):
        write_wav(tmp_path / f"{i}.wav", spoken(6.0, i))
        rows.append((f"{i}.wav", "audio", "fake" if i % 2 else "real", f"made/by{i}", ""))
    return write_manifest(tmp_path, rows)


def test_every_sound_is_measured_in_every_condition(voices: Path) -> None:
    rows = build(manifest.read(voices), lambda line: None)
    assert {one.slot for one in rows} == {Slot.VOICE_SYNTHESIS}
    assert len(rows) == 2 * 5
    assert all(one.faces for one in rows)


def test_the_command_prints_figures_for_each_condition(
    voices: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["forensics", "evaluate", str(voices), "--json", "--data", str(tmp_path / "data")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {line["condition"] for line in told["leave_source_out"]} >= {"noise", "gate", "telephone", None}


def sampled(samples: Samples) -> MediaSample:
    return MediaSample(
        path="", facts=Facts(container="wav", duration_ms=6_000), sound=Sound((Piece(0, samples),))
    )


def test_what_a_perturbation_does_is_noticed(spoken: Callable[..., Samples]) -> None:
    quiet = (np.random.default_rng(2).standard_normal(6 * 16_000) * 4e-4).astype(np.float32)
    clean = Sound((Piece(0, spoken(6.0) + quiet),))
    assert conditions(sampled(clean.pieces[0].samples)) == {Condition.CLEAN}
    for condition in (Condition.NOISE, Condition.GATE, Condition.TELEPHONE):
        worn = perturb.sound(condition, clean)
        assert worn.pieces[0].samples.size == clean.pieces[0].samples.size
        assert condition in conditions(sampled(worn.pieces[0].samples))


def test_recompression_keeps_the_sound_in_time(spoken: Callable[..., Samples]) -> None:
    before = spoken(4.0)
    after = perturb.recompressed(before)
    lags = np.correlate(after.astype(np.float64), before[800:-800].astype(np.float64), "valid")
    assert abs(int(lags.argmax()) - 800) < 40
