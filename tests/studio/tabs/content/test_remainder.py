"""An upload that began on another computer goes on with the same file, and with no other."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from server.content.rules import VideoState
from server.content.schemas import Arrived
from studio.messages import Message
from studio.tabs.content.files import begins_with
from tests.studio.tabs.content.content_server import BLOCK, ME, ContentServer, file, video
from tests.studio.tabs.content.screen import FIRST, cells, opened
from tests.studio.tabs.office import Office, play, problem

SIZE = 4_000


@pytest.fixture
def path(tmp_path: Path, server: ContentServer) -> Path:
    """The file of the first video, of which a block has arrived."""
    path = file(tmp_path, "video-0.mp4", SIZE)
    server.put(video(0, state=VideoState.UPLOADING, received=BLOCK))
    server.files[FIRST] = path.read_bytes()[:BLOCK]
    return path


def notices(office: Office) -> list[str]:
    return [each.text for each in office.reports if isinstance(each, Message)]


def test_the_same_file_goes_on(qapp: QApplication, tmp_path: Path, server: ContentServer, path: Path) -> None:
    whole = path.read_bytes()

    async def story(office: Office) -> None:
        tab = await opened(office)
        assert "Unfinished at 25 %" in cells(tab, "state")[0]
        button, seen = tab.page.pane.file_button, []
        assert button.isVisible()
        tab.page.remainder.comparing.connect(lambda _: seen.append((button.text(), button.isEnabled())))
        tab.page.remainder.go_on(server.find(FIRST), path)
        tab.page.remainder.go_on(server.find(FIRST), path)
        await office.settle()
        assert seen == [("Comparing…", False), ("Choose its file…", True)]
        assert server.files[FIRST] == whole
        assert server.asked("POST") == []
        assert notices(office) == []

    play(qapp, tmp_path, server, story, me=ME)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("other.mp4", 0, "video-0.mp4"),
        ("video-0.mp4", 1, "is not how this file begins"),
        ("video-0.mp4", BLOCK - 1, "is not how this file begins"),
    ],
)
def test_another_file_is_refused_with_words(
    qapp: QApplication, tmp_path: Path, server: ContentServer, path: Path, name: str, change: int, said: str
) -> None:
    content = bytearray(path.read_bytes())
    content[change] ^= 1
    other = tmp_path / "elsewhere" / name
    other.parent.mkdir()
    other.write_bytes(content)

    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.page.remainder.go_on(server.find(FIRST), other)
        await office.settle()
        assert notices(office) == ["This is another file"]
        assert said in office.told()
        assert len(server.files[FIRST]) == BLOCK
        assert office.context.uploads.all() == []
        assert tab.page.pane.file_button.isEnabled()

    play(qapp, tmp_path, server, story, me=ME)


def test_what_has_not_arrived_yet_may_differ(
    qapp: QApplication, tmp_path: Path, server: ContentServer, path: Path
) -> None:
    """Nobody can know of it; what counts is that the parts fit."""
    server.files[FIRST] = b""
    whole = path.read_bytes()

    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.page.remainder.go_on(server.find(FIRST), path)
        await office.settle()
        assert server.files[FIRST] == whole

    play(qapp, tmp_path, server, story, me=ME)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("down"),
        problem(409, "upload_in_progress", "Another request is sending this file."),
        problem(409, "not_uploading", "The upload of this video has ended."),
    ],
)
def test_a_server_that_cannot_say_is_told_of(
    qapp: QApplication, tmp_path: Path, server: ContentServer, path: Path, answer: object
) -> None:
    server.before["GET arrived"] = [answer] * 9

    async def story(office: Office) -> None:
        tab = await opened(office)
        tab.page.remainder.go_on(server.find(FIRST), path)
        await office.settle()
        assert notices(office) == ["“Video 0” was not gone on with"]
        assert len(server.files[FIRST]) == BLOCK
        assert tab.page.pane.file_button.isEnabled()

    play(qapp, tmp_path, server, story, me=ME)


def test_a_file_is_compared_up_to_what_has_arrived(tmp_path: Path) -> None:
    path = file(tmp_path, "a.mp4", SIZE)
    content = path.read_bytes()

    def told(arrived: bytes) -> Arrived:
        return Arrived(offset=len(arrived), sha256=hashlib.sha256(arrived).hexdigest())

    for length in (0, 1, SIZE):
        assert begins_with(path, told(content[:length]))
    assert not begins_with(path, told(content[1:3]))
    assert not begins_with(path, told(content + b"more"))
    assert not begins_with(tmp_path / "gone.mp4", told(content))
