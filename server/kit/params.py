"""Query and header parameters that many routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query, Response

Cursor = Annotated[
    str | None,
    Query(max_length=500, pattern=r"^[A-Za-z0-9_=-]+$", description="`next_cursor` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Rows a page")]

IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[1-9][0-9]{0,8}"$',
        description="The ETag of the copy that is edited (RFC 9110, 13.1.1)",
        examples=['"1"'],
    ),
]


def etag(version: int) -> str:
    """The strong entity tag of a versioned row."""
    return f'"{version}"'


def version_of(if_match: str) -> int:
    """The version that an `IfMatch` names."""
    return int(if_match.strip('"'))


def tagged(response: Response, version: int) -> None:
    """Set the ETag of the answer."""
    response.headers["ETag"] = etag(version)
