"""Every answer becomes one typed error with words, whatever the body is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.api import errors
from studio.api.errors import ApiError, Busy, Conflict, Forbidden, Offline, from_response

KINDS = [
    (400, errors.Refused),
    (401, errors.Unauthorised),
    (403, errors.Forbidden),
    (404, errors.NotFound),
    (409, errors.Conflict),
    (410, errors.NotFound),
    (412, errors.Conflict),
    (413, errors.Refused),
    (422, errors.Refused),
    (429, errors.Busy),
    (500, errors.ServerFault),
    (502, errors.Offline),
    (503, errors.Busy),
]


@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_status_decides_the_kind(status: int, kind: type[ApiError]) -> None:
    error = from_response(status, {}, b"")
    assert type(error) is kind
    assert error.what_happened
    assert error.what_to_do


def test_problem_json_is_read() -> None:
    body = {
        "type": "about:blank",
        "title": "Unprocessable",
        "status": 422,
        "code": "invalid",
        "detail": "The note is too long.",
        "errors": [{"field": "note", "message": "at most 2000 characters"}],
    }
    error = from_response(422, {}, json.dumps(body).encode())
    assert error.code == "invalid"
    assert error.what_happened == "The note is too long.\nnote: at most 2000 characters"


def test_conflict_carries_the_current_copy() -> None:
    error = from_response(412, {}, b'{"code": "stale", "current": {"version": 7}}')
    assert isinstance(error, Conflict)
    assert error.current == {"version": 7}


def test_step_up_is_recognised() -> None:
    error = from_response(403, {}, b'{"code": "step_up_required"}')
    assert isinstance(error, Forbidden)
    assert error.step_up_required
    assert "authenticator" in error.what_to_do


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("²", None)],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    error = from_response(503, {"retry-after": header}, b"")
    assert isinstance(error, Busy)
    assert error.retry_after_s == seconds


def test_offline_speaks_without_a_body() -> None:
    error = Offline(may_have_arrived=False)
    assert error.what_happened == "The server cannot be reached."
    assert error.transient


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["code", "title", "detail", "errors", "x"]), inner)
    ),
)


@given(status=st.integers(400, 599), body=st.binary() | json_values.map(json.dumps).map(str.encode))
def test_any_body_gives_words(status: int, body: bytes) -> None:
    error = from_response(status, {}, body)
    assert isinstance(error.code, str)
    assert error.what_happened
    assert error.what_to_do


def test_a_conflict_advises_to_look_again_only_where_there_is_another_version() -> None:
    said = {"detail": "You cannot have it.", "code": "excluded"}
    without = from_response(409, {}, json.dumps(said).encode())
    assert without.what_to_do == ""
    copy = from_response(412, {}, json.dumps({**said, "current": {"version": 2}}).encode())
    assert "current version" in copy.what_to_do
    bare = from_response(409, {}, b"")
    assert "current version" in bare.what_to_do
    nobody = from_response(409, {}, json.dumps({**said, "code": "nobody_else"}).encode())
    assert "hold" in nobody.what_to_do
