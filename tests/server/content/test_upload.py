"""Parts of a file arrive in any size, broken, repeated and at false offsets; the file comes out whole."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from starlette.requests import ClientDisconnect

from server.content import service, upload
from server.content.upload import RESERVE, OffsetMismatch, Receiver
from server.kit.errors import Busy, Conflict, TooLarge
from server.kit.storage import PIECE, Store

UPLOAD = UUID(int=1)


async def body(*parts: bytes, broken: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if broken:
        raise ClientDisconnect


def send(
    receiver: Receiver, offset: int, *parts: bytes, size: int, broken: bool = False, length: int | None = None
) -> int:
    async def run() -> int:
        return await receiver.receive(
            UPLOAD, offset=offset, size=size, length=length, body=body(*parts, broken=broken)
        )

    return anyio.run(run)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def arrived(store: Store) -> bytes:
    return store.incoming(UPLOAD).read_bytes()


class Upload(RuleBasedStateMachine):
    """A receiver against a plain byte string: what must have arrived after each request."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(upload, "PIECE", 97)  # so that one request is written in many pieces
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name))
        self.receiver = Receiver(self.store)
        self.data = bytes(range(251)) * 4
        self.size = len(self.data)
        self.have = 0

    def teardown(self) -> None:
        self.folder.cleanup()
        self.patch.undo()

    def parts(self, count: int, cuts: list[int]) -> list[bytes]:
        part = self.data[self.have : self.have + count]
        edges = [0, *sorted(cut % (len(part) + 1) for cut in cuts), len(part)]
        return [part[a:b] for a, b in pairwise(edges)]

    @rule(count=st.integers(0, 600), cuts=st.lists(st.integers(0, 600), max_size=4), broken=st.booleans())
    def next_part(self, count: int, cuts: list[int], broken: bool) -> None:
        parts = self.parts(count, cuts)
        if broken:
            with pytest.raises(ClientDisconnect):
                send(self.receiver, self.have, *parts, size=self.size, broken=True)
        else:
            sent = send(self.receiver, self.have, *parts, size=self.size)
            assert sent == self.have + sum(map(len, parts))
        self.have += sum(map(len, parts))

    @rule(offset=st.integers(0, 2000), part=st.binary(max_size=50))
    def part_at_a_false_offset(self, offset: int, part: bytes) -> None:
        if offset == self.have:
            return
        with pytest.raises(OffsetMismatch) as refused:
            send(self.receiver, offset, part, size=self.size)
        assert refused.value.current == {"offset": self.have}
        assert refused.value.headers == {"Upload-Offset": str(self.have)}

    @rule(over=st.integers(1, 50), announced=st.booleans())
    def more_than_was_announced(self, over: int, announced: bool) -> None:
        rest = self.data[self.have :] + bytes(over)
        with pytest.raises(TooLarge):
            send(
                self.receiver,
                self.have,
                rest[: len(rest) // 2],
                rest[len(rest) // 2 :],
                size=self.size,
                length=len(rest) if announced else None,
            )

    @rule()
    def restart_of_the_server(self) -> None:
        self.receiver = Receiver(self.store)

    @rule()
    def ask_what_arrived(self) -> None:
        digest = hashlib.sha256(self.data[: self.have]).hexdigest()
        assert self.receiver.arrived(UPLOAD) == (self.have, digest)

    @precondition(lambda self: self.have < self.size)
    @rule()
    def finish_too_early(self) -> None:
        assert self.receiver.finish(UPLOAD, self.size) is None

    @precondition(lambda self: self.have == self.size)
    @rule()
    def finish(self) -> None:
        assert self.receiver.finish(UPLOAD, self.size) == hashlib.sha256(self.data).hexdigest()

    @invariant()
    def just_what_was_sent_is_there(self) -> None:
        assert self.receiver.offset(UPLOAD) == self.have
        if self.have:
            assert arrived(self.store) == self.data[: self.have]


TestUpload = Upload.TestCase
TestUpload.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(cuts=st.lists(st.integers(0, 3 * PIECE), max_size=6))
@settings(max_examples=15, deadline=None)
def test_a_file_of_several_pieces_is_hashed_as_it_comes(cuts: list[int]) -> None:
    data = b"0123456789abcdef" * (3 * PIECE // 16)
    edges = [0, *sorted(cuts), len(data)]
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(Store(Path(folder)))
        for a, b in pairwise(edges):
            half = (a + b) // 2
            assert send(receiver, a, data[a:half], data[half:b], size=len(data)) == b
        assert receiver.finish(UPLOAD, len(data)) == hashlib.sha256(data).hexdigest()


def test_two_requests_cannot_append_at_once(store: Store) -> None:
    receiver = Receiver(store)

    async def both() -> None:
        begun = anyio.Event()
        refused = anyio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"first"
            begun.set()
            await refused.wait()
            yield b" part"

        async with anyio.create_task_group() as tasks:

            async def receive() -> None:
                await receiver.receive(UPLOAD, offset=0, size=100, length=None, body=slow())

            tasks.start_soon(receive)
            await begun.wait()
            with pytest.raises(Conflict) as conflict:
                await receiver.receive(UPLOAD, offset=0, size=100, length=None, body=body(b"other"))
            assert conflict.value.code == "upload_in_progress"
            with pytest.raises(Conflict) as conflict:
                await Receiver(store).receive(UPLOAD, offset=0, size=100, length=None, body=body(b"other"))
            assert conflict.value.code == "upload_in_progress"
            assert receiver.finish(UPLOAD, 5) is None
            refused.set()

    anyio.run(both)
    assert arrived(store) == b"first part"


def test_a_whole_file_that_is_being_written_is_not_finished(store: Store) -> None:
    """Else a part that turns out too long would cut a file that is already in the store."""
    receiver = Receiver(store)

    async def run() -> str | None:
        found: list[str | None] = []

        async def too_long() -> AsyncIterator[bytes]:
            yield b"x" * PIECE
            found.append(await anyio.to_thread.run_sync(receiver.finish, UPLOAD, PIECE))
            yield b"x"

        with pytest.raises(TooLarge):
            await receiver.receive(UPLOAD, offset=0, size=PIECE, length=None, body=too_long())
        return found[0]

    assert anyio.run(run) is None
    assert receiver.offset(UPLOAD) == 0


def test_a_worker_that_is_being_forked_keeps_no_file_locked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it runs its own program it has every handle of ours: a whole upload was then left unfinished."""
    forked: list[int] = []
    opened = store.open_incoming

    def forking(file: Path) -> int:
        handle = opened(file)
        forked.append(os.dup(handle))
        return handle

    monkeypatch.setattr(store, "open_incoming", forking)
    receiver = Receiver(store)
    try:
        with pytest.raises(OffsetMismatch):
            send(receiver, 7, b"late", size=5)
        assert send(receiver, 0, b"whole", size=5) == 5
        assert receiver.finish(UPLOAD, 5) == hashlib.sha256(b"whole").hexdigest()
        assert receiver.finish(UPLOAD, 5) == hashlib.sha256(b"whole").hexdigest()
    finally:
        for handle in forked:
            os.close(handle)


def test_a_full_disk_is_told_and_keeps_what_came_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(store)
    send(receiver, 0, b"before", size=100)

    def full(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(Busy, match="no room"):
            send(receiver, 6, b" and after", size=100)
    assert send(receiver, 6, b" and after", size=100) == 16
    assert receiver.finish(UPLOAD, 16) == hashlib.sha256(b"before and after").hexdigest()


def test_a_disk_that_is_all_but_full_takes_no_more_parts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(store)
    assert send(receiver, 0, b"before", size=12) == 6
    monkeypatch.setattr(Store, "free", lambda store: RESERVE - 1)
    with pytest.raises(Busy, match="no room"):
        send(receiver, 6, b" after", size=12)
    monkeypatch.setattr(Store, "free", lambda store: RESERVE)
    assert send(receiver, 6, b" after", size=12) == 12
    assert receiver.finish(UPLOAD, 12) == hashlib.sha256(b"before after").hexdigest()


def test_no_number_of_open_uploads_makes_the_server_read_them_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(store)
    uploads = [uuid4() for _ in range(8 * service.UPLOADS_AT_ONCE)]

    async def a_part_of_each(offset: int) -> None:
        for upload_id in uploads:
            await receiver.receive(upload_id, offset=offset, size=9, length=1, body=body(b"x"))

    anyio.run(a_part_of_each, 0)
    read: list[int] = []
    monkeypatch.setattr(os, "read", lambda handle, size: read.append(size))
    anyio.run(a_part_of_each, 1)
    assert read == []


def test_the_hashes_that_are_remembered_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_REMEMBERED", 3)
    receiver = Receiver(store)

    async def many() -> None:
        for _ in range(5):
            await receiver.receive(uuid4(), offset=0, size=2, length=1, body=body(b"x"))

    anyio.run(many)
    assert len(receiver._hashes) == 3


RECEIVE_AND_WAIT = """
import sys, uuid, anyio
from pathlib import Path
from server.content.upload import Receiver
from server.kit.storage import PIECE, Store

async def body():
    yield bytes(range(256)) * (PIECE // 256)
    yield b"x" * 1000
    print("received", flush=True)
    await anyio.sleep_forever()

async def main():
    receiver = Receiver(Store(Path(sys.argv[1])))
    await receiver.receive(uuid.UUID(int=1), offset=0, size=2 * PIECE, length=None, body=body())

anyio.run(main)
"""


@pytest.mark.crash
def test_an_upload_goes_on_after_its_server_was_killed(store: Store, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RECEIVE_AND_WAIT, str(tmp_path)], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"received\n"
        child.kill()
    data = bytes(range(256)) * (PIECE // 256) * 2
    receiver = Receiver(store)
    offset = receiver.offset(UPLOAD)
    assert offset == PIECE
    assert send(receiver, offset, data[offset:], size=len(data)) == len(data)
    assert receiver.finish(UPLOAD, len(data)) == hashlib.sha256(data).hexdigest()
