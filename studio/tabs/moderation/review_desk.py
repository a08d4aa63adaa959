"""What the course of a review has shown, done with widgets: the item, what is known of it, the decision."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from server.moderation.schemas import MarkBody, Review
from studio.api.errors import ApiError
from studio.tab import Context
from studio.tabs.moderation import review_state
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim
from studio.tabs.moderation.context_tabs import ContextTabs
from studio.tabs.moderation.decision_panel import DecisionPanel
from studio.tabs.moderation.decision_state import Case, Draft, sentence
from studio.tabs.moderation.prefetch import Ready
from studio.tabs.moderation.review_bundle import Bundle
from studio.tabs.moderation.review_content import Content
from studio.tabs.moderation.review_cover import BreakScreen
from studio.tabs.moderation.review_flow import ReviewFlow
from studio.tabs.moderation.review_header import ReviewHeader
from studio.tabs.moderation.review_media import Media
from studio.tabs.moderation.review_notice import Notice
from studio.tabs.moderation.review_state import Exposure, Phase
from studio.video.playhead import Lane
from studio.video.storyboard import Preview
from studio.widgets.panel import Subject, TimedPanel
from studio.widgets.toast import ToastStack

AWAY: Final = "Are you still there? In a minute the claim is no longer extended."


class ReviewDesk(QWidget):
    """The `View` of the flow; `flow` and `tabs` are made by the page, the rest below by `lay_out`."""

    flow: ReviewFlow
    tabs: ContextTabs
    offline: Notice
    away: Notice
    trouble: Notice
    other_draft: Notice
    known: QWidget
    side: QWidget
    desk: QWidget
    pause: BreakScreen
    stack: QStackedLayout

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Review")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._context = context
        self.on_break = False
        self._phase = Phase.LOADING
        self.exposure = Exposure(time.monotonic)
        self.content = Content(context.keymap, context.settings)
        self.header = ReviewHeader(context.keymap)
        self.panel = DecisionPanel(context.keymap)
        self._lent_lanes: tuple[Lane, ...] = ()
        self._lent: list[TimedPanel] = []
        self.content.video_opened.connect(self._lend_video)
        self.panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @property
    def phase(self) -> Phase:
        """What the page shows."""
        return self._phase

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._phase = phase
        self._see()
        self._lend_video()

    def _see(self) -> None:
        self.exposure.seen(self._phase is Phase.OPEN and self.isVisible() and not self.on_break)

    # What the flow has shown

    def show_loading(self, title: str) -> None:
        """Nothing is there yet."""
        self.phase = Phase.LOADING
        self.content.show_loading(title)
        self.known.hide()
        self._take_focus()

    def show_failed(self, error: ApiError) -> None:
        """The item could not be read."""
        self.phase = Phase.FAILED
        self.content.show_failed(error.what_happened, error.what_to_do)

    def show_bundle(self, bundle: Bundle, case: Case) -> None:
        """Show an item anew."""
        review = bundle.review
        # Seen, each widget that appears in it would have the whole page laid out at once.
        self.side.hide()
        self.exposure = Exposure(time.monotonic)
        self.trouble.tell("")
        self.header.show_review(review, restricted=bundle.restricted)
        self.header.show_claim(self.flow.held, self._now())
        self.tabs.show_bundle(bundle, case.title)
        self.tabs.show_subject(Subject(review.item.content_type, review.item.content_id))
        self.show_draft(bundle, case)
        self.known.show()
        self.side.show()
        covered = review_state.starts_covered(review, self._context.settings)
        self.content.show_bundle(bundle, case.title, covered=covered)
        self.phase = Phase.COVERED if covered else Phase.OPEN
        if self.on_break:
            self.content.set_blank(True)
            self._tell_break()
        self._take_focus()

    def show_draft(self, bundle: Bundle, case: Case) -> None:
        """Show another draft for the same item."""
        self.panel.bank.set_banks(self.flow.loader.banks)
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
        if self.flow.bundle is not None:
            self.content.show_video(self.flow.bundle.item_id, media.source, self._lanes())
            self.content.show_lanes(self._lanes())  # one that was prepared does not know those that are lent

    def show_media_problem(self, text: str, what_to_do: str) -> None:
        """The video of the item cannot be had."""
        self.trouble.tell(f"{text} {what_to_do}")
        self.content.say_of_video("The video cannot be shown", text)

    def show_progress(self, done: int, total: int) -> None:
        """So many bytes of the video have come."""
        share = f"{done * 100 // max(total, 1)} % of {max(total / 1e6, 0.1):,.1f} MB"
        self.content.say_of_video("Fetching the video", share)

    def show_previews(self, previews: Sequence[Preview]) -> None:
        """Small stills of the item's video, which is on its way."""
        self.content.show_previews(previews)

    def close_video(self) -> None:
        """The video that is shown has to go; it comes anew."""
        self.content.video.close_video()

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
        if self.on_break:
            self._tell_break()
        if held.phase is ClaimPhase.LOST:
            self.keep_typed()
            self.panel.set_locked("This item is not yours any more. What you wrote is kept.")
            self.content.show_lost(held.loss)
            self.phase = Phase.LOST

    def prepare(self, ready: Ready) -> None:
        """Open the next video out of sight."""
        if ready.fetch is not None and ready.fetch.media is not None:
            review = ready.bundle.review
            lanes = review_state.lanes_of(review.lanes, self.flow.loader.title)
            self.content.prepare(ready.bundle.item_id, ready.fetch.media.source, lanes)

    def forget_ahead(self) -> None:
        """Close what was opened out of sight."""
        self.content.video.forget_prepared()

    def put_away(self) -> None:
        """Hand over what is being typed, and let go of the item."""
        self.exposure.stop()
        self.keep_typed()
        self.panel.clear()
        self.content.let_go()
        self.tabs.show_subject(None)
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

    def keep_typed(self) -> None:
        """Have everything that was typed kept now."""
        self.panel.facts.keep_now()
        self.tabs.notes.field.keep_now()
        self.tabs.evidence.keep_now()

    def lend(self, panel: TimedPanel) -> None:
        """Take in a panel of another feature: beside the item, and its moments on the time bar."""
        self.tabs.lend(panel)
        panel.seek_wanted.connect(self.content.seek_ms)
        panel.lanes_changed.connect(self._take_lanes)
        panel.regions_changed.connect(self.content.show_regions)
        panel.blank_wanted.connect(self.header.panic_wanted)
        self._lent.append(panel)

    # Inside

    def _lend_video(self) -> None:
        """Let the lent panels look at the video: never before its cover is off."""
        player = self.content.player
        if self._phase is Phase.OPEN and player.player.head is not None:
            for panel in self._lent:
                panel.watch(player)

    def _take_lanes(self, lanes: Sequence[Lane]) -> None:
        self._lent_lanes = tuple(lanes)
        self.content.show_lanes(self._lanes())

    def _lanes(self) -> tuple[Lane, ...]:
        """What was flagged, and what is lent."""
        bundle, case = self.flow.bundle, self.flow.case
        flagged = review_state.lanes_of(bundle.review.lanes, case.title) if bundle and case else ()
        return (*flagged, *self._lent_lanes)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._see()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._see()

    def _take_focus(self) -> None:
        (self.pause if self.on_break else self).setFocus()

    def _tell_break(self) -> None:
        held = self.flow.held
        mine = held is not None and held.phase is ClaimPhase.HELD
        self.pause.show_kept(f"{held.lease_until.astimezone():%H:%M}" if held is not None and mine else "")

    def _show_marks(self, marks: tuple[MarkBody, ...]) -> None:
        earlier = self.flow.bundle.review.marks if self.flow.bundle is not None else []
        self.tabs.evidence.show_marks(marks, earlier)
        self.tabs.show_count(self.tabs.evidence, len(marks))
        self.content.show_marks(marks)

    def _now(self) -> datetime:
        return self._context.ticker.now()
