"""One person: who they are, what can be changed, and what was done to the account."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.accounts.schemas import PersonDetail, PersonRow
from studio.api.errors import ApiError, Conflict
from studio.keeping import Keeping
from studio.messages import Level
from studio.step_up import with_step_up
from studio.tab import Context
from studio.tabs.people import state
from studio.tabs.people.form import PersonForm
from studio.tabs.people.history import History
from studio.tabs.people.reset import ResetBox
from studio.tabs.people.rows import STATE_LOOKS
from studio.tabs.people.state import PREFIX, Draft, Unsaved
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.chip import Chip
from studio.widgets.conflict_card import ConflictCard
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.time_label import ago, exact

UNSENT = "Nothing was sent: the one-time code is missing. What you typed is kept."


class PersonPane(QWidget):
    """Keeps what was typed about each person, also over a restart, until it is saved or discarded.

    `saved` carries the new copy of a person; `audit_wanted` a target of the audit log.
    """

    saved = Signal(object)
    audit_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._person: PersonRow | None = None
        self.keeping = Keeping(context, self, PREFIX)
        kept = [state.kept_of(text) for text in self.keeping.kept().values()]
        self._unsaved: dict[UUID, Unsaved] = {each.person.id: each for each in kept if each is not None}
        self._saving = False
        self.setAccessibleName("Person")
        self.form = PersonForm()
        self.form.typed.connect(self._typed)
        self.conflict = ConflictCard()
        self.conflict.theirs_wanted.connect(self.discard)
        self.history = History(context)
        self.history.audit_wanted.connect(self.audit_wanted)
        self.reset = ResetBox(context)
        card = Card()
        card.setMinimumWidth(340)
        card.body.setSpacing(style.tokens().space_3)
        card.body.addLayout(self._head())
        self._area = self._scroll()
        card.body.addWidget(self._area, 1)
        card.body.addWidget(self._foot())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)

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

    def _foot(self) -> QWidget:
        self._bar = QWidget()
        column = QVBoxLayout(self._bar)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        self._effects = Label("", "warning", wrap=True)
        self._fault = Label("", "danger", wrap=True)
        self._fault.hide()
        self.save_button = Button("Save changes", kind="primary", tip="Needs a one-time code")
        self.save_button.clicked.connect(self.save)
        self.discard_button = Button("Discard", kind="quiet", tip="Put back what the server has")
        self.discard_button.clicked.connect(self.discard)
        row = QHBoxLayout()
        row.addWidget(self.save_button)
        row.addWidget(self.discard_button)
        row.addStretch(1)
        column.addWidget(self._effects)
        column.addWidget(self._fault)
        column.addLayout(row)
        return self._bar

    # Showing

    @property
    def person(self) -> PersonRow | None:
        """Who is shown."""
        return self._person

    def show_person(self, person: PersonRow) -> None:
        """Show a person at once from the list, then in full; what was typed about them comes back."""
        self._person = person
        kept = self._unsaved.get(person.id)
        self._say_fault("")
        self.conflict.hide()
        self._tell(person)
        why = state.locked(self._context.me, person)
        writes = "people.write" in self._context.me.permissions
        self.form.set_locked(why, name=writes)
        self._bar.setVisible(writes)
        self.form.show_draft(kept.typed if kept else state.draft_of(person))
        self._judge()
        if kept is not None and kept.person.version != person.version:
            self._take(person)
        self.history.show_person(person.id)
        self.refresh()

    def refresh(self) -> None:
        """Read the shown person again."""
        if self._person is None:
            return
        wanted = self._person.id

        async def fetch() -> PersonDetail:
            return (await self._context.api.get(f"/v1/accounts/people/{wanted}")).model(PersonDetail)

        def show(found: PersonDetail) -> None:
            if self._person is not None and self._person.id == wanted and not self._saving:
                self._take(found)

        def failed(error: ApiError) -> None:
            self._say_fault(f"{error.what_happened} What you see is from the list.", wanted)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def _take(self, current: PersonRow) -> None:
        """Show a newer copy of the same person, and lay what was typed over it."""
        if self._person is not None and current.version < self._person.version:
            return  # an answer that was overtaken
        kept = self._unsaved.get(current.id)
        self._person = current
        self._tell(current)
        if kept is None:
            self.form.show_draft(state.draft_of(current))
        elif kept.person.version != current.version:
            self._rebase(kept, current)
        else:
            self._keep(Unsaved(person=current, typed=kept.typed))
        self._judge()

    def _rebase(self, kept: Unsaved, current: PersonRow) -> None:
        base, now = state.draft_of(kept.person), state.draft_of(current)
        found = state.differences(base, kept.typed, now)
        both = state.merged(base, kept.typed, now)
        self._keep(Unsaved(person=current, typed=both))
        self.form.show_draft(both)
        if found:
            self.conflict.show_differences(found)
            self._area.verticalScrollBar().setValue(0)

    def _tell(self, person: PersonRow) -> None:
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

    def _typed(self) -> None:
        person = self._person
        if person is None:
            return
        draft = self.form.draft()
        if state.changed(state.draft_of(person), draft):
            self._keep(Unsaved(person=person, typed=draft))
        else:
            self._drop(person.id)
        self._say_fault("")
        self._judge()

    def _judge(self) -> None:
        if self._person is None:
            return
        base, draft = state.draft_of(self._person), self.form.draft()
        asked = state.changed(base, draft)
        wrong = state.fault(draft)
        self.form.name_row.set_fault(wrong)
        effects = " ".join(state.consequences(base, draft))
        self._effects.setText(effects)
        self._effects.setVisible(bool(effects))
        self.save_button.setEnabled(bool(asked) and not wrong and not self._saving)
        self.discard_button.setEnabled(not self._saving)
        self.discard_button.setVisible(bool(asked))

    def _keep(self, unsaved: Unsaved) -> None:
        name = unsaved.person.id
        if self._unsaved.get(name) != unsaved:
            self._unsaved[name] = unsaved
            self.keeping.keep(f"{PREFIX}{name}", state.kept_text(unsaved))

    def _drop(self, name: UUID) -> None:
        if self._unsaved.pop(name, None) is not None:
            self.keeping.keep(f"{PREFIX}{name}", "")

    def unsaved(self) -> frozenset[UUID]:
        """Ids of people about whom something is typed and not saved."""
        return frozenset(self._unsaved)

    def discard(self) -> None:
        """Put back what the server has."""
        if self._person is None:
            return
        self._drop(self._person.id)
        self.conflict.hide()
        self._say_fault("")
        self.form.show_draft(state.draft_of(self._person))
        self._judge()

    # Saving

    def save(self) -> None:
        """Send what was changed, asking for the one-time code where it is needed."""
        if self._person is not None and self.save_button.isEnabled():
            self._set_saving(True)
            self._say_fault("")
            self._context.tasks.spawn(self._save(self._person, self.form.draft()), self)

    async def _save(self, person: PersonRow, typed: Draft) -> None:
        edit = state.edit_of(state.draft_of(person), typed).model_dump(mode="json", exclude_none=True)

        async def send() -> PersonDetail:
            path, tag = f"/v1/accounts/people/{person.id}", f'"{person.version}"'
            answer = await self._context.api.request("PATCH", path, json=edit, if_match=tag)
            return answer.model(PersonDetail)

        try:
            saved = await with_step_up(self._context, send)
        except ApiError as error:
            self._set_saving(False)
            self._refused(person, error)
        else:
            self._set_saving(False)
            if saved is None:
                self._say_fault(UNSENT, person.id)
            else:
                self._accepted(saved)

    def _accepted(self, saved: PersonDetail) -> None:
        self._drop(saved.id)
        if self._is_shown(saved.id):
            self.conflict.hide()
            self._take(saved)
            self.history.show_person(saved.id)
        self._context.messages.notify(Level.SUCCESS, f"@{saved.handle} saved")
        self.saved.emit(saved)

    def _refused(self, person: PersonRow, error: ApiError) -> None:
        if isinstance(error, Conflict) and error.current is not None:
            current = PersonDetail.model_validate(error.current)
            if self._is_shown(person.id):
                self._take(current)
                if self.conflict.isHidden():
                    self._say_fault("Something else about them changed in the meantime. Save again.")
            self.saved.emit(current)
        else:
            kept = "What you typed is kept."
            self._say_fault(f"{error.what_happened} {kept} {error.what_to_do}", person.id)

    def _set_saving(self, saving: bool) -> None:
        self._saving = saving
        self.save_button.setText("Saving…" if saving else "Save changes")
        self.form.setEnabled(not saving)
        self._judge()

    def _is_shown(self, person: UUID) -> bool:
        return self._person is not None and self._person.id == person

    def _say_fault(self, text: str, about: UUID | None = None) -> None:
        if about is None or self._is_shown(about):
            self._fault.setText(text)
            self._fault.setVisible(bool(text))
