"""The videos on their way to the server: a few at a time, held and gone on with, also after a restart.

Online only: an upload is no edit and never waits in the outbox. Free of Qt.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.errors import ApiError, Conflict, NotFound, ServerFault
from studio.api.transfer import passing, upload
from studio.offline.changes import Changes
from studio.offline.store import Store
from studio.offline.upload import CheckedFile, FileUnfit, Upload, kept_of, kept_text

KIND: Final = "content.upload"
"""In `Changes`: how far one is. The list of videos changes by `VIDEO`."""
VIDEO: Final = "content.video"
ARRIVED: Final = "content.arrived"
"""Beside `KIND`: the whole file is on the server."""
PREFIX: Final = "content:upload:"
ASKED: Final = "content:new:"
"""Of files about which is still asked; empty once their upload is remembered."""
VIDEOS: Final = "/v1/content/videos"
AT_ONCE: Final = 2
BLOCK: Final = 4 * 1024 * 1024
MOST_FAULTS: Final = 5
"""After so many errors of the server without a byte taken, a person has to look."""


class Phase(StrEnum):
    """Where an upload is. `retrying` goes on by itself; `refused` when a person asks for it."""

    WAITING = "waiting"
    SENDING = "sending"
    RETRYING = "retrying"
    PAUSED = "paused"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is; `sent` in bytes, `reason` in words where it does not go on."""

    phase: Phase
    sent: int = 0
    reason: str = ""


class Write(Protocol):
    """`Tasks.write`."""

    def __call__(self, change: Callable[[], Changes | None], /) -> asyncio.Task[None]:
        """Store something off the thread of the event loop."""


