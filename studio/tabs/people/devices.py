"""Where I am signed in, and how to end a sign-in there."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.accounts.schemas import DeviceSession, DeviceSessions
from studio.api.errors import ApiError, NotFound
from studio.messages import Level, Problem
from studio.tab import Context
from studio.theme import style
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.state_stack import StateStack
from studio.widgets.time_label import ago, exact


class DevicesCard(Card):
    """One line for each signed-in device; this one is ended by signing out."""

    def __init__(self, context: Context) -> None:
        super().__init__("My devices", "Where you are signed in")
        self._context = context
        inside = QWidget()
        self._lines = QVBoxLayout(inside)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(style.tokens().space_4)
        self.states = StateStack(inside)
        self.states.retried.connect(self.refresh)
        idle = "A device unused for 12 hours is signed out by itself."
        self.body.addWidget(Label(idle, "caption", wrap=True))
        self.body.addWidget(self.states, 1)
        self.ends: dict[UUID, InlineConfirm] = {}

    def refresh(self) -> None:
        """Read the devices."""

        async def fetch() -> DeviceSessions:
            return (await self._context.api.get("/v1/accounts/devices")).model(DeviceSessions)

        def failed(error: ApiError) -> None:
            told = Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
            self.states.failed(told)

        self.states.loading()
        self._context.tasks.read(fetch, lambda found: self._show(found.items), failed, owner=self)

    def _show(self, sessions: list[DeviceSession]) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.ends = {}
        for session in sessions:
            self._lines.addWidget(self._line(session))
        self._lines.addStretch(1)
        self.states.content()

    def _line(self, session: DeviceSession) -> QWidget:
        line = QWidget()
        column = QVBoxLayout(line)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_1)
        top = QHBoxLayout()
        top.setSpacing(style.tokens().space_3)
        top.addWidget(ElidedLabel(session.device_name, "strong"), 1)
        column.addLayout(top)
        used = ago(self._context.ticker.now(), session.last_seen_at)
        column.addWidget(ElidedLabel(f"Used {used} · signed in {exact(session.created_at)[:16]}", "caption"))
        if session.current:
            top.addWidget(Chip("This device", "accent"))
        else:
            end = InlineConfirm("Sign out", "End it there?", "Sign out")
            end.first.setAccessibleName(f"Sign out {session.device_name}")
            end.confirmed.connect(lambda: self.end(session))
            self.ends[session.id] = end
            column.addWidget(end)
        return line

    def end(self, session: DeviceSession) -> None:
        """End the sign-in of another device."""

        async def send() -> None:
            try:
                await self._context.api.request("DELETE", f"/v1/accounts/devices/{session.id}")
            except NotFound:
                pass  # it was over already, which is what was wanted
            except ApiError as error:
                self._context.messages.notify(Level.WARNING, error.what_happened, error.what_to_do)
                return
            self._context.messages.notify(Level.SUCCESS, f"Signed out: {session.device_name}")
            self.refresh()

        self._context.tasks.spawn(send(), self)
