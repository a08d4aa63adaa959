"""`make package-check`: starts the frozen app offscreen and has it moderate, from an empty folder to a frame.

    python packaging/check.py dist/creator-studio

The bundle itself makes the database, serves, examines the upload in its media worker, analyses it, exports
the evidence and runs the jobs; this program only talks HTTP to it. Then the client of the bundle starts a
server of its own on the same folder, signs in, claims the item and decodes it. Prints what it saw as JSON;
exit status 1 when anything is not so.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import httpx
import numpy as np
import pyotp

PASSWORD = "only-for-this-check"  # noqa: S105 - of accounts that live as long as this program
GIVEN = "handed-over-on-paper"
"""By the administrator: good for nothing but to be changed."""
PATIENCE_S = 120
SIZE, FRAMES, RATE = (320, 240), 24, 24
POLICY = "spam"
KINDS = ("core", "text")


class Broken(Exception):
    """The bundle did not do what it must."""


def check(bundle: Path) -> dict[str, Any]:
    """Run the whole check; answers what was measured. Raises Broken, or what the server answered instead."""
    if not bundle.is_dir():
        raise Broken(f"there is no bundle at {bundle}: run `make package` first")
    seen: dict[str, Any] = {"size_mb": round(size_of(bundle) / 1e6), "seconds": {}}
    with tempfile.TemporaryDirectory(prefix="creator-studio-check-") as folder:
        program = Program(bundle / "creator-studio", Path(folder))
        with timed(seen, "create-admin"):
            program.run(
                *("-m", "server", "create-admin", "--email", email("admin"), "--handle", "admin"),
                *("--data", str(program.data)),
                STUDIO_ADMIN_PASSWORD=PASSWORD,
            )
        with timed(seen, "fill"), program.serving() as url, httpx.Client(base_url=url, timeout=30) as http:
            item, video = fill(http)
            with timed(seen, "analysis"):
                seen["missing"] = until_analysed(http, video)
            seen["evidence"] = exported(http, video)
        with timed(seen, "client"):
            client = program.client()
        if client.get("claimed") != item or client["frames"] != FRAMES or client["shades"] < 2:
            raise Broken(f"the client saw something else: {client}")
        with timed(seen, "sparks"):  # drawn and judged by the engine of the bundle
            program.run("-m", "studio", "sparks", "check", "lo-fi-heart")
        for command in ("audit verify", "doctor"):
            with timed(seen, command):
                program.run("-m", "server", *command.split(), "--data", str(program.data))
        if (program.data / "server.json").exists():
            raise Broken("the embedded server did not end with its client")
    return seen | {"client": client}


class Program:
    """The frozen program with a profile of its own, cut off from the environment of this process."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path.resolve(), folder
        self._profile = folder / "profile"
        self.data = self._profile / "server"
        self._environment = {
            "HOME": str(folder),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
            # A developer's keyring must not fill up with the keys of checks.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def run(self, *arguments: str, **environment: str) -> None:
        """Run one command to its end. Raises Broken when it fails, with what it said."""
        done = subprocess.run(
            [self._path, *arguments],
            check=False,
            cwd=self._folder,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            raise Broken(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of a server that answers; it ends with the block, in good order."""
        command = [str(self._path), "--serve", "--port", "0", "--data", str(self.data), "--announce"]
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                yield _address(server.stdout)
                server.stdin.close()
                if server.wait(PATIENCE_S):
                    raise Broken(f"the server ended with {server.returncode}")
            finally:
                server.kill()

    def client(self) -> dict[str, Any]:
        """What the client found out in its shift."""
        report = self._folder / "report.json"
        try:
            self.run(
                *("--profile", str(self._profile), "--check", str(report)),
                STUDIO_CHECK_EMAIL=email("moderator"),
                STUDIO_CHECK_PASSWORD=PASSWORD,
            )
        except Broken as error:
            raise Broken(f"{error}{report.read_text() if report.exists() else ''}") from error
        found: dict[str, Any] = json.loads(report.read_text())
        return found


def _address(announced: Iterator[str]) -> str:
    for line in announced:
        told = json.loads(line)
        if told["event"] == "ready":
            return str(told["url"])
        if told["event"] == "refused":
            raise Broken(f"the server refused: {told['reason']}")
    raise Broken("the server ended before it was ready")


def fill(http: httpx.Client) -> tuple[str, str]:
    """Make a moderator, have a creator upload a clip, flag it; answers the ids of the item and its video."""
    admin = sign_in(http, "admin")
    step_up(http, admin)
    for role in ("moderator", "creator"):
        person = {"handle": role, "name": role.title(), "roles": [role], "email": email(role)}
        said(http.post("/v1/accounts/people", json=person | {"password": GIVEN}, headers=admin))
        session = sign_in(http, role, GIVEN)
        change = {"current": GIVEN, "new": PASSWORD}
        said(http.post("/v1/accounts/password", json=change, headers=session))
    creator = sign_in(http, "creator")
    video = upload(http, creator, clip())
    until_ready(http, creator, video)
    flag = {"content_type": "video", "content_id": video, "policy": POLICY}
    return str(said(http.post("/v1/moderation/flags", json=flag, headers=admin))["item_id"]), video


def sign_in(http: httpx.Client, who: str, password: str = PASSWORD) -> dict[str, str]:
    """The header that carries the session of one of our accounts."""
    device = {"id": str(uuid4()), "name": "package check"}
    body = {"email": email(who), "password": password, "device": device}
    token = said(http.post("/v1/accounts/sign-in", json=body))["token"]
    return {"Authorization": f"Bearer {token}"}


def step_up(http: httpx.Client, session: dict[str, str]) -> None:
    """Enrol an authenticator and confirm with it."""
    began = said(http.post("/v1/accounts/totp", json={"password": PASSWORD}, headers=session))
    codes, now = pyotp.TOTP(began["secret"]), time.time()
    said(http.post("/v1/accounts/totp/confirm", json={"code": codes.at(now)}, headers=session))
    # A code works once; the next one already does, to bear clocks that differ.
    said(http.post("/v1/accounts/step-up", json={"code": codes.at(now + codes.interval)}, headers=session))


def upload(http: httpx.Client, session: dict[str, str], data: bytes) -> str:
    """Announce a video and send its file; answers its id."""
    body = {"filename": "check.mp4", "size": len(data), "title": "A moving gradient"}
    video = said(http.post("/v1/content/videos", json=body, headers=session))["id"]
    headers = session | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    said(http.patch(f"/v1/content/videos/{video}/file", content=data, headers=headers))
    return str(video)


def until_ready(http: httpx.Client, session: dict[str, str], video: str) -> None:
    """Wait for the jobs to have examined the video and drawn its stills."""
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        seen = said(http.get(f"/v1/content/videos/{video}", headers=session))
        if seen["state"] == "ready" and {"storyboard", "poster"} <= set(seen["derivatives"]):
            return
        if seen["state"] == "refused":
            break
        time.sleep(0.1)
    raise Broken(f"the upload was not processed: {seen['state']}, {seen['reason']}, {seen['derivatives']}")


def until_analysed(http: httpx.Client, video: str) -> list[str]:
    """Wait for both analyses; answers what they did not look at, by their own words."""
    moderator = sign_in(http, "moderator")
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        known = said(http.get(f"/v1/forensics/videos/{video}", headers=moderator))
        states = [known[kind]["latest"] and known[kind]["latest"]["state"] for kind in KINDS]
        if all(state in ("done", "partly") for state in states):
            signals = [each for kind in KINDS for each in known[kind]["result"]["signals"]]
            failed = sorted({each["detector"] for each in signals if each["abstained"] == "failed"})
            if failed:
                raise Broken(f"these detectors failed: {failed}")
            return [line for kind in KINDS for line in known[kind]["result"]["analysis"]["missing"]]
        if "refused" in states or "parked" in states:
            break
        time.sleep(0.2)
    raise Broken(f"the upload was not analysed: {states}")


def exported(http: httpx.Client, video: str) -> list[str]:
    """The members of the evidence, each of them whole."""
    try:
        answer = http.get(f"/v1/forensics/videos/{video}/bundle", headers=sign_in(http, "moderator"))
    except httpx.RemoteProtocolError as error:
        raise Broken(f"the evidence broke off: {error}") from None
    if not answer.is_success:
        raise Broken(f"the evidence was not exported: {answer.status_code} {answer.text}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        names = bundle.namelist()
        if bundle.testzip() or not {"scores.json", "summary.pdf", "signature.json"} <= set(names):
            raise Broken(f"the evidence is not whole: {names}")
    return names


def clip() -> bytes:
    """A second of a moving gradient as H.264 in MP4, with B-frames."""
    width, height = SIZE
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"bf": "2"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        for n in range(FRAMES):
            grey = ((x + y + 8 * n) % 256).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.stack([grey] * 3, axis=-1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def said(answer: httpx.Response) -> Any:
    """The body of an answer. Raises Broken when it is a refusal."""
    if not answer.is_success:
        raise Broken(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def email(who: str) -> str:
    """The address of one of our accounts."""
    return f"{who}@check.example"


def size_of(folder: Path) -> int:
    """Bytes of all files below, links not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


@contextmanager
def timed(seen: dict[str, Any], name: str) -> Iterator[None]:
    """Note how many seconds the block took."""
    begun = time.monotonic()
    yield
    seen["seconds"][name] = round(time.monotonic() - begun, 1)


if __name__ == "__main__":
    try:
        print(json.dumps(check(Path(sys.argv[1])), indent=1))
    except Broken as error:
        sys.exit(f"package-check: {error}")
