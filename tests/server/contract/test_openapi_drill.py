"""Many random requests to each operation of the HTTP API, other ones each time."""

from __future__ import annotations

from typing import Any

import pytest
from schemathesis import Case

from tests.postgresql import Cluster
from tests.server.contract.api import Api
from tests.server.contract.test_openapi import cases, check, schema

OTHER_EACH_TIME = schema(boundaries=True, seed=None)


@pytest.mark.drill
@OTHER_EACH_TIME.parametrize()
@cases(300)
def test_many_random_requests(case: Case[Any], api: Api) -> None:
    check(case, api, "everyone")


@pytest.mark.drill
@OTHER_EACH_TIME.parametrize()
@cases(100)
def test_many_random_requests_to_postgresql(postgresql: Cluster, case: Case[Any], api: Api) -> None:
    check(case, api, "everyone")
