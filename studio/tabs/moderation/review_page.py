"""The review of one item: what was flagged at the left, what is known and what is decided at the right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCursor, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from server.moderation.schemas import Claim, MarkBody, Review
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.key_binding import bind
from studio.offline.changes import Changes
from studio.tab import Context
from studio.tabs.moderation import review_state
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim
from studio.tabs.moderation.context_creator import reader
from studio.tabs.moderation.context_tabs import ContextTabs
from studio.tabs.moderation.decision_panel import DecisionPanel
from studio.tabs.moderation.decision_state import Case, Draft, sentence
from studio.tabs.moderation.prefetch import Ready
from studio.tabs.moderation.review_aside import AsidePopover
from studio.tabs.moderation.review_bundle import Bundle, Media
from studio.tabs.moderation.review_content import Content
from studio.tabs.moderation.review_cover import BreakScreen
from studio.tabs.moderation.review_flow import ReviewFlow
from studio.tabs.moderation.review_header import ReviewHeader
from studio.tabs.moderation.review_keys import handlers
from studio.tabs.moderation.review_layout import lay_out
from studio.tabs.moderation.review_notice import Notice
from studio.tabs.moderation.review_state import Exposure, Phase
from studio.tabs.moderation.tab import ITEMS
from studio.tabs.moderation.why import WhyPopover
from studio.widgets.toast import ToastStack

OFFLINE: Final = "The server is out of reach. What you decide is kept here and sent when it is back."
AWAY: Final = "Are you still there? In a minute the claim is no longer extended."


class ReviewPage(QWidget):
    """`left`: nothing is open any more. `wants_next`: the next item is to be claimed and opened here.

    `decided` carries the `NewDecision` that was handed to the outbox, `account_wanted` the UUID of a creator.
    """

    left = Signal()
    wants_next = Signal()
    decided = Signal(object)
    account_wanted = Signal(object)

    offline: Notice
    away: Notice
    trouble: Notice
    other_draft: Notice
    known: QWidget
    desk: QWidget
    pause: BreakScreen
    stack: QStackedLayout

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Review")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._context = context
        self._before_break = Phase.LOADING
        self._mouse = QCursor.pos()
        self._phase = Phase.LOADING
        self.exposure = Exposure(time.monotonic)
        self.content = Content(context.keymap, context.settings)
        self.header = ReviewHeader(context.keymap)
        self.panel = DecisionPanel(context.keymap)
        self.panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.flow = ReviewFlow(
            context,
            self,
            wants_next=self.wants_next.emit,
            left=self.left.emit,
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
        self.header.account_wanted.connect(tabs.creator.open_account)
        tabs.creator.account_wanted.connect(self.account_wanted)
        tabs.notes.added.connect(self._add_note)
        tabs.flags.seek_wanted.connect(content.seek_ms)
        tabs.evidence.seek_wanted.connect(content.seek_ms)
        tabs.evidence.changed.connect(self._set_marks)
        tabs.evidence.range_wanted.connect(self.attach_range)
        panel.changed.connect(self._draft_changed)
        panel.confirmed.connect(self._decide)
        panel.hold_wanted.connect(self.ask_hold)
        panel.skip_wanted.connect(self.ask_skip)
        content.proceeded.connect(self.proceed)
        content.blanked.connect(self.set_break)
        content.exposed.connect(self._expose)
        content.mark_wanted.connect(self.mark_frame)
        content.selected.connect(tabs.evidence.offer_range)
        content.video_opened.connect(lambda: self._show_marks(panel.draft.marks))
        content.again_wanted.connect(flow.again)
        content.next_wanted.connect(self.next)
        content.retried.connect(self._retry)
        content.back_wanted.connect(flow.give_back)
        self.pause.resumed.connect(lambda: self.set_break(False))
        self.away.acted.connect(flow.touch)
        self.trouble.acted.connect(self._retry)
        self.other_draft.acted.connect(flow.use_refused)

    @property
    def phase(self) -> Phase:
        """What the page shows."""
        return self._phase

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._phase = phase
        self._see()

    def _see(self) -> None:
        self.exposure.seen(self._phase is Phase.OPEN and self.isVisible())

    # What the tab asks for

    def open(self, claim: Claim) -> None:
        """Show a claimed item."""
        self.flow.open(claim)

    def on_connection(self, connection: Connection) -> None:
        """The connection to the server changed."""
        self.offline.tell(OFFLINE if connection is Connection.OFFLINE else "")

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast."""
        if changes.kinds & ITEMS:
            self.flow.changed(changes.ids)

    async def leave(self) -> None:
        """Give the claim back and keep what was typed."""
        await self.flow.leave()

    # What the flow has shown

    def show_loading(self, title: str) -> None:
        """Nothing is there yet."""
        self.phase = Phase.LOADING
        self.content.show_loading(title)
        self.known.hide()
        self.setFocus()

    def show_failed(self, error: ApiError) -> None:
        """The item could not be read."""
        self.phase = Phase.FAILED
        self.content.show_failed(error.what_happened, error.what_to_do)

    def show_bundle(self, bundle: Bundle, case: Case) -> None:
        """Show an item anew."""
        review = bundle.review
        self.exposure = Exposure(time.monotonic)
        self.trouble.tell("")
        self.header.show_review(review, restricted=bundle.restricted)
        self.header.show_claim(self.flow.held, self._now())
        self.tabs.show_bundle(bundle, case.title)
        self.show_draft(bundle, case)
        self.known.show()
        covered = review_state.starts_covered(review, self._context.settings)
        self.content.show_bundle(bundle, case.title, covered=covered)
        self.phase = Phase.COVERED if covered else Phase.OPEN
        self.setFocus()

    def show_draft(self, bundle: Bundle, case: Case) -> None:
        """Show another draft for the same item."""
        self.panel.show_case(case, bundle.draft, self.flow.loader.reasons)
        self.tabs.show_policy(case.node(bundle.draft.policy or bundle.review.item.policy))
        self._show_marks(bundle.draft.marks)
        self.offer_refused(bundle, case)

    def offer_refused(self, bundle: Bundle, case: Case) -> None:
        """Offer the other draft that there is, if any."""
        other = "" if bundle.refused.empty else sentence(bundle.refused, case) or bundle.refused.facts
        self.other_draft.tell(f"You have another decision for this item: {other}" if other else "")

    def show_media(self, media: Media) -> None:
        """The video of the item is here."""
        self.trouble.tell("")
        if self.flow.bundle is not None and self.flow.case is not None:
            bundle, title = self.flow.bundle, self.flow.case.title
            self.content.show_video(
                bundle.item_id, media.source, review_state.lanes_of(bundle.review.lanes, title)
            )

    def show_media_problem(self, text: str, what_to_do: str) -> None:
        """The video of the item cannot be had."""
        self.trouble.tell(f"{text} {what_to_do}")
        self.content.say_of_video("The video cannot be shown", text)

    def show_progress(self, done: int, total: int) -> None:
        """So many bytes of the video have come."""
        self.content.say_of_video("Fetching the video", f"{done * 100 // max(total, 1)} %")

    def show_review(self, review: Review, case: Case) -> None:
        """What is known of the item has changed."""
        self.header.show_review(
            review, restricted=self.flow.bundle is not None and self.flow.bundle.restricted
        )
        self.header.tick(self._now())
        self.panel.set_case(case)
        self.tabs.show_review(review, case.title)

    def show_claim(self, held: HeldClaim) -> None:
        """The claim was extended, pauses or was lost."""
        self.header.show_claim(held, self._now())
        self.away.tell(AWAY if held.pausing else "")
        if held.phase is ClaimPhase.LOST and self.phase is not Phase.LOST:
            self.panel.facts.keep_now()
            self.panel.set_locked("This item is not yours any more: claim it again to decide.")
            self.content.show_lost()
            self.phase = Phase.LOST

    def prepare(self, ready: Ready) -> None:
        """Open the next video out of sight."""
        if ready.media is not None:
            review = ready.bundle.review
            lanes = review_state.lanes_of(review.lanes, self.flow.loader.title)
            self.content.prepare(ready.bundle.item_id, ready.media.source, lanes)

    def forget_ahead(self) -> None:
        """Close what was opened out of sight."""
        self.content.video.forget_prepared()

    def put_away(self) -> None:
        """Hand over what is being typed, and let go of the item."""
        self.exposure.stop()
        self.tabs.notes.field.keep_now()
        self.panel.clear()
        self.content.let_go()
        self.header.clear()
        for notice in (self.away, self.trouble, self.other_draft):
            notice.tell("")

    def withdraw_offer(self, take_back: Callable[[], object]) -> None:
        """A decision cannot be undone any more by `take_back`: take its toast away."""
        stack = self.window().findChild(ToastStack)
        for toast in stack.toasts() if stack is not None else ():
            if toast.message.undo is take_back:
                toast.close_now()

    def current_draft(self) -> Draft:
        """What is chosen at this moment."""
        return self.panel.draft

    # What a person does

    def proceed(self) -> None:
        """Take the cover off; what is below is still shielded."""
        if self.phase is Phase.COVERED:
            self.phase = Phase.OPEN
            self.content.uncover()
            self.setFocus()

    def set_break(self, on: bool) -> None:
        """Blank everything and rest, or go on."""
        if on == (self.phase is Phase.BREAK):
            return
        if on:
            self._before_break = self.phase
            held = self.flow.held
            until = f"{held.lease_until.astimezone():%H:%M}" if held is not None else ""
            self.pause.show_kept(until)
            self.panel.facts.keep_now()
        self.phase = Phase.BREAK if on else self._before_break
        self.content.set_blank(on)
        self.stack.setCurrentWidget(self.pause if on else self.desk)
        (self.pause if on else self).setFocus()

    def next(self) -> None:
        """Go on to the next item; one that is open has to be decided or put aside first."""
        if self.phase in (Phase.OPEN, Phase.COVERED):
            self.trouble.tell("")
            self.panel.say("Decide, skip or hold this item first, or give it back.")
            return
        self.flow.pass_on()

    def mark_frame(self) -> None:
        """Keep the frame on screen as evidence, and go to its note."""
        head = self.content.stop_to_mark()
        if head is not None:
            mark = review_state.frame_mark(head)
            known = next((each for each in self.panel.draft.marks if each.frame == mark.frame), mark)
            self._set_marks(review_state.with_mark(self.panel.draft.marks, known))
            self.tabs.setCurrentWidget(self.tabs.evidence)
            self.tabs.evidence.focus_note(known)

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

    def show_why(self) -> None:
        """Explain the place of the item in the queue."""
        if self.flow.bundle is not None:
            WhyPopover(self.flow.bundle.review.item.priority_why, self.window()).open_at(self.header.why)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setFocus()  # out of a text field, so that the letters act again
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._see()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._see()

    # Inside

    def _ask(self, *, holding: bool) -> None:
        if self.flow.held is None:
            return
        ask = AsidePopover(self.window(), holding=holding)
        ask.chosen.connect(self.flow.hold if holding else lambda reason, _s: self.flow.skip(reason))
        ask.open_at(self.panel)

    def _decide(self, draft: Draft) -> None:
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

    def _show_marks(self, marks: tuple[MarkBody, ...]) -> None:
        earlier = self.flow.bundle.review.marks if self.flow.bundle is not None else []
        self.tabs.evidence.show_marks(marks, earlier)
        self.tabs.show_count(self.tabs.evidence, len(marks))
        self.content.show_marks(marks)

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

    def _now(self) -> datetime:
        return self._context.ticker.now()

    def _tick(self, now: datetime) -> None:
        mouse = QCursor.pos()
        if mouse != self._mouse and self.isVisible():
            self._mouse = mouse
            self.flow.touch()
        self.header.tick(now)
        self.flow.tick(now)
