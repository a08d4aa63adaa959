"""Verification: its outcome cannot be missed, and it can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio.tabs.audit.tab import AuditTab
from studio.widgets.progress_row import ProgressRow
from tests.studio.tabs.audit.audit_server import AuditServer, entry, verdict
from tests.studio.tabs.office import Office, button, nameless, play, problem, until, words


@pytest.fixture
def server() -> AuditServer:
    return AuditServer()


@pytest.mark.parametrize("broken", [False, True])
def test_verification_tells_its_outcome(
    qapp: QApplication, tmp_path: Path, server: AuditServer, broken: bool
) -> None:
    if broken:
        server.answers["POST /v1/audit/verify"] = verdict(
            whole=False, entries=6, broken_at=7, reason="entry 7 was changed after it was written"
        )

    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        page.verify_button.click()
        assert page.verify.running
        assert not page.verify_button.isEnabled()
        await office.settle()
        assert page.verify_button.isEnabled()
        said = words(page.verify)
        assert nameless(tab) == []
        if broken:
            assert "Broken at #7" in said
            assert "was changed after it was written" in said
            button(page.verify, "Copy the finding").click()
            assert "Broken at #7" in QGuiApplication.clipboard().text()
            button(page.verify, "Look at #7").click()
            await office.settle()
            assert page.pane.entry == entry(7)
        else:
            assert "The log is whole" in said
            assert "230 entries checked" in said

    play(qapp, tmp_path, server, story)


def test_verification_can_be_stopped_and_can_fail(
    qapp: QApplication, tmp_path: Path, server: AuditServer
) -> None:
    begun: list[httpx.Request] = []
    never = asyncio.Event()

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/audit/verify" and not begun:
            begun.append(request)
            await never.wait()
        return server(request)

    async def story(office: Office) -> None:
        tab = AuditTab(office.context)
        await office.show(tab)
        page = tab.page
        page.verify_button.click()
        await until(lambda: begun)
        page.verify.findChildren(ProgressRow)[0].cancelled.emit()
        await office.settle()
        assert page.verify.isHidden()
        assert page.verify_button.isEnabled()
        server.answers["POST /v1/audit/verify"] = problem(429, "too_many", "Too often.")
        page.verify_button.click()
        await office.settle()
        assert "Not verified" in words(page.verify)
        assert "Nothing is said about the log" in words(page.verify)
        server.answers["POST /v1/audit/verify"] = verdict()
        button(page.verify, "Try again").click()
        await office.settle()
        assert "The log is whole" in words(page.verify)

    play(qapp, tmp_path, httpx.MockTransport(handle), story)
