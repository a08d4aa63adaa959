"""How a version is judged: a worker process plays it, and what it says is kept.

The step bears being repeated: what it changes is guarded by the state of the version and the job that has it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from server.content.media.results import Refused
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.stopping import until_stopping
from server.sparks import judging, queries, service

LOOK_S: Final = 0.5
"""How often a running job looks whether its process is about to end."""


@jobs.workflow(service.JOB)
def judge_version(spark_id: str, number: int, job: str) -> None:
    """Judge one version, and publish it if nothing is in the way."""
    judge(spark_id, number, job)


@jobs.step
def judge(spark: str, number: int, job: str) -> None:
    """Have a worker play the version, and keep what it says, unless that is not wanted any more."""
    context, spark_id = jobs.context(), UUID(spark)
    with context.db.read() as s:
        work = queries.work(s, spark_id, number, job)
    if work is None:
        return
    with until_stopping(LOOK_S) as stopping:
        found = judging.judge(work.content, work.sha256, cancel=stopping)
    with context.db.write() as s:
        if not isinstance(found, Refused):
            service.keep(s, actor=SYSTEM, spark_id=spark_id, number=number, job=job, found=found)
        elif stopping.is_set():
            service.postpone(s, spark_id=spark_id, number=number, job=job)
        else:
            service.died(s, actor=SYSTEM, spark_id=spark_id, number=number, job=job, why=found)
