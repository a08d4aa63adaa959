"""What a server needs before it can take in the first flag: the queues and the policies."""

from __future__ import annotations

import resources
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.upsert import insert_ignoring
from server.moderation import policy
from server.moderation.models import Queue
from server.moderation.rules import Outcome, QueueKind, queue_of

QUEUES = (
    ("General", False, 1),
    ("Escalated", False, 2),
    ("Restricted", True, 1),
    ("Restricted, escalated", True, 2),
)


def install(s: WriteSession) -> int:
    """Make sure of the four queues and of the shipped policies; answers the policy version in force.

    Called at every start: a changed policy file becomes a new version, a queue's settings stay as they are.
    """
    for name, restricted, tier in QUEUES:
        queue = {
            "id": queue_of(restricted=restricted, stage=tier),
            "name": name,
            "kind": QueueKind.RESTRICTED if restricted else QueueKind.NORMAL,
            "tier": tier,
            "lease_s": None,
            "outcomes": list(Outcome),
        }
        insert_ignoring(s, Queue, queue)
    return policy.install(s, resources.path("policies/starter.json"), actor=SYSTEM)
