"""The course of a review: open, decide, undo, go on to the next, lose a claim, leave. Knows no widget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from server.moderation.schemas import Claim, NewDecision
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.messages import Level
from studio.offline.edits import Entry
from studio.tab import Context
from studio.tabs.moderation.claims import ClaimPhase, HeldClaim, Parting, Refused, claim_again, gone
from studio.tabs.moderation.decision_outbox import DecisionOutbox, Sent, told
from studio.tabs.moderation.decision_state import Case, Draft, from_body, sentence
from studio.tabs.moderation.handover import look
from studio.tabs.moderation.prefetch import Prefetch, Ready
from studio.tabs.moderation.review_bundle import Bundle, Loader, item_of
from studio.tabs.moderation.review_state import Exposure, is_restricted
from studio.tabs.moderation.review_video import ItemTasks, ItemVideo
from studio.tabs.moderation.review_view import View
from studio.tabs.moderation.undo_offers import Decided, UndoOffers


class ReviewFlow:
    """One person's course through the items. `wants_next` and `left` are called when it ends here.

    `front` is called when an item comes back by an undo: whoever pressed it may be elsewhere.
    """

    def __init__(
        self,
        context: Context,
        view: View,
        *,
        wants_next: Callable[[], object],
        left: Callable[[], object],
        front: Callable[[], object],
        decided: Callable[[NewDecision], object],
    ) -> None:
        self._context, self._view = context, view
        self._now, self._spawn = context.ticker.now, context.tasks.spawn
        self._wants_next, self._left, self._front, self._on_decided = wants_next, left, front, decided
        self.loader = Loader(context.api, context.media, context.store)
        self.prefetch = Prefetch(context.api, self.loader, spawn=self._spawn, on_ready=view.prepare)
        self.outbox = DecisionOutbox(
            context.outbox,
            context.api,
            context.tasks,
            context.changes,
            keep=self.loader.keep_refused,
            on_refused=self._refused,
        )
        self.held: HeldClaim | None = None
        self.bundle: Bundle | None = None
        self.case: Case | None = None
        self.video = ItemVideo(self.loader.videos, view, context.tasks.spawn)
        self._offers = UndoOffers(view, context, undo=self.undo)
        self._going_back = asyncio.Lock()
        self._of_item = ItemTasks(context.tasks.spawn)
        self._waits_for_claim = False
        self._storing = False

    # Opening

    def open(self, claim: Claim) -> None:
        """Show a claimed item, at once when it has been loaded ahead; another one is given back."""
        self._waits_for_claim = False
        self._let_go(keep=claim.item_id)
        ready = self.prefetch.ready
        waits = ready is not None and ready.bundle.item_id == claim.item_id
        taken = self.prefetch.take(self._now()) if waits else None
        if taken is None:
            self._load(self._hold(claim))
        else:
            taken.held.claim = claim
            self._show_ready(taken)

    def turn_to(self, claim: Claim) -> None:
        """Show an item one was given; what is open stays one's own and comes after it."""
        self._waits_for_claim = False
        if self.held is None or self.held.claim.item_id != claim.item_id:
            self._set_aside()
            self._load(self._hold(claim))

    def retry(self) -> None:
        """Claim the next item, read the item, or fetch its video again: whatever did not come."""
        if self._waits_for_claim:
            self.next()
        elif self.held is not None and self.bundle is None:
            self._load(self.held)
        elif self.bundle is not None and self.video.failed:
            self.video.bring(self.bundle)

    def claim_failed(self, error: ApiError) -> None:
        """The next item could not be claimed; `retry` tries again, and so does the way back online."""
        if self._waits_for_claim:
            self._view.show_failed(error)

    def connected(self, connection: Connection) -> None:
        """The connection to the server changed."""
        if connection is Connection.ONLINE and self.bundle is None:
            self.retry()

    def again(self) -> None:
        """Claim anew an item whose claim was lost."""
        held = self.held
        if held is None or held.phase is not ClaimPhase.LOST:
            return

        async def work() -> None:
            claim = await claim_again(self._context.api, held.claim)
            if self.held is held:
                self._put_away()
                self._load(self._hold(claim))

        self._spawn(self._told(work()))

    def _hold(self, claim: Claim) -> HeldClaim:
        return HeldClaim(self._context.api, claim, now=self._now(), spawn=self._spawn)

    def _load(self, held: HeldClaim) -> None:
        self._use(held)
        self._view.show_loading("Opening the item")

        async def work() -> None:
            try:
                bundle = await self.loader.load(held.claim)
            except ApiError as error:
                if self.held is held:
                    self._view.show_failed(error)
                return
            if self.held is held:
                self._show(bundle)
                self.video.bring(bundle)
                await self.prefetch.go_on(Ready(bundle, held, self.video.fetch), self._now)

        self._of_item.run(work())

    def _show_ready(self, ready: Ready) -> None:
        self._use(ready.held)
        self._show(ready.bundle)
        self.video.bring(ready.bundle, ready.fetch)
        self._spawn(self.prefetch.go_on(ready, self._now))
        self._of_item.run(self._refresh(ready.held))

    def _use(self, held: HeldClaim) -> None:
        self.held = held
        held.on_change = lambda: self._claim_changed(held)
        held.touch(self._now())

    def _show(self, bundle: Bundle) -> None:
        self.bundle, self.case = bundle, self._case(bundle)
        self._view.show_bundle(bundle, self.case)

    def _case(self, bundle: Bundle) -> Case:
        may = "moderation.restricted" in self._context.me.permissions
        return Case(bundle.review, self.loader.tree, restricted=bundle.restricted, cleared=may)

    # While it is open

    def tick(self, now: datetime) -> None:
        """Do what is due at `now`; to be called about once a second."""
        if (held := self.held) is not None:
            held.tick(now)
            self.prefetch.follow(held, now)
        self._offers.expire(now)

    def touch(self) -> None:
        """Take a sign of life of the person."""
        if self.held is not None:
            self.held.touch(self._now())

    def changed(self, ids: frozenset[str]) -> None:
        """The server told that these items changed; no ids: any may have."""
        if self.held is not None and self.bundle is not None and (not ids or str(self.bundle.item_id) in ids):
            self._of_item.run(self._refresh(self.held))

    def keep_draft(self, draft: Draft) -> None:
        """Have what is being decided stored."""
        if self.bundle is not None and not self._storing:
            self._context.tasks.write(partial(self.loader.save_draft, self.bundle.item_id, draft))

    def use_refused(self) -> None:
        """Go on with the decision that was not accepted; the one in the making is kept in its place."""
        bundle, case = self.bundle, self.case
        if bundle is not None and case is not None:
            self.bundle = replace(bundle, draft=bundle.refused, refused=self._view.current_draft())
            self._context.tasks.write(partial(self.loader.save_both, self.bundle))
            self._view.show_draft(self.bundle, case)

    def keep_note(self, text: str) -> None:
        """Have what is being noted stored."""
        if self.bundle is not None:
            self._context.tasks.write(partial(self.loader.save_note, self.bundle.item_id, text))

    def add_note(self, text: str, stored: Callable[[bool], object]) -> None:
        """Hand a note to the outbox; `stored` is told whether it is there."""
        if self.bundle is not None:
            self.outbox.send_note(self.bundle.item_id, text, stored)

    async def _refresh(self, held: HeldClaim) -> None:
        review = await look(self._context.api, held, self._context.me.handle)
        if self.held is not held or self.bundle is None or held.phase is not ClaimPhase.HELD:
            return
        if review is not None and review != self.bundle.review:
            newly = is_restricted(review) and not self.bundle.restricted
            self.bundle = replace(self.bundle, review=review, restricted=is_restricted(review))
            self.case = self._case(self.bundle)
            self._view.show_review(review, self.case)
            if newly:  # what of it lies on the disk has to go at once
                self.video.drop()
                self._view.close_video()
                self.video.bring(self.bundle)

    def _claim_changed(self, held: HeldClaim) -> None:
        if self.held is not held:
            return
        if held.phase is ClaimPhase.LOST:
            self.keep_draft(self._view.current_draft())
            self._view.show_claim(held)
            self.video.drop()
            if held.loss is None:
                self._of_item.run(self._refresh(held))
        elif held.phase is ClaimPhase.HELD:
            self._view.show_claim(held)

    # Deciding

    def decide(self, draft: Draft, exposure: Exposure) -> None:
        """Send a decision that has no `problems`, and go on as soon as it is stored."""
        held, bundle, case = self.held, self.bundle, self.case
        if held is None or bundle is None or case is None or held.phase is not ClaimPhase.HELD:
            return
        body = case.body(
            draft,
            decision_id=uuid4(),
            claim_token=held.token,
            ms_viewed=exposure.viewed.ms,
            ms_revealed=exposure.revealed.ms,
        )
        held.decided()
        self._storing = True

        def stored(sent: Sent) -> None:
            fetch = self.video.keep() if self.held is held else None  # to go back to
            self._offers.offer(sent, bundle, draft, fetch, sentence(draft, case))
            self._on_decided(body)
            if self.held is held:
                self._put_away()
                self.next()

        def failed() -> None:
            if self.held is held:
                self._storing = False
                held.not_decided()
                self.keep_draft(self._view.current_draft())

        self.outbox.send(held.claim, body, on_stored=stored, on_failed=failed)

    def undo(self, decision_id: UUID | None = None) -> None:
        """Take back a decision, the last one unless another is named, and go back to its item."""
        decided = self._offers.take(decision_id)
        if decided is not None:
            self._spawn(self._undo(decided))
        else:
            self._context.messages.notify(Level.INFO, "There is no decision to undo any more.")

    async def _undo(self, decided: Decided) -> None:
        async with self._going_back:
            claim = await self._offers.take_back(decided, self.outbox)
            if claim is None:
                return
            self._waits_for_claim = False
            self._set_aside()
            self._use(self._hold(claim))
            self._show(replace(decided.bundle, claim=claim, draft=decided.draft))
            self.keep_draft(decided.draft)
            self.video.bring(decided.bundle, decided.fetch)
            self._offers.offer_newest()
            self._front()

    def next(self) -> None:
        """Show the item after this one, which must be decided or given back."""
        self._waits_for_claim = False
        ready = self.prefetch.take(self._now())
        if ready is not None:
            self._show_ready(ready)
            return
        self._waits_for_claim = True
        self._view.show_loading("Getting the next item")
        if not self.prefetch.under_way:
            self._wants_next()
            return

        async def work() -> None:
            await self.prefetch.settled()
            if self._waits_for_claim:
                self.next()

        self._spawn(work())

    def pass_on(self) -> None:
        """Leave an item that is not one's own any more, or did not open, for the next one."""
        self._let_go()
        self.next()

    def part(self, how: Parting, told: str = "", refused: Refused = lambda _error: False) -> None:
        """Skip the item, hold it or hand it over, say what was `told`, and go on; what was typed is kept.

        `refused` hears why it could not be done, and answers whether the person has been told.
        """
        held = self.held

        async def work() -> None:
            if held is None:
                raise gone()
            await how(held)
            if told:
                self._context.messages.notify(Level.SUCCESS, told)
            if self.held is held:
                self._put_away()
                self.next()

        self._spawn(self._told(work(), refused))

    # Leaving

    def give_back(self) -> None:
        """Give back what is open and leave; what was typed is kept, what was decided can still be undone."""

        async def work() -> None:
            self._offers.drop_videos()
            await self._give_back()
            self._left()

        self._spawn(work())

    async def leave(self) -> None:
        """Give back every claim, keep what was typed, wipe every copy of a video."""
        self._offers.forget_all()
        await self._give_back()

    async def _give_back(self) -> None:
        self._waits_for_claim = False
        held = self.held
        self._put_away()
        self._view.forget_ahead()
        if held is not None:
            await held.give_up()
        await self.prefetch.release()

    def _let_go(self, *, keep: UUID | None = None) -> None:
        held = self.held
        self._put_away()
        if held is not None and held.claim.item_id != keep:
            self._spawn(held.give_up())

    def _put_away(self) -> None:
        self._view.put_away()
        self._of_item.stop()
        self.video.drop()
        self.held = self.bundle = self.case = None
        self._storing = False

    def _set_aside(self) -> None:
        """Make room for an item one goes back to: what is open becomes the next one."""
        held, bundle = self.held, self.bundle
        if held is not None and bundle is not None and held.phase is ClaimPhase.HELD:
            draft = self._view.current_draft()
            fetch = self.video.keep()
            self._put_away()
            self.prefetch.put(Ready(replace(bundle, draft=draft), held, fetch))
        else:
            self._let_go()

    # What was refused

    def _refused(self, entry: Entry) -> None:
        self._context.messages.fail(told(entry, self._offers.refused(entry.edit.id)))
        bundle, case = self.bundle, self.case
        if bundle is not None and case is not None and bundle.item_id == item_of(entry):
            self.bundle = replace(bundle, refused=from_body(entry.edit.body))
            self._view.offer_refused(self.bundle, case)

    async def _told(self, work: Coroutine[Any, Any, None], refused: Refused = lambda _error: False) -> None:
        """Run `work`; tell in passing why it did not succeed, unless `refused` has told it."""
        try:
            await work
        except ApiError as error:
            if not refused(error):
                self._context.messages.notify(Level.WARNING, error.what_happened, error.what_to_do)
