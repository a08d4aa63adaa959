"""Many random requests to each operation of the HTTP API, other ones each time."""

from __future__ import annotations

import pytest

from tests.postgresql import Cluster
from tests.server.contract.api import Api
from tests.server.contract.play import play
from tests.server.contract.test_openapi import OPERATIONS, check, schema

OTHER_EACH_TIME = schema(boundaries=True, seed=None)


@pytest.mark.drill
@pytest.mark.parametrize("operation", OPERATIONS)
def test_many_random_requests(operation: str, api: Api) -> None:
    play(OTHER_EACH_TIME, operation, 300, lambda case: check(case, api, "everyone"))


@pytest.mark.drill
@pytest.mark.parametrize("operation", OPERATIONS)
def test_many_random_requests_to_postgresql(postgresql: Cluster, operation: str, api: Api) -> None:
    play(OTHER_EACH_TIME, operation, 100, lambda case: check(case, api, "everyone"))
