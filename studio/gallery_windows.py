"""Gallery pages of whole windows and of what stands over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from studio.gallery_pieces import row
from studio.gallery_samples import PROBLEM, items, queue_model
from studio.keys import Keymap
from studio.messages import Level, Message, Problem
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.command_palette import Command, CommandPalette
from studio.widgets.error_sheet import ErrorSheet
from studio.widgets.filter_bar import Filter, FilterBar
from studio.widgets.key_overlay import KeyOverlay
from studio.widgets.label import Label
from studio.widgets.nav_rail import NavEntry, NavRail
from studio.widgets.page_header import PageHeader
from studio.widgets.popover import Popover
from studio.widgets.splash import Splash
from studio.widgets.status_line import StatusLine
from studio.widgets.table_view import TableView
from studio.widgets.toast import ToastStack

PAGE: Final = QSize(1280, 800)


def rail() -> NavRail:
    """Return the navigation with badges."""
    made = NavRail("Creator Studio")
    made.set_entries(
        [
            NavEntry(id="queue", title="Queue", icon="queue", section="Moderation", key="Ctrl+1"),
            NavEntry(id="review", title="Review", icon="review", section="Moderation", key="Ctrl+2"),
            NavEntry(id="appeals", title="Appeals", icon="undo", section="Moderation", key="Ctrl+3"),
            NavEntry(id="safety", title="Safety", icon="shield", section="Moderation", key="Ctrl+4"),
            NavEntry(id="people", title="People", icon="people", section="Administration", key="Ctrl+5"),
            NavEntry(id="audit", title="Audit", icon="audit", section="Administration", key="Ctrl+6"),
            NavEntry(id="operations", title="Operations", icon="operations", section="Administration"),
        ]
    )
    made.choose("queue")
    made.set_badge("queue", 1284)
    made.set_badge("appeals", 12)
    made.set_badge("safety", 3, urgent=True)
    return made


def queue_page() -> QWidget:
    """Return a whole window as a moderator sees it."""
    page = QWidget()
    page.setProperty("surface", "window")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    outer = QVBoxLayout(page)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(0)
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(rail())
    content = QVBoxLayout()
    content.setContentsMargins(24, 16, 24, 20)
    content.setSpacing(12)
    header = PageHeader("Queue", "1,284 open · 37 over their time · oldest 2 h 05 min")
    header.add_tool(
        Button("Claim the next item", kind="primary", icon="review", tip="Claim the next item (N)")
    )
    content.addWidget(header)
    content.addWidget(
        bar := FilterBar(
            "Filter by creator, policy or title",
            [("over", "Over time"), ("mine", "Mine"), ("video", "Video")],
            {"Critical video": Filter("critical", frozenset({"video"}))},
        )
    )
    bar.set_key("Ctrl+F")
    card = Card()
    card.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
    model = queue_model()
    model.setParent(card)
    model.set_rows(items(40))
    table = TableView(model, "Queue", Keymap())
    table.sort_by("due")
    table.select([4837])
    card.body.addWidget(table)
    content.addWidget(card, 1)
    middle.addLayout(content, 1)
    outer.addLayout(middle, 1)
    status = StatusLine()
    status.set_connection("online")
    status.set_waiting(3)
    status.set_note("Signed in for this session only: no key store was found")
    status.set_person("Noor Haddad", "Moderator")
    outer.addWidget(status)
    return page


def _over(fill: Callable[[QWidget], object]) -> QWidget:
    page = queue_page()
    page.resize(PAGE)
    page.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    page.show()
    fill(page)
    return page


def palette_page() -> QWidget:
    """The command palette over a window."""

    def fill(page: QWidget) -> None:
        palette = CommandPalette(page)
        keymap = Keymap()
        palette.set_commands(
            [
                Command(
                    id=a.id,
                    text=a.text,
                    icon=a.icon,
                    keys=keymap.shown(a.id),
                    detail=a.group,
                    run=lambda: None,
                )
                for group in keymap.groups(["global", "queue", "review"]).values()
                for a in group
            ]
        )
        found = [
            Command(
                id="v1", text="reveal_trailer.mp4", detail="Video by mara.v", icon="video", run=lambda: None
            ),
            Command(
                id="p1", text="@rex.reeves", detail="Creator, 3 strikes", icon="person", run=lambda: None
            ),
        ]
        palette.set_providers([("Found", lambda text, tell: tell(found))])
        palette.open()
        palette.field.setText("re")
        palette._ask()

    return _over(fill)


def keys_page() -> QWidget:
    """The key overlay over a window."""
    return _over(lambda page: KeyOverlay(Keymap(), page).show_keys(["global", "queue", "review", "table"]))


def toasts_page() -> QWidget:
    """Notices over a window."""

    def fill(page: QWidget) -> None:
        toasts = ToastStack(page)
        for message in (
            Message(level=Level.INFO, text="Export finished", detail="1,204 rows in queue.csv"),
            Message(level=Level.WARNING, text="You are offline", detail="Decisions wait and are sent later."),
            Message(level=Level.ERROR, text="The lease of clip_4811.mp4 was lost"),
            Message(level=Level.SUCCESS, text="Removed clip_4810.mp4", undo=lambda: None, seconds=10),
        ):
            toast = toasts.show_message(message)
            toast.spend(2_000)

    return _over(fill)


def rail_page() -> QWidget:
    """The navigation, wide and narrow, and the status line in each state."""
    page = QWidget()
    page.setProperty("surface", "window")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 24, 0)
    wide, narrow = rail(), rail()
    narrow.set_collapsed(True)
    row.addWidget(wide)
    row.addWidget(narrow)
    column = QVBoxLayout()
    column.addSpacing(24)
    for state, waiting in (("online", 0), ("reconnecting", 1), ("offline", 3)):
        line = StatusLine()
        line.set_connection(state)  # type: ignore[arg-type]
        line.set_waiting(waiting)
        line.set_person("Noor Haddad", "Moderator")
        column.addWidget(line)
    column.addStretch(1)
    row.addLayout(column, 1)
    return page


def error_sheet() -> QWidget:
    """The dialog of a failure."""
    sheet = ErrorSheet(PROBLEM)
    sheet._fold()
    return sheet


def splash() -> QWidget:
    """Start-up, halfway."""
    made = Splash("Creator Studio", {"server": 3, "account": 1}, version="0.1.0")
    made.progress("server", 0.6, "Starting the local server")
    return made


def splash_failed() -> QWidget:
    """Start-up that failed."""
    made = Splash("Creator Studio", {"server": 3}, version="0.1.0")
    made.fail(
        Problem(
            what_happened="The server at studio.example did not answer.",
            what_was_kept="",
            what_to_do="Check the address, or work offline and send later.",
        ),
        offline_possible=True,
    )
    return made


def popover_page() -> QWidget:
    """The explanation of a place in the queue, over a window."""

    def fill(page: QWidget) -> None:
        made = Popover("Why is this first?", page)
        for text, value in (
            ("Severity critical", "+4,000"),
            ("Due in 9 min", "+2,150"),
            ("12 reports", "+600"),
        ):
            line = row(Label(text, "muted"))
            line.addWidget(Label(value, "strong"))
            made.body.addLayout(line)
        made.open_at(page.findChildren(FilterBar)[0])

    return _over(fill)
