"""A fake server that takes videos in, like `/v1/content`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from server.content.rules import VideoState, Visibility
from server.content.schemas import Author, NewVideo, Restriction, VideoCreated, VideoView
from server.kit.wire import Availability
from studio.offline.uploads import VIDEOS
from tests.studio.tabs.office import MY_ID, NOW, UPLOAD_BLOCK, body, person_me, problem

CREATOR = ("account.self", "content.read", "content.upload", "content.edit")
ME = person_me(permissions=CREATOR)
BLOCK = UPLOAD_BLOCK
GORE = Restriction(
    decision_id=UUID(int=7),
    policy="violence.graphic",
    title="Graphic violence",
    covers="Real death shown in detail.",
    until=NOW + timedelta(days=1),
)
STILLS_MS = tuple(range(0, 60_000, 10_000))
"""When the stills of `ContentServer.sheet` were shown, three in a row."""


def video(n: int, **changes: Any) -> VideoView:
    """Video number `n` of the one at the desk; lower numbers are newer."""
    values: dict[str, Any] = {
        "id": UUID(int=500 + n),
        "owner": Author(id=MY_ID, handle="noor", name="Noor Haddad"),
        "title": f"Video {n}",
        "caption": f"Caption {n}",
        "caption_availability": Availability.PUBLIC,
        "visibility": Visibility.PUBLIC,
        "state": VideoState.READY,
        "availability": Availability.PUBLIC,
        "filename": f"video-{n}.mp4",
        "size": 4_000,
        "received": 4_000,
        "duration_ms": 61_000,
        "derivatives": [],
        "created_at": NOW - timedelta(days=n),
        "published_at": NOW - timedelta(days=n),
        "version": 3,
    }
    told = values.keys() | {"notices", "poster_pending"}
    unknown = {name: None for name in VideoView.model_fields if name not in told}
    return VideoView(**unknown | values | changes)


def file(folder: Path, name: str = "my_first-video.mp4", size: int = 4 * BLOCK + 7) -> Path:
    """A file of `size` bytes that are all different enough to tell a mix-up."""
    path = folder / name
    path.write_bytes(bytes((n * 31 + n // 251) % 256 for n in range(size)))
    return path


class ContentServer:
    """Keeps what it is sent. `before` may answer, or raise, in place of the server: once each, in order."""

    def __init__(self, count: int = 3) -> None:
        self.videos = [video(n) for n in range(count)]
        self.files: dict[UUID, bytes] = {}
        self.keys: dict[str, VideoCreated] = {}
        self.requests: list[httpx.Request] = []
        self.down = False
        self.sheet: bytes | None = None
        self.before: dict[str, list[Any]] = {}
        self.on_patch: Callable[[UUID], object] = lambda _: None

    def find(self, name: UUID) -> VideoView:
        """The present copy of a video."""
        return next(each for each in self.videos if each.id == name)

    def put(self, changed: VideoView) -> None:
        """Let this be the present copy."""
        self.videos = [changed if each.id == changed.id else each for each in self.videos]

    def asked(self, method: str, end: str = "") -> list[httpx.Request]:
        """The requests of one method whose path ends so."""
        return [each for each in self.requests if each.method == method and each.url.path.endswith(end)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("down")
        path = request.url.path.removeprefix(VIDEOS).strip("/").split("/")
        name = " ".join([request.method, *path[1:]]).strip() or request.method
        if self.before.get(name):
            answer = self.before[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]
        if not path[0]:
            return self._create(request) if request.method == "POST" else self._page()
        video_id = UUID(path[0])
        if all(each.id != video_id for each in self.videos):
            return problem(404, "not_found", "There is no such video of yours.")
        found = self.find(video_id)
        match name:
            case "GET":
                return _view(found)
            case "GET arrived":
                have = self.files.get(video_id, b"")
                told = {"offset": len(have), "sha256": hashlib.sha256(have).hexdigest()}
                return httpx.Response(200, json=told)
            case "GET poster":
                return problem(404, "not_made")
            case "GET storyboard.json" if self.sheet is not None:
                cells = {"columns": 3, "cell_width": 40, "cell_height": 30, "t_ms": list(STILLS_MS)}
                return httpx.Response(200, json=cells)
            case "GET storyboard" if self.sheet is not None:
                return httpx.Response(200, content=self.sheet)
            case "PATCH":
                return self._edit(found, request)
            case "DELETE":
                self.put(found.model_copy(update={"deleted_at": NOW, "version": found.version + 1}))
                self.files.pop(video_id, None)
                return httpx.Response(204)
            case "POST restore":
                self.put(found.model_copy(update={"deleted_at": None, "version": found.version + 1}))
                return _view(self.find(video_id))
            case "HEAD file":
                return _offset(len(self.files.get(video_id, b"")))
            case "PATCH file":
                return self._receive(found, request)
        raise AssertionError(f"nobody answers {name}")

    def _page(self) -> httpx.Response:
        items = [json.loads(each.model_dump_json()) for each in self.videos if each.deleted_at is None]
        return httpx.Response(200, json={"items": items, "next_cursor": None})

    def _create(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["Idempotency-Key"]
        wanted = NewVideo(**body(request))
        assert wanted.id is not None
        if key not in self.keys:
            if any(each.id == wanted.id for each in self.videos):
                return problem(409, "id_taken", "There is a video with this id already.")
            made = video(
                0,
                **wanted.model_dump(exclude={"id"}),
                id=wanted.id,
                state=VideoState.UPLOADING,
                received=0,
                created_at=NOW,
                published_at=None,
                version=1,
            )
            self.videos.insert(0, made)
            self.keys[key] = VideoCreated(id=wanted.id, state=VideoState.UPLOADING)
        return httpx.Response(201, content=self.keys[key].model_dump_json())

    def _receive(self, found: VideoView, request: httpx.Request) -> httpx.Response:
        self.on_patch(found.id)
        if found.deleted_at is not None:
            return problem(404, "not_found", "There is no such video of yours.")
        have = self.files.get(found.id, b"")
        if int(request.headers["Upload-Offset"]) != len(have):
            return problem(409, "offset_mismatch", f"The file has {len(have)} bytes so far.")
        have += request.content
        self.files[found.id] = have
        if len(have) == found.size:
            self.put(found.model_copy(update={"state": VideoState.PROCESSING, "version": found.version + 1}))
        return _offset(len(have))

    def _edit(self, found: VideoView, request: httpx.Request) -> httpx.Response:
        if request.headers["If-Match"] != f'"{found.version}"':
            current = json.loads(found.model_dump_json())
            return problem(412, "stale", "This video was changed in the meantime.", current=current)
        asked = body(request)
        if asked.pop("publish_now", False):
            asked["publish_at"] = None
        if asked.pop("poster_automatic", False):
            asked["poster_at_ms"] = None
        if "poster_at_ms" in asked:
            asked["poster_pending"] = found.state is VideoState.READY
        changed = VideoView(**found.model_dump() | asked | {"version": found.version + 1})
        self.put(changed)
        return _view(changed)


def _view(found: VideoView) -> httpx.Response:
    return httpx.Response(200, content=found.model_dump_json(), headers={"ETag": f'"{found.version}"'})


def _offset(length: int) -> httpx.Response:
    return httpx.Response(204, headers={"Upload-Offset": str(length)})
