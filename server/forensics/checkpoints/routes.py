"""The model folder and the evaluation over HTTP."""

from __future__ import annotations

from fastapi import Request

from server.forensics import engine, queries
from server.forensics.checkpoints.schemas import ModelsView
from server.forensics.evaluation.schemas import EvaluationView
from server.forensics.rules import AnalysisKind
from server.forensics.state import database, router, settings
from server.kit.access import Actor, require
from server.kit.errors import NotFound, problems


@router.get("/models")
def list_models(request: Request, actor: Actor = require("forensics.analyse")) -> ModelsView:
    """Everything in the model folder of this server, used or not, and why not; each file is verified anew
    where it has changed."""
    from server.forensics.checkpoints import folder, views

    models = settings(request).checkpoints
    there = [views.checkpoint(one) for one in folder.found(models)]
    detectors = {kind: engine.versions(kind, models) for kind in AnalysisKind}
    with database(request).read() as s:
        due = sum(queries.outdated(s, actor, kind, engine.build_of(used)) for kind, used in detectors.items())
    return ModelsView(
        checkpoints=there,
        detectors={name: version for used in detectors.values() for name, version in used.items()},
        due=due,
    )


@router.get("/evaluation", responses=problems(404))
def read_evaluation(actor: Actor = require("forensics.analyse")) -> EvaluationView:
    """How the fusion that ships did on clips of sources that it was not fitted on."""
    from server.forensics.evaluation import figures

    found = figures.stored()
    if found is None:
        raise NotFound("The scores that ship with this server were not evaluated.")
    return found
