"""The small questions of the hash banks: a new bank, a new entry, why something is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from server.forensics.banks.rules import REASON_MAX, BankKind, EntrySeverity, needs_second
from studio.tabs.forensics import matches
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.popover import Popover

Body = dict[str, Any]
WIDTH = 380


class Asking(Popover):
    """A question with its fields one below the other; `check` answers what is wrong, "" when nothing is."""

    def __init__(self, title: str, window: QWidget, done: str) -> None:
        super().__init__(title, window, WIDTH)
        self.closed.connect(self.deleteLater)
        self.done = Button(done, kind="primary")
        self.fault = Label("", "danger", wrap=True)
        self._take: Callable[[], str] = lambda: ""
        self.done.clicked.connect(self._finish)

    def line(self, name: str, most: int = REASON_MAX) -> QLineEdit:
        """A field of one line."""
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setPlaceholderText(name)
        field.setMaxLength(most)
        field.returnPressed.connect(self._finish)
        self.body.addWidget(field)
        return field

    def choice(self, name: str, items: dict[str, str]) -> QComboBox:
        """A field to choose from: value by title."""
        field = QComboBox()
        field.setAccessibleName(name)
        for title, value in items.items():
            field.addItem(title, value)
        self.body.addWidget(field)
        return field

    def show_at(self, anchor: QWidget, first: QWidget, take: Callable[[], str]) -> None:
        """Ask. `take` takes what was typed, or answers what is wrong with it."""
        self._take = take
        self.body.addWidget(self.fault)
        self.body.addWidget(self.done)
        self.fault.hide()
        self.open_at(anchor)
        first.setFocus()

    def _finish(self) -> None:
        wrong = self._take()
        self.fault.setText(wrong)
        self.fault.setVisible(bool(wrong))
        if not wrong:
            self.close_now()


def ask_bank(page: QWidget, anchor: QWidget, make: Callable[[Body], object]) -> None:
    """Ask how a new bank is called and what it is for."""
    asking = Asking("New hash bank", page.window(), "Make it")
    name = asking.line("Name", 80)
    kind = asking.choice("Kind", {matches.KINDS[each]: each.value for each in BankKind})
    policy = asking.line("Policy of its matches, like violence.graphic", 64)

    def take() -> str:
        body: Body = {"name": name.text().strip(), "kind": kind.currentData()}
        if policy.text().strip():
            body["policy"] = policy.text().strip()
        if not body["name"]:
            return "It needs a name."
        if "policy" not in body and kind.currentData() != BankKind.NEGATIVE.value:
            return "Say under which policy its matches are flagged."
        make(body)
        return ""

    asking.show_at(anchor, name, take)


def ask_entry(page: QWidget, anchor: QWidget, add: Callable[[Body], object]) -> None:
    """Ask which video is added, how bad it is, and why."""
    asking = Asking("Add a video to the bank", page.window(), "Add it")
    video = asking.line("Id of the video", 64)
    severity = asking.choice(
        "Severity", {f"{each.value.capitalize()} severity": each.value for each in EntrySeverity}
    )
    reason = asking.line("Why")
    second = Label("A second person has to activate it.", "caption", wrap=True)
    asking.body.addWidget(second)

    def tell() -> None:
        second.setVisible(needs_second(EntrySeverity(severity.currentData())))

    severity.currentIndexChanged.connect(lambda _: tell())
    tell()

    def take() -> str:
        try:
            wanted = UUID(video.text().strip())
        except ValueError:
            return "An id has 32 hexadecimal digits; it is in the link of a video."
        if not reason.text().strip():
            return "Say why."
        add({"video_id": str(wanted), "severity": severity.currentData(), "reason": reason.text().strip()})
        return ""

    asking.show_at(anchor, video, take)


def ask_why(
    page: QWidget, anchor: QWidget, title: str, act: Callable[[str], object], *, question: str = ""
) -> None:
    """Ask why something is done; `question` says to what, where that is not the title alone."""
    asking = Asking(f"{question or title}, because", page.window(), title)
    reason = asking.line("Why")

    def take() -> str:
        if not reason.text().strip():
            return "Say why: it stands in the audit log."
        act(reason.text().strip())
        return ""

    asking.show_at(anchor, reason, take)
