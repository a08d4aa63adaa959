"""A moderation server in memory, with the real wire types."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import httpx

from server.moderation.rules import OPEN, ContentType, FlagState, Opinion, Outcome, Severity, Source
from server.moderation.schemas import (
    CreatorPage,
    CreatorSummary,
    DecisionRow,
    FlagRow,
    ItemRow,
    MyStats,
    Review,
    StrikeRow,
    Subject,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ME = "noor"
MY_ID = UUID(int=1)
TITLES = {
    "violence.graphic": "Graphic violence",
    "adult.nudity": "Adult nudity",
    "synthetic.deepfake": "Deepfake of a real person",
    "spam.repetitive": "Repetitive spam",
    "harassment.targeted": "Targeted harassment",
    "safety.minors": "Sexual content with minors",
}
_SEVERITIES = ("high", "medium", "critical", "low", "medium", "critical")
_HOURS = (24, 72, 1, 168, 72, 1)
_POINTS = {"low": 1000, "medium": 2000, "high": 3000, "critical": 4000}
_NAMES = ("mara.v", "joon", "tiana_dances", "okoro", "lil.bex", "sand_r", "pau", "ines", "kemi", "dario")
_WORDS = ("Rooftop jump", "My week in Porto", "Night market", "He said what?", "Kitchen fire", "Studio take")


def item(n: int, now: datetime = NOW, **changes: Any) -> ItemRow:
    """Item number `n`, the same each time."""
    rng = random.Random(n)
    kind = n * 7 % 6
    severity, policy = _SEVERITIES[kind], list(TITLES)[kind % 5]
    whole = timedelta(hours=_HOURS[kind])
    created = now - whole * rng.uniform(0.02, 1.04)
    flags = 1 + n % 4
    why = [(f"severity {severity}", _POINTS[severity]), (f"{flags} reporters", 60 * flags)]
    holder = n % 9 == 4
    kinds = (ContentType.VIDEO,) * 6 + (ContentType.COMMENT, ContentType.CAPTION, ContentType.PROFILE)
    values: dict[str, Any] = {
        "id": UUID(int=1000 + n),
        "queue": "general",
        "state": "claimed" if holder else "on_hold" if n % 23 == 7 else "pending",
        "stage": 1,
        "has_first_opinion": False,
        "content_type": kinds[n % len(kinds)],
        "content_id": UUID(int=500_000 + n),
        "policy": policy,
        "severity": severity,
        "priority": sum(points for _, points in why),
        "priority_why": why,
        "due_at": created + whole,
        "legal_due_at": None,
        "flag_count": flags,
        "score_bp": None if n % 3 == 0 else rng.randrange(10_000),
        "title": f"{_WORDS[n % 6]} {n}",
        "owner_id": UUID(int=100 + n % 10),
        "creator_handle": _NAMES[n % 10],
        "claimed_by": UUID(int=2) if holder else None,
        "claimed_by_handle": "samir" if holder else None,
        "lease_until": now + timedelta(minutes=1 + n % 8) if holder else None,
        "created_at": created,
        "version": 1,
    }
    if values["state"] == "on_hold":
        values |= {"claimed_by": MY_ID, "claimed_by_handle": ME}
    return ItemRow(**values | changes)


def review_of(row: ItemRow) -> Review:
    """What the server says about one item."""
    sources = (Source.USER, Source.USER, Source.CLASSIFIER, Source.TRUSTED_FLAGGER)
    flags = [
        FlagRow(
            id=UUID(int=9000 + n),
            source=sources[n % 4],
            source_ref=None,
            reporter_handle="kemi" if sources[n % 4] is Source.USER else None,
            policy=row.policy,
            confidence_bp=row.score_bp if sources[n % 4] is Source.CLASSIFIER else None,
            ranges=[(12_000, 15_500)] if row.content_type is ContentType.VIDEO else [],
            note="You can see it at the end, when he turns around." if n == 0 else None,
            state=FlagState.LINKED,
            received_at=row.created_at,
        )
        for n in range(row.flag_count)
    ]
    return Review(
        item=row,
        subject=Subject(
            content_type=row.content_type,
            content_id=row.content_id,
            video_id=None,
            title=row.title,
            text="",
            duration_ms=None,
            version_hash=None,
            changed=False,
            deleted=False,
            created_at=row.created_at,
        ),
        flags=flags,
        lanes=[],
        creator=creator(row.owner_id, row.creator_handle or "gone") if row.owner_id else None,
        decisions=[decision(1)],
        notes=[],
        marks=[],
        policies=[],
        outcomes=list(Outcome),
        claim_token=7 if row.claimed_by == MY_ID and row.state == "claimed" else None,
        lease_left_s=None,
        hold_reason="waiting for the transcript" if row.state == "on_hold" else None,
        estimated_review_ms=48_000,
    )


def creator(person: UUID, handle: str = "mara.v") -> CreatorSummary:
    return CreatorSummary(
        id=person,
        handle=handle,
        name="Mara Velasquez",
        bio="Dance, rooftops and a dog called Pixel.",
        state="active",
        created_at=NOW - timedelta(days=412),
        strike_points=3,
        violations=2,
        allowed=12,
        open_items=4,
    )


def decision(n: int) -> DecisionRow:
    outcome = list(Outcome)[n % 3]
    return DecisionRow(
        id=UUID(int=7000 + n),
        item_id=UUID(int=8000 + n),
        stage=1,
        opinion=Opinion.SOLE,
        first_opinion_id=None,
        outcome=outcome,
        policy=None if outcome is Outcome.ALLOW else list(TITLES)[n % 5],
        policy_version=1,
        facts="The face was replaced between 0:12 and 0:15." if outcome is Outcome.REMOVE else None,
        reason_codes=[],
        decider_id=UUID(int=2),
        decider_handle="samir",
        content_type=ContentType.VIDEO,
        content_id=UUID(int=600 + n),
        decided_at=NOW - timedelta(days=n * 9 + 1),
        effective_at=NOW - timedelta(days=n * 9 + 1),
        reverses_id=None,
        reversed_by_id=None,
        undone_at=None,
        actions=[],
        proposed=[],
    )


def record(person: UUID) -> CreatorPage:
    """The record of a creator."""
    strike = StrikeRow(
        id=uuid4(),
        decision_id=UUID(int=7002),
        policy="adult.nudity",
        severity=Severity.MEDIUM,
        points=2,
        at=NOW - timedelta(days=19),
        expires_at=NOW + timedelta(days=71),
        revoked_at=None,
    )
    mine = [item(n, owner_id=person) for n in (0, 10, 20, 30)]
    return CreatorPage(
        creator=creator(person),
        strikes=[strike],
        decisions=[decision(n) for n in range(9)],
        flags=[flag for each in mine for flag in review_of(each).flags],
        items=mine,
    )


class World:
    """Answers like the server. `broken` makes every request fail; `asked` are the requests so far.

    `refusal` is the code and the words with which it refuses that an item changes hands or is put aside.
    """

    def __init__(self, items: Iterable[ItemRow] = (), *, now: datetime = NOW) -> None:
        self.items = {str(each.id): each for each in items}
        self.now = now
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.broken: httpx.Response | type[Exception] | None = None
        self.refusal: tuple[str, str] | None = None
        self.next_claim: httpx.Response | None = None
        self.found: list[dict[str, str]] = []
        self.chunk = 5_000
        self.before: Callable[[httpx.Request], None] = lambda request: None

    def put(self, row: ItemRow) -> str:
        """Add or replace an item; its id."""
        self.items[str(row.id)] = row
        return str(row.id)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix("/v1/moderation/")
        self.asked.append(f"{request.method} {path}")
        if request.content:
            self.bodies.append(json.loads(request.content))
        self.before(request)
        if isinstance(self.broken, httpx.Response):
            return httpx.Response(self.broken.status_code, content=self.broken.content)
        if self.broken is not None:
            raise self.broken("broken")
        match path.split("/"):
            case ["policies"]:
                return httpx.Response(200, json={"version": 1, "items": policies()})
            case ["handovers"]:
                return httpx.Response(200, json={"items": [], "next_cursor": None})
            case ["queue", "snapshot"]:
                return httpx.Response(200, content=b"".join(self.snapshot()))
            case ["items"]:
                ids = parse_qs(request.url.query.decode())["ids"]
                rows = [self.items[each].model_dump(mode="json") for each in ids if each in self.items]
                return httpx.Response(200, json={"items": rows, "next_cursor": None})
            case ["items", wanted]:
                found = self.items.get(wanted)
                if found is None:
                    return problem(404, "not_found")
                return httpx.Response(200, content=review_of(found).model_dump_json())
            case ["creators", person]:
                return httpx.Response(200, content=record(UUID(person)).model_dump_json())
            case ["stats", "me"]:
                stats = MyStats(
                    decided_today=42,
                    decided_7_days=180,
                    median_handling_ms=38_000,
                    undone_7_days=3,
                    ms_revealed_today=90_000,
                )
                return httpx.Response(200, content=stats.model_dump_json())
            case ["search"]:
                return httpx.Response(200, json={"items": self.found, "next_cursor": None})
            case ["decisions", wanted]:
                return httpx.Response(200, content=decision(UUID(wanted).int - 7000).model_dump_json())
            case ["claims"]:
                return self.next_claim or self._claim(json.loads(request.content))
            case ["items", _, "take-over"] if self.refusal is not None:
                return problem(409, *self.refusal)
            case ["items", wanted, "take-over"]:
                self.put(ItemRow(**dict(self.items[wanted]) | {"state": "pending", "claimed_by": None}))
                return self._claim({"item_id": wanted})
            case ["items", wanted, "resume"]:
                return self._claim({"item_id": wanted})
        raise AssertionError(f"the client asked for {path}")

    def _claim(self, body: dict[str, str]) -> httpx.Response:
        waiting = [row for row in self.items.values() if row.state == "pending"]
        first = min(waiting, key=lambda row: (-row.priority, row.due_at), default=None)
        row = self.items[body["item_id"]] if "item_id" in body else first
        if row is None:
            return httpx.Response(204)
        if row.state == "claimed":
            return problem(409, "claimed", "Samir Haddad has this item.")
        subject = {"content_type": row.content_type, "content_id": str(row.content_id)}
        until = (self.now + timedelta(minutes=10)).isoformat()
        claim = {"item_id": str(row.id), "claim_token": 1, "lease_until": until, "subject": subject}
        return httpx.Response(201, json=claim)

    def snapshot(self) -> Iterable[bytes]:
        """The lines of the whole open queue."""
        rows = [row for row in self.items.values() if row.state in OPEN]
        for start in range(0, len(rows), self.chunk):
            part = rows[start : start + self.chunk]
            yield json.dumps(columns_of(part)).encode() + b"\n"
        yield json.dumps({"end": True, "rows": len(rows), "as_of": 0}).encode() + b"\n"


def columns_of(rows: Iterable[ItemRow]) -> dict[str, list[Any]]:
    """Rows as the server sends them in the snapshot."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        plain = {
            "id": str(row.id),
            "queue": row.queue,
            "state": row.state.value,
            "stage": row.stage,
            "priority": row.priority,
            "due": int(row.due_at.timestamp() * 1000),
            "policy": row.policy,
            "severity": row.severity.value,
            "score_bp": row.score_bp,
            "flag_count": row.flag_count,
            "content_type": row.content_type.value,
            "title": row.title,
            "creator": row.creator_handle,
            "claimed_by": row.claimed_by_handle,
            "lease_until": int(row.lease_until.timestamp() * 1000) if row.lease_until else None,
            "created": int(row.created_at.timestamp() * 1000),
            "version": row.version,
        }
        for name, value in plain.items():
            columns.setdefault(name, []).append(value)
    return columns


def problem(status: int, code: str, detail: str = "") -> httpx.Response:
    """A problem+json answer."""
    return httpx.Response(status, json={"code": code, "detail": detail})


def policies() -> list[dict[str, Any]]:
    """The starter tree, as the server sends it."""
    return [
        {
            "code": code,
            "title": title,
            "covers": "",
            "excludes": "",
            "severity": severity,
            "sla_class": severity,
            "outcomes": ["allow", "restrict", "remove", "escalate"],
            "default_action": "remove",
            "default_duration_s": None,
            "dual_control": False,
            "restricted": False,
            "concerns_minors": False,
            "dsa_category": "",
            "dsa_keywords": [],
        }
        for (code, title), severity in zip(TITLES.items(), _SEVERITIES, strict=True)
    ]
