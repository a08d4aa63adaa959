"""My account: devices, authenticator, password."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.accounts.schemas import DeviceSession, DeviceSessions, TotpSecret
from studio.tabs.people.account_tab import AccountTab
from tests.studio.tabs.office import (
    NOW,
    Office,
    Routes,
    body,
    button,
    nameless,
    person_me,
    play,
    problem,
    words,
)

LAPTOP = UUID(int=2)
SECRET = "JBSWY3DPEHPK3PXP"


def device(n: int) -> DeviceSession:
    return DeviceSession(
        id=UUID(int=n),
        device_id=UUID(int=n + 50),
        device_name=f"Device {n}",
        created_at=NOW - timedelta(days=3),
        last_seen_at=NOW - timedelta(hours=n),
        expires_at=NOW + timedelta(days=20),
        current=n == 1,
    )


@pytest.fixture
def server() -> Routes:
    devices = [device(1), device(2)]

    def end(request: httpx.Request) -> httpx.Response:
        devices[:] = [each for each in devices if not request.url.path.endswith(str(each.id))]
        return httpx.Response(204)

    return Routes(
        {
            "GET /v1/accounts/devices": lambda _: httpx.Response(
                200, content=DeviceSessions(items=devices).model_dump_json()
            ),
            "GET /v1/accounts/me": person_me(has_totp=False),
            f"DELETE /v1/accounts/devices/{LAPTOP}": end,
        }
    )


def test_another_device_is_signed_out_after_a_second_press(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        assert nameless(tab) == []
        assert "This device" not in words(tab)  # it is painted; the list of buttons tells
        assert list(tab.devices.ends) == [LAPTOP]
        confirm = tab.devices.ends[LAPTOP]
        confirm.first.click()
        assert server.asked(f"DELETE /v1/accounts/devices/{LAPTOP}") == []
        confirm.yes.click()
        await office.settle()
        assert tab.devices.ends == {}
        assert "Signed out: Device 2" in office.told()

    play(qapp, tmp_path, server, story)


def test_a_device_that_is_gone_already_is_no_failure(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    server.answers[f"DELETE /v1/accounts/devices/{LAPTOP}"] = problem(404, "not_found")

    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        tab.devices.ends[LAPTOP].yes.click()
        await office.settle()
        assert "Signed out" in office.told()

    play(qapp, tmp_path, server, story)


def test_devices_that_cannot_be_read_say_so(qapp: QApplication, tmp_path: Path, server: Routes) -> None:
    server.answers["GET /v1/accounts/devices"] = httpx.ConnectError("down")

    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        assert "cannot be reached" in words(tab.devices)

    play(qapp, tmp_path, server, story)


def test_an_authenticator_is_set_up_in_three_steps(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    server.answers["POST /v1/accounts/totp"] = TotpSecret(secret=SECRET, uri="otpauth://totp/x")
    server.answers["POST /v1/accounts/totp/confirm"] = problem(403, "bad_code", "This code is not right.")

    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        card = tab.authenticator
        card.begin_button.click()
        QTest.keyClicks(card.password, "my password")
        QTest.keyClick(card.password, Qt.Key.Key_Return)
        await office.settle()
        assert card.secret.text() == "JBSW Y3DP EHPK 3PXP"
        assert card.password.text() == ""
        button(card, "Copy the secret").click()
        assert QGuiApplication.clipboard().text() == SECRET
        QTest.keyClicks(card.code, "12345x6")
        assert card.code.text() == "123456"
        card.confirm()
        await office.settle()
        assert "not right" in words(card)
        server.answers["POST /v1/accounts/totp/confirm"] = httpx.Response(204)
        QTest.keyClicks(card.code, "654321")
        card.confirm()
        await office.settle()
        assert card.enrolled
        assert card.secret.text() == ""
        sent = [body(each)["code"] for each in server.asked("POST /v1/accounts/totp/confirm")]
        assert sent == ["123456", "654321"]

    play(qapp, tmp_path, server, story)


def test_a_wrong_password_is_said_beside_the_field(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    server.answers["POST /v1/accounts/totp"] = problem(403, "bad_password", "The password is not right.")

    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        tab.open(authenticator=True)
        tab.authenticator.password.setText("wrong")
        tab.authenticator.begin()
        await office.settle()
        assert "The password is not right." in words(tab.authenticator)

    play(qapp, tmp_path, server, story)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("", "a long new one", "a long new one", "that you have now"),
        ("old", "short", "short", "At least 12"),
        ("old", "a long new one", "a long new two", "not the same"),
    ],
)
def test_a_password_is_judged_before_it_is_sent(
    qapp: QApplication, tmp_path: Path, server: Routes, old: str, new: str, again: str, said: str
) -> None:
    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        for field, text in zip(
            (tab.password.old, tab.password.new, tab.password.again), (old, new, again), strict=True
        ):
            field.setText(text)
        tab.password.submit()
        assert said in words(tab.password)

    play(qapp, tmp_path, server, story)


def test_a_password_is_changed_and_the_fields_are_emptied(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    server.answers["POST /v1/accounts/password"] = httpx.Response(204)

    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        card = tab.password
        card.old.setText("old")
        card.new.setText("a long new one")
        card.again.setText("a long new one")
        card.submit()
        await office.settle()
        assert card.new.text() == ""
        (sent,) = server.asked("POST /v1/accounts/password")
        assert body(sent) == {"current": "old", "new": "a long new one"}

    play(qapp, tmp_path, server, story)


def test_who_came_with_a_temporary_password_is_told_what_to_do(
    qapp: QApplication, tmp_path: Path, server: Routes
) -> None:
    async def story(office: Office) -> None:
        tab = AccountTab(office.context)
        await office.show(tab)
        assert "temporary password" in words(tab)

    me = person_me(permissions=["account.self"], must_change_password=True)
    play(qapp, tmp_path, server, story, me=me)
