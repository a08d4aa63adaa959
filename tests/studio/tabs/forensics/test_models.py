"""The page of models: what is installed, what is not used and why, and how the scores did."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from server.forensics.evaluation.schemas import EvaluationLine
from server.forensics.rules import Condition, Slot
from studio import gallery_models as made
from studio.tabs.forensics import model_words
from studio.tabs.forensics.models_page import ModelsPage
from studio.tabs.forensics.tab import ScoresTab
from studio.widgets import clipboard
from tests.studio.tabs.office import Office, Routes, button, nameless, person_me, play, problem, words

MODELS, EVALUATION = "GET /v1/forensics/models", "GET /v1/forensics/evaluation"


@pytest.fixture
def routes() -> Routes:
    analyses = {"GET /v1/forensics/analyses": {"items": [], "next_cursor": None}}
    return Routes({MODELS: made.some(), EVALUATION: made.evaluation(), **analyses})


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any) -> None:
    async def told(office: Office) -> None:
        tab = ScoresTab(office.context)
        await office.show(tab, 1_180, 740)
        assert tab.models is not None
        tab.pages.setCurrentWidget(tab.models)
        await office.settle()
        await story(office, tab.models)

    play(qapp, folder, routes, told, me=person_me(permissions=("forensics.analyse",)))


def cells(page: ModelsPage, column: str) -> list[str]:
    model = page.evaluation.model
    return [model.cell(n, model.column_number(column)) for n in range(model.rowCount())]


def test_each_checkpoint_says_whether_it_is_used_and_why_not(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, page: ModelsPage) -> None:
        model = page.checkpoints.model
        told = {
            model.cell(n, 0): [model.cell(n, model.column_number(c)) for c in ("slot", "state", "flags")]
            for n in range(model.rowCount())
        }
        assert told == {
            "face-net": ["Face manipulation", "In use", "70 %, 93 %"],
            "gore-net": ["Violence", "Not used", "never"],
            "old-weights": ["-", "Not used", "-"],
            "voice-net": ["Voice synthesis", "Not used", "70 %, 93 %"],
        }
        assert model.cell(2, model.column_number("why")).startswith("old-weights.pt is not ONNX")
        assert "1,240 current analyses are by detectors of other versions" in words(page)
        assert "model:face-net 3f9a3f9a3f9a.0badcafe" in page.checkpoints.due.toolTip()
        assert nameless(page) == []

    run(qapp, tmp_path, routes, story)


def test_an_empty_folder_says_how_to_fill_it(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[MODELS] = made.models()

    async def story(office: Office, page: ModelsPage) -> None:
        assert "No checkpoint is installed" in words(page)
        (command,) = page.checkpoints.findChildren(QLineEdit)
        assert (command.text(), command.isReadOnly()) == (model_words.ADD, True)
        assert not page.checkpoints.table.isVisible()
        assert nameless(page) == []
        assert "by the detectors that are installed now" in words(page)
        button(page.checkpoints, "Copy").click()
        assert clipboard.text() == "python -m server models add NET.onnx"

    run(qapp, tmp_path, routes, story)


def test_the_evaluation_shows_every_figure_with_how_sure_it_is(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(office: Office, page: ModelsPage) -> None:
        assert cells(page, "auc") == ["0.07 [0.00, 0.21]"] * 2 + ["-"] + ["1.00 [0.99, 1.00]"] * 2
        assert cells(page, "fpr_likely")[-1] == "0.00 [≤0.10]"
        assert cells(page, "scored")[-1] == "0.75"
        assert cells(page, "usable") == ["No usable signal"] * 3 + ["Yes"] * 2
        assert cells(page, "condition")[:2] == ["As they are", "All together"]
        assert "Measured on 126 clips" in words(page)
        assert "Each source was scored by a fit on all the other sources" in words(page)
        assert "fusion-v1 · manifest 8d08c3288d08" in words(page)
        sides, tip = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
        for model in (page.checkpoints.model, page.evaluation.model):
            for number, column in enumerate(model.columns):
                assert column.tip.endswith(".")
                assert model.headerData(number, sides, tip)

    run(qapp, tmp_path, routes, story)


def test_one_slot_is_shown_copied_and_exported(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    out = tmp_path / "evaluation.csv"

    async def story(office: Office, page: ModelsPage) -> None:
        card = page.evaluation
        assert [card.slots.itemText(n) for n in range(card.slots.count())] == [
            "All slots",
            "Face manipulation",
            "Voice synthesis",
            "Lip sync",
        ]
        card.slots.setCurrentIndex(3)
        assert cells(page, "slot") == ["Lip sync"] * 2
        page.refresh()
        await office.settle()
        assert cells(page, "slot") == ["Lip sync"] * 2
        button(card, "Copy").click()
        head, *lines = clipboard.text().splitlines()
        assert head.split("\t")[:3] == ["Slot", "Condition", "Fakes"]
        assert [line.split("\t")[:3] for line in lines] == [
            ["Lip sync", "As they are", "90"],
            ["Lip sync", "All together", "540"],
        ]
        assert "2 lines copied" in office.told()
        card.exporting.export(out)
        await office.settle()
        with out.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == [column.title for column in card.model.columns]
        assert rows[1][-1] == "Yes"

    run(qapp, tmp_path, routes, story)


def test_each_half_fails_and_comes_back_by_itself(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[MODELS] = httpx.ConnectError("down")
    routes.answers[EVALUATION] = problem(404, "not_found", "The scores were not evaluated.")

    async def story(office: Office, page: ModelsPage) -> None:
        assert "The server cannot be reached." in words(page.checkpoints)
        assert not page.checkpoints.due.isVisible()
        assert "There is no evaluation" in words(page.evaluation)
        routes.answers[MODELS] = made.some()
        routes.answers[EVALUATION] = made.evaluation()
        button(page.checkpoints, "Try again").click()
        page.evaluation.refresh()
        await office.settle()
        assert "The server cannot be reached." not in words(page)
        assert page.evaluation.model.rowCount() == 5
        routes.answers[MODELS] = routes.answers[EVALUATION] = httpx.ConnectError("down")
        page.refresh()
        await office.settle()
        assert page.checkpoints.model.rowCount() == 4  # what is shown stays
        assert page.evaluation.model.rowCount() == 5
        assert "Not refreshed" in office.told()

    run(qapp, tmp_path, routes, story)


def test_every_line_and_condition_has_words() -> None:
    for condition in [None, *Condition]:
        assert model_words.CONDITIONS[condition]
    for column in model_words.evaluation():
        for line in (made.line(), *made.evaluation().lines):
            assert column.text(line)
            assert column.key is None or column.key(line) is not None
    names = set(EvaluationLine.model_fields)
    shown = {column.id for column in model_words.evaluation()}
    assert names - {f"{name}_bp" for name in shown} - shown == {
        "auc_low_bp",
        "auc_high_bp",
        "fpr_look_closer_upper_bp",
        "fpr_likely_upper_bp",
    }
    assert model_words.rate(100, None) == "0.01"
    assert model_words.due(made.models(due=1)).startswith("1 current analysis is")
    assert model_words.licence(made.checkpoint(non_commercial=True)) == "Apache-2.0 (non-commercial)"
    assert made.line(Slot.LIP_SYNC).usable
