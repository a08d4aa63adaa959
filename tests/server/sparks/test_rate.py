"""How often a judging may be asked for."""

from __future__ import annotations

import httpx

from server.accounts.permissions import Role
from tests.server.conftest import SignIn
from tests.server.sparks.studio import Studio


def test_nobody_has_the_judge_work_without_end(client: httpx.Client, studio: Studio, sign_in: SignIn) -> None:
    admins, made = sign_in(Role.ADMIN), studio.create()
    body = {"number": 1, "sha256": studio.version(made).sha256}
    path = f"/v1/sparks/{made}"
    answers = []
    for _ in range(13):
        match = {"If-Match": client.get(path, headers=admins).headers["ETag"]}
        answers.append(client.post(f"{path}/publish", headers=admins | match, json=body))
    assert [answer.status_code for answer in answers] == [202] + [409] * 11 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
