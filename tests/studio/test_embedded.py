"""The embedded server's supervision, with real processes that crash, hang, and outlive parents."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from studio import embedded
from studio.api.backoff import Backoff
from studio.embedded import EmbeddedServer, Phase, ServerState
from studio.paths import Profile
from studio.server_process import default_command, start_ahead
from studio.tasks import run

pytestmark = [pytest.mark.anyio, pytest.mark.crash]

FAKE = str(Path(__file__).with_name("fake_server.py"))
AT_ONCE = Backoff(base_s=0.0, cap_s=0.0)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOOK_S", 0.05)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "profile")


class Keeper:
    """An EmbeddedServer and the states it went through."""

    def __init__(self, profile: Profile, mode: str = "ok", *, ahead: bool = False) -> None:
        self.states: list[ServerState] = []
        self._more = asyncio.Event()
        command = [sys.executable, FAKE, mode]
        self.server = EmbeddedServer(
            profile,
            on_state=self._hear,
            command=command,
            ahead=start_ahead(profile.create(), command=command) if ahead else None,
            backoff=AT_ONCE,
        )

    def _hear(self, state: ServerState) -> None:
        self.states.append(state)
        self._more.set()

    async def until(self, wanted: Callable[[ServerState], bool], *, after: int = 0) -> ServerState:
        async with asyncio.timeout(30):
            while True:
                self._more.clear()
                found = [state for state in self.states[after:] if wanted(state)]
                if found:
                    return found[0]
                await self._more.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Keeper]:
        task = asyncio.create_task(self.server.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])


def ready(state: ServerState) -> bool:
    return state.phase is Phase.READY


def crashed(state: ServerState) -> bool:
    return state.phase is Phase.CRASHED


def starts(profile: Profile) -> list[tuple[int, int]]:
    """Return (pid, asked port) of every server process that was started."""
    lines = (profile.server_data / "starts").read_text().splitlines()
    return [(int(pid), int(port)) for pid, port in map(str.split, lines)]


async def answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(f"{url}/health")).status_code == 200
        except httpx.TransportError:
            return False


async def test_starts_tells_and_stops(profile: Profile) -> None:
    keeper = Keeper(profile)
    async with keeper.running():
        state = await keeper.until(ready)
        assert await answers(state.url)
    phases = [(state.phase, state.step, state.fraction) for state in keeper.states]
    assert phases == [
        (Phase.STARTING, "", 0.0),
        (Phase.STARTING, "Migrating", 0.5),
        (Phase.READY, "", 1.0),
        (Phase.STOPPED, "", 0.0),
    ]
    assert not await answers(state.url)
    assert (profile.server_data / "ended-well").exists()
    written = (profile.logs / "server.log").read_text()
    for line in ("stray output ☃", "\\xff not text", "an error line", "[1]"):
        assert line in written
    assert written.count("x") >= 200_000
    assert "Migrating" not in written


async def test_a_server_started_ahead_is_the_one_that_runs(profile: Profile) -> None:
    keeper = Keeper(profile, ahead=True)
    async with keeper.running():
        state = await keeper.until(ready)
        assert await answers(state.url)
        other = Keeper(profile, ahead=True)
        async with other.running():
            assert (await other.until(ready)).attached
    assert keeper.states[0] == ServerState(Phase.STARTING)
    assert len(starts(profile)) == 1
    assert not await answers(state.url)


@pytest.mark.parametrize("mode", ["ok", "worker"])
async def test_killed_server_comes_back_at_the_same_address(profile: Profile, mode: str) -> None:
    keeper = Keeper(profile, mode)
    async with keeper.running():
        first = await keeper.until(ready)
        os.kill(starts(profile)[0][0], signal.SIGKILL)
        after = len(keeper.states)
        await keeper.until(crashed, after=after)
        second = await keeper.until(ready, after=after)
        assert second.url == first.url
        assert await answers(second.url)
    assert len(starts(profile)) == 2


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("fails-first", "cannot start today"), ("refuses-first", "Port 80 cannot be used.")],
)
async def test_failed_start_is_told_and_repeated(profile: Profile, mode: str, reason: str) -> None:
    keeper = Keeper(profile, mode)
    async with keeper.running():
        assert reason in (await keeper.until(crashed)).detail
        await keeper.until(ready)


async def test_hanging_start_is_given_up(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SILENCE_S", 1.0)
    monkeypatch.setattr(embedded, "STOP_S", 0.05)
    keeper = Keeper(profile, "hangs-first")
    async with keeper.running():
        assert "no sign of life" in (await keeper.until(crashed)).detail
        await keeper.until(ready)


async def test_second_program_attaches_then_takes_over(profile: Profile) -> None:
    first, second = Keeper(profile), Keeper(profile)
    async with AsyncExitStack() as outer:
        async with first.running():
            state = await first.until(ready)
            await outer.enter_async_context(second.running())
            attached = await second.until(ready)
            assert attached.attached
            assert attached.url == state.url
            assert len(starts(profile)) == 1
        own = await second.until(lambda state: ready(state) and not state.attached)
        assert own.url == state.url
        assert await answers(own.url)


async def test_two_programs_start_together(profile: Profile) -> None:
    first, second = Keeper(profile), Keeper(profile)
    async with first.running(), second.running():
        states = [await first.until(ready), await second.until(ready)]
        assert states[0].url == states[1].url
        assert sorted(state.attached for state in states) == [False, True]


PARENT = """
import asyncio, sys
from pathlib import Path
from studio.embedded import EmbeddedServer
from studio.paths import Profile
from studio.tasks import run
server = EmbeddedServer(
    Profile(Path(sys.argv[1])),
    on_state=lambda state: print(state.phase, state.url, flush=True),
    command=[sys.executable, sys.argv[2], "ok"],
)
asyncio.run(server.run())
"""


def test_killed_parent_takes_the_server_with_it(profile: Profile) -> None:
    command = [sys.executable, "-c", PARENT, str(profile.root), FAKE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert any(line.startswith("ready") for line in parent.stdout)
        server = os.pidfd_open(starts(profile)[0][0])
        parent.kill()
    try:
        ended, _, _ = select.select([server], [], [], 30)
        assert ended == [server]
    finally:
        os.close(server)
    assert (profile.server_data / "ended-well").exists()


def test_inside_qt(profile: Profile, qapp: QApplication) -> None:
    async def main() -> int:
        keeper = Keeper(profile)
        async with keeper.running():
            first = await keeper.until(ready)
            os.kill(starts(profile)[0][0], signal.SIGKILL)
            after = len(keeper.states)
            assert (await keeper.until(ready, after=after)).url == first.url
        return 0

    assert run(qapp, main) == 0
    assert (profile.server_data / "ended-well").exists()


def test_command_of_checkout_and_frozen_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_command() == [sys.executable, "-m", "server", "serve"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert default_command() == [sys.executable, "--serve"]
