"""Narrowing a list: words, toggles and named filters to come back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget

from studio.theme import style
from studio.theme.icons import icon
from studio.widgets.button import Button
from studio.widgets.label import tooltip
from studio.widgets.popover import Popover
from studio.widgets.search_field import SearchField

TYPING_MS: Final = 60


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to: all of the words, all of the toggles."""

    text: str = ""
    toggles: frozenset[str] = frozenset()


class FilterBar(QWidget):
    """Emits `changed` with a `Filter`; typing is gathered for `TYPING_MS`.

    `down`: the person goes from the words to what they found, which has been told by then.
    """

    changed = Signal(object)
    down = Signal()
    saved_changed = Signal(dict)
    """Name to `Filter`, to be stored in the settings."""

    def __init__(
        self,
        placeholder: str,
        toggles: Sequence[tuple[str, str]] = (),
        saved: Mapping[str, Filter] | None = None,
        *,
        fixed: Mapping[str, Filter] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`toggles` are (id, title). `fixed` filters come first in the menu and cannot be forgotten."""
        super().__init__(parent)
        self._saved = dict(saved or {})
        self._fixed = dict(fixed or {})
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_2)
        self._placeholder = placeholder
        self.field = SearchField(placeholder)
        self.set_key("")
        self.field.setMinimumWidth(200)
        row.addWidget(self.field, 1)
        self._toggles = {name: self._toggle(title) for name, title in toggles}
        for button in self._toggles.values():
            row.addWidget(button)
        self._star = Button(
            "Saved", icon="star", tip="Saved filters: take one up, or keep the one that is set"
        )
        self._star.setAccessibleName("Saved filters")
        self._star.clicked.connect(
            lambda: self.menu().popup(self._star.mapToGlobal(self._star.rect().bottomLeft()))
        )
        row.addWidget(self._star)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self._tell)
        self.field.textChanged.connect(lambda: self._timer.start())
        self.field.returnPressed.connect(self._tell)
        self.field.down.connect(self._go_down)

    def set_key(self, key: str) -> None:
        """Show which key leads to the field; "" when none does."""
        words = self._placeholder
        self.field.setPlaceholderText(f"{words}  ({key})" if key else words)
        self.field.setToolTip(tooltip(f"{words} ({key})" if key else words))

    def _toggle(self, title: str) -> QPushButton:
        button = Button(title)
        button.setCheckable(True)
        button.clicked.connect(lambda: self._tell())
        return button

    def filter(self) -> Filter:
        """Return what is set now."""
        on = frozenset(name for name, button in self._toggles.items() if button.isChecked())
        return Filter(self.field.text().strip(), on)

    def apply(self, wanted: Filter) -> None:
        """Set words and toggles; toggles that this bar does not have are ignored."""
        self.field.setText(wanted.text)
        for name, button in self._toggles.items():
            button.setChecked(name in wanted.toggles)
        self._tell()

    def set_count(self, toggle: str, title: str) -> None:
        """Retitle a toggle, for one that carries a number; raises KeyError."""
        self._toggles[toggle].setText(title.replace("&", "&&"))
        self._toggles[toggle].setAccessibleName(title)

    def focus(self) -> None:
        """Go to the field with its text selected."""
        self.field.setFocus()
        self.field.selectAll()

    def save(self, name: str) -> None:
        """Keep the filter that is set under `name`."""
        self._saved[name] = self.filter()
        self.saved_changed.emit(dict(self._saved))

    def forget(self, name: str) -> None:
        """Drop a saved filter; raises KeyError."""
        del self._saved[name]
        self.saved_changed.emit(dict(self._saved))

    def menu(self) -> QMenu:
        """Return the menu of saved filters."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for known in (self._fixed, dict(sorted(self._saved.items()))):
            for name, wanted in known.items():
                shown = menu.addAction(icon("filter"), name.replace("&", "&&"))
                shown.triggered.connect(partial(self.apply, wanted))
            if known:
                menu.addSeparator()
        keep = menu.addAction(icon("plus"), "Save this filter…")
        keep.setEnabled(self.filter() != Filter())
        keep.triggered.connect(self._ask_name)
        if self._saved:
            drop = menu.addMenu(icon("remove"), "Forget")
            for name in sorted(self._saved):
                drop.addAction(name.replace("&", "&&")).triggered.connect(partial(self.forget, name))
        return menu

    def _ask_name(self) -> None:
        asking = Popover("Save this filter", self.window())
        asking.closed.connect(asking.deleteLater)
        name = QLineEdit()
        name.setAccessibleName("Name of the filter")
        name.setPlaceholderText("Name")
        name.setMaxLength(60)
        done = Button("Save", kind="primary")

        def finish() -> None:
            if name.text().strip():
                self.save(name.text().strip())
                asking.close_now()

        name.returnPressed.connect(finish)
        done.clicked.connect(finish)
        asking.body.addWidget(name)
        asking.body.addWidget(done)
        asking.open_at(self._star)
        name.setFocus()

    def _go_down(self) -> None:
        self._tell()
        self.down.emit()

    def _tell(self) -> None:
        self._timer.stop()
        self.changed.emit(self.filter())
