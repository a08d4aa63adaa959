from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from studio.video.decoder import Picture
from studio.video.playhead import Playhead, Region, add_mark, seek
from studio.video.shield import OPEN, Shield
from studio.video.view import FrameView, pixels_of
from tests.studio.video.test_playhead import TABLE


def picture(shield: Shield, frame: int = 0, colour: int = 200) -> Picture:
    return Picture(frame, frame, np.full((90, 160, 4), colour, np.uint8), shield)


@pytest.fixture
def view(qtbot: QtBot) -> FrameView:
    made = FrameView()
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.set_video_size(160, 90)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the focus ring comes when the window likes
    made.show()
    return made


def shot(view: FrameView) -> QImage:
    return view.grab().toImage()


shields = st.sampled_from([OPEN, Shield(), Shield(strength=80), Shield(grey=True), Shield(False, 0, True)])
events = st.one_of(
    st.tuples(st.just("picture"), shields),
    st.tuples(st.just("require"), shields),
    st.tuples(st.just("blank"), st.booleans()),
    st.just(("say", None)),
)


@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(events, max_size=25))
def test_no_order_of_events_paints_too_little_shield(
    qapp: object, sequence: list[tuple[str, object]]
) -> None:
    view = FrameView()
    required = Shield()
    for what, value in sequence:
        if what == "picture":
            assert isinstance(value, Shield)
            view.show_picture(picture(value))
        elif what == "require":
            assert isinstance(value, Shield)
            required = value
            view.set_required(value)
        elif what == "blank":
            view.set_blank(bool(value))
        else:
            view.say("Something")
        assert view.picture is None or view.picture.shield.covers(required)


def test_the_last_shielded_picture_returns_at_release(view: FrameView) -> None:
    view.show_picture(picture(Shield(), colour=50))
    view.set_required(OPEN)
    assert view.show_picture(picture(OPEN, colour=220))
    view.set_required(Shield())
    assert view.picture is not None
    assert view.picture.shield == Shield()
    assert shot(view).pixelColor(200, 200) == QColor(50, 50, 50)
    assert not view.show_picture(picture(OPEN))


def test_it_is_letterboxed(view: FrameView) -> None:
    view.show_picture(picture(Shield()))
    image = shot(view)
    assert view.picture_rect().getRect() == (0, 87, 400, 225)
    assert image.pixelColor(200, 60) == QColor("black")
    assert image.pixelColor(200, 200) == QColor(200, 200, 200)
    assert view.fit() == (400, 225)


def test_every_state_says_so(view: FrameView) -> None:
    before = shot(view)
    view.say("This video cannot be shown", "The file is damaged.")
    assert shot(view) != before
    assert view.accessibleDescription() == "This video cannot be shown. The file is damaged."
    view.show_picture(picture(Shield()))
    view.set_blank(True)
    assert view.picture is None
    assert shot(view).pixelColor(10, 10) == QColor("black")


def test_overlay_shows_boxes_notes_and_the_place(view: FrameView) -> None:
    view.show_picture(picture(Shield()))
    plain = shot(view)
    head = Playhead(TABLE, regions=(Region(0, 100, 2000, 2000, 3000, 3000, "<b>face</b>"),))
    view.set_playhead(add_mark(head, "note\nwith <i>markup</i>"))
    assert shot(view) != plain
    assert view.accessibleDescription() == "Frame 1 of 100, 0:00.000"
    view.set_overlay(False)
    assert shot(view) == plain


def test_a_tall_narrow_video_does_not_divide_by_zero(view: FrameView) -> None:
    view.set_video_size(1, 5000)
    assert min(view.fit()) >= 1


def test_a_picture_of_another_frame_is_called_near(view: FrameView) -> None:
    view.show_picture(picture(Shield(), frame=7))
    view.set_playhead(seek(Playhead(TABLE), 7))
    same = shot(view)
    view.show_picture(picture(Shield(), frame=8))
    assert shot(view) != same


def test_a_box_stands_out_on_any_picture_in_any_theme(view: FrameView) -> None:
    view.show_picture(picture(Shield()))
    view.set_playhead(Playhead(TABLE, regions=(Region(0, 100, 2000, 2000, 3000, 3000),)))
    image, rect = shot(view), view.picture_rect()
    edge = rect.left() + round(rect.width() * 0.2)
    across = [
        image.pixelColor(x, rect.top() + round(rect.height() * 0.35)) for x in range(edge - 6, edge + 7)
    ]
    light = [colour.lightness() for colour in across]
    assert min(light) < 90
    assert any(colour.red() > 200 and colour.blue() < 120 for colour in across)
    assert any(colour.lightness() > 180 and colour.lightness() != 200 for colour in across)


def test_pixels_of_a_picture_whose_rows_are_longer_than_it_is_wide() -> None:
    memory = np.zeros((2, 8, 4), np.uint8)
    memory[:, :3] = 90
    picture = QImage(memory.data, 3, 2, 32, QImage.Format.Format_RGB32)
    assert pixels_of(picture).shape == (2, 3, 4)
    assert (pixels_of(picture)[..., :3] == 90).all()
