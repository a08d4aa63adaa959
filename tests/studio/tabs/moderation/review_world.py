"""A moderation server in memory that also claims ahead, keeps decisions, undoes them and serves video."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from server.content.rules import VideoState, Visibility
from server.content.schemas import Author, CommentView, VideoView
from server.forensics.schemas import BankChoice
from server.kit.wire import Availability
from server.moderation.rules import HANDED_OVER, ContentType
from server.moderation.schemas import (
    Claim,
    Colleague,
    Handover,
    ItemRow,
    NoteRow,
    PolicyNode,
    Review,
    Subject,
)
from studio.offline.sender import Sender
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase
from studio.widgets.message_host import MessageHost
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.world import ME, MY_ID, NOW, World, policies, problem, review_of

NODES = [PolicyNode.model_validate(each) for each in policies()]


class ReviewWorld(World):
    """`videos` and `texts` are what is behind each content id; `lost`: no claim holds any more."""

    def __init__(
        self,
        items: Iterable[ItemRow] = (),
        *,
        videos: Mapping[UUID, bytes] | None = None,
        texts: Mapping[UUID, str] | None = None,
    ) -> None:
        super().__init__(items)
        self.videos, self.texts = dict(videos or {}), dict(texts or {})
        self.thread: list[CommentView] = []
        self.tokens: dict[str, int] = {}
        self.decided: dict[str, dict[str, Any]] = {}
        self.undone: list[str] = []
        self.lost = False
        self.notes: dict[str, list[NoteRow]] = {}
        self.colleagues: list[Colleague] = []
        self.restricted: set[UUID] = set()
        self.banks: list[BankChoice] = []
        self.storyboard: tuple[dict[str, Any], bytes] | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if found := re.fullmatch(r"/v1/content/videos/([^/]+)(?:/([a-z.]+))?", path):
            return self._content(request, UUID(found[1]), found[2] or "video")
        if path == "/v1/forensics/bank-choices":
            banks = [json.loads(each.model_dump_json()) for each in self.banks]
            return httpx.Response(200, json={"items": banks, "next_cursor": None})
        match path.removeprefix("/v1/moderation/").split("/"):
            case ["reasons"]:
                return self._answer(request, 200, {"items": [], "next_cursor": None})
            case ["claims", "prefetch"]:
                return self._said(request, self._claim({}, ahead=True))
            case ["items", item, ("heartbeat" | "release" | "skip" | "hold") as verb]:
                return self._said(request, self._keep(item, verb, json.loads(request.content)))
            case ["items", item, "decisions"]:
                return self._said(request, self._decide(item, json.loads(request.content)))
            case ["items", item, "colleagues"]:
                people = [json.loads(each.model_dump_json()) for each in self.colleagues]
                return self._answer(request, 200, {"items": people, "next_cursor": None})
            case ["handovers"]:
                rows = [json.loads(each.model_dump_json()) for each in self.handovers()]
                return self._answer(request, 200, {"items": rows, "next_cursor": None})
            case ["items", item, "transfer"]:
                return self._said(request, self._transfer(item, json.loads(request.content)))
            case ["items", item, "notes"]:
                return self._answer(request, 201, {"id": json.loads(request.content)["id"]})
            case ["items", item] if item in self.items:
                return self._answer(request, 200, json.loads(self.review(item).model_dump_json()))
            case ["decisions", decision, "undo"]:
                return self._said(request, self._undo(decision))
        return super().handle(request)

    def review(self, item: str) -> Review:
        """What the server says of an item."""
        row = self.items[item]
        text = self.texts.get(row.content_id, "")
        known = review_of(row)
        subject = Subject(
            content_type=row.content_type,
            content_id=row.content_id,
            video_id=row.content_id if row.content_type is ContentType.VIDEO else UUID(int=77),
            title=row.title,
            text=text,
            duration_ms=3_000,
            version_hash=None,
            changed=False,
            deleted=False,
            created_at=row.created_at,
        )
        mine = row.claimed_by == MY_ID and row.state == "claimed"
        changes = {
            "subject": subject,
            "policies": NODES,
            "claim_token": self.tokens.get(item) if mine else None,
            "notes": self.notes.get(item, []),
        }
        return known.model_copy(update=changes)

    def video(self, video: UUID) -> VideoView:
        """What the server says of a video to somebody cleared."""
        row = next(row for row in self.items.values() if row.content_id == video)
        nothing = dict.fromkeys(name for name, field in VideoView.model_fields.items() if field.is_required())
        told = {
            "id": video,
            "owner": Author(id=UUID(int=9), handle="kemi", name="Kemi"),
            "title": row.title,
            "caption_availability": Availability.PUBLIC,
            "visibility": Visibility.PUBLIC,
            "state": VideoState.READY,
            "availability": Availability.PUBLIC,
            "restricted_class": row.queue.startswith("restricted") or video in self.restricted,
            "derivatives": [],
            "created_at": row.created_at,
            "version": 1,
        }
        return VideoView.model_validate(nothing | told)

    def claim(self, number: int = 0) -> Claim:
        """Claim an item for the person, as the queue tab does."""
        return Claim.model_validate_json(self._take(list(self.items.values())[number]).content)

    def _claim(self, body: dict[str, str], *, ahead: bool = False) -> httpx.Response:
        waiting = [row for row in self.items.values() if row.state == "pending"]
        if "item_id" in body:
            row = self.items[body["item_id"]]
            if row.state == "claimed":
                return problem(409, "claimed", "Someone has this item.")
            return self._take(row)
        if not waiting:
            return httpx.Response(204)
        return self._take(waiting[0], seconds=60 if ahead else 600)

    def _take(self, row: ItemRow, seconds: int = 600) -> httpx.Response:
        item = str(row.id)
        self.tokens[item] = self.tokens.get(item, 0) + 1
        until = self.now + timedelta(seconds=seconds)
        self.put(changed(row, state="claimed", claimed_by=MY_ID, lease_until=until))
        claim = {
            "item_id": item,
            "claim_token": self.tokens[item],
            "lease_until": until.isoformat(),
            "subject": {"content_type": row.content_type, "content_id": str(row.content_id)},
        }
        return httpx.Response(201, json=claim)

    def _holds(self, item: str, body: dict[str, Any]) -> bool:
        claimed = self.items[item].state == "claimed" and self.tokens.get(item) == body["claim_token"]
        return claimed and not self.lost

    def _keep(self, item: str, verb: str, body: dict[str, Any]) -> httpx.Response:
        if not self._holds(item, body):
            return problem(409, "lease_lost", "You no longer have this item.")
        if verb == "heartbeat":
            until = self.now + timedelta(seconds=600)
            return httpx.Response(200, json={"state": "claimed", "lease_until": until.isoformat()})
        if verb != "release" and self.refusal is not None:
            return problem(409, *self.refusal)
        state = {"release": "pending", "skip": "escalated", "hold": "on_hold"}[verb]
        self.put(changed(self.items[item], state=state, claimed_by=None))
        return httpx.Response(200, json={"state": state})

    def move(self, item: str, note: str, *, by: str, to: str, mine: bool = False) -> None:
        """Have a claim change hands, with the note that the server writes."""
        self.tokens[item] = self.tokens.get(item, 0) + 1
        owner = MY_ID if mine else UUID(int=2)
        until = self.now + timedelta(seconds=600)
        row, taken = self.items[item], {"state": "claimed", "lease_until": until}
        self.put(changed(row, claimed_by=owner, claimed_by_handle=to, **taken))
        written = NoteRow(
            id=uuid4(), author_id=UUID(int=3), author_handle=by, body=note, at_ms=None, created_at=self.now
        )
        self.notes.setdefault(item, []).append(written)

    def handovers(self) -> list[Handover]:
        """What the person has because it was handed to them."""
        said = f"{HANDED_OVER} @{ME}: "
        return [
            Handover(
                id=note.id,
                item_id=UUID(item),
                content_type=self.items[item].content_type,
                title=self.items[item].title,
                by_handle=note.author_handle,
                reason=note.body.removeprefix(said),
                at=note.created_at,
            )
            for item, notes in self.notes.items()
            for note in notes[-1:]
            if self.items[item].claimed_by == MY_ID and note.body.startswith(said)
        ]

    def _transfer(self, item: str, body: dict[str, Any]) -> httpx.Response:
        if not self._holds(item, body):
            return problem(409, "lease_lost", "You no longer have this item.")
        to = next((each for each in self.colleagues if str(each.id) == body["person_id"]), None)
        if to is None:
            return problem(409, "cannot_take", "This person cannot take this item.")
        self.move(item, f"Handed over to @{to.handle}: {body['reason']}", by=ME, to=to.handle)
        return httpx.Response(200, json={"state": "claimed"})

    def _decide(self, item: str, body: dict[str, Any]) -> httpx.Response:
        if not self._holds(item, body):
            return problem(409, "lease_lost", "You no longer have this item.")
        self.decided[body["id"]] = {"item": item, **body}
        self.put(changed(self.items[item], state="decided", claimed_by=None))
        at = (self.now + timedelta(seconds=10)).isoformat()
        return httpx.Response(201, json={"decision_id": body["id"], "effective_at": at})

    def _undo(self, decision: str) -> httpx.Response:
        if decision not in self.decided:
            return problem(404, "not_found", "There is no such decision.")
        self.undone.append(decision)
        again = json.loads(self._take(self.items[self.decided[decision]["item"]]).content)
        return httpx.Response(200, json={k: again[k] for k in ("item_id", "claim_token", "lease_until")})

    def _content(self, request: httpx.Request, video: UUID, what: str) -> httpx.Response:
        self.asked.append(f"{request.method} {what}")
        if what == "comments":
            comments = [json.loads(each.model_dump_json()) for each in self.thread]
            return httpx.Response(200, json={"items": comments, "next_cursor": None})
        if what.startswith("storyboard"):
            if self.storyboard is None:
                return problem(404, "not_made", "This video has no storyboard.")
            index, sheet = self.storyboard
            as_json = what.endswith(".json")
            return httpx.Response(200, json=index) if as_json else httpx.Response(200, content=sheet)
        if video not in self.videos:
            return problem(404, "not_ready", "This video cannot be played.")
        data = self.videos[video]
        if what == "video":
            return httpx.Response(200, json=json.loads(self.video(video).model_dump_json()))
        # As the real server answers for every video: the header says nothing about the class.
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "Cache-Control": "no-store"}
        if request.method == "HEAD":
            return httpx.Response(200, headers={**headers, "Content-Length": str(len(data))})
        start, end = map(int, request.headers["range"].removeprefix("bytes=").split("-"))
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(data[start : end + 1]))

    def _answer(self, request: httpx.Request, status: int, body: Any) -> httpx.Response:
        return self._said(request, httpx.Response(status, json=body))

    def _said(self, request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/v1/moderation/')}")
        if self.broken is not None and isinstance(self.broken, type):
            raise self.broken("broken")
        return answer


def changed(row: ItemRow, **changes: Any) -> ItemRow:
    """The row with some of its columns changed."""
    return ItemRow(**dict(row) | changes)


def comment(number: int, body: str, *, video: UUID = UUID(int=77), parent: UUID | None = None) -> CommentView:
    """One comment of a thread."""
    return CommentView(
        id=UUID(int=number),
        video_id=video,
        author=Author(id=UUID(int=9), handle="kemi", name="Kemi"),
        parent_id=parent,
        body=body,
        availability=Availability.PUBLIC,
        created_at=NOW,
        version=1,
    )


class Reviewer:
    """A person at the review page in a window; `online` starts what sends the outbox."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.world: ReviewWorld = desk.world  # type: ignore[assignment]
        self.window = QWidget()
        self.window.resize(1280, 772)
        self.host = MessageHost(desk.context.messages, self.window)
        self.page = ReviewPage(desk.context)
        self.wanted_next = 0
        self.has_left = 0
        self.page.wants_next.connect(self._count_next)
        self.page.left.connect(self._count_left)
        QVBoxLayout(self.window).addWidget(self.page)
        self.window.show()
        self.window.activateWindow()
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Reviewer:
        await self.until(self.window.isActiveWindow)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sending is not None:
            self._sending.cancel()
        await self.page.leave()
        self.window.close()
        self.window.deleteLater()

    def online(self) -> None:
        """Let the outbox be sent."""
        context = self.desk.context
        sender = Sender(context.outbox, context.api, context.changes, on_signed_out=lambda: None)
        self._sending = context.tasks.spawn(sender.run())

    async def open(self, number: int = 0, *, uncover: bool = True) -> None:
        """Claim and open an item, and wait until it is there."""
        self.page.open(self.world.claim(number))
        await self.until(lambda: self.page.flow.bundle is not None)
        if uncover:
            self.page.proceed()

    async def ahead(self) -> None:
        """Let the next item be loaded."""
        self.desk.ticker.pass_time(seconds=1)
        await self.until(lambda: self.page.flow.prefetch.prepared)

    async def picture(self) -> None:
        """Wait for the exact picture."""
        view = self.page.content.player.view
        await self.until(lambda: view.picture is not None and view.picture.exact)

    def press(self, *keys: Qt.Key) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            QTest.keyClick(QApplication.focusWidget() or self.page, key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        QTest.keyClicks(QApplication.focusWidget() or self.page, text)

    def phase(self) -> Phase:
        """What the page shows."""
        return self.page.phase

    async def until(self, holds: Any) -> None:
        """Wait until something holds, event by event; the story's own time-out ends it otherwise."""
        while not holds():  # noqa: ASYNC110 - a view has no event to await
            await asyncio.sleep(0)

    @property
    def item(self) -> str:
        """The id of the item that is open, or nothing."""
        return str(self.page.flow.bundle.item_id) if self.page.flow.bundle is not None else ""

    def _count_next(self) -> None:
        self.wanted_next += 1

    def _count_left(self) -> None:
        self.has_left += 1
