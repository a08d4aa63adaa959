"""The policy tree on the wire, and the codes that name its nodes and queues."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from server.kit.wire import Frozen
from server.moderation import rules
from server.moderation.rules import Measure, Outcome, Severity

PolicyCode = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]


QueueId = Annotated[str, StringConstraints(max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]


class PolicyNode(Frozen):
    """One node of the policy tree; its parent is its code without the last part."""

    code: PolicyCode
    title: str
    covers: str
    excludes: str
    severity: Severity
    sla_class: rules.SlaClass
    outcomes: list[Outcome]
    default_action: Measure
    default_duration_s: Annotated[int, Field(ge=rules.DURATION_MIN_S, le=rules.DURATION_MAX_S)] | None
    dual_control: bool
    restricted: bool
    concerns_minors: bool
    dsa_category: str
    dsa_keywords: list[str]


class Policies(Frozen):
    version: int
    items: list[PolicyNode]
