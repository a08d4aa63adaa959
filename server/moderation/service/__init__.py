"""The commands of moderation, one file an area; each takes the write session and never commits."""

from __future__ import annotations

from server.moderation.service.cancel import cancel_items, withdraw_flag
from server.moderation.service.claims import (
    claim_item,
    claim_next,
    heartbeat,
    prefetch,
    release,
    skip,
)
from server.moderation.service.decisions import decide
from server.moderation.service.flags import receive_flag
from server.moderation.service.flood import check_flood
from server.moderation.service.handover import take_over, transfer
from server.moderation.service.holds import hold, resume
from server.moderation.service.notes import add_note, delete_reason, edit_reason, save_reason
from server.moderation.service.reversal import reverse
from server.moderation.service.setup import install
from server.moderation.service.undo import undo

__all__ = [
    "add_note",
    "cancel_items",
    "check_flood",
    "claim_item",
    "claim_next",
    "decide",
    "delete_reason",
    "edit_reason",
    "heartbeat",
    "hold",
    "install",
    "prefetch",
    "receive_flag",
    "release",
    "resume",
    "reverse",
    "save_reason",
    "skip",
    "take_over",
    "transfer",
    "undo",
    "withdraw_flag",
]