class Uploads:
    """One person's uploads, from `begin` to `close`; used on the thread of the event loop alone.

    What becomes of them is told by `tell`, by their ids.
    """

    def __init__(
        self,
        api: Api,
        store: Store,
        *,
        write: Write,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        tell: Callable[[Changes], object],
        backoff: Backoff | None = None,
        block: int = BLOCK,
    ) -> None:
        self._api, self._store = api, store
        self._write, self._spawn, self._tell = write, spawn, tell
        self._backoff = backoff or Backoff(base_s=1.0, cap_s=60.0)
        self._block = block
        self._uploads: dict[UUID, Upload] = {}
        self._progress: dict[UUID, Progress] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        # One after the other, so that the list has them in the order in which they were given.
        self._announcing = asyncio.Lock()
        self._hurry = asyncio.Event()
        self._closed = False

    # What there is

    def all(self) -> list[Upload]:
        """Every upload, the oldest first."""
        return list(self._uploads.values())

    def get(self, name: UUID) -> Upload | None:
        """One upload by the id of its video."""
        return self._uploads.get(name)

    def progress(self, name: UUID) -> Progress | None:
        """How far one is; None when there is none."""
        return self._progress.get(name)

    # What a person does

    async def begin(self) -> None:
        """Go on with what an earlier run of the program left behind."""
        kept = await asyncio.to_thread(self._store.drafts)
        found = (kept_of(text) for key, text in kept.items() if key.startswith(PREFIX))
        self._take([each for each in found if each is not None and each.id not in self._uploads])

    async def add(self, uploads: Iterable[Upload]) -> None:
        """Begin these, once they are remembered on this computer: all, or none where the disk refuses. Raises
        what it says, OSError or sqlite3.Error."""
        wanted = list(uploads)
        await self._keep(*wanted)
        self._take(wanted)

    def learn(self, name: UUID, received: int) -> None:
        """The server was read to have so many bytes of one; while it is sent, its own answers count."""
        now = self._progress.get(name)
        if now is not None and now.phase is not Phase.SENDING and now.sent < received:
            self._progress[name] = replace(now, sent=received)
            self._say(name)

    def pause(self, name: UUID) -> None:
        """Hold one; what has arrived stays on the server."""
        if (found := self._uploads.get(name)) is not None and not found.paused:
            self._stop(name)
            self._put(replace(found, paused=True))
            self._set(name, Phase.PAUSED)

    def resume(self, name: UUID) -> None:
        """Go on with one that is held, was refused, or waits for another try."""
        if (found := self._uploads.get(name)) is not None:
            if found.paused:
                self._put(replace(found, paused=False))
            self._start(name)

    def take_out(self, name: UUID) -> Upload | None:
        """Stop one and forget it; answers it, so that it can be added again."""
        found = self._uploads.pop(name, None)
        if found is None:
            return None
        self._stop(name)
        self._progress.pop(name, None)
        self._forget(name)
        self._say(name)
        return found

    def hurry(self) -> None:
        """The connection is back: whoever waits for another try has it now."""
        self._hurry.set()
        self._hurry = asyncio.Event()

    async def close(self) -> None:
        """Stop everything; what was on its way is gone on with by the next `begin`."""
        self._closed = True
        running = [task for task in self._tasks.values() if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    # Remembering

    async def _keep(self, *found: Upload) -> None:
        texts = {f"{PREFIX}{each.id}": kept_text(each) for each in found}
        # With it or not at all: killed between the two, the program would ask again what is on its way.
        texts |= {f"{ASKED}{each.id}": "" for each in found}
        save = partial(self._store.save_drafts, texts)
        await asyncio.shield(self._write(save))  # a write is never cancelled

    def _put(self, found: Upload) -> None:
        self._uploads[found.id] = found
        self._write(partial(self._store.save_draft, f"{PREFIX}{found.id}", kept_text(found)))

    def _forget(self, name: UUID) -> None:
        self._write(partial(self._store.save_draft, f"{PREFIX}{name}", ""))

    def _take(self, uploads: Iterable[Upload]) -> None:
        for each in uploads:
            self._uploads[each.id] = each
            if each.paused:
                self._set(each.id, Phase.PAUSED)
            else:
                self._start(each.id)

    # Running

    def _start(self, name: UUID) -> None:
        before = self._tasks.get(name)
        if self._closed:
            return
        self._stop(name)
        self._set(name, Phase.WAITING)
        self._tasks[name] = self._spawn(self._run(name, before))

    def _stop(self, name: UUID) -> None:
        if (task := self._tasks.get(name)) is not None:
            task.cancel()

    async def _run(self, name: UUID, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        failures = 0
        while True:
            sent = self._sent(name)
            try:
                async with self._announcing:
                    await self._announce(name)
                async with self._slots:
                    self._set(name, Phase.SENDING)
                    await self._send(name)
            except FileUnfit as unfit:
                return self._set(name, Phase.REFUSED, str(unfit))
            except OSError as error:
                return self._set(name, Phase.REFUSED, f"The file cannot be read: {error.strerror or error}.")
            except sqlite3.Error:  # told in full by whoever writes
                return self._set(name, Phase.REFUSED, "This computer's disk did not take how far it is.")
            except NotFound:
                return self._set(name, Phase.REFUSED, "This video was deleted. There is nothing to send.")
            except ApiError as error:
                failures = failures + 1 if self._sent(name) == sent else 1
                if not self._goes_on(error, failures):
                    return self._set(name, Phase.REFUSED, f"{error.what_happened} {error.what_to_do}")
                self._set(name, Phase.RETRYING, _why_not_now(error))
                await self._wait(self._backoff.delay_s(failures - 1, at_least_s=error.problem.retry_after_s))
            else:
                return self._finish(name)

    def _goes_on(self, error: ApiError, failures: int) -> bool:
        if isinstance(error, ServerFault):
            return failures < MOST_FAULTS
        return passing(error) or error.code == "too_many_uploads"

    async def _announce(self, name: UUID) -> None:
        found = self._uploads[name]
        if found.announced:
            return
        # Looked at first: a file that is gone is not worth a video.
        (await asyncio.to_thread(CheckedFile, found)).close()
        body = found.body().model_dump(mode="json", exclude_none=True)
        try:
            await self._api.request("POST", VIDEOS, json=body, idempotency_key=str(name), attempts=1)
        except Conflict as error:
            if error.code != "id_taken":
                raise
            # By ourselves, before the program was killed; if not, nothing can be sent to it.
        known = replace(self._uploads[name], announced=True)
        self._uploads[name] = known
        await self._keep(known)
        self._say(name, VIDEO)

    async def _send(self, name: UUID) -> None:
        found = self._uploads[name]
        file = await asyncio.to_thread(CheckedFile, found)

        def progress(sent: int, _size: int) -> None:
            if (now := self._progress.get(name)) is not None:  # a last part may come after it was held
                self._progress[name] = replace(now, sent=sent)
                self._say(name)

        try:
            await upload(
                self._api,
                f"{VIDEOS}/{name}/file",
                file,
                found.size,
                progress=progress,
                block=self._block,
                attempts=1,
            )
        finally:
            # Elsewhere: after a cancellation it waits for the reading that goes on, perhaps from a hung disk.
            asyncio.get_running_loop().run_in_executor(None, file.close)

    def _finish(self, name: UUID) -> None:
        self._uploads.pop(name)
        self._progress.pop(name)
        self._forget(name)
        self._say(name, VIDEO, ARRIVED)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for may swallow a cancellation (Python 3.11)
                await self._hurry.wait()

    # Telling

    def _sent(self, name: UUID) -> int:
        return self._progress[name].sent if name in self._progress else 0

    def _set(self, name: UUID, phase: Phase, reason: str = "") -> None:
        if name in self._uploads:
            self._progress[name] = Progress(phase, self._sent(name), reason)
            self._say(name)

    def _say(self, name: UUID, *more: str) -> None:
        self._tell(Changes(kinds=frozenset({KIND, *more}), ids=frozenset({str(name)}), origin=KIND))


def _why_not_now(error: ApiError) -> str:
    if error.code == "upload_in_progress" or error.code == "offset_mismatch":
        return "The server is asked where it is"
    if error.code == "too_many_uploads":
        return "Waits until another upload has ended"
    return error.what_happened.rstrip(".")
