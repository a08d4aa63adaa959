"""One person: who they are, what can be changed, and what was done to the account."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.accounts.schemas import PersonDetail, PersonRow
from studio.api.errors import ApiError
from studio.edit_pane import Editing, EditPane, NotSent
from studio.messages import Level
from studio.step_up import with_step_up
from studio.tab import Context
from studio.tabs.people import state
from studio.tabs.people.form import PersonForm
from studio.tabs.people.history import History
from studio.tabs.people.reset import ResetBox
from studio.tabs.people.rows import STATE_LOOKS
from studio.tabs.people.state import PREFIX, Draft
from studio.theme import style
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label, tooltip
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.time_label import ago, exact

EDITING: Final = Editing(
    prefix=PREFIX,
    about="them",
    draft_of=state.draft_of,
    changed=state.changed,
    merged=state.merged,
    differences=state.differences,
    kept_text=state.kept_text,
    kept_of=state.kept_of,
)


class PersonPane(EditPane[PersonRow, Draft]):
    """`audit_wanted` carries a target of the audit log."""

    audit_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context, EDITING)
        self.setAccessibleName("Person")
        self.form: PersonForm = PersonForm()
        self.form.typed.connect(self._typed)
        self.history = History(context)
        self.history.audit_wanted.connect(self.audit_wanted)
        self.reset = ResetBox(context)
        self.compose(self._head(), self._scroll(), self._foot())

    def _head(self) -> QVBoxLayout:
        head = QVBoxLayout()
        head.setSpacing(style.tokens().space_1)
        self._name = ElidedLabel("", "heading")
        self._handle = ElidedLabel("", "muted")
        self._chips = QHBoxLayout()
        self._chips.setSpacing(style.tokens().space_1)
        self._state_chip, self._clear_chip = Chip(""), Chip("Cleared", "info", "shield")
        self._totp_chip = Chip("Authenticator", "neutral", "key")
        for chip in (self._state_chip, self._clear_chip, self._totp_chip):
            self._chips.addWidget(chip)
        self._chips.addStretch(1)
        self._facts = Label("", "caption", wrap=True)
        head.addWidget(self._name)
        head.addWidget(self._handle)
        head.addLayout(self._chips)
        head.addWidget(self._facts)
        return head

    def _scroll(self) -> ScrollPane:
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, style.tokens().space_2, 0)
        column.setSpacing(style.tokens().space_4)
        column.addWidget(self.conflict)
        column.addWidget(self.form)
        column.addWidget(self.reset)
        column.addWidget(self.history)
        column.addStretch(1)
        return ScrollPane("Roles, state, clearance and history", inside)

    def _foot(self) -> QVBoxLayout:
        self._bar = QWidget()
        column = QVBoxLayout(self._bar)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        self._effects = Label("", "warning", wrap=True)
        self.save_button.setToolTip(tooltip("Needs a one-time code"))
        column.addWidget(self._effects)
        column.addWidget(self.fault)
        column.addLayout(self.save_line())
        foot = QVBoxLayout()
        foot.addWidget(self._bar)
        return foot

    # Showing

    @property
    def person(self) -> PersonRow | None:
        """Who is shown."""
        return self._row

    def show_person(self, person: PersonRow) -> None:
        """Show a person at once from the list, then in full; what was typed about them comes back."""
        self.show_row(person)
        self.history.show_person(person.id)
        self.refresh()

    def refresh(self) -> None:
        """Read the shown person again."""
        if self._row is None:
            return
        wanted = self._row.id

        async def fetch() -> PersonDetail:
            return (await self._context.api.get(f"/v1/accounts/people/{wanted}")).model(PersonDetail)

        def show(found: PersonDetail) -> None:
            if self._row is not None and self._row.id == wanted and not self._saving:
                self.take(found)

        def failed(error: ApiError) -> None:
            self._say_fault(f"{error.what_happened} What you see is from the list.", wanted)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def _tell(self) -> None:
        person = self._row
        assert person is not None
        why = state.locked(self._context.me, person)
        writes = "people.write" in self._context.me.permissions
        self.form.set_locked(why, name=writes)
        self._bar.setVisible(writes)
        self._name.setText(person.name)
        self._handle.setText(f"@{person.handle}")
        look = STATE_LOOKS[person.state]
        self._state_chip.set(person.state.value.capitalize(), look.tone, look.icon)
        self._clear_chip.setVisible(person.cleared)
        self._totp_chip.setVisible(person.has_totp)
        seen = ago(self._context.ticker.now(), person.last_seen_at) if person.last_seen_at else "never"
        lines = [f"Since {exact(person.created_at)[:10]} · last seen {seen}"]
        if isinstance(person, PersonDetail):
            word = "with a password" if person.has_password else "without a password"
            lines.append(
                f"Signs in as {person.email_hint}, {word}" if person.email_hint else "Has no sign-in"
            )
        self._facts.setText("\n".join(lines))
        self.reset.show_person(person)

    # Typing

    def _typed_draft(self) -> Draft:
        return self.form.draft()

    def _show_draft(self, draft: Draft) -> None:
        self.form.show_draft(draft)

    def _judge(self) -> None:
        if self._row is None:
            return
        base, draft = state.draft_of(self._row), self.form.draft()
        asked = state.changed(base, draft)
        wrong = state.fault(draft)
        self.form.name_row.set_fault(wrong)
        effects = " ".join(state.consequences(base, draft))
        self._effects.setText(effects)
        self._effects.setVisible(bool(effects))
        self._show_buttons(asked, wrong=bool(wrong))

    # Saving

    async def _send(self, person: PersonRow, typed: Draft) -> PersonRow:
        edit = state.edit_of(state.draft_of(person), typed).model_dump(mode="json", exclude_none=True)

        async def send() -> PersonDetail:
            path, tag = f"/v1/accounts/people/{person.id}", f'"{person.version}"'
            answer = await self._context.api.request("PATCH", path, json=edit, if_match=tag)
            return answer.model(PersonDetail)

        saved = await with_step_up(self._context, send)
        if saved is None:
            raise NotSent("Nothing was sent: the one-time code is missing.")
        return saved

    def _parsed(self, current: Any) -> PersonRow:
        return PersonDetail.model_validate(current)

    def _tell_saved(self, saved: PersonRow) -> None:
        if self._is_shown(saved.id):
            self.history.show_person(saved.id)
        self._context.messages.notify(Level.SUCCESS, f"@{saved.handle} saved")
