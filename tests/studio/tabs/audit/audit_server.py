"""A fake server with an audit log in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from server.audit.schemas import Entry, Head, Verification
from tests.studio.tabs.office import MY_ID, NOW, Routes
from tests.studio.tabs.people.people_server import row

ENTRIES = "GET /v1/audit/entries"
MARA = UUID(int=101)
COUNT = 230


def entry(seq: int) -> Entry:
    actor = (f"person:{MARA}", "system:worker", f"person:{MY_ID}")[seq % 3]
    erased = seq % 50 == 0
    return Entry(
        seq=seq,
        at=NOW - timedelta(minutes=COUNT - seq),
        actor=actor,
        action="accounts.signed_in" if seq % 2 else "ops.run_job",
        target=f"item:{UUID(int=9000 + seq)}",
        data=None if erased else {"number": seq, "text": "<b>not bold</b>"},
        erased_at=NOW if erased else None,
        hash=f"{seq:064x}",
        prev_hash=f"{seq - 1:064x}",
    )


def verdict(**changes: Any) -> Verification:
    values: dict[str, Any] = {
        "whole": True,
        "entries": COUNT,
        "sealed_to": 220,
        "unsealed": 10,
        "broken_at": None,
        "reason": None,
        "elapsed_ms": 12,
    }
    return Verification(**values | changes)


class AuditServer(Routes):
    """Answers like `/v1/audit` over `COUNT` entries."""

    def __init__(self) -> None:
        super().__init__(
            {
                ENTRIES: self._page,
                "GET /v1/audit/head": Head(
                    seq=COUNT,
                    hash="a" * 64,
                    sealed_to=220,
                    sealed_at=NOW,
                    unsealed=10,
                    public_key="b" * 64,
                ),
                f"GET /v1/accounts/people/{MARA}": row(1, handle="mara"),
                "GET /v1/accounts/people": lambda request: {
                    "items": [_person(1, "aaa", "mara likes this"), _person(5, "mara.v")]
                    if request.url.params["q"] == "mara.v"
                    else [],
                    "next_cursor": None,
                },
                "POST /v1/audit/verify": verdict(),
            }
        )
        for seq in (1, 7):
            self.answers[f"GET /v1/audit/entries/{seq}"] = entry(seq)

    def _page(self, request: httpx.Request) -> dict[str, Any]:
        asked = dict(request.url.params)
        found = [
            entry(seq)
            for seq in range(int(asked.get("cursor", str(COUNT + 1))) - 1, 0, -1)
            if asked.get("actor", entry(seq).actor) == entry(seq).actor
            and asked.get("action", entry(seq).action) == entry(seq).action
        ]
        limit = int(asked["limit"])
        items = [json.loads(each.model_dump_json()) for each in found[:limit]]
        return {"items": items, "next_cursor": str(found[limit - 1].seq) if len(found) > limit else None}


def _person(n: int, handle: str, name: str = "Someone") -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(row(n, handle=handle, name=name).model_dump_json())
    return {key: value for key, value in plain.items() if key not in ("email_hint", "has_password")}
