"""The table of scores over HTTP."""

from __future__ import annotations

from fastapi import Request, Response

from server.kit.access import Actor, require
from server.kit.errors import problems
from server.kit.params import IfMatch, tagged, version_of
from server.moderation import scores
from server.moderation.routes.state import database, router
from server.moderation.schemas.scores import ScoreTableBody, ScoreTableView


@router.get("/scores")
def read_score_table(
    request: Request, response: Response, actor: Actor = require("moderation.read")
) -> ScoreTableView:
    """Which score raises a flag, under which policy, as how severe."""
    with database(request).read() as s:
        table = scores.current(s)
    tagged(response, table.version)
    return table.view()


@router.put("/scores", responses=problems(412))
def replace_score_table(
    request: Request,
    response: Response,
    body: ScoreTableBody,
    if_match: IfMatch,
    actor: Actor = require("moderation.lead"),
) -> ScoreTableView:
    """Put another table in its place; it holds for what is analysed from now on."""
    with database(request).write() as s:
        table = scores.replace(s, actor=actor, version=version_of(if_match), flags=body.flags)
    tagged(response, table.version)
    return table.view()
