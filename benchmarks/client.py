"""The client's queue at 100,000 rows: filter, sort, stalls; and a cold start to the first painted row."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


import httpx
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from benchmarks.live_source import LiveSource, Rerouted
from benchmarks.queue_rows import add_items
from benchmarks.starts import compile_all, start
from server.accounts import service as accounts
from server.accounts import sessions
from server.accounts.permissions import Role
from server.accounts.schemas import Me
from server.kit.access import SYSTEM
from server.moderation import service as moderation
from server.runtime import opened
from server.settings import Settings as ServerSettings
from studio.api.client import Api
from studio.api.live import Connection
from studio.collector import Collector
from studio.keys import Keymap
from studio.messages import Messages
from studio.offline.changes import Broadcast
from studio.offline.store import Store
from studio.paths import Profile
from studio.settings import Settings
from studio.tabs.moderation.tab import ModerationTab
from studio.tasks import Tasks
from studio.tasks import run as run_qt
from studio.theme import style
from studio.widgets.ticker import Ticker
from studio.workplace import Workplace
from tests.server.crash.process import ServerProcess

ROWS: Final = 100_000
START_ROWS: Final = 2_000
UPDATES: Final = 1_000
STARTS: Final = {"small": 3, "full": 7}
PATIENCE_S: Final = 30.0


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; the client meets either database through the same server, so SQLite it is."""
    compile_all()
    with tempfile.TemporaryDirectory(prefix="client-") as folder:
        _say(f"a queue of {ROWS} rows")
        big = _prepare(Profile(Path(folder) / "big"), ROWS)
        with _serving(big.profile) as url:
            measured = _queue(big, url)
        _say("cold starts")
        small = _prepare(Profile(Path(folder) / "small"), START_ROWS)
        starts = [start(small.profile, small.token, "queue") for _ in range(STARTS[scale])]
    splash, cold = ([each[n] for each in starts] for n in (0, 1))
    return {
        "rows": ROWS,
        **measured,
        "splash_ms": _ms(min(splash)),
        "splash_median_ms": _ms(statistics.median(splash)),
        "cold_start_ms": _ms(min(cold)),
        "cold_start_median_ms": _ms(statistics.median(cold)),
        "cold_start_rows": START_ROWS,
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


class Desk:
    """A profile whose server knows one moderator, and that moderator's token."""

    def __init__(self, profile: Profile, me: Me, token: str) -> None:
        self.profile, self.me, self.token = profile, me, token


def _prepare(profile: Profile, rows: int) -> Desk:
    profile.create()
    settings = ServerSettings(data=profile.server_data)
    with opened(settings) as (db, keys):
        with db.write() as s:
            moderation.install(s)
            person = accounts.create_person(
                s, actor=SYSTEM, keys=keys, handle="bench", name="Bench", roles=[Role.MODERATOR]
            )
            token, _ = sessions.open_session(
                s, keys=keys, person_id=person.id, device_id=uuid4(), device_name="bench"
            )
            person_id = person.id
        with db.writer.begin() as connection:
            add_items(connection, 1, rows)
    with _serving(profile) as url:
        answer = httpx.get(f"{url}/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})
        me = Me.model_validate_json(answer.raise_for_status().content)
    assert me.id == person_id
    return Desk(profile, me, token)


@contextmanager
def _serving(profile: Profile) -> Iterator[str]:
    with ServerProcess(profile.server_data, STUDIO_JOBS="true") as server:
        server.start()
        yield server.url
        server.stop()


# The queue


def _queue(desk: Desk, url: str) -> dict[str, Any]:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    style.apply(app, "dark", reduced_motion=True)
    found: dict[str, Any] = {}

    async def main() -> int:
        bench = Bench(desk, url, collector)
        gc.freeze()  # as the client does
        found.update(await bench.measure())
        await bench.close()
        return 0

    collector = Collector()
    run_qt(app, main)
    collector.stop()
    return found


class Bench:
    """A queue page before a real server."""

    def __init__(self, desk: Desk, url: str, collector: Collector) -> None:
        self._collector = collector
        messages, changes = Messages(), Broadcast(alive=shiboken6.isValid)
        self._desk = desk
        self._source = LiveSource()
        self._api = Api(url, lambda: desk.token, transport=Rerouted(self._source.port))
        self._tasks = Tasks(messages, changes)
        self._place = Workplace(
            profile=desk.profile,
            store=Store(desk.profile.store(server_url=url, person_id=str(desk.me.id))),
            me=desk.me,
            api=self._api,
            tasks=self._tasks,
            settings=Settings(desk.profile.settings),
            keymap=Keymap(),
            messages=messages,
            broadcast=changes,
            ticker=Ticker(),
            go=lambda *_, **__: None,
            step_up=_refuse,
            on_connection=lambda _: None,
            on_waiting=lambda _: None,
            on_signed_out=lambda: None,
        )
        self.tab = ModerationTab(self._place.context, review=lambda _: None)
        self.tab.resize(1440, 900)
        self._place.begin()
        self.page = self.tab.queue

    async def measure(self) -> dict[str, Any]:
        """Everything, on one load of the queue."""
        page, table = self.page, self.page.table
        began, worked = time.perf_counter(), time.thread_time()
        self.tab.show()
        self.tab.activateWindow()
        await _until(lambda: page.feed.read_once and page.model.rowCount() == ROWS)
        table.repaint()
        load_ms, load_cpu_ms = _since(began), round((time.thread_time() - worked) * 1000, 1)
        _say(f"loaded in {load_ms} ms")
        began = time.perf_counter()
        await _until(lambda: not page.model._idle.isActive())
        ready_ms = _since(began)
        await _settle()
        filters = {
            "words": lambda: page.bar.line.field.setText("item 77"),
            "choices": lambda: page.bar.line.field.setText("severity:critical,high due<9999d policy:bench"),
            "both": lambda: page.bar.line.field.setText("severity:low state:waiting 4"),
            "clear": page.bar.clear,
        }
        filter_ms = {name: self._narrow(do) for name, do in filters.items()}
        sort_ms = {
            column.id: self._time(partial(table.sort_by, column.id))
            for column in page.model.columns
            if column.key is not None
        }
        table.sort_by("priority")
        assert QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive
        scroll = [await self._stall(self._scroll) for _ in range(3)]
        live = [await self._stall(self._update) for _ in range(3)]
        return {
            "load_ms": load_ms,
            "load_cpu_ms": load_cpu_ms,
            "ready_ms": ready_ms,
            "filter_ms": max(wall for wall, _ in filter_ms.values()),
            "filter_cpu_ms": {name: cpu for name, (_, cpu) in filter_ms.items()},
            "sort_ms": max(wall for wall, _ in sort_ms.values()),
            "sort_cpu_ms": {name: cpu for name, (_, cpu) in sort_ms.items()},
            "stall_max_ms": max(min(scroll)[0], min(live)[0]),
            "stall_scroll": scroll,
            "stall_live": live,
            "live_updates": UPDATES,
        }

    def _narrow(self, do: Callable[[], object]) -> tuple[float, float]:
        """Time a filter from the moment when typing has paused to the repaint."""
        do()
        return self._time(self.page.bar.line._tell)

    def _time(self, do: Callable[[], object]) -> tuple[float, float]:
        """Wall and processor time in ms, with the reset of the view and its repaint."""
        began, worked = time.perf_counter(), time.thread_time()
        do()
        self.page.table.viewport().repaint()
        return _since(began), round((time.thread_time() - worked) * 1000, 1)

    async def _stall(self, work: Callable[[], Any]) -> tuple[float, float]:
        """The longest gap in ms between two ticks of a 10 ms timer while `work` runs: wall, processor.

        The collection of garbage that is due once a minute falls into it.
        """
        await _settle()
        self._collector._whole_at = float("-inf")
        ticks: list[tuple[float, float]] = []
        timer = QTimer(self.page)
        timer.setInterval(10)
        timer.timeout.connect(lambda: ticks.append((time.perf_counter(), time.thread_time())))
        timer.start()
        await asyncio.sleep(0.1)
        await work()
        await asyncio.sleep(0.1)
        timer.stop()
        gaps = list(pairwise(ticks))
        wall, worked = (max(after[n] - before[n] for before, after in gaps) * 1000 for n in (0, 1))
        _say(f"{work.__name__}: {wall:.1f} ms")
        return round(wall, 1), round(worked, 1)

    async def _scroll(self) -> None:
        bar = self.page.table.verticalScrollBar()
        for step in range(200):
            bar.setValue(step * 499 % (bar.maximum() or 1))
            await asyncio.sleep(0.005)

    async def _update(self) -> None:
        """Change items on the server and hear of them by the live stream, 20 every 50 ms.

        Bytes come over a socket and go the whole way: events, broadcast, tab, feed, one request for the
        changed rows, model, view.
        """
        ids = list(self.page.feed.rows)[:: ROWS // UPDATES][:UPDATES]
        before = {each: self.page.feed.rows[each].version for each in ids}
        await asyncio.to_thread(_raise_priority, self._desk.profile, ids)
        await _until(lambda: self._place.context.connection() is Connection.ONLINE)
        for first in range(0, len(ids), 20):
            changed = [(each, before[each] + 1) for each in ids[first : first + 20]]
            self._source.tell("moderation.item", changed)
            await asyncio.sleep(0.05)
        await _until(lambda: all(self.page.feed.rows[each].version > before[each] for each in ids))

    async def close(self) -> None:
        """End what runs."""
        self.tab.close()
        await self._place.close()
        await self._tasks.close()
        await self._api.aclose()
        self._source.close()


def _raise_priority(profile: Profile, ids: list[str]) -> None:
    """As a decision's worth of changes: every one of them moves in the order and is a new version."""
    import sqlite3

    with sqlite3.connect(profile.server_data / "studio.sqlite", timeout=10) as db:
        db.executemany(
            "UPDATE moderation_items SET priority = priority + 7, version = version + 1 WHERE id = ?",
            [(UUID(each).hex,) for each in ids],
        )
    db.close()


async def _refuse() -> bool:
    return False


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - a view has no event to await
            await asyncio.sleep(0.005)


async def _settle() -> None:
    await asyncio.sleep(0.3)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 0)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
