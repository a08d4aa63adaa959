"""The line above the queue that narrows it: words, the common choices, and a menu of all others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from server.moderation.rules import ContentType, Severity
from studio.key_hints import follow
from studio.keys import Keymap
from studio.settings import FILTERS, Settings
from studio.tabs.moderation import queue_state
from studio.tabs.moderation.queue_state import MINE, OVER, QueueFilter
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.filter_bar import Filter, FilterBar
from studio.widgets.label import tooltip

LIST: Final = "moderation"
BUILT_IN: Final = {
    "Everything": Filter(),
    "Mine": Filter(toggles=frozenset({MINE})),
    "Breaching in 1 h": Filter(queue_state.SOON),
    "Critical": Filter(queue_state.CRITICAL),
    "Text only": Filter(queue_state.TEXT),
}


class QueueBar(QWidget):
    """Emits `changed` with a `QueueFilter`. A person's saved filters are kept in the settings."""

    changed = Signal(object)
    saved = Signal()
    order_wanted = Signal(object)
    """The menu in which the order is to be offered."""

    def __init__(self, settings: Settings, *, person: UUID, keymap: Keymap) -> None:
        super().__init__()
        self._settings, self._list = settings, f"{LIST}:{person}"
        self._titles: Mapping[str, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_2)
        self.line = FilterBar(
            "Title, creator, policy or id",
            [(MINE, "Mine"), (OVER, "Over SLA")],
            _read(settings, self._list),
            fixed=BUILT_IN,
        )
        follow(keymap, self.line, lambda: self.line.set_key(keymap.shown("filter")))
        self.line.field.setAccessibleDescription(f"Words, or {queue_state.GRAMMAR}")
        self.order = Button("", icon="sort")
        self.order.clicked.connect(self._open_order)
        self.narrow = Button("Narrow", icon="filter", tip="Narrow by severity, type, state, policy, score")
        self.narrow.clicked.connect(self._open_menu)
        row.addWidget(self.line, 1)
        row.addWidget(self.narrow)
        row.addWidget(self.order)
        self.line.changed.connect(self._tell)
        self.line.saved_changed.connect(self._save)

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """Name the policies that can be chosen, by code."""
        self._titles = titles

    def filter(self) -> QueueFilter:
        """Return what is set now."""
        now = self.line.filter()
        return queue_state.parse(now.text, now.toggles)

    def clear(self) -> None:
        """Show everything."""
        self.line.apply(Filter())

    def state(self) -> dict[str, object]:
        """Return the filter as plain JSON."""
        return _plain(self.line.filter())

    def restore(self, state: object) -> None:
        """Take up what `state` gave; anything else is ignored."""
        if (wanted := _filter(state)) is not None:
            self.line.apply(wanted)

    def menu(self) -> QMenu:
        """Return the menu of choices; each adds its words to the line, or takes them out."""
        menu = QMenu(self)
        choices: dict[str, list[tuple[str, str]]] = {
            "Severity": [(s.value.capitalize(), f"severity:{s.value}") for s in reversed(Severity)],
            "Type": [
                *((c.value.capitalize(), f"type:{c.value}") for c in ContentType),
                ("Any text", queue_state.TEXT),
            ],
            "State": [(word.capitalize(), f"state:{word}") for word in queue_state.STATES],
            "Policy": sorted((title, f"policy:{code}") for code, title in self._titles.items()),
            "Score": [(f"At least {n} %", f"score>{n}") for n in (90, 70, 50)] + [("Below 30 %", "score<30")],
            "Due": [(f"Within {text}", f"due<{term}") for text, term in DUES],
        }
        present = self.line.filter().text.split()
        for title, terms in choices.items():
            sub = menu.addMenu(title)
            sub.setEnabled(bool(terms))
            for text, term in terms:
                action = sub.addAction(text.replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(term in present)
                action.triggered.connect(partial(self._toggle, term))
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.narrow.mapToGlobal(self.narrow.rect().bottomLeft()))

    def show_order(self, title: str, *, descending: bool) -> None:
        """Say by what the queue is sorted, also when that column is not on the screen."""
        self.order.setText(title or "Unsorted")
        told = f"Sorted by {title.lower()}{', turned round' if descending else ''}" if title else "Not sorted"
        self.order.setToolTip(tooltip(f"{told}. Choose another order."))
        self.order.setAccessibleName(told)

    def _open_order(self) -> None:
        menu = QMenu(self)
        self.order_wanted.emit(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.order.mapToGlobal(self.order.rect().bottomLeft()))

    def _toggle(self, term: str) -> None:
        now = self.line.filter()
        self.line.apply(Filter(queue_state.toggled(now.text, term), now.toggles))

    def _tell(self, _filter: Filter) -> None:
        self.changed.emit(self.filter())

    def _save(self, saved: Mapping[str, Filter]) -> None:
        kept = self._settings.get(FILTERS)
        kept[self._list] = [{"name": name, **_plain(wanted)} for name, wanted in saved.items()]
        self._settings.set(FILTERS, kept)
        self.saved.emit()


DUES: Final = (("15 minutes", "15m"), ("1 hour", "1h"), ("4 hours", "4h"), ("1 day", "1d"))


def _plain(wanted: Filter) -> dict[str, object]:
    return {"text": wanted.text, "toggles": sorted(wanted.toggles)}


def _filter(state: object) -> Filter | None:
    if not isinstance(state, dict):
        return None
    text, toggles = state.get("text", ""), state.get("toggles", [])
    if not isinstance(text, str) or not isinstance(toggles, list):
        return None
    return Filter(text, frozenset(str(each) for each in toggles))


def _read(settings: Settings, name: str) -> dict[str, Filter]:
    found, kept = {}, settings.get(FILTERS)
    for each in kept.get(name, kept.get(LIST, [])):  # earlier versions had one list for everybody
        wanted = _filter(each)
        if wanted is not None and isinstance(each.get("name"), str):
            found[each["name"]] = wanted
    return found
