"""What a server needs before it can take in the first flag: the queues and the policies."""

from __future__ import annotations

import resources
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.upsert import insert_ignoring
from server.moderation import policy
from server.moderation.models import Queue
from server.moderation.rules import QUEUES, ItemState, Outcome, QueueKind

NAMES = {
    "general": "General",
    "second_opinion": "Second opinion",
    "escalated": "Escalated",
    "restricted": "Restricted",
    "restricted_second": "Restricted, second opinion",
    "restricted_escalated": "Restricted, escalated",
}


def install(s: WriteSession) -> int:
    """Make sure of the queues and of the shipped policies; answers the policy version in force.

    Called at every start: a changed policy file becomes a new version, a queue's settings stay as they are.
    """
    for (restricted, waits), queue_id in QUEUES.items():
        queue = {
            "id": queue_id,
            "name": NAMES[queue_id],
            "kind": QueueKind.RESTRICTED if restricted else QueueKind.NORMAL,
            "tier": 2 if waits is ItemState.ESCALATED else 1,
            "waits": waits,
            "lease_s": None,
            "outcomes": list(Outcome),
        }
        insert_ignoring(s, Queue, queue)
    return policy.install(s, resources.path("policies/starter.json"), actor=SYSTEM)
