"""The queue of uploads: held, cut, killed, refused, and nothing sent twice."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from server.content.rules import VideoState, Visibility
from studio.offline.upload import FileUnfit, Upload, kept_of, kept_text, proposed_title, upload_of
from studio.offline.uploads import AT_ONCE, PREFIX, Phase
from tests.studio.tabs.content.content_server import BLOCK, ContentServer, file
from tests.studio.tabs.office import NOW, Office, play, problem, until


def phase(office: Office, upload: Upload) -> Phase | None:
    found = office.context.uploads.progress(upload.id)
    return found.phase if found else None


def reason(office: Office, upload: Upload) -> str:
    found = office.context.uploads.progress(upload.id)
    return found.reason if found else ""


def test_a_file_arrives_whole_and_once(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        upload = upload_of(path)
        await office.context.uploads.add([upload])
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()
        assert server.find(upload.id).state is VideoState.PROCESSING
        assert server.find(upload.id).title == "My first video"
        assert len(server.asked("PATCH", "file")) == 5
        assert office.context.uploads.all() == []
        await until(lambda: office.context.store.drafts() == {})

    play(qapp, tmp_path, server, story)


def test_it_is_held_and_goes_on_where_it_was(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        uploads = office.context.uploads
        upload = upload_of(path)

        def hold(_: object) -> None:
            if len(server.files.get(upload.id, b"")) == BLOCK:
                uploads.pause(upload.id)

        server.on_patch = hold
        await uploads.add([upload])
        await office.settle()
        assert phase(office, upload) is Phase.PAUSED
        assert len(server.files[upload.id]) < len(path.read_bytes())
        server.on_patch = lambda _: None
        uploads.resume(upload.id)
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()
        assert len(server.asked("POST")) == 1

    play(qapp, tmp_path, server, story)


def test_the_server_says_where_it_is(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    """A part that arrived although nobody heard of it is not sent again."""
    path = file(tmp_path)
    server.before["HEAD file"] = [httpx.Response(204, headers={"Upload-Offset": str(BLOCK)})]

    async def story(office: Office) -> None:
        upload = upload_of(path)
        await office.context.uploads.add([upload])
        await until(lambda: phase(office, upload) is Phase.RETRYING)
        assert "asked where it is" in reason(office, upload)
        office.context.uploads.hurry()
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()

    play(qapp, tmp_path, server, story)


def test_it_waits_for_the_connection(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        upload = upload_of(path)
        server.down = True
        await office.context.uploads.add([upload])
        await until(lambda: phase(office, upload) is Phase.RETRYING)
        assert "cannot be reached" in reason(office, upload)
        server.down = False
        office.context.uploads.hurry()
        await until(lambda: len(server.files.get(upload.id, b"")) >= BLOCK)
        server.down = True
        await until(lambda: phase(office, upload) is Phase.RETRYING)
        server.down = False
        office.context.uploads.hurry()
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()
        assert len(server.videos) == 4

    play(qapp, tmp_path, server, story)


@pytest.mark.parametrize("announced", [True, False])
def test_a_killed_program_goes_on_at_its_next_start(
    qapp: QApplication, tmp_path: Path, server: ContentServer, announced: bool
) -> None:
    path = file(tmp_path)
    upload = upload_of(path)

    async def first(office: Office) -> None:
        server.on_patch = lambda _: office.context.uploads._stop(upload.id)  # the program ends here
        await office.context.uploads.add([upload])
        await office.settle()
        if not announced:  # it was killed before it heard that the server has made the video
            server.keys.clear()
            office.context.store.save_draft(f"{PREFIX}{upload.id}", kept_text(upload))

    async def second(office: Office) -> None:
        server.on_patch = lambda _: None
        await office.context.uploads.begin()
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()
        assert len(server.videos) == 4
        await until(lambda: office.context.store.drafts() == {})

    play(qapp, tmp_path, server, first)
    assert 0 < len(server.files[upload.id]) < upload.size
    play(qapp, tmp_path, server, second)


def test_what_was_held_stays_held_over_a_restart(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    upload = upload_of(file(tmp_path))
    server.down = True

    async def first(office: Office) -> None:
        await office.context.uploads.add([upload])
        office.context.uploads.pause(upload.id)
        await office.settle()

    async def second(office: Office) -> None:
        server.down = False
        await office.context.uploads.begin()
        await office.settle()
        assert phase(office, upload) is Phase.PAUSED
        assert server.files == {}

    play(qapp, tmp_path, server, first)
    play(qapp, tmp_path, server, second)


@pytest.mark.parametrize("change", ["longer", "touched", "gone"])
def test_a_file_that_is_not_the_same_is_not_sent(
    qapp: QApplication, tmp_path: Path, server: ContentServer, change: str
) -> None:
    path = file(tmp_path)
    content = path.read_bytes()

    async def story(office: Office) -> None:
        upload = upload_of(path)

        def meddle(_: object) -> None:
            if len(server.files.get(upload.id, b"")) != BLOCK:
                return
            if change == "longer":
                path.write_bytes(content + b"more")
            elif change == "touched":
                os.utime(path, ns=(1, 1))
            else:
                path.rename(tmp_path / "elsewhere.mp4")
                office.context.uploads.pause(upload.id)

        server.on_patch = meddle
        await office.context.uploads.add([upload])
        await office.settle()
        if change == "gone":
            office.context.uploads.resume(upload.id)
            await office.settle()
            assert "Put it back" in reason(office, upload)
        else:
            assert "has changed" in reason(office, upload)
        assert phase(office, upload) is Phase.REFUSED
        assert len(server.files[upload.id]) < len(content)
        if change == "gone":
            (tmp_path / "elsewhere.mp4").rename(path)
            office.context.uploads.resume(upload.id)
            await office.settle()
            assert server.files[upload.id] == content

    play(qapp, tmp_path, server, story)


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("POST", problem(413, "too_large", "A video may have at most 4 MiB."), "at most 4 MiB"),
        ("PATCH file", problem(404, "not_found"), "was deleted"),
        ("HEAD file", problem(403, "forbidden", "Your role does not allow this."), "does not allow"),
    ],
)
def test_a_refusal_is_said_and_can_be_tried_again(
    qapp: QApplication, tmp_path: Path, server: ContentServer, name: str, answer: httpx.Response, said: str
) -> None:
    path = file(tmp_path)
    server.before[name] = [answer]

    async def story(office: Office) -> None:
        upload = upload_of(path)
        await office.context.uploads.add([upload])
        await office.settle()
        assert phase(office, upload) is Phase.REFUSED
        assert said in reason(office, upload)
        office.context.uploads.resume(upload.id)
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()

    play(qapp, tmp_path, server, story)


def test_an_error_of_the_server_is_not_tried_for_ever(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    server.before["PATCH file"] = [httpx.Response(500) for _ in range(9)]

    async def story(office: Office) -> None:
        upload = upload_of(file(tmp_path))
        await office.context.uploads.add([upload])
        while phase(office, upload) is not Phase.REFUSED:
            await until(lambda: phase(office, upload) in (Phase.RETRYING, Phase.REFUSED))
            office.context.uploads.hurry()
            await until(lambda: phase(office, upload) is not Phase.RETRYING)
        assert len(server.asked("PATCH", "file")) == 5

    play(qapp, tmp_path, server, story)


def test_too_many_wait_for_room(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    server.before["POST"] = [problem(409, "too_many_uploads", "You have 16 unfinished uploads.")]

    async def story(office: Office) -> None:
        upload = upload_of(file(tmp_path))
        await office.context.uploads.add([upload])
        await until(lambda: phase(office, upload) is Phase.RETRYING)
        assert "another upload" in reason(office, upload)
        office.context.uploads.hurry()
        await office.settle()
        assert upload.id in server.files

    play(qapp, tmp_path, server, story)


def test_several_go_at_once_but_not_all(qapp: QApplication, tmp_path: Path, server: ContentServer) -> None:
    paths = [file(tmp_path, f"video-{n}.mp4", BLOCK * 3 + n) for n in range(5)]
    most: list[int] = []

    async def story(office: Office) -> None:
        uploads = office.context.uploads
        wanted = [upload_of(path) for path in paths]
        server.on_patch = lambda _: most.append(sum(phase(office, each) is Phase.SENDING for each in wanted))
        await uploads.add(wanted)
        await office.settle()
        assert [server.files[each.id] for each in wanted] == [path.read_bytes() for path in paths]
        assert [each.id for each in server.videos[:5]] == [each.id for each in reversed(wanted)]

    play(qapp, tmp_path, server, story)
    assert max(most) == AT_ONCE


def test_what_is_taken_out_is_forgotten_and_can_come_back(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = file(tmp_path)

    async def story(office: Office) -> None:
        uploads = office.context.uploads
        upload = upload_of(path)
        await uploads.add([upload])
        taken = uploads.take_out(upload.id)
        await office.settle()
        assert taken == upload
        assert uploads.all() == []
        assert uploads.take_out(upload.id) is None
        await uploads.add([upload])
        await office.settle()
        assert server.files[upload.id] == path.read_bytes()

    play(qapp, tmp_path, server, story)


def test_a_file_is_looked_at_before_it_is_taken(tmp_path: Path) -> None:
    for name, said in (("notes.txt", "not a video"), ("empty.mp4", "empty"), ("none.mp4", "cannot be read")):
        if name != "none.mp4":
            (tmp_path / name).write_bytes(b"")
        with pytest.raises(FileUnfit, match=said):
            upload_of(tmp_path / name)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(FileUnfit, match="not a file"):
        upload_of(tmp_path / "folder.mp4")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("my_first-video.MP4", "My first video"),
        ("a\u202eb.mp4", "Ab"),
        ("___.mp4", "Video"),
        ("x" * 300 + ".mp4", "X" + "x" * 119),
    ],
)
def test_a_title_is_proposed(name: str, title: str) -> None:
    assert proposed_title(name) == title


def test_an_upload_is_kept_as_text() -> None:
    upload = Upload(
        id=uuid4(),
        path=Path("/videos/ü.mp4"),
        size=7,
        mtime_ns=9,
        title="T",
        visibility=Visibility.PRIVATE,
        publish_at=NOW,
        paused=True,
    )
    assert kept_of(kept_text(upload)) == upload


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"id": "x"}', '{"publish_at": null}'])
def test_any_other_text_is_no_upload(text: str) -> None:
    assert kept_of(text) is None
