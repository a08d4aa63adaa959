"""Gives a widget the keys of one scope, and keeps them out of text fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from studio.keys import BY_ID, PORTABLE, Keymap, Scope, typed

_ARROWS: Final = frozenset({"Left", "Right", "Up", "Down", "Home", "End", "PgUp", "PgDown"})
_ENTER: Final = frozenset({"Return", "Enter"})
_OPERATED_BY: Final[dict[type[QWidget], frozenset[str]]] = {
    QAbstractButton: _ENTER | {"Space"},
    QAbstractSlider: _ARROWS,
    QComboBox: _ARROWS | {"Space"},
    QTabBar: _ARROWS,
    QAbstractItemView: _ARROWS | {f"Shift+{arrow}" for arrow in _ARROWS} | {"Space"},
    QAbstractScrollArea: _ARROWS | {f"Shift+{arrow}" for arrow in _ARROWS},
}
"""What a focused control needs for itself; a shortcut with the same key waits until it is left.

A widget of our own that is operated by keys has them in `operated_by`, as the portable names of Qt.
"""

_LEFT: Final = frozenset(
    {QEvent.Type.FocusOut, QEvent.Type.WindowDeactivate, QEvent.Type.Hide, QEvent.Type.EnabledChange}
)
"""After one of these the key up may be told to somebody else, a menu for example."""


def bind(
    keymap: Keymap, widget: QWidget, scope: Scope, handlers: Mapping[str, Callable[..., object]]
) -> dict[str, QAction]:
    """Give `widget` one QAction for each handled action of `scope`; return them by id.

    Global and urgent actions are heard in the whole window, others while the focus is inside `widget`. The
    handler of a `hold` action is called with True at key down and False when that key goes up,
    whatever else is down by then, or as soon as the focus, the window or `widget` itself is left.
    Raises KeyError for an id that is not of this scope.
    """
    for name in handlers:
        if BY_ID[name].scope != scope:
            raise KeyError(name)
    return _Binding(keymap, widget, scope, handlers).actions


class _Binding(QObject):
    """The live connection of one widget to the key map; dies with the widget."""

    def __init__(
        self, keymap: Keymap, widget: QWidget, scope: Scope, handlers: Mapping[str, Callable[..., object]]
    ) -> None:
        super().__init__(widget)
        self._keymap = keymap
        self._widget = widget
        self._handlers = handlers
        self._holding: str | None = None
        self._held_key = 0
        self._guarded: QObject | None = None
        self.actions = {name: self._action(widget, scope, name) for name in handlers}
        self._set_keys()
        keymap.changed.connect(self._set_keys)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow_focus)
            self._follow_focus(None, app.focusWidget())
        if any(BY_ID[name].hold for name in handlers):
            widget.installEventFilter(self)

    def _action(self, widget: QWidget, scope: Scope, name: str) -> QAction:
        action = QAction(BY_ID[name].text, widget)
        action.setObjectName(name)
        action.setAutoRepeat(BY_ID[name].repeats)
        if not BY_ID[name].hold:
            whole = Qt.ShortcutContext.WindowShortcut
            inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
            wide = scope == "global" or BY_ID[name].urgent
            action.setShortcutContext(whole if wide else inside)
            action.triggered.connect(lambda: self._handlers[name]())
        widget.addAction(action)
        return action

    def _set_keys(self) -> None:
        for name, action in self.actions.items():
            action.setToolTip(self._keymap.tooltip(name))
            if not BY_ID[name].hold:
                action.setShortcuts([QKeySequence(key) for key in self._keymap.keys(name)])

    def _follow_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        """Watch the focused widget alone: a filter on the application would see every event."""
        if self._guarded is not None and isValid(self._guarded):
            self._guarded.removeEventFilter(self)
        self._guarded = now
        self._end_hold()
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _LEFT:
            self._end_hold()
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and watched is self._guarded:
            if self._kept_by_focus(watched, event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress:
            return self._inside(watched) and (self._press(watched, event) or self._begin_hold(event))
        elif event.type() == QEvent.Type.KeyRelease and self._holding and not event.isAutoRepeat():
            # Without its modifiers: Shift may have been pressed, or let go, since the hold began.
            return event.key() == self._held_key and self._end_hold()
        return False

    def _inside(self, watched: QObject) -> bool:
        return watched is self._widget or (
            isinstance(watched, QWidget) and self._widget.isAncestorOf(watched)
        )

    def _kept_by_focus(self, focus: QObject, event: QKeyEvent) -> bool:
        key = _pressed(event)
        if is_text_field(focus):
            return any(key in self._keymap.keys(name) and typed(name, key) for name in self.actions)
        return key in operated_by(focus)

    def _press(self, focus: QObject, event: QKeyEvent) -> bool:
        """Enter presses the button that has the focus; Qt itself leaves that to dialogs."""
        if not isinstance(focus, QAbstractButton) or event.isAutoRepeat() or _pressed(event) not in _ENTER:
            return False
        focus.click()
        return True

    def _begin_hold(self, event: QKeyEvent) -> bool:
        if is_text_field(QApplication.focusWidget()):
            return False
        key = _pressed(event)
        for name in self.actions:
            if BY_ID[name].hold and key in self._keymap.keys(name):
                if not event.isAutoRepeat() and self._holding is None:
                    self._holding, self._held_key = name, event.key()
                    self._handlers[name](True)
                return True
        return False

    def _end_hold(self) -> bool:
        name, self._holding = self._holding, None
        if name is not None:
            self._handlers[name](False)
        return name is not None


def operated_by(focus: object) -> frozenset[str]:
    """The keys that a focused widget needs for itself."""
    own = getattr(focus, "operated_by", None)
    if isinstance(own, frozenset):
        return own
    return next((keys for kind, keys in _OPERATED_BY.items() if isinstance(focus, kind)), frozenset())


def is_text_field(widget: object) -> bool:
    """Tell whether typing into `widget` writes text."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit | QAbstractSpinBox):
        return not widget.isReadOnly()
    return False


def _pressed(event: QKeyEvent) -> str:
    combination = event.keyCombination()
    if event.key() == Qt.Key.Key_Question:
        return "?"
    return QKeySequence(combination).toString(PORTABLE).removeprefix("Num+")
