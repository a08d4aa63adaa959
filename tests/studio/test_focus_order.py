"""Tab through the window with the queue in it: every control is met, once, in the order one reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from studio.tabs.audit.tab import AuditTab
from studio.tabs.moderation.tab import ModerationTab
from studio.window import MainWindow, TabKind
from tests.studio.tabs.moderation.conftest import Play, play, until
from tests.studio.tabs.moderation.desk import PERMISSIONS, Desk
from tests.studio.tabs.moderation.seat import FakeReview
from tests.studio.tabs.moderation.world import World, item

__all__ = ["play"]

Walk = Callable[[MainWindow, ModerationTab], None]


def shown(walk: Walk) -> Callable[[Desk], Awaitable[None]]:
    """A story in which `walk` goes through a window that shows the queue."""

    async def story(desk: Desk) -> None:
        window = MainWindow(desk.context.keymap, desk.context.messages)
        queue = TabKind(tab=ModerationTab, build=lambda c: ModerationTab(c, review=lambda _: FakeReview()))
        window.start(desk.context, [queue, TabKind(tab=AuditTab, build=AuditTab)], {})
        window.show()
        tab = window.current
        assert isinstance(tab, ModerationTab)
        await until(lambda: tab.queue.feed.read_once and tab.queue.preview.review is not None)
        window.activateWindow()
        await until(window.isActiveWindow)
        walk(window, tab)
        window.close_now()
        window.deleteLater()

    return story


def path(window: MainWindow, key: Qt.Key) -> list[QWidget]:
    """Press `key` until the focus is where it began; what was met."""
    met: list[QWidget] = []
    while (now := window.focusWidget()) is not None and now not in met:
        met.append(now)
        QTest.keyClick(now, key)
    assert now is met[0]
    return met


def place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint()), widget.size())


def controls(window: QWidget) -> list[QWidget]:
    """What a person can operate; of tabs in the rail the open one stands for all."""
    found = [w for w in window.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
    return [
        w
        for w in found
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus
        and w.focusProxy() is None
        and not (isinstance(w, QAbstractButton) and w.autoExclusive() and not w.isChecked())
    ]


def test_tab_meets_every_control_once_in_the_order_of_reading(play: Play) -> None:
    def walk(window: MainWindow, tab: ModerationTab) -> None:
        met = path(window, Qt.Key.Key_Tab)
        assert {id(w) for w in met} == {id(w) for w in controls(window)}
        bar, queue = tab.queue.bar, tab.queue
        first = min(n for n, w in enumerate(met) if window.rail.isAncestorOf(w))
        met = met[first:] + met[:first]
        parts = (window.rail, queue.header, bar.line.field, bar.narrow, bar.order, queue.table, queue.preview)
        order = [next(n for n, w in enumerate(met) if part is w or part.isAncestorOf(w)) for part in parts]
        assert order == sorted(order)
        for part in (window.rail, queue.header, bar, queue.preview):
            inside = [place(w, window) for w in met if part.isAncestorOf(w)]
            for a, b in pairwise(inside):
                assert a.top() < b.bottom()
                assert b.top() > a.bottom() or a.left() < b.left() or a.contains(b)

    play(World(item(n) for n in range(30)), shown(walk), permissions=(*PERMISSIONS, "audit.read"))


def test_shift_tab_goes_the_same_way_back(play: Play) -> None:
    def walk(window: MainWindow, tab: ModerationTab) -> None:
        there, back = path(window, Qt.Key.Key_Tab), path(window, Qt.Key.Key_Backtab)
        assert back == [there[0], *reversed(there[1:])]

    play(World(item(n) for n in range(30)), shown(walk))


def test_f6_goes_from_the_rail_to_the_page_to_what_stands_beside_it(play: Play) -> None:
    def walk(window: MainWindow, tab: ModerationTab) -> None:
        parts = (window.rail, tab.queue.preview, window.stack)
        tab.setFocus()
        assert window.focusWidget() is tab.queue.table
        met = []
        for _ in range(3):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_F6)
            now = window.focusWidget()
            assert now is not None
            met.append(next(part for part in parts if part.isAncestorOf(now)))
        assert met == [tab.queue.preview, window.rail, window.stack]
        assert window.focusWidget() is tab.queue.table

    play(World(item(n) for n in range(30)), shown(walk))


def test_the_keys_that_are_shown_are_those_of_the_page(play: Play) -> None:
    def walk(window: MainWindow, tab: ModerationTab) -> None:
        def told() -> str:
            window.show_keys()
            words = "\n".join(label.text() for label in window.keys_overlay.findChildren(QLabel))
            window.keys_overlay.close_now()
            return words

        assert "Copy selected rows" in told()
        assert "Claim the next item" in told()
        under_review = FakeReview()
        tab._stack.addWidget(under_review)
        tab._stack.setCurrentWidget(under_review)
        assert "Copy selected rows" not in told()
        assert "Claim the next item" not in told()
        assert "Search and commands" in told()

    play(World([item(n) for n in range(3)]), shown(walk), permissions=PERMISSIONS)
