"""Evidence as a file: whole or not at all, and what is said where it was not."""

from __future__ import annotations

import asyncio
import io
import os
import threading
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from studio import gallery_matches as made
from studio import gallery_scores
from studio.messages import Problem
from studio.tabs.forensics import download
from studio.tabs.forensics.exporting import Export, evidence
from studio.tabs.forensics.panel import ScoresPanel, path_of
from studio.whole_file import WholeFile
from studio.widgets.panel import Subject
from studio.widgets.progress_row import ProgressRow
from tests.studio.tabs.office import Office, Routes, button, person_me, play, problem

VIDEO = made.VIDEO
GET = f"GET {path_of(VIDEO)}"
BUNDLE = f"{GET}/bundle"
EVIDENCE = evidence(VIDEO)


def zipped(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as bundle:
        for name in names:
            bundle.writestr(name, os.urandom(1 << 20))
    return sink.getvalue()


WHOLE = zipped("scores.json", "frames.json", download.LAST)


@pytest.fixture
def routes() -> Routes:
    return Routes(
        {
            GET: gallery_scores.found(),
            f"{GET}/matches": {"items": [], "next_cursor": None},
            f"{GET}/opinion": problem(404, "not_found"),
            BUNDLE: httpx.Response(200, content=WHOLE),
        }
    )


class At:
    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.file = folder / "evidence.zip"
        self.file.write_bytes(b"old")
        self.panel = ScoresPanel(office.context)

    async def show(self) -> None:
        self.panel.show_subject(Subject("video", VIDEO))
        await self.office.show(self.panel, 362, 1_600)

    def left(self) -> list[str]:
        return [name for name in os.listdir(self.folder) if name.startswith(".evidence")]


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any) -> Office:
    async def told(office: Office) -> None:
        at = At(office, folder)
        await at.show()
        await story(at)

    return play(qapp, folder, routes, told, me=person_me(permissions=("forensics.read",)))


def test_evidence_is_saved_whole_and_one_at_a_time(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        export = button(at.panel, "Export evidence…")
        at.panel.exporting.begin(EVIDENCE, at.file)
        assert at.panel.exporting.running
        assert not export.isEnabled()
        at.panel.exporting.ask(EVIDENCE)
        assert at.panel.window().findChildren(QFileDialog) == []  # not asked in vain
        assert "An export is under way." in at.office.told()
        await at.office.settle()
        assert at.file.read_bytes() == WHOLE
        assert "Evidence exported, 3.1 MB" in at.office.told()
        assert at.panel.exporting.isHidden()
        assert export.isEnabled()

    run(qapp, tmp_path, routes, story)


def test_evidence_that_does_not_come_leaves_the_old_file(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    routes.answers[BUNDLE] = problem(403, "forbidden", "You may not.")

    async def story(at: At) -> None:
        at.panel.exporting.begin(EVIDENCE, at.file)
        await at.office.settle()
        assert at.file.read_bytes() == b"old"
        assert "Evidence: not exported." in at.office.told()
        assert at.left() == []

    run(qapp, tmp_path, routes, story)


@pytest.mark.parametrize("sent", [WHOLE[: len(WHOLE) // 2], zipped("scores.json"), b""])
def test_what_broke_off_is_no_export(qapp: QApplication, tmp_path: Path, routes: Routes, sent: bytes) -> None:
    routes.answers[BUNDLE] = httpx.Response(200, content=sent)

    async def story(at: At) -> None:
        at.panel.exporting.begin(EVIDENCE, at.file)
        await at.office.settle()
        assert at.file.read_bytes() == b"old"
        assert "Evidence: not exported. It broke off" in at.office.told()
        assert at.left() == []

    run(qapp, tmp_path, routes, story)


def test_out_of_reach_nothing_is_said_to_go_on_by_itself(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    routes.answers[BUNDLE] = httpx.ConnectError("down")

    async def story(at: At) -> None:
        at.panel.exporting.begin(EVIDENCE, at.file)
        await at.office.settle()
        assert "Try again when the connection is back." in at.office.told()
        assert "by itself" not in at.office.told()

    run(qapp, tmp_path, routes, story)


class Endless(httpx.AsyncBaseTransport):
    """Answers what the routes do, and of the bundle only a beginning."""

    def __init__(self, routes: Routes) -> None:
        self.routes, self.began = routes, asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/bundle"):
            return self.routes(request)

        async def stream() -> AsyncIterator[bytes]:
            yield WHOLE[: 1 << 20]
            self.began.set()
            await asyncio.Event().wait()

        return httpx.Response(200, content=stream())


@pytest.mark.parametrize("how", ["cancelled", "signed out"])
def test_what_is_stopped_says_so_and_leaves_nothing(
    qapp: QApplication, tmp_path: Path, routes: Routes, how: str
) -> None:
    server = Endless(routes)

    async def story(office: Office) -> None:
        at = At(office, tmp_path)
        await at.show()
        at.panel.exporting.begin(EVIDENCE, at.file)
        await server.began.wait()
        if how == "cancelled":
            (row,) = [each for each in at.panel.findChildren(ProgressRow) if each.isVisible()]
            row.cancelled.emit()
        else:
            at.panel.deleteLater()
        await office.settle()
        assert "The export was stopped; nothing was written." in office.told()
        assert [each for each in office.reports if isinstance(each, Problem)] == []
        assert at.file.read_bytes() == b"old"
        assert at.left() == []

    play(qapp, tmp_path, server, story, me=person_me(permissions=("forensics.read",)))


def test_stopped_while_the_file_is_opened_nothing_stays(
    qapp: QApplication, tmp_path: Path, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(file: Path) -> WholeFile:
        begun.set()
        assert go_on.wait(10)
        return WholeFile(file)

    monkeypatch.setattr(download, "WholeFile", slow)

    async def story(at: At) -> None:
        fetched = asyncio.ensure_future(
            download.download(at.office.api, "/v1/x", at.file, lambda _done, _all: None)
        )
        await asyncio.to_thread(begun.wait, 10)
        fetched.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await fetched
        assert at.left() == []

    run(qapp, tmp_path, routes, story)


def test_other_files_are_taken_as_they_come(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers["GET /v1/list"] = httpx.Response(200, content=b"hash,type\n")

    async def story(at: At) -> None:
        at.panel.exporting.begin(Export("Hashes", "/v1/list", "x.csv", "CSV (*.csv)"), at.file)
        await at.office.settle()
        assert at.file.read_bytes() == b"hash,type\n"

    run(qapp, tmp_path, routes, story)
