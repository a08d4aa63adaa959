"""The decision on the item under review: policy, outcome, measures, facts; only what is valid can be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from server.moderation.rules import FACTS_MAX, Measure, Outcome
from server.moderation.schemas import MarkBody, SavedReasonRow
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.moderation.decision_bank import BankBox
from studio.tabs.moderation.decision_policies import PolicyPicker, PolicySearch
from studio.tabs.moderation.decision_state import (
    DURATIONS,
    NOTHING,
    VIOLATIONS,
    Case,
    Draft,
    sentence,
    shortlist,
    two_opinions,
)
from studio.theme import style
from studio.theme.icons import icon as themed_icon
from studio.video.playhead import timecode
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.label import Label, tooltip
from studio.widgets.length_note import LengthNote

OUTCOMES: Final = {
    Outcome.ALLOW: ("Allow", "allow"),
    Outcome.RESTRICT: ("Restrict", "restrict"),
    Outcome.REMOVE: ("Remove", "remove"),
    Outcome.ESCALATE: ("Escalate", "escalate"),
}
ACCOUNT: Final = {
    "No account measure": None,
    "Restrict the account": Measure.RESTRICT,
    "Remove the account": Measure.REMOVE,
}
AS_POLICY: Final = "Policy default"


class DecisionPanel(Card):
    """Holds one `Draft`. `changed` comes with every change of it, `confirmed` when it is to be sent."""

    changed = Signal(object)
    confirmed = Signal(object)
    hold_wanted = Signal()
    skip_wanted = Signal()
    hand_over_wanted = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        worn = style.tokens()
        self._keymap = keymap
        self._case: Case | None = None
        self._draft = NOTHING
        self._reasons: Sequence[SavedReasonRow] = ()
        self._presses = 0
        self._locked = ""
        self._showing = False
        self._stretch: tuple[int, int] | None = None
        self.setAccessibleName("Decision")
        self.layout().setContentsMargins(worn.space_3, worn.space_3, worn.space_3, worn.space_3)  # type: ignore[union-attr]
        self.body.setSpacing(worn.space_1 + 2)
        self._lay_out()
        self.setEnabled(False)

    def _lay_out(self) -> None:
        worn = style.tokens()
        self.picker = PolicyPicker(self._keymap)
        self.picker.chosen.connect(self.choose_policy)
        self.picker.pressed.connect(self._press_policy)
        head = QHBoxLayout()
        head.addWidget(Label("Policy", "section"), 1)
        self.search = hint(self._keymap, Button("Find", kind="quiet", icon="search"), "review.find-policy")
        self.search.clicked.connect(self.find_policy)
        head.addWidget(self.search)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.outcomes: dict[Outcome, QPushButton] = {}
        for outcome, (name, picture) in OUTCOMES.items():
            button = hint(self._keymap, Button(name, icon=picture), f"review.{outcome}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setProperty("kind", "tight")
            button.clicked.connect(partial(self._press_outcome, outcome))
            self.outcomes[outcome] = button
            row.addWidget(button, 1)
        self._barred = Label("", "caption", wrap=True)
        self._opinion = Label("", "caption", wrap=True)
        self._opinion.setAccessibleName("Whose decision it is")
        self.account = _choice("Measure on the account", list(ACCOUNT))
        self.account.currentTextChanged.connect(self._choose_account)
        self.duration = _choice("How long the restriction lasts", [AS_POLICY, *DURATIONS])
        self.duration.currentTextChanged.connect(self._choose_duration)
        self._measures = QWidget()
        measures = QHBoxLayout(self._measures)
        measures.setContentsMargins(0, 0, 0, 0)
        measures.setSpacing(worn.space_1)
        measures.addWidget(self.account, 3)
        measures.addWidget(self.duration, 2)
        self.bank = BankBox()
        self.bank.chosen.connect(self._choose_bank)
        self.facts = DraftEdit("Facts", lambda _text: self.changed.emit(self._draft), lines=2)
        self.facts.setPlaceholderText("Facts: what is to be seen, where")
        hint(self._keymap, self.facts, "review.facts")
        self.facts.textChanged.connect(self._write)
        self.facts.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.length = LengthNote(self.facts, FACTS_MAX)
        self.saved = Button("Reasons", kind="quiet", icon="tag", tip="Saved reasons")
        self.saved.clicked.connect(self._offer_reasons)
        facts = QHBoxLayout()
        facts.setSpacing(worn.space_1)
        facts.addWidget(Label("Facts", "section"), 1)
        facts.addWidget(self.length)
        facts.addWidget(self.saved)
        self._told = Label("", "muted", wrap=True)
        self._told.setAccessibleName("What the decision will do")
        self.confirm = hint(self._keymap, Button("Confirm", kind="primary", icon="check"), "review.confirm")
        self.confirm.clicked.connect(self.press_confirm)
        last = QHBoxLayout()
        last.setSpacing(worn.space_1)
        self.ways_out: dict[str, Button] = {}
        for name, title, wanted in (
            ("review.hold", "Hold", self.hold_wanted),
            ("review.skip", "Skip", self.skip_wanted),
            ("review.hand-over", "Hand over…", self.hand_over_wanted),
        ):
            self.ways_out[name] = hint(self._keymap, Button(title, kind="quiet"), name)
            self.ways_out[name].clicked.connect(wanted)
            last.addWidget(self.ways_out[name])
        last.addStretch(1)
        last.addWidget(self.confirm)
        self.body.addLayout(head)
        self.body.addWidget(self.picker)
        self.body.addLayout(row)
        self.body.addWidget(self._barred)
        self.body.addWidget(self._opinion)
        self.body.addWidget(self._measures)
        self.body.addWidget(self.bank)
        self.body.addLayout(facts)
        self.body.addWidget(self.facts)
        self.body.addWidget(self._told)
        self.body.addLayout(last)

    # What is decided on

    def show_case(self, case: Case, draft: Draft, reasons: Sequence[SavedReasonRow]) -> None:
        """Begin with an item, or go on with what had been chosen for it."""
        self._case, self._reasons = case, reasons
        self._draft, self._locked = draft, ""
        self._presses = 0
        self.facts.replace(draft.facts)
        self.setEnabled(True)
        self._show()

    def clear(self) -> None:
        """There is nothing to decide; what was typed is handed over first."""
        self.facts.keep_now()
        self._case, self._draft, self._stretch = None, NOTHING, None
        self.facts.replace("")
        self.picker.show_policies((), None)
        self.setEnabled(False)
        self._show()

    def set_case(self, case: Case) -> None:
        """Go on with what is chosen after the item has changed."""
        self._case = case
        self._show()

    def set_locked(self, why: str) -> None:
        """Keep everything to be read and copied, but let nothing be sent; an empty text unlocks."""
        self._locked = why
        self._show()

    @property
    def draft(self) -> Draft:
        """What is chosen."""
        return self._draft

    def set_marks(self, marks: tuple[MarkBody, ...]) -> None:
        """Attach these marks as evidence, and no others."""
        self._change(replace(self._draft, marks=marks))

    def show_stretch(self, stretch: tuple[int, int] | None) -> None:
        """Say that the stretch between in and out, in ms, will go with the decision."""
        self._stretch = stretch
        self._show()

    def add_fact(self, text: str) -> None:
        """Write something more into the facts."""
        facts = "\n".join(filter(None, (self._draft.facts.strip(), text)))
        self._change(replace(self._draft, facts=facts))

    def say(self, text: str) -> None:
        """Say something where the decision is told, until the next change."""
        self._told.setText(text)

    # What a person does

    def choose_policy(self, code: str) -> None:
        """Choose a policy; the same again changes nothing, so that a habit of keys is safe."""
        if self._case is not None:
            self._change(self._case.with_policy(self._draft, code))

    def choose_outcome(self, outcome: Outcome) -> None:
        """Choose an outcome that is not barred; the same again changes nothing."""
        if self._case is not None:
            self._change(self._case.with_outcome(self._draft, outcome))

    def find_policy(self) -> None:
        """Search the whole tree."""
        if self._case is not None:
            found = PolicySearch(self._case.tree, self.window())
            found.chosen.connect(self.choose_policy)
            found.open_at(self.search)

    def focus_facts(self) -> None:
        """Go to the facts."""
        self.facts.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def press_confirm(self) -> None:
        """Send the decision if it is ready; one of critical severity needs a second press."""
        if self._case is None or self._locked or self._case.problems(self._draft):
            self._show()
            if self._lacks_facts():
                self.focus_facts()
            return
        self._presses += 1
        if self._presses >= self._case.presses(self._draft):
            self._presses = 0
            self.confirmed.emit(self._draft)
        else:
            self._show()

    # Inside

    def _lacks_facts(self) -> bool:
        """Whether facts are all that is missing."""
        if self._case is None or self._locked or self._draft.facts.strip():
            return False
        return not self._case.problems(replace(self._draft, facts="written"))

    def _press_policy(self, code: str) -> None:
        """A button that is down comes up again."""
        if self._case is not None:
            self._change(self._case.with_policy(self._draft, None if code == self._draft.policy else code))

    def _press_outcome(self, outcome: Outcome, _checked: bool = False) -> None:
        if self._case is not None:
            again = outcome is self._draft.outcome
            self._change(self._case.with_outcome(self._draft, None if again else outcome))

    def _choose_account(self, text: str) -> None:
        if self._case is not None and not self._showing:
            self._change(self._case.with_account(self._draft, ACCOUNT[text]))

    def _choose_bank(self, bank: UUID | None) -> None:
        if self._case is not None:
            self._change(self._case.with_bank(self._draft, bank))

    def _choose_duration(self, text: str) -> None:
        if not self._showing:
            self._change(replace(self._draft, duration_s=DURATIONS.get(text)))

    def _write(self) -> None:
        facts = self.facts.toPlainText()
        if not self._showing and facts != self._draft.facts:
            self._draft = replace(self._draft, facts=facts)
            self._presses = 0
            self._show()

    def _offer_reasons(self) -> None:
        menu = QMenu(self)
        menu.setAccessibleName("Saved reasons")
        wanted = [each for each in self._reasons if each.policy in (None, self._draft.policy)]
        for reason in wanted:
            entry = menu.addAction(reason.title.replace("&", "&&"))
            entry.triggered.connect(partial(self._use_reason, reason))
        if not wanted:
            menu.addAction("No reasons are saved for this policy").setEnabled(False)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.saved.mapToGlobal(self.saved.rect().bottomLeft()))

    def _use_reason(self, reason: SavedReasonRow, _checked: bool = False) -> None:
        facts = "\n".join(filter(None, (self._draft.facts.strip(), reason.body)))
        codes = dict.fromkeys((*self._draft.reasons, f"saved:{reason.id}"))
        self._change(replace(self._draft, facts=facts, reasons=tuple(codes)))

    def _change(self, draft: Draft) -> None:
        if draft == self._draft:
            self._show()
            return
        self._draft = draft
        self._presses = 0
        if draft.facts != self.facts.toPlainText():
            self.facts.replace(draft.facts)
        self._show()
        self.changed.emit(draft)

    def _show(self) -> None:
        """Make every control say what the draft is and what it may become."""
        self._showing = True
        case, draft = self._case, self._draft
        if case is not None:
            self.picker.show_policies(shortlist(case.review, case.tree), case.node(draft.policy))
            self._show_outcomes(case, draft)
            self._show_measures(case, draft)
        self.bank.show_choice(draft.bank, offered=case is not None and case.bankable(draft))
        self._measures.setVisible(case is not None and draft.outcome in VIOLATIONS)
        self._barred.setVisible(case is not None and bool(self._barred.text()))
        told = two_opinions(draft, case) if case is not None else ""
        self._opinion.setText(told)
        self._opinion.setVisible(bool(told))
        for name, way in self.ways_out.items():
            self._bar(way, name, self._locked)
        self._show_confirm(case, draft)
        self._showing = False

    def _bar(self, button: QPushButton, action: str, why: str) -> None:
        """Let nothing be pressed that would do nothing, and say why."""
        tip = self._keymap.tooltip(action)
        button.setEnabled(not why)
        button.setToolTip(tooltip(f"{tip}\n{why}" if why else tip))

    def _show_outcomes(self, case: Case, draft: Draft) -> None:
        barred: dict[str, list[str]] = {}
        for outcome, button in self.outcomes.items():
            why = case.barred(draft, outcome)
            self._bar(button, f"review.{outcome}", why)
            button.setChecked(draft.outcome is outcome)
            name, picture = OUTCOMES[outcome]
            button.setIcon(themed_icon(picture, "accent" if draft.outcome is outcome else "text_muted"))
            if why:
                barred.setdefault(why, []).append(name)
        self._barred.setText("\n".join(f"{', '.join(names)}: {why}" for why, names in barred.items()))

    def _show_measures(self, case: Case, draft: Draft) -> None:
        why = case.account_barred(draft)
        self.account.setEnabled(not why)
        self.account.setToolTip(tooltip(why or "Measure on the account"))
        self.account.setCurrentText(next(t for t, measure in ACCOUNT.items() if measure is draft.account))
        timed = draft.outcome is Outcome.RESTRICT or draft.account is Measure.RESTRICT
        self.duration.setEnabled(timed)
        self.duration.setToolTip(
            tooltip("How long the restriction lasts" if timed else "Only a restriction can be temporary.")
        )
        self.duration.setCurrentText(_duration_text(DURATIONS, draft.duration_s))
        if draft.outcome in VIOLATIONS and draft.policy and why:
            self._barred.setText("\n".join(filter(None, (self._barred.text(), why))))

    def _show_confirm(self, case: Case | None, draft: Draft) -> None:
        problems = case.problems(draft) if case is not None else []
        problems = [self._locked] if self._locked else problems
        asked = self._presses > 0
        self.confirm.setEnabled(case is not None and not problems)
        self.confirm.setText("Enter again" if asked else "Confirm")
        kind = "danger" if asked or draft.outcome is Outcome.REMOVE else "primary"
        if self.confirm.property("kind") != kind:
            self.confirm.setProperty("kind", kind)
            self.confirm.setIcon(themed_icon("check", f"on_{'danger' if kind == 'danger' else 'accent'}"))
            self.confirm.style().unpolish(self.confirm)
            self.confirm.style().polish(self.confirm)
        if problems:
            told = problems[0]
        elif asked:
            told = "Critical: press Enter once more to decide."
        else:
            marks = f" · {len(draft.marks)} mark{'s' if len(draft.marks) > 1 else ''}" if draft.marks else ""
            told = sentence(draft, case) + marks if case is not None else ""
        # Not asked for by itself: who marks a stretch means it, and is told here that it is taken so.
        marked = {(mark.in_ms, mark.out_ms) for mark in draft.marks}
        if case is not None and self._stretch is not None and self._stretch not in marked:
            start, end = map(timecode, self._stretch)
            told = f"{told}\nThe stretch {start} to {end} goes with the decision.".strip()
        self._told.setText(told)


def _choice(name: str, texts: Sequence[str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.addItems(list(texts))
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box


def _duration_text(durations: Mapping[str, int], seconds: int | None) -> str:
    return next((text for text, each in durations.items() if each == seconds), AS_POLICY)
