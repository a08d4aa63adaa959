"""From a lead who banks a video to the item of its re-upload, over HTTP, by the real jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from server.accounts.permissions import Role
from server.kit.db import Database
from tests.server.conftest import SignIn
from tests.server.forensics.test_end_to_end import running as running
from tests.server.forensics.test_end_to_end import until


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: the jobs of both are those of `test_workflow`."""
    return sqlite_url


@pytest.fixture
def upload(client: httpx.Client, sign_in: SignIn, clip: bytes) -> Callable[[str], str]:
    """`upload(title)`: the video that comes of sending the clip."""
    mine = sign_in(Role.CREATOR)

    def send(title: str) -> str:
        new = {"filename": "clip.mp4", "size": len(clip), "title": title}
        video_id = str(client.post("/v1/content/videos", headers=mine, json=new).json()["id"])
        path = f"/v1/content/videos/{video_id}"
        client.patch(f"{path}/file", headers={**mine, "Upload-Offset": "0"}, content=clip)
        until(lambda: client.get(path, headers=mine).json()["state"] == "ready")
        return video_id

    return send


@pytest.mark.usefixtures("running")
def test_a_re_upload_is_put_into_the_queue_and_held_back(
    client: httpx.Client, sign_in: SignIn, db: Database, upload: Callable[[str], str]
) -> None:
    lead, moderator = sign_in(Role.LEAD), sign_in(Role.MODERATOR)
    body: dict[str, Any] = {
        "name": "Gore",
        "kind": "harmful",
        "policy": "violence.graphic",
        "action": "restrict_interim",
        "confirmed": True,
    }
    bank = client.post("/v1/forensics/banks", headers=lead, json=body).json()["id"]
    entry = {"video_id": upload("first"), "severity": "medium", "reason": "It was removed."}
    added = client.post(f"/v1/forensics/banks/{bank}/entries", headers=lead, json=entry).json()
    again = upload("again")

    def items() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = client.get(
            "/v1/moderation/items", headers=moderator, params={"policy": "violence.graphic"}
        ).json()["items"]
        return listed

    until(lambda: [item["content_id"] for item in items()] == [again])
    video = client.get(f"/v1/content/videos/{again}", headers=moderator).json()
    assert video["availability"] == "restricted"
    [match] = client.get(f"/v1/forensics/videos/{again}/matches", headers=moderator).json()["items"]
    assert (match["entry_id"], match["original_video_id"], match["bits"]) == (
        added["id"],
        entry["video_id"],
        0,
    )
    scans = "/v1/forensics/scans"
    until(lambda: all(s["state"] == "done" for s in client.get(scans, headers=lead).json()["items"]))
