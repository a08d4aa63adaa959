"""Taking an item out of the queue: the next one, or one that was chosen."""

from __future__ import annotations

from uuid import uuid4

from server.moderation.rules import ItemState
from server.moderation.schemas import Claim, Review, SubjectRef
from studio.api.client import Api
from studio.tabs.moderation.snapshot import QueueRow


async def claim_next(api: Api) -> Claim | None:
    """Claim the item that comes first; None when nothing waits. Raises ApiError."""
    answer = await api.post("/v1/moderation/claims", json={}, idempotency_key=str(uuid4()))
    return None if answer.status == 204 else answer.model(Claim)


async def claim_item(api: Api, item_id: str) -> Claim:
    """Claim one item. Raises ApiError: Conflict when it does not wait, or somebody has it."""
    answer = await api.post("/v1/moderation/claims", json={"item_id": item_id}, idempotency_key=str(uuid4()))
    return answer.model(Claim)


async def take(api: Api, row: QueueRow, me: str) -> Claim:
    """Claim the item of `row`, or go on with it when it is `me`'s already. Raises ApiError."""
    if row.claimed_by == me and row.state == ItemState.ON_HOLD:
        return (await api.post(f"/v1/moderation/items/{row.id}/resume", json={})).model(Claim)
    if row.claimed_by == me and row.state == ItemState.CLAIMED:
        return await go_on(api, row.id)
    return await claim_item(api, row.id)


async def go_on(api: Api, item_id: str) -> Claim:
    """Go on with an item that is one's own; when it is not any more, claim it. Raises ApiError."""
    held = (await api.get(f"/v1/moderation/items/{item_id}")).model(Review)
    if held.claim_token is not None and held.item.lease_until is not None:
        return Claim(
            item_id=held.item.id,
            claim_token=held.claim_token,
            lease_until=held.item.lease_until,
            subject=SubjectRef(content_type=held.item.content_type, content_id=held.item.content_id),
        )
    return await claim_item(api, item_id)
