"""Turns a generated case into a request that may hit something, and looks at the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import requests
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation

from tests.server.contract.world import World

PROBLEM = "application/problem+json"
RULE = "Value error, "
"""How Pydantic begins what a validator says: a rule that the description puts into words."""
BASE = "http://studio.test"


class Api:
    """The application, seen by one caller after the other."""

    def __init__(self, client: httpx.Client, world: World) -> None:
        self._client = client
        self._world = world
        self.operation = ""
        self.accepted = 0
        self.between: Callable[[], object] = lambda: None

    def send(self, case: Case[Any], caller: str) -> httpx.Response:
        """Send a case as `caller`, its valid parts aimed at what exists; checks the form of a refusal."""
        self.between()
        self.operation = case.operation.label
        self._aim(case)
        said = case.as_transport_kwargs(base_url=BASE, headers=self._world.callers[caller])
        sent = requests.Request(**{key: said[key] for key in REQUEST & said.keys()}).prepare()
        assert sent.body is None or isinstance(sent.body, str | bytes)
        answer = self._client.request(
            str(sent.method), str(sent.url), headers=as_sent(dict(sent.headers)), content=sent.body
        )
        answer.elapsed = timedelta()  # the transport of the tests sets none, and schemathesis asks for it
        self.accepted += answer.is_success
        if answer.status_code >= 400 and case.method != "HEAD":
            problem = answer.json()
            assert answer.headers["Content-Type"] == PROBLEM
            assert problem["status"] == answer.status_code
            assert problem["code"]
            assert problem["detail"]
            # The paths of a refusal by a domain are those within a text, which the description leaves open.
            said_of_form = problem["code"] == "invalid"
            if said_of_form and case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
                misunderstood = [
                    error for error in problem.get("errors", ()) if not error["message"].startswith(RULE)
                ]
                assert not misunderstood, f"the description allows what is not understood: {misunderstood}"
        return answer

    def _aim(self, case: Case[Any]) -> None:
        valid = {
            location
            for location, component in (case.meta.components.items() if case.meta else ())
            if component.mode is GenerationMode.POSITIVE
        }
        seed = repr((case.path_parameters, case.query, dict(case.headers), case.body))
        if ParameterLocation.PATH in valid:
            case.path_parameters = self._aimed(case.path_parameters, seed)
        if ParameterLocation.QUERY in valid:
            case.query = self._aimed(case.query, seed)
        if ParameterLocation.BODY in valid and isinstance(case.body, dict):
            case.body = self._aimed(case.body, seed)
        if ParameterLocation.HEADER in valid:
            case.headers.update(self._aimed(dict(case.headers), seed))

    def _aimed(self, values: dict[str, Any], seed: str) -> dict[str, Any]:
        return {name: self._one(name.lower(), value, seed) for name, value in values.items()}

    def _one(self, name: str, value: Any, seed: str) -> Any:
        """What fits, else what exists, now and then what was generated: the same for the same case."""
        fitting = self._world.fitting.get(self.operation, {})
        if name in fitting:
            return fitting[name]
        known = self._world.existing.get(name)
        if not known or value is None:
            return value
        drawn = int.from_bytes(hashlib.sha256(f"{name} {seed}".encode(errors="replace")).digest()[:4])
        chosen = drawn % (4 * len(known) + 1)
        return value if chosen == 4 * len(known) else known[chosen % len(known)]


def padded(value: Any) -> bool:
    """Whether there is a text with spaces around it: too long with them, it may be accepted without."""
    if isinstance(value, dict):
        return any(map(padded, value.values()))
    return isinstance(value, str) and value != value.strip()


def as_sent(headers: dict[str, str | bytes]) -> list[tuple[bytes, bytes]]:
    """The bytes of headers on the wire: Latin-1, as `requests` would send them."""
    return [
        (name.encode("latin-1"), value if isinstance(value, bytes) else value.encode("latin-1"))
        for name, value in headers.items()
    ]


def without_null(description: dict[str, Any]) -> dict[str, Any]:
    """FastAPI describes what may be left out as nullable; yet no header or query is null on the wire."""
    for operations in description["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                said = parameter["schema"]
                kinds = [one for one in said.pop("anyOf", ()) if one != {"type": "null"}]
                said.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
    return description


REQUEST = {"method", "url", "headers", "params", "data", "json", "files", "cookies"}
