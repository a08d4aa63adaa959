"""People, the audit log, operations and one's own account, as a lead or an administrator sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from server.accounts.schemas import PersonDetail
from server.audit.schemas import Verification
from server.ops.schemas import Jobs, JobState
from studio.api.errors import Offline
from studio.paged_list import PagedList
from studio.scenes.camera import Camera, Strip
from studio.stage import until
from studio.tabs.audit.tab import AuditTab
from studio.tabs.ops.tab import OpsTab
from studio.tabs.people.account_tab import AccountTab
from studio.tabs.people.tab import PeopleTab
from studio.widgets.skeleton import Skeleton
from studio.widgets.state_stack import StateStack

ADMIN: Final = "admin@demo.local"
LEAD: Final = "lead@demo.local"
ERROR: Final = "OperationalError: database is locked\n  sweeps.py:43 in raise_waiting"


async def _list_states(camera: Camera, name: str, pages: PagedList, reread: Callable[[], object]) -> None:
    """Take a list that is away from its server, loading, and one that could not be read."""
    pages._failed(Offline())
    await camera.take(f"{name}-offline", away=True)
    rows = pages.count
    pages._model.set_rows([])
    await _loading(camera, f"{name}-loading", pages.states)
    pages._failed(Offline())
    await camera.take(f"{name}-error", away=True)
    reread()
    await until(lambda: pages.count == rows, "the list to come back")


async def _loading(camera: Camera, picture: str, states: StateStack) -> None:
    states.loading()
    await until(lambda: isinstance(states.shown(), Skeleton), "the skeleton")
    await camera.take(picture)


async def _people(camera: Camera) -> None:
    tab = camera.tab(PeopleTab)
    page = tab.people
    tab.pages.setCurrentWidget(page)
    await until(lambda: page.count and isinstance(page.pane.person, PersonDetail), "the people")
    await camera.take("people")
    page.search.setText("lead")
    page.apply()
    await until(lambda: page.count == 1, "the lead alone")
    page.table.selectRow(0)
    await until(lambda: _detailed(page.pane.person, "lead"), "the lead in full")
    person = page.pane.person
    assert person is not None
    page.pane.form.name.setFocus()
    page.pane.form.name.selectAll()
    page.pane.form.name.insert("Jonas A. Lind")
    await camera.take("people-edited")
    theirs = {"name": "Jonas B. Lind", "version": person.version + 1}
    page.pane.take(person.model_copy(update=theirs))
    await camera.take("people-conflict")
    page.pane.discard()
    page.search.setText("nobody is called this")
    page.apply()
    await until(lambda: not page.count, "no people")
    await camera.take("people-empty")
    page.search.clear()
    page.apply()
    page.begin_new()
    await until(lambda: page.count > 1, "the people to come back")
    await camera.take("people-new")
    page.new.cancelled.emit()
    await _list_states(camera, "people", page.list, page.apply)
    tab.pages.setCurrentWidget(tab.roles)
    await until(tab.roles.model.rowCount, "the matrix")
    await camera.take("people-roles")
    tab.pages.setCurrentWidget(page)


def _detailed(person: object, handle: str) -> bool:
    return isinstance(person, PersonDetail) and person.handle == handle


async def _audit(camera: Camera) -> None:
    page = camera.tab(AuditTab).page
    await until(lambda: page.list.count and page.pane.entry, "the log")
    await camera.take("audit")
    page.verify_button.click()
    await until(lambda: page.verify.verdict, "the verdict")
    await camera.take("audit-verified")
    broken = Verification(
        whole=False,
        entries=4_218,
        sealed_to=4_200,
        unsealed=18,
        broken_at=1_207,
        reason="the hash of the entry does not follow from its content",
        elapsed_ms=312,
    )
    page.verify.tell(broken)
    await camera.take("audit-broken")
    page.verify.hide()
    page.open_target("person:nobody")
    await until(lambda: not page.list.count, "no entry")
    await camera.take("audit-empty")
    page.filters.clear.click()
    await until(lambda: page.list.count and page.pane.entry, "the log to come back")
    await _list_states(camera, "audit", page.list, page.apply)


async def _operations(camera: Camera) -> None:
    page = camera.tab(OpsTab).page
    await until(page.jobs.model.rowCount, "the jobs")
    await until(page.level.isVisible, "the doctor")
    await camera.take("ops")
    jobs = Jobs(items=[page.jobs.model.row(n) for n in range(page.jobs.model.rowCount())])
    failed = jobs.items[0].model_copy(update={"state": JobState.FAILED, "error": ERROR})
    page.jobs.show_jobs(Jobs(items=[failed, *jobs.items[1:]]))
    page.jobs.table.selectRow(0)
    await camera.take("ops-failed")
    page.jobs.show_jobs(jobs)
    page.jobs._failed(Offline())
    page.doctor._failed(Offline())
    await camera.take("ops-offline", away=True)
    page.jobs.show_jobs(Jobs(items=[]))
    await camera.take("ops-empty")
    page.doctor.findings = None
    page.doctor.states.loading()
    await _loading(camera, "ops-loading", page.jobs.states)
    page.jobs._failed(Offline())
    page.doctor._failed(Offline())
    await camera.take("ops-error", away=True)
    page.refresh()
    await until(lambda: page.jobs.model.rowCount() and page.doctor.findings, "operations to come back")


async def _own_account(camera: Camera) -> None:
    tab = camera.tab(AccountTab)
    await until(tab.isVisible, "the account")
    await camera.take("account")


STRIPS: Final = (
    Strip(
        tab="people",
        email=ADMIN,
        pictures=(
            "people",
            "people-edited",
            "people-conflict",
            "people-empty",
            "people-new",
            "people-offline",
            "people-loading",
            "people-error",
            "people-roles",
        ),
        act=_people,
    ),
    Strip(
        tab="audit",
        email=LEAD,
        pictures=(
            "audit",
            "audit-verified",
            "audit-broken",
            "audit-empty",
            "audit-offline",
            "audit-loading",
            "audit-error",
        ),
        act=_audit,
    ),
    Strip(
        tab="ops",
        email=ADMIN,
        pictures=("ops", "ops-failed", "ops-offline", "ops-empty", "ops-loading", "ops-error"),
        act=_operations,
    ),
    Strip(tab="account", email=ADMIN, pictures=("account",), act=_own_account),
)
