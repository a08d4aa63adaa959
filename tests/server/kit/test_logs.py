"""The log keeps what helps and nothing that could hurt a person."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.kit import logs
from server.kit.crypto import generate


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_json_with_the_request(written: Path) -> None:
    token = logs.request_id.set("req-12345678")
    logging.getLogger("server.test").info("item %s decided", "4f5d")
    logs.request_id.reset(token)
    [line] = lines(written)
    assert line["message"] == "item 4f5d decided"
    assert line["request"] == "req-12345678"
    assert (line["level"], line["logger"]) == ("info", "server.test")
    assert line["at"].endswith("+00:00")


def test_the_file_is_only_for_its_owner(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


SECRET = "s3cr3t-V4lue"


@pytest.mark.parametrize(
    "hostile",
    [
        f"Authorization: Bearer {SECRET}",
        f"bearer {SECRET}",
        f"password={SECRET}",
        f'{{"password": "{SECRET}"}}',
        f"token='{SECRET}'",
        f"postgresql://studio:{SECRET}@db.local/x",
        f"cst_{SECRET}",
        f"{SECRET}@example.org",
        f"ünï{SECRET}@müller.example",
    ],
)
def test_secrets_and_addresses_are_struck_out(written: Path, hostile: str) -> None:
    logging.getLogger("server.test").warning("seen: %s", hostile)
    assert SECRET not in written.read_text()


@pytest.mark.parametrize("hostile", ["192.0.2.77", "+49 170 1234567", "(0170) 123-4567 89"])
def test_network_addresses_and_telephone_numbers_are_struck_out(hostile: str) -> None:
    assert logs.redacted(f"from {hostile}.") == "from [struck out]." or "[struck out]" in logs.redacted(
        hostile
    )
    assert hostile not in logs.redacted(f"from {hostile}, again")


@pytest.mark.parametrize(
    "hostile",
    ["2001:db8:1:2::77", "2001:0db8:0001:0002:0003:0004:0005:0077", "::1", "fe80::", "::ffff:192.0.2.77"],
)
def test_ipv6_addresses_are_struck_out(hostile: str) -> None:
    assert logs.redacted(f"from {hostile}, again") == "from [struck out], again"
    assert logs.redacted(f"from [{hostile}]:443") == "from [[struck out]]:443"


@pytest.mark.parametrize(
    "text", ["at 12:34:56", "took 1:02:03.5", "std::vector", "a :: b", "add: dead: beef"]
)
def test_times_and_code_are_no_addresses(text: str) -> None:
    assert logs.redacted(text) == text


def test_what_is_no_secret_stays() -> None:
    text = "GET /v1/moderation/items/{id} 200 12 ms, item 8f14e45f-ceea-467f-a0e6-3f7b1c9d2e11, 41.2 MB"
    assert logs.redacted(text) == text


@given(st.uuids())
def test_ids_stay(one: UUID) -> None:
    assert logs.redacted(f"item {one} decided") == f"item {one} decided"


def test_a_new_token_never_survives() -> None:
    for _ in range(50):
        token = generate().new_token()
        assert token.removeprefix("cst_") not in logs.redacted(f"x{token}y")


def test_an_exception_leaves_its_type_and_place_but_not_its_message(written: Path) -> None:
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Erika Mustermann"})
    except sa.exc.OperationalError:
        logging.getLogger("server.test").exception("a write failed")
    engine.dispose()
    [line] = lines(written)
    assert line["error"].startswith("OperationalError")
    assert any("test_logs.py" in place for place in line["where"])
    assert "Mustermann" not in written.read_text()


def test_line_breaks_and_broken_text_cannot_forge_a_line(written: Path) -> None:
    logging.getLogger("server.test").info('a\n{"level": "error"}\r\x00\udcff\x1b[31m')
    [line] = lines(written)
    assert line["level"] == "info"


@given(st.text(max_size=3000))
def test_any_text_can_be_redacted(text: str) -> None:
    assert len(logs.redacted(text)) <= logs.MAX_MESSAGE


def test_patterns_never_see_more_than_twice_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Watched:
        def sub(self, by: str, text: str) -> str:
            seen.append(len(text))
            return text

    monkeypatch.setattr(logs, "_SECRETS", Watched())
    logs.redacted("a" * 100_000)
    assert seen == [2 * logs.MAX_MESSAGE]


def test_the_file_is_rotated(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [file] = [h for h in logging.getLogger().handlers if isinstance(h, logging.handlers.RotatingFileHandler)]
    monkeypatch.setattr(file, "maxBytes", 400)
    for n in range(20):
        logging.getLogger("server.test").info("line %d", n)
    assert len(list(written.parent.glob("server.jsonl*"))) == logs.KEPT_FILES + 1


def test_rotated_files_are_private_too(written: Path) -> None:
    [file] = [one for one in logging.getLogger().handlers if isinstance(one, logs.PrivateFile)]
    file.maxBytes = 200
    for _ in range(5):
        logging.info("something happened, as it does")
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in written.parent.iterdir()}
    assert {"server.jsonl", "server.jsonl.1", "server.jsonl.2"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700
