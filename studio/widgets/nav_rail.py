"""The list of tabs at the left edge: by mouse, arrows and Ctrl+number; wide or icons only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtSvgWidgets import QSvgWidget
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

import resources
from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.button import IconButton
from studio.widgets.chip import chip_font
from studio.widgets.label import Label, tooltip
from studio.widgets.painting import fill_rounded, focus_ring

WIDE: Final = 216
NARROW: Final = 60
_ROW: Final = 38
_ICON: Final = 18


@dataclass(frozen=True, kw_only=True)
class NavEntry:
    """One tab as the rail shows it; entries of one `section` stand together under its name."""

    id: str
    title: str
    icon: str
    section: str = ""
    key: str = ""


class NavRail(QFrame):
    """Emits `chosen` with the id of a tab when the person picks it, and not when the program does."""

    chosen = Signal(str)
    tool_pressed = Signal(str)
    """The id of a tool at the foot of the rail."""
    collapsed_changed = Signal(bool)

    def __init__(self, brand: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._buttons: dict[str, _NavButton] = {}
        self._tools: list[_NavButton] = []
        self._sections: list[QWidget] = []
        self._collapsed = False
        self._group = QButtonGroup(self)
        worn = style.tokens()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(worn.space_2, worn.space_3, worn.space_2, worn.space_3)
        self._layout.setSpacing(2)
        self._top = top = QHBoxLayout()
        top.setSpacing(0)
        self._mark = QSvgWidget(str(resources.path("brand.svg")))
        self._mark.setFixedSize(24, 24)
        self._brand = Label(brand, "title")
        self._toggle = IconButton("sidebar", "Collapse the sidebar")
        self._toggle.clicked.connect(lambda: self.set_collapsed(not self._collapsed))
        top.addWidget(self._mark)
        top.addWidget(self._brand, 1)
        top.addWidget(self._toggle)
        self._brand.setContentsMargins(10, 0, 0, 0)
        self._pad()
        self._layout.addLayout(top)
        self._layout.addStretch(1)
        self.setFixedWidth(WIDE)
        self.setAccessibleName("Tabs")

    def _pad(self) -> None:
        worn = style.tokens()
        self._top.setContentsMargins(0 if self._collapsed else worn.space_2, 0, 0, worn.space_2)

    def set_entries(self, entries: Sequence[NavEntry]) -> None:
        """Show these tabs, as a person's role gives them; badges start empty."""
        for old in (*self._buttons.values(), *self._sections):
            old.deleteLater()
            self._layout.removeWidget(old)
        self._buttons, self._sections = {}, []
        section = ""
        for entry in entries:
            if entry.section and entry.section != section:
                self._add_section(entry.section)
            section = entry.section
            button = _NavButton(entry, self)
            button.set_collapsed(self._collapsed)
            button.clicked.connect(lambda _on, name=entry.id: self.chosen.emit(name))
            self._group.addButton(button)
            self._buttons[entry.id] = button
            self._layout.insertWidget(self._tab_end(), button)

    def set_tools(self, tools: Sequence[NavEntry]) -> None:
        """Show these at the foot: what is pressed and not opened, such as search and settings."""
        for old in self._tools:
            old.deleteLater()
            self._layout.removeWidget(old)
        self._tools = [_NavButton(tool, self, checkable=False) for tool in tools]
        for tool, button in zip(tools, self._tools, strict=True):
            button.set_collapsed(self._collapsed)
            button.clicked.connect(lambda _on, name=tool.id: self.tool_pressed.emit(name))
            self._layout.addWidget(button)

    def _tab_end(self) -> int:
        """Where the next tab or section goes: before the stretch and the tools."""
        return self._layout.count() - 1 - len(self._tools)

    def _add_section(self, title: str) -> None:
        label = Label(title, "section")
        label.setContentsMargins(12, 14, 0, 4)
        label.setVisible(not self._collapsed)
        self._sections.append(label)
        self._layout.insertWidget(self._tab_end(), label)

    def entries(self) -> list[str]:
        """Return the ids of the tabs from the top, as Ctrl+1 to Ctrl+9 count them."""
        return list(self._buttons)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show the keys that lead to tabs and tools, by id; ids that are not shown are passed over."""
        for button in (*self._buttons.values(), *self._tools):
            button.set_key(keys.get(button.id, ""))

    def choose(self, tab: str) -> None:
        """Mark `tab` as the open one; raises KeyError."""
        self._buttons[tab].setChecked(True)

    def set_badge(self, tab: str, count: int, *, urgent: bool = False) -> None:
        """Show a number beside a tab, 0 for none; raises KeyError."""
        self._buttons[tab].set_badge(count, urgent=urgent)

    def set_collapsed(self, collapsed: bool) -> None:
        """Show icons only, or icons and titles."""
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self._mark.setVisible(not collapsed)
        self._brand.setVisible(not collapsed)
        for label in self._sections:
            label.setVisible(not collapsed)
        for button in (*self._buttons.values(), *self._tools):
            button.set_collapsed(collapsed)
        self._pad()
        self._toggle.set_name("Expand the sidebar" if collapsed else "Collapse the sidebar")
        self.setFixedWidth(NARROW if collapsed else WIDE)
        self.collapsed_changed.emit(collapsed)


class _NavButton(QPushButton):
    def __init__(self, entry: NavEntry, parent: QWidget, *, checkable: bool = True) -> None:
        super().__init__(parent)
        self._entry, self._count, self._urgent, self._collapsed = entry, 0, False, False
        self.setCheckable(checkable)
        self.setAutoExclusive(checkable)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name()

    def _name(self) -> None:
        waiting = f", {self._count} waiting" if self._count else ""
        self.setAccessibleName(self._entry.title + waiting)
        key = f" ({self._entry.key})" if self._entry.key else ""
        self.setToolTip(tooltip(self._entry.title + waiting + key))

    @property
    def id(self) -> str:
        return self._entry.id

    def set_key(self, key: str) -> None:
        self._entry = replace(self._entry, key=key)
        self._name()
        self.update()

    def set_badge(self, count: int, *, urgent: bool) -> None:
        self._count, self._urgent = count, urgent
        self._name()
        self.update()

    def set_collapsed(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_ROW, _ROW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        worn = style.tokens()
        box = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        if self.isChecked():
            fill_rounded(painter, box, "selected", worn.radius)
        elif self.underMouse():
            fill_rounded(painter, box, "hover", worn.radius)
        ink = "text" if self.isChecked() else "text_muted"
        left = (self.width() - _ICON) / 2 if self._collapsed else 12.0
        top = (self.height() - _ICON) / 2
        picture = pixmap(
            self._entry.icon, "accent" if self.isChecked() else ink, _ICON, self.devicePixelRatioF()
        )
        painter.drawPixmap(QRectF(left, top, _ICON, _ICON).toRect(), picture)
        room = self._paint_badge(painter, box) if self.isCheckable() else self._paint_key(painter, box)
        if not self._collapsed:
            painter.setFont(style.font("body", painter.font().Weight.Medium))
            painter.setPen(QColor(worn.color(ink)))
            words = QRectF(left + _ICON + 10, 0, room - left - _ICON - 14, self.height())
            shown = painter.fontMetrics().elidedText(
                self._entry.title, Qt.TextElideMode.ElideRight, int(words.width())
            )
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        if self.hasFocus():
            focus_ring(painter, box, worn.radius)

    def _paint_key(self, painter: QPainter, box: QRectF) -> float:
        """Paint the key of a tool; return where the room for the title ends."""
        if self._collapsed or not self._entry.key:
            return box.right() - 8
        painter.setFont(style.font("caption"))
        painter.setPen(QColor(style.tokens().text_faint))
        width = painter.fontMetrics().horizontalAdvance(self._entry.key)
        area = QRectF(box.right() - width - 12, 0, width, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._entry.key)
        return area.left()

    def _paint_badge(self, painter: QPainter, box: QRectF) -> float:
        """Paint the badge; return where the room for the title ends."""
        if not self._count:
            return box.right() - 8
        worn = style.tokens()
        ink, ground = ("danger", "danger_soft") if self._urgent else ("text_muted", "raised")
        if self._collapsed:
            fill_rounded(painter, QRectF(self.width() / 2 + 6, 6, 8, 8), ink, 4)
            return box.right()
        painter.setFont(chip_font())
        text = f"{self._count:,}" if self._count < 10_000 else f"{self._count // 1000}k"
        width = max(22.0, painter.fontMetrics().horizontalAdvance(text) + 14.0)
        area = QRectF(box.right() - width - 8, (self.height() - 20) / 2, width, 20)
        fill_rounded(painter, area, ground, 10)
        painter.setPen(QColor(worn.color(ink)))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        return area.left()
