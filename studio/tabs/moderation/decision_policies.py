"""Choosing the policy that is violated: a shortlist by digit, and a search in the whole tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from server.moderation.schemas import PolicyNode
from studio.key_hints import follow
from studio.keys import Keymap
from studio.tabs.moderation.decision_state import matching
from studio.theme import style
from studio.widgets.label import tooltip
from studio.widgets.painting import fill_rounded
from studio.widgets.popover import Popover
from studio.widgets.search_field import SearchField

HEIGHT: Final = 30
COLUMNS: Final = 2


class PolicyButton(QPushButton):
    """One policy: its digit, a bar in the colour of its severity, its title, cut where the room ends."""

    def __init__(self, node: PolicyNode, key: str, tip: str) -> None:
        super().__init__()
        self.node, self._key, self._tip = node, "", tip
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(f"{node.title}, {node.severity} severity")
        self.set_key(key)

    def set_key(self, key: str) -> None:
        """Show the key that chooses it; "" when none does."""
        self._key = key
        name = f"{self.node.title} ({key})" if key else self.node.title
        self.setToolTip(tooltip(f"{name}\n{self.node.severity.capitalize()} severity. {self._tip}"))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def wanted_width(self) -> int:
        """The width in px at which the title is not cut."""
        return self.fontMetrics().horizontalAdvance(self.node.title) + (38 if self._key else 25)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        worn = style.tokens()
        fill_rounded(painter, QRect(7, 8, 4, self.height() - 16).toRectF(), self.node.severity.value, 2)
        painter.setPen(QColor(worn.text_faint if self.isEnabled() else worn.text_disabled))
        painter.drawText(QRect(16, 0, 14, self.height()), Qt.AlignmentFlag.AlignVCenter, self._key)
        painter.setPen(QColor(worn.text if self.isEnabled() else worn.text_disabled))
        room = QRect(30 if self._key else 17, 0, self.width() - (36 if self._key else 23), self.height())
        shown = painter.fontMetrics().elidedText(self.node.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)


class PolicyPicker(QWidget):
    """The shortlist, and after it whatever else was chosen by search."""

    chosen = Signal(str)
    """The code of a policy that was chosen by its digit."""
    pressed = Signal(str)
    """The code of a policy whose button was pressed."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.setAccessibleName("Policies")
        self._keymap = keymap
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.buttons: list[PolicyButton] = []
        self._shortlist: list[PolicyNode] = []
        follow(keymap, self, self._show_keys)

    def show_policies(self, shortlist: Sequence[PolicyNode], chosen: PolicyNode | None) -> None:
        """Offer `shortlist`; `chosen` is checked, and added at the end when it is not in the list."""
        self._shortlist = list(shortlist)
        known = {node.code for node in shortlist}
        extra = [] if chosen is None or chosen.code in known else [chosen]
        wanted = [*shortlist, *extra]
        if [button.node for button in self.buttons] != wanted:
            for button in self.buttons:
                self._grid.removeWidget(button)
                button.hide()
                button.deleteLater()
            self.buttons = [self._button(n, node, len(shortlist)) for n, node in enumerate(wanted)]
            self._place()
        for button in self.buttons:
            button.setChecked(chosen is not None and button.node.code == chosen.code)

    def choose(self, number: int) -> None:
        """Choose policy `number` of the shortlist, from 1."""
        if number <= len(self._shortlist):
            self.chosen.emit(self._shortlist[number - 1].code)

    def _show_keys(self) -> None:
        for place, button in enumerate(self.buttons):
            button.set_key(self._key(place, len(self._shortlist)))

    def _key(self, place: int, listed: int) -> str:
        return self._keymap.shown(f"review.policy.{place + 1}") if place < listed else ""

    def _button(self, place: int, node: PolicyNode, listed: int) -> PolicyButton:
        button = PolicyButton(node, self._key(place, listed), node.covers)
        button.clicked.connect(lambda: self.pressed.emit(node.code))
        return button

    def _place(self) -> None:
        """Two in a row; one whose title would be cut has a row of its own."""
        half = (self.width() - self._grid.spacing()) // COLUMNS
        place = 0
        for button in self.buttons:
            self._grid.removeWidget(button)
            wide = button.wanted_width() > half
            if wide and place % COLUMNS:
                place += 1
            self._grid.addWidget(button, place // COLUMNS, place % COLUMNS, 1, COLUMNS if wide else 1)
            place += COLUMNS if wide else 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._place()


class PolicySearch(Popover):
    """Finds a policy by words of its title, code or text; Enter takes the first, arrows choose."""

    chosen = Signal(str)

    def __init__(self, tree: Mapping[str, PolicyNode], window: QWidget) -> None:
        super().__init__("Find a policy", window, 420)
        self._tree = list(tree.values())
        self.field = SearchField("Title, code or words of the policy")
        self.list = QListWidget()
        self.list.setAccessibleName("Policies found")
        self.list.setUniformItemSizes(True)
        self.list.setFixedHeight(260)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.field.textChanged.connect(self._show)
        self.list.itemClicked.connect(self._take)
        self.body.addWidget(self.field)
        self.body.addWidget(self.list)
        self.closed.connect(self.deleteLater)
        self._show("")

    def open(self) -> None:
        super().open()
        self.field.setFocus()

    def _show(self, typed: str) -> None:
        self.list.clear()
        for node in matching(self._tree, typed):
            entry = QListWidgetItem(f"{node.title}   ·   {node.severity}   ·   {node.code}")
            entry.setData(Qt.ItemDataRole.UserRole, node.code)
            entry.setToolTip(tooltip(node.covers))
            self.list.addItem(entry)
        self.list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys that the field does not want: choose and take."""
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in moves:
            row = self.list.currentRow() + moves[Qt.Key(event.key())]
            self.list.setCurrentRow(max(0, min(row, self.list.count() - 1)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentItem())
        else:
            super().keyPressEvent(event)

    def _take(self, entry: QListWidgetItem | None) -> None:
        if entry is not None:
            self.close_now()
            self.chosen.emit(str(entry.data(Qt.ItemDataRole.UserRole)))
