"""The small questions of the hash banks: a new bank, a new entry, why something is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import shiboken6
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from server.forensics.banks.rules import REASON_MAX, BankKind, EntrySeverity, needs_second
from studio.api.errors import ApiError
from studio.tabs.forensics import matches
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.popover import Popover

Body = dict[str, Any]
WIDTH = 380


class Asking(Popover):
    """A question with its fields one below the other. What was typed stays until the server has answered:
    whoever takes it says `answered` or `refused`. `key_for` is the same for the same words, sent again."""

    def __init__(self, title: str, window: QWidget, done: str) -> None:
        super().__init__(title, window, WIDTH)
        self.closed.connect(self.deleteLater)
        self.done = Button(done, kind="primary")
        self.fault = Label("", "danger", wrap=True)
        self._take: Callable[[], str] = lambda: ""
        self._waits = False
        self._asked: tuple[Body, UUID] | None = None
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

    def key_for(self, body: Body) -> UUID:
        """The idempotency key of a request: an answer may have been lost, and it is sent again."""
        if self._asked is None or self._asked[0] != body:
            self._asked = body, uuid4()
        return self._asked[1]

    def refuse(self, why: str) -> None:
        """It was not done: say so beside what was typed, which can be sent once more."""
        self._wait(False)
        self._say(why)

    def _finish(self) -> None:
        if self._waits:
            return
        self._wait(True)  # before: the answer may be there when `_take` returns
        wrong = self._take()
        if wrong:
            self._wait(False)
        self._say(wrong)

    def _wait(self, waits: bool) -> None:
        self._waits = waits
        self.done.setEnabled(not waits)

    def _say(self, wrong: str) -> None:
        self.fault.setText(wrong)
        self.fault.setVisible(bool(wrong))


def answered(asking: Asking | None) -> None:
    """What was asked for was done."""
    if asking is not None and shiboken6.isValid(asking):
        asking.close_now()


def refused(asking: Asking | None, error: ApiError) -> bool:
    """It was not done, which is said beside what was typed; False where that has been closed meanwhile."""
    if asking is None or not shiboken6.isValid(asking) or not asking.isVisible():
        return False
    asking.refuse(f"{error.what_happened} {error.to_do_oneself}".strip())
    return True


def ask_bank(page: QWidget, anchor: QWidget, make: Callable[[Body, Asking], object]) -> None:
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
        make(body, asking)
        return ""

    asking.show_at(anchor, name, take)


def ask_entry(page: QWidget, anchor: QWidget, add: Callable[[Body, Asking], object]) -> None:
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
        said = {"severity": severity.currentData(), "reason": reason.text().strip()}
        add({"video_id": str(wanted), **said}, asking)
        return ""

    asking.show_at(anchor, video, take)


def ask_why(
    page: QWidget,
    anchor: QWidget,
    title: str,
    act: Callable[[str, Asking], object],
    *,
    question: str = "",
) -> None:
    """Ask why something is done; `question` says to what, where that is not the title alone."""
    asking = Asking(f"{question or title}, because", page.window(), title)
    reason = asking.line("Why")

    def take() -> str:
        if not reason.text().strip():
            return "Say why: it stands in the audit log."
        act(reason.text().strip(), asking)
        return ""

    asking.show_at(anchor, reason, take)
