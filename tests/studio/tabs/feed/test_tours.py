"""The whole feed by keys alone, and without motion."""

from __future__ import annotations

from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QObject, QPropertyAnimation, Qt, QVariantAnimation
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.theme import style
from studio.video_link import link_to
from studio.widgets.popover import Popover
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.office import until, words

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
MOUSE = {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.Wheel}


class Keys:
    """Types where the keyboard is, as a person does."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    @property
    def focus(self) -> QWidget:
        """What has the keyboard."""
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        return focus

    def press(self, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.focus, key, modifier)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.focus, text)

    def tab_to(self, widget: QWidget) -> None:
        """Go on by Tab until `widget` has the keyboard."""
        for _ in range(40):
            if self.focus is widget:
                return
            self.press(Key.Key_Tab)
        raise AssertionError(f"Tab does not lead to {widget.accessibleName()}")


class NoMouse(QObject):
    """Counts what a mouse did."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.seen += event.type() in MOUSE
        return False


async def people(viewer: Viewer, keys: Keys) -> None:
    """Open a video of theirs from a profile, block them there, and let go of them in the list."""
    aside = viewer.page.aside
    keys.press(Key.Key_P)
    await until(lambda: aside.profile.profile is not None and aside.profile.grid.videos)
    keys.tab_to(aside.profile.grid)
    keys.press(Key.Key_Home)
    keys.press(Key.Key_Return)
    await viewer.sees(0)
    keys.tab_to(aside.profile.block_button)
    keys.press(Key.Key_Space)
    await until(lambda: "You block Maker 0" in words(aside.profile))
    await viewer.sees(1)
    keys.press(Key.Key_Escape)
    assert aside.shown is None
    await viewer.send()
    keys.press(Key.Key_B)
    await until(lambda: any(each.button.isVisible() for each in aside.blocked.rows.values()))
    (row,) = aside.blocked.rows.values()
    keys.tab_to(row.button)
    keys.press(Key.Key_Space)
    assert row.button.text() == "Block"
    keys.press(Key.Key_Escape)
    assert viewer.page.stage.hasFocus()


def test_everything_can_be_done_by_keys_alone(watch: Watch, qapp: QApplication) -> None:
    mouse = NoMouse()
    qapp.installEventFilter(mouse)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        keys, page = Keys(viewer), viewer.page
        for key in (
            Key.Key_L,
            Key.Key_S,
            Key.Key_F,
            Key.Key_M,
            Key.Key_Plus,
            Key.Key_Space,
        ):
            keys.press(key)
        assert viewer.item.mine.model_dump() == {"liked": True, "saved": True, "following": True}
        keys.press(Key.Key_K)
        await until(lambda: page.aside.comments._thread.read)
        keys.type("By keys")
        keys.press(Key.Key_Return, CONTROL)
        await until(lambda: "By keys" in words(page.aside.comments))
        keys.press(Key.Key_Escape)
        assert not page.aside.comments.isVisible()
        keys.press(Key.Key_W)
        await until(lambda: "Nothing else is counted" in words(viewer.tab))
        keys.press(Key.Key_Escape)
        await until(lambda: not any(each.isVisible() for each in viewer.tab.findChildren(Popover)))
        keys.press(Key.Key_R)
        assert page.deeds.report is not None
        await until(page.deeds.report.list.count)
        keys.type("threat")
        keys.tab_to(page.deeds.report.list)
        keys.press(Key.Key_Down)
        keys.tab_to(page.deeds.report.note)
        keys.type("At the end")
        keys.press(Key.Key_Return, CONTROL)
        await until(lambda: "moderators get your report" in viewer.office.told())
        keys.press(Key.Key_Down)
        await viewer.sees(1)
        keys.press(Key.Key_PageUp)
        await viewer.sees(0)
        keys.press(Key.Key_C)
        assert QGuiApplication.clipboard().text() == link_to(viewer.item.video.id)
        keys.press(Key.Key_V, CONTROL)  # it is in place already, so another one is asked for
        keys.type(link_to(UUID(int=1_003)))
        keys.press(Key.Key_Return)
        await viewer.sees(3)
        await people(viewer, keys)
        await viewer.send()

    world = watch(story)
    qapp.removeEventFilter(mouse)
    assert mouse.seen == 0
    (flag,) = world.flags
    assert (flag["policy"], flag["note"]) == ("violence.threat", "At the end")
    assert [comment["body"] for comment in world.comments] == ["By keys"]
    assert [len(world.told(kind)) for kind in ("share", "block", "unblock")] == [1, 1, 1]


def test_nothing_moves_by_itself_but_the_video(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    monkeypatch.setattr(style.theme(), "reduced_motion", True)
    for kind in (QPropertyAnimation, QVariantAnimation):
        start = kind.start

        def note(run: QVariantAnimation, *more: object, start: object = start) -> None:
            if run.duration():
                moved.append(type(run.parent()).__name__)
            start(run, *more)  # type: ignore[operator]

        monkeypatch.setattr(kind, "start", note)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        stage = viewer.page.stage
        keys = Keys(viewer)
        for key in (
            Key.Key_L,
            Key.Key_S,
            Key.Key_F,
            Key.Key_K,
            Key.Key_Escape,
            Key.Key_Down,
        ):
            keys.press(key)
        assert stage.offset == 0
        assert not stage._clock.isActive()
        assert not viewer.page.surface.burst.isVisible()
        await viewer.sees(1)

    watch(story)
    assert moved == []
