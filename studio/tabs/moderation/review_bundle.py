"""Brings what the review of one item needs beside its video: the case, drafts, the thread around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.content.schemas import CommentView
from server.forensics.schemas import BankChoice
from server.kit.wire import Page
from server.moderation.rules import ContentType
from server.moderation.schemas import Claim, Policies, PolicyNode, Review, SavedReasonRow
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.offline.edits import Entry
from studio.offline.media_cache import MediaCache
from studio.offline.store import Store
from studio.tabs.moderation.decision_state import NOTHING, Draft, from_body, from_plain, to_plain
from studio.tabs.moderation.review_media import Videos
from studio.tabs.moderation.review_state import is_restricted
from studio.tasks import off_thread

AROUND: Final = 4
"""So many comments before and after the flagged one are shown."""


@dataclass(frozen=True)
class Bundle:
    """One claimed item with all that was read for it. `thread` = the comments around a flagged comment."""

    claim: Claim
    review: Review
    restricted: bool
    thread: tuple[CommentView, ...] = ()
    draft: Draft = NOTHING
    refused: Draft = NOTHING
    note: str = ""

    @property
    def item_id(self) -> UUID:
        """The item's id."""
        return self.claim.item_id


class Loader:
    """Reads bundles and keeps drafts; `videos` brings what plays."""

    def __init__(self, api: Api, media: MediaCache, store: Store) -> None:
        self._api, self._store = api, store
        self.videos = Videos(api, media)
        self.tree: Mapping[str, PolicyNode] = {}
        self.reasons: list[SavedReasonRow] = []
        self.banks: list[BankChoice] = []

    async def load(self, claim: Claim) -> Bundle:
        """Read the case of a claimed item. Raises ApiError."""
        if not self.tree:
            await self._read_tables()
        answer = await self._api.get(f"/v1/moderation/items/{claim.item_id}")
        review = answer.model(Review)
        draft, refused, note = await off_thread(self._drafts, claim.item_id)
        return Bundle(
            claim=claim,
            review=review,
            restricted=is_restricted(review),
            thread=await self._thread(review),
            draft=draft,
            refused=refused,
            note=note,
        )

    def title(self, code: str) -> str:
        """The title of a policy, or its code."""
        return self.tree[code].title if code in self.tree else code

    def save_draft(self, item_id: UUID, draft: Draft) -> None:
        """Keep a decision that is being made; blocks for the disk."""
        self._store.save_draft(decision_key(item_id), _text(draft))

    def keep_refused(self, entry: Entry) -> None:
        """Keep a decision that was not accepted, beside one that may be in the making; blocks."""
        self._store.save_draft(refused_key(item_of(entry)), _text(from_body(entry.edit.body)))

    def save_both(self, bundle: Bundle) -> None:
        """Keep the draft and the decision beside it; blocks for the disk."""
        self._store.save_draft(refused_key(bundle.item_id), _text(bundle.refused))
        self.save_draft(bundle.item_id, bundle.draft)

    def save_note(self, item_id: UUID, text: str) -> None:
        """Keep a note that is being written; blocks for the disk."""
        self._store.save_draft(note_key(item_id), text)

    async def _read_tables(self) -> None:
        nodes = (await self._api.get("/v1/moderation/policies")).model(Policies).items
        try:
            answer = await self._api.get("/v1/moderation/reasons")
            self.reasons = answer.model(Page[SavedReasonRow]).items
        except ApiError:
            self.reasons = []  # ready texts are a convenience: the review goes on without
        try:
            answer = await self._api.get("/v1/forensics/bank-choices")
            self.banks = answer.model(Page[BankChoice]).items
        except ApiError:
            self.banks = []  # so is the short way into a bank
        self.tree = {node.code: node for node in nodes}

    def _drafts(self, item_id: UUID) -> tuple[Draft, Draft, str]:
        draft = _draft(self._store.draft(decision_key(item_id)))
        refused = _draft(self._store.draft(refused_key(item_id)))
        if draft.empty:
            draft, refused = refused, draft
        return draft, refused, self._store.draft(note_key(item_id))

    async def _thread(self, review: Review) -> tuple[CommentView, ...]:
        subject = review.subject
        if subject is None or subject.content_type is not ContentType.COMMENT or subject.video_id is None:
            return ()
        try:
            answer = await self._api.get(f"/v1/content/videos/{subject.video_id}/comments")
        except ApiError:
            return ()  # the comment itself can be judged without what stands around it
        return around(answer.model(Page[CommentView]).items, subject.content_id)


def _text(draft: Draft) -> str:
    return "" if draft.empty else json.dumps(to_plain(draft))


def _draft(text: str) -> Draft:
    try:
        return from_plain(json.loads(text)) if text else NOTHING
    except ValueError:
        return NOTHING


def around(newest_first: list[CommentView], comment_id: UUID) -> tuple[CommentView, ...]:
    """The comments next to one, the oldest first, and the one that it answers to; none if it is not there."""
    comments = newest_first[::-1]
    place = next((n for n, each in enumerate(comments) if each.id == comment_id), None)
    if place is None:
        return ()
    near = comments[max(place - AROUND, 0) : place + AROUND + 1]
    parent = next((each for each in comments if each.id == comments[place].parent_id), None)
    return (parent, *near) if parent is not None and parent not in near else tuple(near)


def decision_key(item_id: UUID) -> str:
    """The key of the draft of a decision."""
    return f"decision:{item_id}"


def refused_key(item_id: UUID) -> str:
    """The key of a decision that was not accepted, beside whatever else is being decided."""
    return f"refused:{item_id}"


def note_key(item_id: UUID) -> str:
    """The key of the draft of a note."""
    return f"note:{item_id}"


def item_of(entry: Entry) -> UUID:
    """The item that a decision in the outbox is about."""
    return UUID(entry.edit.path.split("/")[4])
