"""The whole HTTP API keeps what its OpenAPI description promises, whatever it is sent and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import schemathesis
from schemathesis import BaseSchema, Case
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from server.app import create_app
from server.kit import clock
from server.kit.crypto import generate
from server.kit.db import Database
from server.settings import Settings
from tests.postgresql import Cluster
from tests.server.contract.api import Api, padded, without_null
from tests.server.contract.play import labels, play

DESCRIPTION = create_app(Settings(jobs=False), Database("sqlite://"), generate()).openapi()

EXCLUDED = [
    # It replaces the Authorization of the case, where ours is not; test_permissions tries every route.
    ignored_auth,
    # A cursor, a decision or a state that is refused can be valid in form; `Api.send` checks the form.
    positive_data_acceptance,
]


def check(case: Case[Any], api: Api, caller: str) -> None:
    """Send the case and hold the answer to its description."""
    answer = api.send(case, caller)
    excluded = [*EXCLUDED, negative_data_rejection] if padded(case.query) or padded(case.body) else EXCLUDED
    case.validate_response(answer, excluded_checks=excluded)


def schema(*, boundaries: bool, seed: int | None) -> BaseSchema:
    """The description, for random cases and, with `boundaries`, one case for each limit that it names.

    Without a `seed` each run has cases of its own. The endless `/v1/live` is left to its own tests.
    """
    loaded = schemathesis.openapi.from_dict(without_null(DESCRIPTION), config=schemathesis.Config(seed=seed))
    made = loaded.exclude(path="/v1/live")
    made.config.generation.update(with_security_parameters=False)
    made.config.phases.coverage.enabled = boundaries
    return made


THOROUGH, BRIEF = schema(boundaries=True, seed=2), schema(boundaries=False, seed=1)
OPERATIONS = labels(BRIEF)


OUT_OF_REACH = {"POST /v1/accounts/step-up", "POST /v1/accounts/totp/confirm"}
"""What needs the code of this half minute. Every other operation must have been accepted at least once."""


@pytest.fixture
def reached(api: Api) -> Iterator[Api]:
    """The API, so slowly asked that nothing is asked too often; every operation must be within reach."""
    with clock.held() as now:
        api.between = partial(now.advance, timedelta(seconds=10))
        yield api
    assert (api.accepted > 0) is (api.operation not in OUT_OF_REACH)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_as_described(operation: str, reached: Api) -> None:
    play(THOROUGH, operation, 5, lambda case: check(case, reached, "everyone"))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("caller", ["fan", "anyone"])
def test_every_refusal_is_as_described(operation: str, api: Api, caller: str) -> None:
    play(BRIEF, operation, 3, lambda case: check(case, api, caller))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_postgresql_answers_as_described(postgresql: Cluster, operation: str, api: Api) -> None:
    play(BRIEF, operation, 5, lambda case: check(case, api, "everyone"))


def test_what_reads_a_body_says_how_a_longer_one_is_refused() -> None:
    reading = [
        (path, method, operation["responses"])
        for path, operations in DESCRIPTION["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(reading) > 20
    assert [(path, method) for path, method, answers in reading if "413" not in answers] == []
