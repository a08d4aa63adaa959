"""The settings dialog: its pages come from the table in `settings.py`, its keys from `keys.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.key_hints import follow
from studio.keys import ACTIONS, PORTABLE, Action, KeyConflict, Keymap, shown
from studio.settings import TABLE, Choice, Flag, Number, ServerUrl, Setting, Settings
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.form import FormRow
from studio.widgets.label import Label
from studio.widgets.number_field import NumberField

KEYS_PAGE = "Keys"


class SettingsDialog(QDialog):
    """Every change works at once and is kept by `changed`; there is no Apply to forget."""

    changed = Signal(object)
    """A `Changes` that names the setting."""
    keys_changed = Signal()

    def __init__(self, settings: Settings, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._keymap = settings, keymap
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.resize(820, 600)
        worn = style.tokens()
        names = list(dict.fromkeys(setting.page for setting in TABLE if setting.page))
        if KEYS_PAGE not in names:
            names.append(KEYS_PAGE)
        self.pages = QListWidget()
        self.pages.setAccessibleName("Pages")
        self.pages.setFixedWidth(180)
        self.pages.addItems(names)
        self._stack = QStackedWidget()
        for name in names:
            page = self._keys_page() if name == KEYS_PAGE else self._page(name)
            self._stack.addWidget(_scrolled(page, name))
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.accept)
        body, line = QHBoxLayout(), QHBoxLayout()
        body.setSpacing(worn.space_5)
        body.addWidget(self.pages)
        body.addWidget(self._stack, 1)
        line.addStretch(1)
        line.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_5, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_4)
        layout.addWidget(Label("Settings", "heading"))
        layout.addLayout(body, 1)
        layout.addLayout(line)

    def show_page(self, name: str) -> None:
        """Open one page; an unknown name changes nothing."""
        for item in self.pages.findItems(name, Qt.MatchFlag.MatchExactly):
            self.pages.setCurrentItem(item)

    def _page(self, name: str) -> QWidget:
        page, column = _column()
        column.addWidget(Label(name, "title"))
        for setting in TABLE:
            if setting.page == name:
                column.addWidget(self._row(setting))
        column.addStretch(1)
        return page

    def _row(self, setting: Setting[Any]) -> QWidget:
        value, title = self._settings.get(setting), _title(setting)
        if isinstance(setting.type, Flag):
            box = QCheckBox(title)
            box.setAccessibleName(title)
            box.setChecked(value)
            box.toggled.connect(partial(self._set, setting))
            row, column = _column(spacing=2)
            column.addWidget(box)
            column.addWidget(Label(setting.doc, "caption", wrap=True))
            return row
        return FormRow(title, self._field(setting, value), setting.doc)

    def _field(self, setting: Setting[Any], value: Any) -> QWidget:
        match setting.type:
            case Choice(options):
                combo = QComboBox()
                combo.addItems([option.capitalize() for option in options])
                combo.setCurrentIndex(options.index(value))
                combo.currentIndexChanged.connect(lambda n: self._set(setting, options[n]))
                return combo
            case Number(low, high, unit):
                spin = NumberField(_title(setting), low, high, value, unit=unit)
                spin.setSingleStep(max(1, (high - low) // 40))
                spin.valueChanged.connect(partial(self._set, setting))
                return spin
            case ServerUrl():
                line = QLineEdit(value)
                line.setPlaceholderText("https://studio.example.org")
                line.editingFinished.connect(lambda: self._set_url(setting, line))
                return line
        raise TypeError(f"{setting.key} has no field")

    def _set(self, setting: Setting[Any], value: Any) -> None:
        self.changed.emit(self._settings.set(setting, value))

    def _set_url(self, setting: Setting[str], line: QLineEdit) -> None:
        row = line.parent()
        allowed = setting.type.allows(line.text().strip())
        if isinstance(row, FormRow):
            fault = "An address that begins with https://, or one on this computer."
            row.set_fault("" if allowed else fault)
        if allowed:
            self._set(setting, line.text().strip())

    # Keys

    def _keys_page(self) -> QWidget:
        page, column = _column()
        top = QHBoxLayout()
        top.addWidget(Label("Keys", "title"), 1)
        reset = Button("Reset all keys", kind="quiet", icon="undo")
        reset.clicked.connect(self._reset_keys)
        top.addWidget(reset)
        column.addLayout(top)
        self._key_fault = Label("", "danger", wrap=True)
        self._swap = Button("Swap the two keys")
        self._swap.clicked.connect(self._swap_keys)
        self._wanted: tuple[str, str] | None = None
        self._trouble = QWidget()
        trouble = QHBoxLayout(self._trouble)
        trouble.setContentsMargins(0, 0, 0, 0)
        trouble.addWidget(self._key_fault, 1)
        trouble.addWidget(self._swap)
        self._trouble.hide()
        column.addWidget(self._trouble)
        for group in dict.fromkeys(action.group for action in ACTIONS):
            column.addWidget(Label(group, "section"))
            grid = QGridLayout()
            grid.setColumnStretch(0, 1)
            grid.setVerticalSpacing(4)
            for number, action in enumerate(a for a in ACTIONS if a.group == group):
                self._key_row(grid, number, action)
            column.addLayout(grid)
        column.addStretch(1)
        return page

    def _key_row(self, grid: QGridLayout, number: int, action: Action) -> None:
        grid.addWidget(Label(action.text), number, 0)
        more = Label("", "muted")
        field = QKeySequenceEdit()
        field.setMaximumSequenceLength(1)
        field.setAccessibleName(f"Key for: {action.text}")
        field.setFixedWidth(160)
        clear = IconButton("x", f"Take the key away from: {action.text}")
        reset = IconButton("undo", f"Reset the key for: {action.text}")
        for place, widget in enumerate((more, field, clear, reset), start=1):
            grid.addWidget(widget, number, place)

        def show() -> None:
            keys = self._keymap.keys(action.id)
            field.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())
            more.setText("".join(f"{shown(key)}, " for key in reversed(keys[1:])))
            clear.setEnabled(bool(keys))

        def take() -> None:
            text = field.keySequence().toString(PORTABLE)
            keys = self._keymap.keys(action.id)
            if text and text != (keys[0] if keys else ""):
                self._wanted = (action.id, text)
                self._try_key(lambda: self._keymap.remap(action.id, [text, *keys[1:]]))
            show()

        field.editingFinished.connect(take)
        clear.clicked.connect(lambda: self._try_key(lambda: self._keymap.remap(action.id, [])))
        reset.clicked.connect(lambda: self._try_key(lambda: self._keymap.reset(action.id)))
        follow(self._keymap, field, show)

    def _try_key(self, change: Callable[[], object]) -> None:
        try:
            change()
        except ValueError as error:
            self._key_fault.setText(f"{error}. Nothing was changed.")
            self._swap.setVisible(isinstance(error, KeyConflict) and self._wanted is not None)
            self._trouble.show()
        else:
            self._wanted = None
            self._trouble.hide()
            self.keys_changed.emit()

    def _swap_keys(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._try_key(lambda: self._keymap.swap(*wanted))

    def _reset_keys(self) -> None:
        self._wanted = None
        self._try_key(self._keymap.reset)


def _title(setting: Setting[Any]) -> str:
    return setting.label or setting.key.rsplit(".", 1)[1].replace("_", " ").capitalize()


def _column(*, spacing: int | None = None) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    page.setProperty("surface", "clear")
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(style.tokens().space_4 if spacing is None else spacing)
    return page, column


def _scrolled(page: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setAccessibleName(name)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
