"""A pane in which something is changed: what is typed is kept, saved on the copy on which it was typed, and
laid over what somebody else saved first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from studio.api.errors import ApiError, Conflict
from studio.keeping import Keeping
from studio.tab import Context
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.conflict_card import ConflictCard, Difference
from studio.widgets.label import Label
from studio.widgets.scroll_pane import ScrollPane

NARROWEST = 340
"""Width of a pane in px."""
KEPT = "What you typed is kept."


class Versioned(Protocol):
    """What can be changed; each change makes `version` higher."""

    @property
    def id(self) -> UUID:
        """Names it."""

    @property
    def version(self) -> int:
        """Names the copy."""


RowT = TypeVar("RowT", bound=Versioned)
DraftT = TypeVar("DraftT")


@dataclass(frozen=True, kw_only=True)
class Editing(Generic[RowT, DraftT]):
    """What a pane has to know of its subject: how the keys of its drafts begin, the word for it (it, them),
    and what the tab says of drafts."""

    prefix: str
    about: str
    draft_of: Callable[[RowT], DraftT]
    changed: Callable[[DraftT, DraftT], frozenset[str]]
    merged: Callable[[DraftT, DraftT, DraftT], DraftT]
    differences: Callable[[DraftT, DraftT, DraftT], Sequence[Difference]]
    kept_text: Callable[[RowT, DraftT], str]
    kept_of: Callable[[str], tuple[RowT, DraftT] | None]


class EditPane(QWidget, Generic[RowT, DraftT]):
    """Keeps what was typed about each subject, also over a restart, until it is saved or discarded.

    `saved` carries the new copy. Whoever derives from it has a `form` and an `area` that scrolls, lays out
    the parts, and says how a draft is shown, judged and sent.
    """

    saved = Signal(object)
    form: QWidget
    area: ScrollPane

    def __init__(self, context: Context, editing: Editing[RowT, DraftT]) -> None:
        super().__init__()
        self._context, self._editing = context, editing
        self._row: RowT | None = None
        self._saving = False
        self._left: QWidget | None = None
        self.keeping = Keeping(context, self, editing.prefix)
        self._unsaved: dict[UUID, tuple[RowT, DraftT]] = {}
        for kept in map(editing.kept_of, self.keeping.kept().values()):
            if kept is not None:
                self._unsaved[kept[0].id] = kept
        self.conflict = ConflictCard()
        self.conflict.theirs_wanted.connect(self.discard)
        self.fault = Label("", "danger", wrap=True)
        self.fault.hide()
        self.save_button = Button("Save changes", kind="primary")
        self.save_button.clicked.connect(self.save)
        self.discard_button = Button("Discard", kind="quiet", tip="Put back what the server has")
        self.discard_button.clicked.connect(self.discard)

    def save_line(self) -> QHBoxLayout:
        """The buttons that save and discard, in one line."""
        line = QHBoxLayout()
        line.setSpacing(style.tokens().space_2)
        line.addWidget(self.save_button)
        line.addWidget(self.discard_button)
        line.addStretch(1)
        return line

    def compose(self, head: QLayout, area: ScrollPane, foot: QLayout) -> None:
        """Lay the parts out in a card; what is between head and foot scrolls."""
        self.area = area
        card = Card()
        card.setMinimumWidth(NARROWEST)
        card.body.setSpacing(style.tokens().space_3)
        card.body.addLayout(head)
        card.body.addWidget(area, 1)
        card.body.addLayout(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)

    # What a pane says of its own

    def _typed_draft(self) -> DraftT:
        """What the form holds."""
        raise NotImplementedError

    def _show_draft(self, draft: DraftT) -> None:
        """Fill the form."""
        raise NotImplementedError

    def _tell(self) -> None:
        """Show what the form does not hold of the present copy."""
        raise NotImplementedError

    def _judge(self) -> None:
        """Say what is wrong with the draft, and whether it can be saved."""
        raise NotImplementedError

    async def _send(self, row: RowT, typed: DraftT) -> RowT:
        """Save a draft; answers the new copy. Raises ApiError, NotSent."""
        raise NotImplementedError

    def _parsed(self, current: Any) -> RowT:
        """The present copy that came with a conflict."""
        raise NotImplementedError

    def _tell_saved(self, saved: RowT) -> None:
        """Say that it was saved."""
        raise NotImplementedError

    # Showing

    def show_row(self, row: RowT) -> None:
        """Show one; what was typed about it comes back."""
        self._row = row
        kept = self._unsaved.get(row.id)
        self._say_fault("")
        self.conflict.hide()
        self._tell()
        self._show_draft(kept[1] if kept else self._editing.draft_of(row))
        self._judge()
        if kept is not None and kept[0].version != row.version:
            self.take(row)

    def take(self, current: RowT) -> None:
        """Show a newer copy of what is shown, and lay what was typed over it."""
        if self._row is None or current.id != self._row.id or current.version < self._row.version:
            return  # an answer that was overtaken
        kept = self._unsaved.get(current.id)
        self._row = current
        self._tell()
        if kept is None:
            self._show_draft(self._editing.draft_of(current))
        elif kept[0].version != current.version:
            self._rebase(*kept, current)
        else:
            self._keep(current, kept[1])
        self._judge()

    def _rebase(self, before: RowT, typed: DraftT, current: RowT) -> None:
        base, now = self._editing.draft_of(before), self._editing.draft_of(current)
        found = self._editing.differences(base, typed, now)
        both = self._editing.merged(base, typed, now)
        self._keep(current, both)
        if found:
            self.conflict.show_differences(found)
            self.area.verticalScrollBar().setValue(0)
        self._show_draft(both)

    # Typing

    def _typed(self) -> None:
        row = self._row
        if row is None:
            return
        draft = self._typed_draft()
        if self._editing.changed(self._editing.draft_of(row), draft):
            self._keep(row, draft)
        else:
            self._drop(row.id)
        self._say_fault("")
        self._judge()

    def _show_buttons(self, asked: frozenset[str], *, wrong: bool) -> None:
        """What can be done about the fields that were changed."""
        self.save_button.setEnabled(bool(asked) and not wrong and not self._saving)
        self.discard_button.setEnabled(not self._saving)
        self.discard_button.setVisible(bool(asked))

    def _keep(self, row: RowT, typed: DraftT) -> None:
        if self._unsaved.get(row.id) != (row, typed):
            self._unsaved[row.id] = row, typed
            self.keeping.keep(f"{self._editing.prefix}{row.id}", self._editing.kept_text(row, typed))

    def _drop(self, name: UUID) -> None:
        if self._unsaved.pop(name, None) is not None:
            self.keeping.keep(f"{self._editing.prefix}{name}", "")

    def unsaved(self) -> frozenset[UUID]:
        """Ids of those about which something is typed and not saved."""
        return frozenset(self._unsaved)

    def discard(self) -> None:
        """Put back what the server has."""
        if self._row is None:
            return
        self._drop(self._row.id)
        self.conflict.hide()
        self._say_fault("")
        self._show_draft(self._editing.draft_of(self._row))
        self._judge()

    # Saving

    def save(self) -> None:
        """Send what was changed."""
        if self._row is not None and self.save_button.isEnabled():
            self._set_saving(True)
            self._say_fault("")
            self._context.tasks.spawn(self._save(self._row, self._typed_draft()), self)

    async def _save(self, row: RowT, typed: DraftT) -> None:
        try:
            saved = await self._send(row, typed)
        except ApiError as error:
            self._set_saving(False)
            self._refused(row, error)
        except NotSent as why:
            self._set_saving(False)
            self._say_fault(f"{why} {KEPT}", row.id)
        else:
            self._set_saving(False)
            self._accepted(saved)

    def _accepted(self, saved: RowT) -> None:
        self._drop(saved.id)
        if self._is_shown(saved.id):
            self.conflict.hide()
            self.take(saved)
        self._tell_saved(saved)
        self.saved.emit(saved)

    def _refused(self, row: RowT, error: ApiError) -> None:
        if isinstance(error, Conflict) and error.current is not None:
            current = self._parsed(error.current)
            if self._is_shown(row.id):
                self.take(current)
                if self.conflict.isHidden():
                    changed = f"Something else about {self._editing.about} changed in the meantime."
                    self._say_fault(f"{changed} Save again.")
            self.saved.emit(current)
        else:
            self._say_fault(f"{error.what_happened} {KEPT} {error.what_to_do}", row.id)

    def _set_saving(self, saving: bool) -> None:
        focus = QApplication.focusWidget()
        if saving:
            self._left = focus if focus is not None and self.isAncestorOf(focus) else None
        self._saving = saving
        self.save_button.setText("Saving…" if saving else "Save changes")
        self.form.setEnabled(not saving)
        self._judge()
        # What is disabled loses the keyboard; it comes back, unless somebody has gone elsewhere meanwhile.
        if not saving and self._left is not None and (focus is None or self.isAncestorOf(focus)):
            (self._left if self._left.isEnabled() else self.form).setFocus()

    def _is_shown(self, name: UUID) -> bool:
        return self._row is not None and self._row.id == name

    def _say_fault(self, text: str, about: UUID | None = None) -> None:
        if about is None or self._is_shown(about):
            self.fault.setText(text)
            self.fault.setVisible(bool(text))


class NotSent(Exception):
    """Nothing was sent; the text says why, in a sentence."""
