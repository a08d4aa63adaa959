"""The whole HTTP API keeps what its OpenAPI description promises, whatever it is sent and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import BaseSchema, Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from server.app import create_app
from server.kit import clock
from server.kit.crypto import generate
from server.kit.db import Database
from server.settings import Settings
from tests.postgresql import Cluster
from tests.server.contract.api import Api, without_null

DESCRIPTION = create_app(Settings(jobs=False), Database("sqlite://"), generate()).openapi()

EXCLUDED = [
    # It replaces the Authorization of the case, where ours is not; test_permissions tries every route.
    ignored_auth,
    # A cursor, a decision or a state that is refused can be valid in form; `Api.send` checks the form.
    positive_data_acceptance,
]


def schema(*, boundaries: bool) -> BaseSchema:
    """The description, for random cases and, with `boundaries`, one case for each limit that it names.

    The endless `/v1/live` is left to its own tests.
    """
    made = schemathesis.openapi.from_dict(without_null(DESCRIPTION)).exclude(path="/v1/live")
    made.config.generation.update(with_security_parameters=False)
    made.config.phases.coverage.enabled = boundaries
    return made


def cases(most: int, *, repeatable: bool = True) -> settings:
    """At most `most` random cases an operation; the same ones in each run if `repeatable`."""
    return settings(
        max_examples=most,
        derandomize=repeatable,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


THOROUGH, BRIEF = schema(boundaries=True), schema(boundaries=False)


OUT_OF_REACH = {"POST /v1/accounts/step-up", "POST /v1/accounts/totp/confirm"}
"""What needs the code of this half minute. Every other operation must have been accepted at least once."""


@pytest.fixture
def reached(api: Api) -> Iterator[Api]:
    """The API, so slowly asked that nothing is asked too often; every operation must be within reach."""
    with clock.held() as now:
        api.between = partial(now.advance, timedelta(seconds=10))
        yield api
    assert (api.accepted > 0) is (api.operation not in OUT_OF_REACH)


@THOROUGH.parametrize()
@cases(5)
def test_every_answer_is_as_described(case: Case[Any], reached: Api) -> None:
    case.validate_response(reached.send(case, "everyone"), excluded_checks=EXCLUDED)


@pytest.mark.parametrize("caller", ["fan", "anyone"])
@BRIEF.parametrize()
@cases(3)
def test_every_refusal_is_as_described(case: Case[Any], api: Api, caller: str) -> None:
    case.validate_response(api.send(case, caller), excluded_checks=EXCLUDED)


@BRIEF.parametrize()
@cases(5)
def test_postgresql_answers_as_described(postgresql: Cluster, case: Case[Any], api: Api) -> None:
    case.validate_response(api.send(case, "everyone"), excluded_checks=EXCLUDED)


@pytest.mark.drill
@THOROUGH.parametrize()
@cases(300, repeatable=False)
def test_many_random_requests(case: Case[Any], api: Api) -> None:
    case.validate_response(api.send(case, "everyone"), excluded_checks=EXCLUDED)


@pytest.mark.drill
@THOROUGH.parametrize()
@cases(100, repeatable=False)
def test_many_random_requests_to_postgresql(postgresql: Cluster, case: Case[Any], api: Api) -> None:
    case.validate_response(api.send(case, "everyone"), excluded_checks=EXCLUDED)


def test_what_reads_a_body_says_how_a_longer_one_is_refused() -> None:
    reading = [
        (path, method, operation["responses"])
        for path, operations in DESCRIPTION["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(reading) > 20
    assert [(path, method) for path, method, answers in reading if "413" not in answers] == []
