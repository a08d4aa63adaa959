"""The main window: tabs at the left, the open tab, the status line, and what lies over them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QByteArray, QSize, Signal
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from studio import focus_order
from studio.focus_order import REGION
from studio.key_binding import bind
from studio.key_hints import follow
from studio.keys import BY_ID, Keymap, Scope
from studio.messages import Messages, unexpected
from studio.tab import Context, Tab
from studio.widgets.command_palette import Command, CommandPalette
from studio.widgets.key_overlay import KeyOverlay
from studio.widgets.message_host import MessageHost
from studio.widgets.nav_rail import NavEntry, NavRail
from studio.widgets.overlay import Overlay
from studio.widgets.popover import ROOM
from studio.widgets.status_line import StatusLine

SMALLEST: Final = QSize(1080, 680)
FIRST_SIZE: Final = QSize(1440, 900)
SIGN_OUT: Final = "sign-out"
TOOLS: Final = (
    ("palette", "Search", "search"),
    ("keys", "Keys", "keyboard"),
    ("settings", "Settings", "settings"),
    (SIGN_OUT, "Sign out", "sign-out"),
)
"""At the foot of the rail, so that none of them is reached by keys alone: action, title, icon."""


@dataclass(frozen=True, kw_only=True)
class TabKind:
    """A tab that can be opened; `build` runs when it is first shown, so that start-up stays short."""

    tab: type[Tab]
    build: Callable[[Context], Tab]


class MainWindow(QMainWindow):
    """`closing` is emitted instead of closing: the application decides when everything is kept."""

    closing = Signal()
    settings_wanted = Signal()
    waiting_wanted = Signal()
    sign_out_wanted = Signal()

    def __init__(self, keymap: Keymap, messages: Messages) -> None:
        super().__init__()
        self.setWindowTitle("Creator Studio")
        self.setMinimumSize(SMALLEST)
        self.resize(FIRST_SIZE)
        self._keymap = keymap
        self._context: Context | None = None
        self._kinds: dict[str, TabKind] = {}
        self._tabs: dict[str, Tab] = {}
        self._states: dict[str, Any] = {}
        self._watching: list[object] = []
        self._may_close = False
        self._lay_out()
        self._messages, self.host = messages, MessageHost(messages, self)
        self.palette_overlay = CommandPalette(self)
        self.keys_overlay = KeyOverlay(keymap, self)
        self._actions = self._bind()
        follow(keymap, self, self._show_keys)

    def _lay_out(self) -> None:
        self.rail = NavRail("Creator Studio")
        self.rail.setProperty(REGION, True)
        self.rail.chosen.connect(self.open_tab)
        self.rail.tool_pressed.connect(self._press_tool)
        self.stack = QStackedWidget()
        self.stack.setProperty(ROOM, True)
        self.stack.setProperty(REGION, True)
        self.status = StatusLine()
        self.status.waiting_opened.connect(self.waiting_wanted)
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.rail)
        columns.addWidget(self.stack, 1)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._pages = QStackedWidget()
        self._body = body
        self._pages.addWidget(body)
        rows.addWidget(self._pages, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)

    def _bind(self) -> dict[str, QAction]:
        handlers: dict[str, Callable[..., object]] = {
            "palette": self.open_palette,
            "keys": self.show_keys,
            "settings": self.settings_wanted.emit,
            "refresh": self._refresh,
            "region": partial(focus_order.next_region, self),
            "quit": self.close,
        }
        for n in range(1, 10):
            handlers[f"tab.{n}"] = lambda number=n: self._open_number(number)
        return bind(self._keymap, self, "global", handlers)

    def show_page(self, page: QWidget) -> None:
        """Show `page` (sign-in) in place of the tabs until `start`."""
        self._drop_page()
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        page.setFocus()

    def _drop_page(self) -> None:
        shown = self._pages.currentWidget()
        self._pages.setCurrentWidget(self._body)
        if shown is not None and shown is not self._body:
            self._pages.removeWidget(shown)
            shown.deleteLater()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002
        return focus_order.move(self, forward=next)

    # Tabs

    def start(self, context: Context, kinds: Sequence[TabKind], states: Mapping[str, Any]) -> None:
        """Show the tabs of a freshly signed-in person, with what they remembered."""
        self._stop()
        self._drop_page()
        self._context = context
        self._states = dict(states)
        self._kinds = {kind.tab.id: kind for kind in kinds if kind.tab.allowed(context.me)}
        self.rail.set_entries(
            [
                NavEntry(id=kind.tab.id, title=kind.tab.title, icon=kind.tab.icon, section=kind.tab.section)
                for kind in self._kinds.values()
            ]
        )
        self.rail.set_tools([NavEntry(id=name, title=title, icon=icon) for name, title, icon in TOOLS])
        self._show_keys()
        self.palette_overlay.set_providers(
            [each for kind in self._kinds.values() for each in kind.tab.searches(context)]
        )
        # Somebody else's last tab says nothing of where this person's work is.
        theirs = self._states.get("whose", "") in ("", str(context.me.id))
        wanted = str(self._states.get("open", "")) if theirs else ""
        first = wanted if wanted in self._kinds else next(iter(self._kinds), None)
        if first is not None:
            self.open_tab(first)

    def watch(self) -> None:
        """Listen for what the tabs have to tell, built or not."""
        if self._context is not None:
            self._watching = [kind.tab.watch(self._context) for kind in self._kinds.values()]

    def _show_keys(self) -> None:
        names = dict(zip((f"tab.{n}" for n in range(1, 10)), self.rail.entries(), strict=False))
        names |= {name: name for name, _, _ in TOOLS if name != SIGN_OUT}
        self.rail.set_keys({tab: self._keymap.shown(action) for action, tab in names.items()})

    async def leave(self) -> None:
        """Let every tab keep what it has, then drop them. What one of them cannot do stops no other."""
        for sheet in self.findChildren(Overlay):
            if sheet.isVisible():
                sheet.close_now()  # it is one person's, and would lie over the sign-in page for the next
        for tab in list(self._tabs.values()):
            try:
                await tab.leave()
            except Exception as error:
                self._messages.fail(unexpected(error))
        self._stop()

    def _stop(self) -> None:
        """Drop every tab: nobody is signed in any more."""
        for tab in self._tabs.values():
            self.stack.removeWidget(tab)
            tab.deleteLater()
        if self._watching:
            self.host.toasts.clear()  # they are about what is one person's, and so is their undo
        self._tabs, self._kinds, self._context, self._watching = {}, {}, None, []
        self.palette_overlay.set_providers(())
        self.rail.set_entries([])

    def open_tab(self, name: str, **what: Any) -> None:
        """Show the tab `name`, building it at first use; `what` says what it should show."""
        if self._context is None or name not in self._kinds:
            return
        if name not in self._tabs:
            tab = self._kinds[name].build(self._context)
            tab.restore_state(self._states.get("tabs", {}).get(name, {}))
            self._tabs[name] = tab
            self.stack.addWidget(tab)
        tab = self._tabs[name]
        self.stack.setCurrentWidget(tab)
        self.rail.choose(name)
        if what:
            tab.open(**what)
        tab.setFocus()

    @property
    def tabs(self) -> Mapping[str, Tab]:
        """The tabs built so far, by id."""
        return self._tabs

    @property
    def current(self) -> Tab | None:
        """The tab that is shown."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Tab) else None

    def _open_number(self, number: int) -> None:
        names = self.rail.entries()
        if number <= len(names):
            self.open_tab(names[number - 1])

    def _press_tool(self, name: str) -> None:
        if name == SIGN_OUT:
            self.sign_out_wanted.emit()
        else:
            self._actions[name].trigger()

    def _refresh(self) -> None:
        if self.current is not None:
            self.current.refresh()

    # Palette and keys

    def open_palette(self) -> None:
        """Search and commands (Ctrl+K)."""
        self.palette_overlay.set_commands(self._commands())
        self.palette_overlay.open()

    def _commands(self) -> list[Command]:
        commands = [
            Command(
                id=f"open.{name}",
                text=f"Go to {kind.tab.title}",
                run=partial(self.open_tab, name),
                icon=kind.tab.icon,
            )
            for name, kind in self._kinds.items()
        ]
        for action in (*self._actions.values(), *self._tab_actions()):
            name = action.objectName()
            if name == "palette" or name.startswith("tab.") or BY_ID[name].hold or not action.isEnabled():
                continue
            commands.append(
                Command(id=name, text=action.text(), run=action.trigger, keys=self._keymap.shown(name))
            )
        commands.append(Command(id=SIGN_OUT, text="Sign out", run=self.sign_out_wanted.emit, icon="sign-out"))
        return commands

    def _tab_actions(self) -> list[QAction]:
        if self.current is None:
            return []
        # A page that lies below another one keeps its actions, but nothing of it can act.
        shown = (w for w in (self.current, *self.current.findChildren(QWidget)) if w.isVisible())
        named = [a for w in shown for a in w.actions() if a.objectName() and a.isVisible()]
        return list({action.objectName(): action for action in named}.values())

    def show_keys(self) -> None:
        """Every key that works here (?)."""
        here = {action.objectName().split(".")[0] for action in self._tab_actions()}
        inner: tuple[Scope, ...] = ("table", "queue", "review", "content", "feed")
        self.keys_overlay.show_keys(["global", *(scope for scope in inner if scope in here)])

    # State and closing

    def save_state(self) -> dict[str, Any]:
        """Geometry, the open tab and what each tab wants to find again, as plain JSON."""
        tabs = dict(self._states.get("tabs", {}))
        tabs.update({name: dict(tab.save_state()) for name, tab in self._tabs.items()})
        return {
            "geometry": base64.b64encode(self.saveGeometry().data()).decode(),
            "rail": "narrow" if self.rail.width() < 100 else "wide",
            "open": self.current.id if self.current else self._states.get("open", ""),
            "whose": str(self._context.me.id) if self._context else self._states.get("whose", ""),
            "tabs": tabs,
        }

    def restore_geometry(self, state: Mapping[str, Any]) -> None:
        """Put the window where it was; anything unreadable is ignored."""
        geometry = state.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        if state.get("rail") == "narrow":
            self.rail.set_collapsed(True)

    def close_now(self) -> None:
        """Close without asking: everything is kept."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.closing.emit()
