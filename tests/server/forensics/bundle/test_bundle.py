"""An exported bundle is opened again: every hash holds, every part says what the database says."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pypdf
import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit import proof
from server.audit import service as audit
from server.audit.models import AuditEntry
from server.content.media.results import Refused
from server.forensics import pictures
from server.forensics.bundle import case, making, summary
from server.forensics.results import Box, Curve, Signal, Span
from server.forensics.rules import Slot
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.storage import Store
from server.settings import Settings
from tests.server.conftest import SignIn
from tests.server.forensics.lab import Lab

VIDEOS = "/v1/forensics/videos"
HOSTILE = (
    "=cmd() \u202e\u0628\u0646\u062a \U0001f600 \u4f60\u597d <b>bold</b> \u0000 & ] > \ufffe" + "W" * 200
)


class Opened:
    """A bundle that was read again."""

    def __init__(self, data: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(data))
        assert self.zip.testzip() is None
        self.names = self.zip.namelist()

    def read(self, name: str) -> bytes:
        return self.zip.read(name)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def check(self) -> None:
        """Every member is what the manifest says, and the manifest is signed."""
        manifest = self.json("manifest.json")
        assert set(manifest["members"]) == set(self.names) - {"manifest.json", "signature.json"}
        for name, said in manifest["members"].items():
            data = self.read(name)
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (said["sha256"], said["bytes"])
        signed = self.json("signature.json")
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed["public_key"]))
        key.verify(bytes.fromhex(signed["signature"]), self.read("manifest.json"))
        with pytest.raises(InvalidSignature):
            key.verify(bytes.fromhex(signed["signature"]), self.read("manifest.json") + b" ")

    def words(self) -> str:
        """The text of the summary."""
        pages = pypdf.PdfReader(io.BytesIO(self.read("summary.pdf"))).pages
        assert 1 <= len(pages) <= 3
        return "\n".join(page.extract_text() for page in pages)


def signal(number: int = 0, note: str = "") -> Signal:
    """Evidence within the two seconds of the clip."""
    return Signal(
        name="warp",
        slot=Slot.FACE_MANIPULATION,
        detector="face",
        version="1",
        value=0.31,
        score_bp=7_400,
        reliability_bp=6_000,
        note=note,
        spans=(Span(1_000, 1_500, 7_000, "edges differ"),),
        boxes=(Box(200 + 40 * number, 1_000, 2_000, 3_000, 4_000, track=0, score_bp=9_000),),
        curves=(Curve("Warp / px!", "px", 0, 40.0, (0.1, None, float("nan"), 0.5)),),
    )


def video_of(lab: Lab, db: Database, settings: Settings, clip: bytes, **fields: Any) -> UUID:
    """A video whose file is in the store."""
    with db.write() as s:
        sha256 = Store(settings.media).put(s, clip)
    return lab.video(sha256=sha256, duration_ms=2_000, width=64, height=48, **fields)


def export(client: httpx.Client, video_id: UUID, headers: dict[str, str]) -> Opened:
    answer = client.get(f"{VIDEOS}/{video_id}/bundle", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    return Opened(answer.content)


def test_a_bundle_has_everything_that_is_known(
    client: httpx.Client, sign_in: SignIn, lab: Lab, db: Database, settings: Settings, clip: bytes, keys: Keys
) -> None:
    video_id = video_of(lab, db, settings, clip, title=HOSTILE.replace("\x00", "")[:100])
    analysed = lab.analysed(video_id, signals=(signal(note=HOSTILE),))
    got = export(client, video_id, sign_in(Role.MODERATOR))
    got.check()

    scores = got.json("scores.json")
    assert scores["video"]["sha256"] == hashlib.sha256(clip).hexdigest()
    core = scores["current"]["core"]["result"]
    assert (core["analysis"]["id"], core["analysis"]["detectors"]) == (str(analysed), {"face": "1"})
    assert {score["slot"]: score["score_bp"] for score in core["scores"]}["face_manipulation"] == 7_400
    assert core["signals"][0]["curves"] == ["Warp / px!"]
    assert [each["id"] for each in scores["analyses"]] == [str(analysed)]

    [row] = csv.DictReader(io.StringIO(got.read("signals.csv").decode()))
    assert (row["name"], row["score_bp"], row["value"]) == ("warp", "7400", "0.31")
    assert row["note"].startswith("'=cmd()")
    curve = list(csv.reader(io.StringIO(got.read("curves/core-000-0-warp_px_.csv").decode())))
    assert curve == [
        ["t_ms", "Warp / px! (px)"],
        ["0.0", "0.1"],
        ["40.0", ""],
        ["80.0", ""],
        ["120.0", "0.5"],
    ]

    frames = got.json("frames.json")
    assert [frame["wanted_ms"] for frame in frames] == [200, 1_000]
    assert [bool(frame["with_boxes"]) for frame in frames] == [True, False]
    for frame in frames:
        assert got.read(frame["file"]).startswith(b"\xff\xd8")
    assert got.read(frames[0]["file"]) != got.read(frames[0]["with_boxes"])

    chain = got.json("audit.json")
    assert list(proof.faults(chain)) == []
    assert chain["public_key"] == keys.signer.public_key().public_bytes_raw().hex()
    actions = [entry["action"] for entry in chain["entries"]]
    assert actions[-1] == "forensics.bundle_exported"
    assert "forensics.analysed" in actions
    assert got.json("opinion.json")["state"] == "not_asked"
    assert got.json("matches.json") == []

    words = got.words()
    assert "face manipulation: 7400 within 5400 to 8900, look closer" in words
    assert hashlib.sha256(clip).hexdigest() in words
    assert "<b>bold</b>" in words


def test_an_export_is_on_record(
    client: httpx.Client, sign_in: SignIn, lab: Lab, db: Database, people: dict[Role, Person]
) -> None:
    video_id = lab.video()
    export(client, video_id, sign_in(Role.MODERATOR)).check()
    with db.read() as s:
        exported = sa.select(AuditEntry).where(AuditEntry.action == "forensics.bundle_exported")
        [entry] = s.scalars(exported).all()
    assert (entry.target, entry.actor) == (f"video:{video_id}", f"person:{people[Role.MODERATOR].id}")


def test_the_restricted_class_gives_numbers_and_hashes_to_the_cleared_alone(
    client: httpx.Client,
    sign_in: SignIn,
    lab: Lab,
    db: Database,
    settings: Settings,
    clip: bytes,
    cleared: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video_id = video_of(lab, db, settings, clip, title="A secret title", caption="A secret caption")
    lab.analysed(video_id, signals=(signal(note="a secret note"),))
    lab.change(video_id, restricted_class=True)  # the evidence is not dropped yet
    monkeypatch.setattr(pictures, "take", lambda *_, **__: pytest.fail("no frame is made"))
    for role in (Role.MODERATOR, Role.LEAD):
        assert client.get(f"{VIDEOS}/{video_id}/bundle", headers=sign_in(role)).status_code == 404
    got = export(client, video_id, sign_in(cleared.person))
    got.check()
    assert set(got.names) == {
        "scores.json",
        "audit.json",
        "signals.csv",
        "summary.pdf",
        "manifest.json",
        "signature.json",
    }
    everything = b"".join(got.read(name) for name in got.names) + got.words().encode()
    assert b"secret" not in everything
    assert b"edges differ" not in everything
    assert got.json("scores.json")["current"]["core"]["result"]["signals"][0]["score_bp"] == 7_400
    chain = got.json("audit.json")
    assert list(proof.faults(chain)) == []
    assert {entry["details"] for entry in chain["entries"]} == {None}


def test_a_bundle_of_a_video_without_a_whole_file_is_refused(
    client: httpx.Client, sign_in: SignIn, lab: Lab, people: dict[Role, Person]
) -> None:
    fresh = lab.video(sha256=None)
    refused = client.get(f"{VIDEOS}/{fresh}/bundle", headers=sign_in(Role.MODERATOR))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")
    own = lab.video(owner_id=people[Role.MODERATOR].id)
    assert client.get(f"{VIDEOS}/{own}/bundle", headers=sign_in(Role.MODERATOR)).status_code == 404
    assert client.get(f"{VIDEOS}/{own}/bundle", headers=sign_in(Role.CREATOR)).status_code == 403


def test_a_file_that_gives_no_frame_gives_a_bundle_that_says_so(
    client: httpx.Client, sign_in: SignIn, lab: Lab, db: Database, settings: Settings
) -> None:
    video_id = video_of(lab, db, settings, b"no video at all")
    lab.analysed(video_id)
    got = export(client, video_id, sign_in(Role.LEAD))
    got.check()
    assert {bool(frame["none"]) for frame in got.json("frames.json")} == {True}
    assert not [name for name in got.names if name.endswith(".jpg")]


def made(lab: Lab, db: Database, keys: Keys, video_id: UUID) -> case.Case:
    with db.read() as s:
        return case.read(
            s,
            reader=SYSTEM,
            keys=keys,
            video_id=video_id,
            restricted=False,
            prevalence_bp=200,
            at=clock.now(),
        )


def test_who_goes_away_ends_the_work(
    lab: Lab, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.analysed(video_id := lab.video(), signals=tuple(signal(number) for number in range(20)))
    began, ended = threading.Event(), threading.Event()

    def take(*_: Any, cancel: threading.Event, **__: Any) -> Refused:
        began.set()
        if cancel.wait(30):
            ended.set()
        return Refused("cancelled", "It was cancelled.")

    monkeypatch.setattr(pictures, "take", take)
    told = made(lab, db, keys, video_id)

    async def leave() -> None:
        stream = making.bundle(told, Path("none"), keys, lambda: True)
        await anext(stream)
        await anext(stream)
        third = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(began.wait, 30)
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            await third
        await asyncio.to_thread(ended.wait, 30)

    asyncio.run(leave())
    assert ended.is_set()


def test_what_becomes_restricted_meanwhile_is_not_sent_on(
    lab: Lab, db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.analysed(video_id := lab.video(), signals=(signal(),))
    told, allowed = made(lab, db, keys, video_id), [True]

    def take(*_: Any, **__: Any) -> Any:
        allowed[0] = False
        return (pictures.Still(200, 200, 64, 48, b"\xff\xd8 a frame", None),)

    monkeypatch.setattr(pictures, "take", take)

    sent = bytearray()

    async def all_of_it() -> None:
        async for part in making.bundle(told, Path("none"), keys, lambda: allowed[0]):
            sent.extend(part)

    with pytest.raises(making.NoLonger):  # an answer that just ended would pass for a whole one
        asyncio.run(all_of_it())
    assert b"a frame" not in sent
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(bytes(sent)))


def test_a_proof_that_was_changed_is_found(lab: Lab, db: Database, keys: Keys) -> None:
    lab.analysed(video_id := lab.video())
    with db.write() as s:
        audit.seal(s, keys)
    told = made(lab, db, keys, video_id).audit
    assert list(proof.faults(told)) == []
    for change in ({"action": "forensics.other"}, {"details": '{"analysis":"other"}'}, {"seq": 99_999}):
        entries = [*told["entries"][:-1], {**told["entries"][-1], **change}]
        assert list(proof.faults({**told, "entries": entries})), change
    head = {**told["head"], "seq": told["head"]["seq"] + 1}
    assert list(proof.faults({**told, "head": head})) == ["the head is not signed with this key"]


@pytest.mark.parametrize(
    "words",
    [
        HOSTILE,
        "\ud800 half a pair",
        "\u0e17\u0e14\u0e2a\u0e2d\u0e1a" * 400,
        "",
        "\n" * 50,
        "x" * 5_000,
        "\x1b[2J%%EOF (\\)",
    ],
    ids=range(7),
)
def test_no_text_breaks_the_summary(lab: Lab, db: Database, keys: Keys, words: str) -> None:
    told = made(lab, db, keys, lab.video())
    told = replace(told, video={**told.video, "title": words, "caption": words})
    pages = pypdf.PdfReader(io.BytesIO(summary.pdf(told, ()))).pages
    assert "Evidence summary" in pages[0].extract_text()
    assert len(pages) <= 3
