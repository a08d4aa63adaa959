"""Wire types refuse what the databases cannot hold, and stay free of server libraries."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from server.kit.wire import Instant, free_text, text

TEXT = TypeAdapter(Annotated[str, text(5)])
FREE = TypeAdapter(Annotated[str, free_text(5)])
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


@pytest.mark.parametrize(
    ("given", "kept"), [("abc", "abc"), ("  abc ", "abc"), ("a\nb", "a\nb"), ("é漢🙂", "é漢🙂")]
)
def test_text_is_trimmed(given: str, kept: str) -> None:
    assert TEXT.validate_python(given) == kept


@pytest.mark.parametrize(
    "given", ["", "   ", "\u2003", "\x85", "\ufeff ", "a\x00b", "\x00", "abcdef", "\ud800"]
)
def test_text_that_says_nothing_or_cannot_be_stored_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(given)


def test_free_text_is_kept_verbatim() -> None:
    assert FREE.validate_python(" a\n ") == " a\n "
    assert FREE.validate_python("") == ""
    for refused in ("a\x00", "abcdef", "\ud800"):
        with pytest.raises(ValidationError):
            FREE.validate_python(refused)


@pytest.mark.parametrize(
    "given",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:00", "2026-01-01T00:00:00", 10**30, 5, "5", "0.5"],
)
def test_an_instant_is_aware_and_lies_in_the_calendar(given: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(given)


def test_an_instant_is_turned_into_utc() -> None:
    assert INSTANT.validate_python("2026-01-01T01:00:00+01:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert INSTANT.validate_python("2026-01-01T01:00:00+01:00").tzinfo is UTC


@pytest.mark.parametrize("module", ["server.kit.wire", "server.accounts.schemas", "server.audit.schemas"])
def test_the_client_can_import_them_without_the_server(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "print(*[m for m in ('sqlalchemy', 'fastapi', 'starlette', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
