"""The review of one item: what was flagged at the left, what is known and what is decided at the right."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor, QKeyEvent

from server.moderation.schemas import Claim, Colleague, MarkBody
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.key_binding import bind
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.moderation import review_state
from studio.tabs.moderation.ask_popover import AskPopover
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim, Parting
from studio.tabs.moderation.context_creator import reader
from studio.tabs.moderation.context_tabs import ContextTabs
from studio.tabs.moderation.decision_state import Draft
from studio.tabs.moderation.handover import colleagues
from studio.tabs.moderation.handover_popover import HandOverPopover
from studio.tabs.moderation.review_aside import AsidePopover
from studio.tabs.moderation.review_desk import ReviewDesk
from studio.tabs.moderation.review_flow import ReviewFlow
from studio.tabs.moderation.review_keys import handlers
from studio.tabs.moderation.review_layout import lay_out
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.tab import ITEMS
from studio.tabs.moderation.why import WhyPopover
from studio.widgets.overlay import Overlay
from studio.workplace import RESYNC

QUOTING: Final = "To quote a text, reveal it, select the words, and press the key of a note."
OFFLINE: Final = "The server is out of reach. What you decide is kept here and sent when it is back."


class ReviewPage(ReviewDesk):
    """`left`: nothing is open any more. `wants_next`: the next item is to be claimed and opened here.

    `decided` carries the `NewDecision` that was handed to the outbox, `account_wanted` the UUID of a creator.
    `front_wanted`: an item came back by an undo, and should be seen.
    """

    left = Signal()
    wants_next = Signal()
    decided = Signal(object)
    account_wanted = Signal(object)
    front_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._mouse = QCursor.pos()
        self.flow = ReviewFlow(
            context,
            self,
            wants_next=self.wants_next.emit,
            left=self.left.emit,
            front=self.front_wanted.emit,
            decided=self.decided.emit,
        )
        self.tabs = ContextTabs(context.keymap, read=reader(context, self), keep_note=self.flow.keep_note)
        lay_out(self, context.keymap)
        self._connect()
        self.commands = bind(context.keymap, self, "review", handlers(self))
        context.changes.subscribe(self.on_changes)
        context.ticker.second.connect(self._tick)
        self.show_loading("Opening the item")

    def _connect(self) -> None:
        flow, content, panel, tabs = self.flow, self.content, self.panel, self.tabs
        self.header.back_wanted.connect(flow.give_back)
        self.header.why_wanted.connect(self.show_why)
        self.header.panic_wanted.connect(lambda: self.set_break(True))
        self.header.account_wanted.connect(tabs.creator.open_account)
        tabs.creator.account_wanted.connect(self.account_wanted)
        tabs.notes.added.connect(self._add_note)
        tabs.flags.seek_wanted.connect(content.seek_ms)
        tabs.evidence.seek_wanted.connect(content.seek_ms)
        tabs.evidence.changed.connect(self._set_marks)
        tabs.evidence.range_wanted.connect(self.attach_range)
        tabs.evidence.note_left.connect(self.setFocus)
        panel.changed.connect(self._draft_changed)
        panel.confirmed.connect(self._decide)
        panel.hold_wanted.connect(self.ask_hold)
        panel.skip_wanted.connect(self.ask_skip)
        panel.hand_over_wanted.connect(self.ask_hand_over)
        content.proceeded.connect(self.proceed)
        content.exposed.connect(self._expose)
        content.mark_wanted.connect(self.mark_frame)
        content.selected.connect(self._show_stretch)
        content.video_opened.connect(lambda: self._show_marks(panel.draft.marks))
        content.again_wanted.connect(flow.again)
        content.next_wanted.connect(self.next)
        content.retried.connect(self._retry)
        content.back_wanted.connect(flow.give_back)
        self.pause.resumed.connect(lambda: self.set_break(False))
        self.away.acted.connect(flow.touch)
        self.trouble.acted.connect(self._retry)
        self.other_draft.acted.connect(flow.use_refused)

    # What the tab asks for

    def open(self, claim: Claim) -> None:
        """Show a claimed item."""
        self.flow.open(claim)

    def turn_to(self, claim: Claim) -> None:
        """Show an item that was handed over; what is open comes after it."""
        self.flow.turn_to(claim)

    def on_connection(self, connection: Connection) -> None:
        """The connection to the server changed."""
        self.offline.tell(OFFLINE if connection is Connection.OFFLINE else "")
        self.flow.connected(connection)

    def claim_failed(self, error: ApiError) -> None:
        """The next item, which was asked for here, could not be claimed."""
        self.flow.claim_failed(error)

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast."""
        if changes.kinds & (ITEMS | {RESYNC}):
            self.flow.changed(changes.ids)

    async def leave(self) -> None:
        """Give the claim back and keep what was typed."""
        await self.flow.leave()

    # What a person does

    def proceed(self) -> None:
        """Take the cover off; what is below is still shielded."""
        if self.phase is Phase.COVERED:
            self.phase = Phase.OPEN
            self.content.uncover()
            self.setFocus()

    def set_break(self, on: bool) -> None:
        """Blank everything and rest, or go on."""
        if on == self.on_break:
            return
        self.on_break = on
        if on:
            self._tell_break()
            self.keep_typed()
            for over in self.window().findChildren(Overlay):
                if over.isVisible():
                    over.close_now()
        self._see()
        self.content.set_blank(on)
        self.stack.setCurrentWidget(self.pause if on else self.desk)
        self._take_focus()

    def next(self) -> None:
        """Go on to the next item; one that is open has to be decided or put aside first."""
        if self.phase in (Phase.OPEN, Phase.COVERED):
            self.trouble.tell("")
            self.panel.say("Decide, skip or hold this item first, or give it back.")
            return
        self.flow.pass_on()

    def mark_frame(self) -> None:
        """Keep the frame on screen as evidence, and go to its note; of a text, quote what is selected."""
        if not self.content.showing_video:
            self._quote()
            return
        head = self.content.stop_to_mark()
        if head is not None:
            mark = review_state.frame_mark(head)
            known = next((each for each in self.panel.draft.marks if each.frame == mark.frame), mark)
            self._set_marks(review_state.with_mark(self.panel.draft.marks, known))
            self.tabs.setCurrentWidget(self.tabs.evidence)
            self.tabs.evidence.focus_note(known)

    def mark_end(self, name: str) -> None:
        """Set the in or out mark `name`; a text has none."""
        if self.content.showing_video:
            self.content.player.handlers()[name]()
        else:
            self.panel.say(QUOTING)

    def _quote(self) -> None:
        words = self.content.take_quote()
        if words:
            self.panel.add_fact(f"“{words}”")
        else:
            self.panel.say(QUOTING)

    def attach_range(self) -> None:
        """Keep the stretch between in and out as evidence."""
        mark = self.content.selection()
        if mark is not None:
            self._set_marks(review_state.with_mark(self.panel.draft.marks, mark))

    def ask_hold(self) -> None:
        """Ask why the item is held, and for how long."""
        self._ask(holding=True)

    def ask_skip(self) -> None:
        """Ask why the item is skipped."""
        self._ask(holding=False)

    def ask_hand_over(self) -> None:
        """Ask who should go on with the item, and why."""
        held = self.flow.held
        if held is None or held.phase is not ClaimPhase.HELD:
            return
        api, ask = self._context.api, HandOverPopover(self.window())

        def give(to: Colleague, reason: str) -> None:
            self._part(ask, lambda held: held.transfer(to.id, reason), f"Handed over to {to.name}")

        ask.chosen.connect(give)
        fetch = partial(colleagues, api, held.claim.item_id)
        self._context.tasks.read(fetch, ask.show_people, ask.show_fault, owner=ask)
        ask.open_at(self.panel)

    def show_why(self) -> None:
        """Explain the place of the item in the queue."""
        if self.flow.bundle is not None:
            WhyPopover(self.flow.bundle.review.item.priority_why, self.window()).open_at(self.header.why)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.content.show_regions(())
            self.setFocus()  # out of a text field, so that the letters act again
        else:
            super().keyPressEvent(event)

    # Inside

    def _ask(self, *, holding: bool) -> None:
        if self.flow.held is None:
            return
        ask = AsidePopover(self.window(), holding=holding)

        def part(reason: str, seconds: int) -> None:
            told = f"On hold: {reason}" if holding else f"Skipped: {reason}"
            self._part(ask, lambda held: held.hold(reason, seconds) if holding else held.skip(reason), told)

        ask.chosen.connect(part)
        ask.open_at(self.panel)

    def _part(self, ask: AskPopover, how: Parting, told: str) -> None:
        async def parted(held: HeldClaim) -> None:
            await how(held)
            ask.done()

        ask.wait()
        self.flow.part(parted, told, refused=ask.refuse)

    def _decide(self, _draft: Draft) -> None:
        self.tabs.evidence.keep_now()
        draft = self.panel.draft
        if self.flow.case is None or self.flow.case.problems(draft):
            return
        mark = self.content.selection()
        if mark is not None:
            draft = replace(draft, marks=review_state.with_mark(draft.marks, mark))
        self.flow.decide(draft, self.exposure)

    def _draft_changed(self, draft: Draft) -> None:
        self.flow.touch()
        self.flow.keep_draft(draft)
        case = self.flow.case
        if case is not None and self.flow.bundle is not None:
            self.tabs.show_policy(case.node(draft.policy or self.flow.bundle.review.item.policy))

    def _set_marks(self, marks: tuple[MarkBody, ...]) -> None:
        self.panel.set_marks(marks)
        self._show_marks(marks)

    def _show_stretch(self, stretch: tuple[int, int] | None) -> None:
        self.tabs.evidence.offer_range(stretch is not None)
        self.panel.show_stretch(stretch)

    def _add_note(self, text: str) -> None:
        self.flow.add_note(text, self.tabs.notes.stored)
        self.setFocus()

    def _retry(self) -> None:
        self.trouble.tell("")
        self.flow.retry()

    def _expose(self, viewed: bool, revealed: bool) -> None:
        self.exposure.tell(viewed=viewed, revealed=revealed)
        if viewed:
            self.flow.touch()

    def _tick(self, now: datetime) -> None:
        mouse = QCursor.pos()
        if mouse != self._mouse and self.isVisible():
            self._mouse = mouse
            self.flow.touch()
        self.header.tick(now)
        self.flow.tick(now)
