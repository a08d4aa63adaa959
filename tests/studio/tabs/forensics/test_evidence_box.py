"""Evidence that is opened: faces cut from the video that plays, curves to press, signals in sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from server.forensics.rules import Slot
from studio import gallery_evidence as made
from studio import gallery_scores
from studio.tabs.forensics import evidence, state
from studio.tabs.forensics.evidence import Place
from studio.tabs.forensics.evidence_box import EvidenceBox
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.tabs.forensics.face_strip import FaceButton, FaceStrip
from studio.tabs.forensics.lip_chart import LipChart
from studio.tabs.forensics.view import ScoresView
from studio.video.cuttings import Cutting
from studio.video.panel import ReviewPlayer
from studio.video.shield import Pixels, Shield
from tests.studio.tabs.office import nameless
from tests.studio.video.conftest import clip as coded_clip

clip = coded_clip
Clip = Callable[[str], Path]


@pytest.fixture
def player(qtbot: QtBot, clip: Clip) -> ReviewPlayer:
    shown = ReviewPlayer()
    qtbot.addWidget(shown, before_close_func=ReviewPlayer.close_video)
    shown.resize(640, 480)
    shown.show()
    shown.open(clip("bframes"))
    qtbot.waitUntil(lambda: shown.player.head is not None)
    return shown


def box_of(qtbot: QtBot, slot: Slot, cutter: FaceCutter) -> tuple[EvidenceBox, list[Place]]:
    kept = evidence.of_slot(slot, made.FIRST, [*made.faces(), *made.lips()])
    assert kept is not None
    box = EvidenceBox("Face manipulation", kept, cutter)
    qtbot.addWidget(box)
    went: list[Place] = []
    box.place_wanted.connect(went.append)
    box.resize(330, 800)
    box.show()
    return box, went


def read(box: EvidenceBox) -> str:
    return "\n".join(label.text() for label in box.findChildren(QLabel) if label.isVisible())


def test_it_opens_into_sentences_and_each_leads_to_its_place(qtbot: QtBot) -> None:
    box, went = box_of(qtbot, Slot.FACE_MANIPULATION, FaceCutter())
    assert read(box) == ""
    box.opener.click()
    said = read(box)
    assert "-0.42 · reliability 62 %. Other noise than around it is a trace of a face put in." in said
    assert "The faces are too small" not in said  # that is said of the other face
    buttons = box.findChildren(QAbstractButton)
    (go,) = [b for b in buttons if b.accessibleName() == "Face manipulation, Noise of the face: go there"]
    go.click()
    assert went[0].ms == 1_200
    assert went[0].regions
    assert nameless(box) == []
    box.opener.click()
    assert read(box) == ""


def test_a_face_is_chosen_goes_there_and_shows_its_own_signals(qtbot: QtBot) -> None:
    box, went = box_of(qtbot, Slot.FACE_MANIPULATION, FaceCutter())
    box.opener.click()
    (strip,) = box.findChildren(FaceStrip)
    first, second = strip.buttons
    assert first.isChecked()
    qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert second.isChecked()
    assert not first.isChecked()
    assert went[-1].ms == 2_000
    qtbot.waitUntil(lambda: "The faces are too small to judge." in read(box))


def test_faces_are_cut_from_the_video_under_its_shield(qtbot: QtBot, player: ReviewPlayer) -> None:
    cutter = FaceCutter()
    kept = evidence.all_faces(made.faces())
    cutter.watch(player)
    cutter.show_faces(kept)
    assert cutter.image(made.FIRST) is None
    button = FaceButton(kept[0], cutter, worst=False)
    qtbot.addWidget(button)
    button.show()
    plain = button.grab().toImage()
    cutter.want()
    qtbot.waitUntil(lambda: cutter.image(made.FIRST) is not None)
    shielded = _pixels(cutter)
    player.player.reveal(True)
    raw = _pixels(cutter)
    assert raw.shape != shielded.shape or not np.array_equal(raw, shielded)
    player.player.reveal(False)
    assert np.array_equal(_pixels(cutter), shielded)
    assert button.grab().toImage() != plain
    player.player.set_blank(True)
    assert cutter.image(made.FIRST) is None
    assert button.grab().toImage() == plain
    player.player.set_blank(False)
    assert cutter.image(made.FIRST) is not None
    player.close_video()
    assert cutter.image(made.FIRST) is None


def _pixels(cutter: FaceCutter) -> NDArray[np.uint8]:
    return cutter._images[made.FIRST][0].copy()


def test_of_the_restricted_class_no_face_is_cut(qtbot: QtBot, player: ReviewPlayer) -> None:
    view = ScoresView(may_ask=False)
    qtbot.addWidget(view)
    view.cutter.watch(player)
    view.show_known(gallery_scores.found().model_copy(update={"restricted_class": True}))
    assert view.cutter._faces == ()
    view.show_known(gallery_scores.found())
    assert len(view.cutter._faces) == 2


def test_another_item_takes_no_face_from_the_video_that_its_player_goes_on_to(
    qtbot: QtBot, player: ReviewPlayer, clip: Clip
) -> None:
    view = ScoresView(may_ask=False)
    qtbot.addWidget(view)
    view.cutter.watch(player)
    view.show_known(gallery_scores.found())
    view.begin()  # the next item is under its cover, in another player
    player.open(clip("vfr"))  # and this one prepares the one after it
    qtbot.waitUntil(lambda: player.player.head is not None)
    view.show_known(gallery_scores.found())
    begun: list[str] = []
    view.cutter._worker.start = lambda name, _work: begun.append(name)  # type: ignore[assignment,method-assign]
    view.cutter.want()
    assert begun == []
    view.cutter.watch(player)  # its cover is off
    assert begun == ["faces"]


def test_the_curves_are_pressed_to_seek(qtbot: QtBot) -> None:
    box, went = box_of(qtbot, Slot.LIP_SYNC, FaceCutter())
    box.opener.click()
    chart = box.chart
    assert isinstance(chart, LipChart)
    assert "240 ms late" in chart.accessibleDescription()
    assert "240 ms late" in read(box)
    before = chart.grab().toImage()
    box.set_now(5_000)
    assert chart.grab().toImage() != before
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(chart.width() // 2, 30))
    assert went[-1].ms == pytest.approx(6_000, abs=40)
    assert went[-1].regions
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert went[-1].ms == 5_100
    pressed = len(went)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(100, chart.height() - 10))
    assert len(went) == pressed  # the curve of lags has another axis


def test_what_was_opened_stays_open_when_the_scores_come_anew(qtbot: QtBot) -> None:
    view = ScoresView(may_ask=True)
    qtbot.addWidget(view)
    view.resize(362, 900)
    view.show()
    view.show_known(gallery_scores.found())
    line = next(line for line in view._lines if line.evidence is not None)
    assert line.evidence is not None
    line.evidence.opener.click()
    view.show_known(gallery_scores.running_again())
    assert line in view._lines  # what is the same is the same widget
    assert line.evidence.opener.isChecked()
    view.show_known(gallery_scores.found().model_copy(update={"prevalence_bp": 900}))
    again = next(line for line in view._lines if line.evidence is not None)
    assert again is not line
    assert again.evidence is not None
    assert again.evidence.opener.isChecked()
    view.begin()
    view.show_known(gallery_scores.found())
    assert not any(line.evidence and line.evidence.opener.isChecked() for line in view._lines)


def test_every_slot_that_was_looked_at_opens() -> None:
    deepfake, content = state.read(gallery_scores.found()).sections
    opens = [meter.title for meter in (*deepfake.meters, *content.meters) if meter.evidence]
    assert opens == ["Face manipulation", "Voice synthesis", "Lip sync", "Hate speech"]


def test_a_face_that_comes_is_treated_alone(
    qtbot: QtBot, player: ReviewPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated: list[int] = []
    before = Cutting.treated

    def counted(cutting: Cutting, shield: Shield) -> Pixels:
        treated.append(cutting.number)
        return before(cutting, shield)

    monkeypatch.setattr(Cutting, "treated", counted)
    cutter = FaceCutter()
    cutter.watch(player)
    faces = state.read(gallery_scores.found()).faces
    cutter.show_faces(faces)
    cutter.want()
    qtbot.waitUntil(lambda: len(cutter._cut) == len(faces))
    assert sorted(treated) == list(range(len(faces)))
    cutter.forget()


def test_while_it_plays_the_curves_are_not_drawn_anew(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    box, _ = box_of(qtbot, Slot.LIP_SYNC, FaceCutter())
    box.opener.click()
    chart = box.chart
    assert isinstance(chart, LipChart)
    chart.grab()
    monkeypatch.setattr(chart, "_paint_curve", lambda *_: pytest.fail("they stand still"))
    for ms in (1_000, 2_000):
        box.set_now(ms)
        chart.grab()
