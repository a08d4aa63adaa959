"""The composition root: the only place that wires server, session, workplace, window and tabs together."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QApplication

from server.accounts.schemas import Me
from studio import messages as crash
from studio.api.client import Api
from studio.api.clock import ServerClock
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.arrival import Arrival
from studio.embedded import EmbeddedServer, Phase, ServerState
from studio.keys import Keymap
from studio.messages import Level, Messages, Problem
from studio.offline.changes import Broadcast, Changes
from studio.offline.store import Store, StoreTooNew
from studio.paths import Profile
from studio.secrets import SESSION_ONLY, Tokens
from studio.servers import Servers
from studio.session import Session
from studio.settings import (
    KEYS,
    REDUCED_MOTION,
    SERVER_URL,
    SIGN_IN,
    START,
    THEME,
    TOLD_SESSION_ONLY,
    WINDOW,
    Settings,
    remember_window,
    remembered_window,
)
from studio.sign_in import SignInPage
from studio.tab import Context
from studio.tab_kinds import tab_kinds
from studio.tasks import Tasks, off_thread
from studio.theme import style
from studio.widgets import status_line
from studio.widgets.message_host import log_qt_warnings
from studio.widgets.splash import Splash
from studio.widgets.ticker import Ticker
from studio.window import MainWindow
from studio.workplace import Workplace

SHOWN: Final[dict[Connection, status_line.Connection]] = {
    Connection.ONLINE: "online",
    Connection.CONNECTING: "reconnecting",
    Connection.OFFLINE: "offline",
}


class App:
    """One run of the client."""

    def __init__(
        self,
        qt: QApplication,
        profile: Profile,
        splash: Splash,
        *,
        server: str | None,
        settings: Settings | None = None,
        embedded: EmbeddedServer | None = None,
    ) -> None:
        self._qt, self._profile, self._splash = qt, profile, splash
        crash.open_crash_log(profile.logs)
        log_qt_warnings()
        self.messages = Messages()
        crash.catch_everything(self.messages)
        self._settings = settings or Settings(profile.settings)
        self._dress()
        self._servers = Servers(
            server or self._settings.get(SERVER_URL),
            profile,
            embedded or EmbeddedServer(profile),
            self._server_state,
        )
        self._keymap = Keymap(self._settings.get(KEYS))
        self._broadcast = Broadcast()
        self._place: Workplace | None = None
        self._signing_in: SignInPage | None = None
        self._leaving = False
        self.started = False

    @property
    def profile(self) -> Profile:
        """Where this run keeps its files."""
        return self._profile

    @property
    def me(self) -> Me | None:
        """Who is signed in."""
        return self._place.context.me if self._place is not None else None

    @property
    def context(self) -> Context | None:
        """What the tabs of the signed-in person work with."""
        return self._place.context if self._place is not None else None

    @property
    def sign_in_page(self) -> SignInPage | None:
        """The sign-in page while it is shown."""
        return self._signing_in

    @property
    def email(self) -> str:
        """The address that signed in last."""
        return self._session.last_email

    def quit(self) -> None:
        """End `main` in good order."""
        self._quit.set()

    # Life

    async def main(self) -> int:
        """Run from the splash to the last window; answers the exit status."""
        self._quit = asyncio.Event()
        self.tasks = Tasks(self.messages, self._broadcast)
        self._ticker = Ticker()
        self._session = Session(self._settings, await off_thread(Tokens))
        self._session.use_server(self._servers.name)
        self._splash.progress("profile", 1.0, "Profile opened")
        self._clock = ServerClock(self._ticker.set_shift)
        self._api = self._make_api(begun=False)
        self._arrival = Arrival(self._splash, self._session, server=self._servers.ready, leaving=self._quit)
        self._servers.use(self._servers.url)
        self.window = self._make_window()
        await self._session.find_token()
        await self._enter_ahead()
        me = await self._arrival.person(self._api)
        if not self._quit.is_set():
            await self._show(me)
            await self._quit.wait()
        await self._end()
        await self.tasks.close()
        await self._servers.end()
        await self._api.aclose()
        return 0

    def _make_api(self, *, begun: bool = True) -> Api:
        return Api(self._servers.address, self._session.token, on_date=self._clock.heard, begun=begun)

    def _make_window(self) -> MainWindow:
        window = MainWindow(self._keymap, self.messages)
        remembered: dict[str, str] = self._settings.get(WINDOW)
        window.restore_geometry(remembered)
        window.closing.connect(self._quit.set)
        window.settings_wanted.connect(lambda: self._open_settings())
        window.waiting_wanted.connect(self._open_waiting)
        window.sign_out_wanted.connect(lambda: self.tasks.spawn(self.sign_out()))
        for notice in self._settings.notices:
            self.messages.notify(Level.WARNING, notice)
        return window

    async def _enter_ahead(self) -> None:
        """Make the tabs of whoever was here last while the server loads; most often they are here again."""
        if (known := self._session.remembered()) is not None:
            with suppress(StoreTooNew, OSError, sqlite3.Error):  # met again, and told, in `_show`
                await self._enter(known)
                if self.window.current is not None:
                    self.window.current.load_ahead()

    async def _show(self, me: Me | None) -> None:
        if self.me != me:
            await self._leave()
        if me is None:
            if self._signing_in is None:
                self._ask_to_sign_in()
        elif self._place is None:
            await self._try_to_enter(me)
        else:
            self._follow()
        self.window.show()
        self._splash.progress("tabs", 1.0)
        self._settings.set(START, self._splash.took_ms())
        self._splash.give_way()
        self.started = True

    async def _end(self) -> None:
        self._remember_window()
        await self._leave()
        await off_thread(self._settings.save)
        self.window.close_now()

    def _remember_window(self) -> None:
        remember_window(self._settings, self.window.save_state(), self.me.id if self.me else None)

    # Server

    def _server_state(self, state: ServerState) -> None:
        match state.phase:
            case Phase.STARTING:
                self._splash.progress("server", state.fraction * 0.9, state.step or "Starting the server")
            case Phase.READY:
                self._api.move_to(state.url)
                if self._place is not None:
                    self._place.hurry()
            case Phase.CRASHED if self._splash.isVisible():
                to_do = "It is started again by itself. If it fails again, look into log/server.log."
                self._arrival.fail("The server on this computer did not start.", to_do, state.detail)

    # Sign-in

    def _ask_to_sign_in(self, why: str = "") -> None:
        where = self._servers.url or "The server on this computer"
        page = SignInPage(where, self._session.last_email)
        page.set_fault(why)
        page.submitted.connect(lambda email, password: self.tasks.spawn(self.sign_in(email, password), page))
        page.server_wanted.connect(lambda: self._open_settings(SERVER_URL.page))
        self._signing_in = page
        self.window.show_page(page)
        self.window.status.set_person("")
        self.window.status.set_note("")
        self.window.status.set_connection("reconnecting")
        self.tasks.spawn(self._look_for_server(page), page)

    async def _look_for_server(self, page: SignInPage) -> None:
        """Say on the sign-in page whether the server answers, before anything is typed."""
        await self._servers.ready.wait()
        try:
            await self._api.get("/health")
        except ApiError as error:
            if page is self._signing_in:
                self.window.status.set_connection("offline", error.what_happened)
                to_do = "Check the address under “Change server”." if self._servers.url else error.what_to_do
                page.set_fault(f"{error.what_happened} {to_do}")
        else:
            if page is self._signing_in:
                self.window.status.set_connection("online")

    async def _change_server(self) -> None:
        """Leave the old server and ask who one is at the new one."""
        wanted = self._settings.get(SERVER_URL)
        if wanted == self._servers.url:
            return
        if self._place is not None:
            self._remember_window()
            await self._leave()
            await self._session.sign_out(self._api)
        before = self._api
        self._servers.use(wanted)
        self._session.use_server(self._servers.name)
        self._api = self._make_api()
        await before.aclose()
        try:
            me = await self._session.resume(self._api) if self._servers.ready.is_set() else None
        except ApiError:
            me = None  # the sign-in page says what is wrong with the server
        if me is None:
            self._ask_to_sign_in()
        else:
            await self._try_to_enter(me)

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in from the sign-in page; the page tells why it failed."""
        page = self._signing_in
        assert page is not None
        page.set_busy(True)
        try:
            me = await self._session.sign_in(self._api, email, password)
        except ApiError as error:
            page.set_busy(False)
            page.refuse(error)
        else:
            await self._try_to_enter(me)

    def _file_of(self, me: Me) -> Path:
        return self._profile.store(server_url=self._servers.name, person_id=str(me.id))

    async def _try_to_enter(self, me: Me) -> None:
        """Open the person's workplace; where their file does not open, say so and stay at the sign-in."""
        path = self._file_of(me)
        try:
            await self._enter(me)
            self._follow()
        except StoreTooNew:
            why = "It was written by a newer version of Creator Studio."
            self._fail_to_enter(path, why, "Start the newer version. To begin anew here, move the file away.")
        except (OSError, sqlite3.Error) as error:
            self._fail_to_enter(path, str(error), "Make room on the disk, or close what holds the file.")

    def _fail_to_enter(self, path: Path, why: str, to_do: str) -> None:
        happened = "The file of your drafts and waiting edits cannot be opened."
        kept = f"It is untouched: {path}"
        self.messages.fail(Problem(what_happened=f"{happened} {why}", what_was_kept=kept, what_to_do=to_do))
        self._ask_to_sign_in(happened)

    async def _enter(self, me: Me) -> None:
        window = self.window
        self._place = Workplace(
            profile=self._profile,
            store=await off_thread(Store, self._file_of(me)),  # which looks through the whole file
            me=me,
            api=self._api,
            tasks=self.tasks,
            settings=self._settings,
            keymap=self._keymap,
            messages=self.messages,
            broadcast=self._broadcast,
            ticker=self._ticker,
            go=window.open_tab,
            step_up=partial(self._session.step_up, self._api, self.tasks, window),
            on_connection=self._connected,
            on_waiting=window.status.set_waiting,
            on_signed_out=self._hear_signed_out,
        )
        self._signing_in = None
        window.status.set_person(me.name, ", ".join(role.value for role in me.roles))
        self._tell_session_only()
        window.start(self._place.context, tab_kinds(), remembered_window(self._settings, me.id))

    def _follow(self) -> None:
        """Hear what changes: after the first tab has asked for what it shows, which is waited for."""
        assert self._place is not None
        self._place.begin()
        self.window.watch()

    def _tell_session_only(self) -> None:
        """By a lasting icon, and in words the first time on this profile."""
        only = self._session.session_only
        self.window.status.set_note(SESSION_ONLY if only else "")
        known = self._settings.get(SIGN_IN)
        if only and TOLD_SESSION_ONLY not in known:
            self._settings.set(SIGN_IN, known | {TOLD_SESSION_ONLY: "yes"})
            self.messages.notify(Level.INFO, SESSION_ONLY)

    def _connected(self, state: Connection) -> None:
        self.window.status.set_connection(SHOWN[state])
        for tab in self.window.tabs.values():
            tab.on_connection(state)

    async def _leave(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            await self.window.leave()
            await place.close()

    async def sign_out(self) -> None:
        """Hand back what is claimed, forget the token, and ask who is next."""
        await self._end_session(partial(self._session.sign_out, self._api))

    def _hear_signed_out(self) -> None:
        why = "Your session has ended. Sign in again; what you typed is kept."
        self.tasks.spawn(self._end_session(self._session.forget, why))

    async def _end_session(self, forget: Callable[[], Awaitable[None]], why: str = "") -> None:
        if self._leaving or self._place is None:
            return  # asked for twice, or the server was first
        self._leaving = True
        try:
            self._remember_window()
            await self._leave()
            await forget()
            self._ask_to_sign_in(why)
        finally:
            self._leaving = False

    # Dialogs

    def _open_settings(self, page: str = "") -> None:
        from studio.settings_dialog import SettingsDialog  # as below: no start has to wait for it

        dialog = SettingsDialog(self._settings, self._keymap, self.window)
        dialog.show_page(page)
        dialog.changed.connect(self._setting_changed)
        dialog.keys_changed.connect(lambda: self._settings.set(KEYS, self._keymap.chosen()))
        dialog.finished.connect(lambda: self.tasks.write(self._settings.save))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _dress(self) -> None:
        motion = self._settings.get(REDUCED_MOTION)
        style.apply(self._qt, self._settings.get(THEME), reduced_motion=motion)

    def _setting_changed(self, changes: Changes) -> None:
        if changes.ids & {THEME.key, REDUCED_MOTION.key}:
            self._dress()
        if SERVER_URL.key in changes.ids:
            self.tasks.spawn(self._change_server())
        self._broadcast.send(changes)

    def _open_waiting(self) -> None:
        from studio.waiting import WaitingDialog

        if self._place is not None:
            dialog = WaitingDialog(self._place.context, self.window)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()
