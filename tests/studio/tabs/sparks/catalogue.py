"""A server in memory with a catalogue of sparks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx

from server.sparks.engine.format.spark import CREDITS, Tier
from server.sparks.rules import SparkState, VersionState
from server.sparks.schemas import JudgingView, PriceView, RefusalView, SparkView, VersionView
from tests.studio.tabs.office import NOW, problem

HERO_AT = 0.2
FAMILIES = ("sky", "sea", "fire")
EDITOR = ("account.self", "content.watch", "sparks.read", "sparks.edit", "sparks.publish")
READER = ("account.self", "content.watch", "sparks.read")


def content(number: int) -> bytes:
    """The file of a spark, as far as the client reads it."""
    about = {"name": f"Spark {number}", "about": f"About {number}.", "author": "Ines", "hero_at": HERO_AT}
    return json.dumps(about).encode()


def spark(number: int, **more: Any) -> SparkView:
    """Spark `number`, its tier and family by it."""
    tier = list(Tier)[number % 5]
    about: dict[str, Any] = {
        "id": UUID(int=number + 1),
        "slug": f"spark-{number}",
        "name": f"Spark {number}",
        "tier": tier,
        "family": FAMILIES[number % 3],
        "credits": CREDITS[tier][0],
        "duration_ms": 1_000,
        "number": 1,
        "sha256": sha256(content(number)).hexdigest(),
        "state": SparkState.PUBLISHED,
        "current_version": 1,
        "published_version": 1,
        "published_at": NOW,
        "version": 1,
    }
    return SparkView(**about | more)


REFUSALS = [
    RefusalView(code="too_loud", message="It is too loud.", second=None, region=None),
    RefusalView(
        code="flashes_on_black",
        message="4 flashes within a second.",
        second=0.5,
        region=(180.0, 320.0, 360.0, 640.0),
    ),
]


@dataclass
class SparkWorld:
    """`sparks` by their state; `away`: it cannot be reached; `posts` is what it was asked to do."""

    sparks: list[SparkView]
    away: bool = False
    page: int = 100
    asked: list[str] = field(default_factory=list)
    posts: list[tuple[str, Any]] = field(default_factory=list)
    judged: VersionState = VersionState.PASSED
    refusals: list[RefusalView] = field(default_factory=list)
    fails: httpx.Response | None = None
    judged_at: datetime | None = NOW
    hashes: dict[int, str] = field(default_factory=dict)
    """Of versions that have another content than what their spark shows."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        self.asked.append(f"{method} {path}")
        if self.away:
            raise httpx.ConnectError("no network", request=request)
        if method == "POST":
            self.posts.append((path, json.loads(request.content)))
            if self.fails is not None:
                return self.fails
            return self._do(path, json.loads(request.content), request.headers.get("If-Match"))
        if path == "/v1/sparks":
            return self._list(request)
        if path == "/v1/sparks/export":
            return httpx.Response(200, json={"schema": "spark-pack/1", "sparks": []})
        parts = path.split("/")
        if len(parts) < 4 or parts[2] != "sparks":
            return problem(404, "not_found")
        found = self._find(parts[3])
        match parts[4:]:
            case ["versions", _, "content"]:
                return httpx.Response(200, content=content(found.id.int - 1))
            case ["versions", _, "judging"]:
                return httpx.Response(200, content=self._judging(found).model_dump_json())
            case ["versions"]:
                return _page([self._version(found, number) for number in (2, 1)])
            case ["prices"]:
                made = PriceView(
                    credits=found.credits or 1, valid_from=NOW - timedelta(days=3), valid_to=None
                )
                return _page([made])
            case _:
                return httpx.Response(200, content=found.model_dump_json())

    def _find(self, spark_id: str) -> SparkView:
        return next(each for each in self.sparks if str(each.id) == spark_id)

    def put(self, changed: SparkView) -> SparkView:
        """Have one as it is now."""
        self.sparks = [changed if each.id == changed.id else each for each in self.sparks]
        return changed

    def _list(self, request: httpx.Request) -> httpx.Response:
        state = request.url.params["state"]
        start = int(request.url.params.get("cursor", "0"))
        found = [each for each in self.sparks if each.state == state]
        more = str(start + self.page) if start + self.page < len(found) else None
        items = [each.model_dump(mode="json") for each in found[start : start + self.page]]
        return httpx.Response(200, json={"items": items, "next_cursor": more})

    def _judging(self, of: SparkView) -> JudgingView:
        return JudgingView(
            spark_id=of.id,
            number=of.current_version,
            sha256=of.sha256,
            state=self.judged,
            refusals=self.refusals,
            measured={},
            reason=None,
            runs=1,
            asked_at=NOW,
            judged_at=self.judged_at,
        )

    def _version(self, of: SparkView, number: int) -> VersionView:
        return VersionView(
            number=number,
            state=self.judged,
            sha256=self.hashes.get(number, of.sha256),
            bytes=4_096,
            author=None,
            note="First",
            at=NOW,
        )

    def _do(self, path: str, body: dict[str, Any], edited: str | None) -> httpx.Response:
        parts = path.split("/")
        if path == "/v1/sparks":
            made = spark(90, state=SparkState.DRAFT, credits=None, name="Imported")
            self.sparks.append(made)
            return httpx.Response(201, content=made.model_dump_json())
        if path == "/v1/sparks/import":
            made = {"slug": "x", "outcome": "created", "spark_id": str(UUID(int=1)), "number": 1}
            return httpx.Response(201, json={"items": [made, made | {"outcome": "known"}]})
        found = self._find(parts[3])
        assert edited == f'"{found.version}"', "an edit names the copy it was made of"
        match parts[4]:
            case "publish":
                return httpx.Response(202, content=self._judging(found).model_dump_json())
            case "prices":
                changes: dict[str, Any] = {"credits": body["credits"]}
            case what:
                changes = {"state": SparkState.RETIRED if what == "retire" else SparkState.PUBLISHED}
        changed = self.put(found.model_copy(update=changes | {"version": found.version + 1}))
        return httpx.Response(200, content=changed.model_dump_json())


def _page(items: list[Any]) -> httpx.Response:
    return httpx.Response(
        200, json={"items": [each.model_dump(mode="json") for each in items], "next_cursor": None}
    )
