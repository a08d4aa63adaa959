"""From a file to the catalogue over HTTP, by the real jobs."""

from __future__ import annotations

import httpx
import pytest

from server.accounts.permissions import Role
from server.sparks import judging
from tests.server.conftest import SignIn
from tests.server.forensics.conftest import looks as looks
from tests.server.forensics.test_end_to_end import running as running
from tests.server.forensics.test_end_to_end import until
from tests.server.sparks.studio import died, passed, text


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine is enough: the jobs of both are those of `test_workflow`."""
    return sqlite_url


@pytest.mark.usefixtures("running")
def test_a_spark_is_published_although_the_first_worker_dies(
    client: httpx.Client, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [died(), passed()]
    monkeypatch.setattr(judging, "judge", lambda *_, **__: answers.pop(0))
    admin, fan = sign_in(Role.ADMIN), sign_in(Role.FAN)
    draft = client.post("/v1/sparks", headers=admin, json={"content": text()}).json()
    path = f"/v1/sparks/{draft['id']}"
    body = {"number": 1, "sha256": draft["sha256"]}
    headers = admin | {"If-Match": '"1"'}
    assert client.post(f"{path}/publish", headers=headers, json=body).status_code == 202
    until(lambda: client.get(path, headers=fan).status_code == 200)
    assert answers == []
    judged = client.get(f"{path}/versions/1/judging", headers=admin).json()
    assert (judged["state"], judged["runs"]) == ("passed", 2)
