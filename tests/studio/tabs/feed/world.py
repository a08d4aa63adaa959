"""A server in memory with a feed, its files, comments and rules."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from server.accounts.permissions import Role
from server.accounts.schemas import Me
from server.content.rules import VideoState, Visibility
from server.content.schemas import Author, Counts, FeedItem, Mine, Profile, VideoView, Why
from server.kit.wire import Availability
from tests.studio.tabs.office import NOW, problem

MY_ID = UUID(int=1)
AT = NOW - timedelta(hours=5)


def me() -> Me:
    """Kemi, who watches."""
    allowed = ["account.self", "content.read", "content.comment", "content.watch", "moderation.flag"]
    return Me(
        id=MY_ID,
        handle="kemi",
        name="Kemi",
        roles=[Role.FAN],
        permissions=allowed,
        cleared=False,
        has_totp=False,
    )


WORDS = {
    "follow": ("followed", True),
    "unfollow": ("followed", False),
    "block": ("blocked", True),
    "unblock": ("blocked", False),
}


def makers() -> list[Profile]:
    """Those who made the videos, and Kemi."""
    about = {"bio": "", "followers": 1_250, "following": 3, "followed": False, "blocked": False, "me": False}
    made = [Profile(id=UUID(int=100 + n), handle=f"maker{n}", name=f"Maker {n}", **about) for n in range(3)]
    return [*made, Profile(id=MY_ID, handle="kemi", name="Kemi", **about | {"me": True})]


def video(number: int, **more: Any) -> VideoView:
    """Video `number` by one of three creators."""
    about: dict[str, Any] = {
        "id": UUID(int=1_000 + number),
        "owner": Author(
            id=UUID(int=100 + number % 3), handle=f"maker{number % 3}", name=f"Maker {number % 3}"
        ),
        "title": f"Video {number}",
        "caption": f"Caption {number}",
        "caption_availability": Availability.PUBLIC,
        "visibility": Visibility.PUBLIC,
        "state": VideoState.READY,
        "availability": Availability.PUBLIC,
        "width": 90,
        "height": 160,
        "duration_ms": 2_000,
        "has_audio": False,
        "derivatives": [],
        "poster_pending": False,
        "created_at": AT,
        "published_at": AT,
        "version": 1,
    }
    about.update(dict.fromkeys(set(VideoView.model_fields) - about.keys() - {"notices"}))
    return VideoView(**(about | more))


def item(number: int, **more: Any) -> FeedItem:
    """Its place in the feed."""
    return FeedItem(
        video=video(number, **more),
        counts=Counts(views=10, likes=number, comments=0, shares=0, saves=0),
        mine=Mine(liked=False, saved=False, following=False),
        why=Why(rank_at=AT, published_at=AT, bonus_s=0),
    )


@dataclass
class FeedWorld:
    """`items` in their order, `others` that are met by their ids alone, `files` by video; `events` are those
    that were taken in, each once. Nobody likes or follows who or what is `away`, nor follows or blocks more
    than `most`."""

    items: list[FeedItem]
    clip: bytes
    others: list[FeedItem] = field(default_factory=list)
    files: dict[UUID, bytes] = field(default_factory=dict)
    etags: dict[UUID, str] = field(default_factory=dict)
    page: int = 4
    offline: bool = False
    gone: set[UUID] = field(default_factory=set)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    people: dict[UUID, Profile] = field(default_factory=lambda: {each.id: each for each in makers()})
    said: dict[str, set[UUID]] = field(default_factory=lambda: {"followed": set(), "blocked": set()})
    poster: bytes = b""
    most: dict[str, int] = field(default_factory=lambda: {"followed": 1_000, "blocked": 1_000})
    away: set[UUID] = field(default_factory=set)
    slow: str = ""
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; the answers to those that `slow` names wait on their way for `gate`."""
        answer = self.handle(request)
        if self.slow and re.fullmatch(self.slow, f"{request.method} {request.url.path}"):
            await self.gate.wait()
        return answer

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if self.offline:
            raise httpx.ConnectError("no network", request=request)
        if path == "/v1/content/feed":
            return self._feed(request)
        if path == "/v1/content/events":
            events = json.loads(request.content)["events"]
            self.batches.append(len(events))
            return httpx.Response(200, json={"verdicts": [self._take_in(each) for each in events]})
        if path == "/v1/moderation/policies":
            return httpx.Response(
                200, json={"version": 1, "items": [policy("spam"), policy("violence.threat")]}
            )
        if path == "/v1/moderation/flags":
            self.flags.append(json.loads(request.content))
            return httpx.Response(201, json={})
        if found := re.fullmatch(r"/v1/content/comments/(.*)", path):
            self.comments = [each for each in self.comments if each["id"] != found[1]]
            return httpx.Response(204)
        if found := re.fullmatch(r"/v1/content/people/(.*)", path):
            return self._person(UUID(found[1]))
        if path == "/v1/content/videos":
            return self._videos(request)
        if path == "/v1/content/blocks":
            return self._blocks(request)
        if path == "/v1/content/saved":
            return self._saved(request)
        if found := re.fullmatch(r"/v1/content/feed/(.*)", path):
            return self._by_id(UUID(found[1]))
        found = re.fullmatch(r"/v1/content/videos/([^/]*)(/file|/comments|/poster)?", path)
        assert found is not None, f"nobody answers {path}"
        video_id = UUID(found[1])
        if video_id in self.gone:
            return problem(404, "not_found")
        if found[2] == "/file":
            return self._file(request, video_id)
        if found[2] == "/poster":
            return httpx.Response(200, content=self.poster)
        if found[2] == "/comments":
            return self._comments(request, video_id)
        shown = next(each.video for each in [*self.items, *self.others] if each.video.id == video_id)
        return httpx.Response(200, content=shown.model_dump_json())

    def _take_in(self, event: dict[str, Any]) -> dict[str, Any]:
        """Keep an event, and what it says of somebody, unless it is refused."""
        if event["id"] in self.events:
            return {"id": event["id"], "verdict": "duplicate"}
        if code := self._refusal(event):
            return {"id": event["id"], "verdict": "refused", "code": code}
        self.events[event["id"]] = event
        if event["kind"] in WORDS:
            name, holds = WORDS[event["kind"]]
            (self.said[name].add if holds else self.said[name].discard)(UUID(event["person_id"]))
        return {"id": event["id"], "verdict": "accepted"}

    def _refusal(self, event: dict[str, Any]) -> str:
        kind = event["kind"]
        if kind in ("like", "save", "share"):
            return "not_found" if UUID(event["video_id"]) in self.gone | self.away else ""
        name, holds = WORDS.get(kind, ("", False))
        if not holds:
            return ""
        person_id = UUID(event["person_id"])
        if kind == "follow" and person_id in self.away:
            return "not_found"
        full = len(self.said[name]) >= self.most[name] and person_id not in self.said[name]
        return "too_many" if full else ""

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind that arrived."""
        return [each for each in self.events.values() if each["kind"] == kind]

    def _feed(self, request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("cursor", "0"))
        blocked = self.said["blocked"]
        shown = [
            each
            for each in self.items
            if each.video.id not in self.gone and each.video.owner.id not in blocked
        ]
        page = shown[start : start + self.page]
        more = str(start + self.page) if start + self.page < len(shown) else None
        items = [each.model_dump(mode="json") for each in page]
        return httpx.Response(200, json={"items": items, "next_cursor": more})

    def _person(self, person_id: UUID) -> httpx.Response:
        if person_id not in self.people or person_id in self.away:
            return problem(404, "not_found")
        told = self.people[person_id].model_copy(
            update={
                "followed": person_id in self.said["followed"],
                "blocked": person_id in self.said["blocked"],
            }
        )
        return httpx.Response(200, content=told.model_dump_json())

    def _videos(self, request: httpx.Request) -> httpx.Response:
        owner = UUID(request.url.params["owner"])
        known = [each.video for each in [*self.items, *self.others] if each.video.owner.id == owner]
        shown = [each for each in known if each.id not in self.gone and owner not in self.said["blocked"]]
        return self._paged(request, [each.model_dump(mode="json") for each in shown])

    def _blocks(self, request: httpx.Request) -> httpx.Response:
        people = [self.people[each] for each in sorted(self.said["blocked"])]
        authors = [{"id": str(p.id), "handle": p.handle, "name": p.name} for p in people]
        return self._paged(request, [{"person": each, "since": AT.isoformat()} for each in authors])

    def _saved(self, request: httpx.Request) -> httpx.Response:
        last = {event["video_id"]: event["kind"] for event in self.events.values() if "save" in event["kind"]}
        held = [UUID(video_id) for video_id, kind in reversed(last.items()) if kind == "save"]
        known = {each.video.id: each for each in [*self.items, *self.others]}
        shown = [known[each].model_dump(mode="json") for each in held if each not in self.gone]
        return self._paged(request, shown)

    def _paged(self, request: httpx.Request, rows: list[Any]) -> httpx.Response:
        start = int(request.url.params.get("cursor", "0"))
        more = str(start + self.page) if start + self.page < len(rows) else None
        return httpx.Response(200, json={"items": rows[start : start + self.page], "next_cursor": more})

    def _by_id(self, video_id: UUID) -> httpx.Response:
        known = [each for each in [*self.items, *self.others] if each.video.id == video_id]
        if video_id in self.gone or not known:
            return problem(404, "not_found")
        return httpx.Response(200, content=known[0].model_copy(update={"why": None}).model_dump_json())

    def _file(self, request: httpx.Request, video_id: UUID) -> httpx.Response:
        content = self.files.get(video_id, self.clip)
        etag = self.etags.get(video_id, hashlib.sha256(content).hexdigest())
        headers = {"ETag": f'"{etag}"', "Content-Length": str(len(content))}
        if request.method == "HEAD":
            return httpx.Response(200, headers=headers)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers["range"])
        assert asked is not None
        start, end = asked.groups()
        part = content[int(start) : int(end or len(content) - 1) + 1]
        span = f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
        return httpx.Response(206, headers={"Content-Range": span}, stream=httpx.ByteStream(part))

    def _comments(self, request: httpx.Request, video_id: UUID) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"items": self.comments[::-1], "next_cursor": None})
        wrote = json.loads(request.content)
        made = {
            "id": wrote["id"],
            "video_id": str(video_id),
            "author": {"id": str(MY_ID), "handle": "kemi", "name": "Kemi"},
            "parent_id": wrote.get("parent_id"),
            "body": wrote["body"],
            "availability": "public",
            "created_at": (AT + timedelta(seconds=len(self.comments))).isoformat(),
            "version": 1,
        }
        self.comments.append(made)
        return httpx.Response(201, json=made)


def policy(code: str) -> dict[str, Any]:
    """A rule."""
    return {
        "code": code,
        "title": code.title(),
        "covers": f"What {code} covers.",
        "excludes": "",
        "severity": "low",
        "sla_class": "low",
        "outcomes": ["allow", "remove"],
        "default_action": "remove",
        "default_duration_s": None,
        "dual_control": False,
        "restricted": False,
        "concerns_minors": False,
        "dsa_category": "other",
        "dsa_keywords": [],
    }
