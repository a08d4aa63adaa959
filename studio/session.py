"""Who is signed in: finds the remembered token, signs in and out, and asks for one-time codes."""

from __future__ import annotations

import asyncio
import platform
from contextlib import suppress
from uuid import uuid4

from PySide6.QtWidgets import QWidget

from server.accounts.schemas import Me, SignedIn
from studio.api.client import Api
from studio.api.errors import ApiError, Unauthorised
from studio.secrets import Tokens
from studio.settings import SIGN_IN, Settings
from studio.sign_in import CodeDialog
from studio.tasks import Tasks, off_thread


class Session:
    """The sign-in of one server. The token lives in the keyring, or in memory for this run only."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._settings, self._tokens = settings, tokens
        self._server = ""
        self._token: str | None = None

    def token(self) -> str | None:
        """The bearer token, for `Api`."""
        return self._token

    @property
    def session_only(self) -> bool:
        """True when the token is forgotten at the end of the program."""
        return self._tokens.session_only

    @property
    def last_email(self) -> str:
        """The address that signed in last at this server."""
        return self._settings.get(SIGN_IN).get(f"email:{self._server}", "")

    def use_server(self, name: str) -> None:
        """Turn to another server. An embedded one is known by its profile, since its port changes."""
        self._server = name
        self._token = None

    async def find_token(self) -> None:
        """Look for the remembered token; the system may ask the person to unlock it."""
        self._token = await off_thread(self._tokens.get, self._server)

    async def resume(self, api: Api) -> Me | None:
        """The person of the remembered token, or None when one must sign in. Raises ApiError when offline."""
        if self._token is None:
            await self.find_token()
        if self._token is None:
            return None
        try:
            me = (await api.get("/v1/accounts/me")).model(Me)
        except Unauthorised:
            await self.forget()
            return None
        await self._remember(me)
        return me

    def remembered(self) -> Me | None:
        """Who was signed in last, for work without a connection; None without a token."""
        text = self._settings.get(SIGN_IN).get(f"me:{self._server}")
        if self._token is None or text is None:
            return None
        with suppress(ValueError):
            return Me.model_validate_json(text)
        return None

    async def sign_in(self, api: Api, email: str, password: str) -> Me:
        """Sign in and keep the token. Raises ApiError."""
        body = {
            "email": email,
            "password": password,
            "device": {"id": self._installation(), "name": platform.node()[:80] or "This computer"},
        }
        answer = (await api.post("/v1/accounts/sign-in", json=body)).model(SignedIn)
        self._token = answer.token
        await off_thread(self._tokens.put, self._server, answer.token)
        kept = self._settings.get(SIGN_IN)
        self._settings.set(SIGN_IN, kept | {f"email:{self._server}": email})
        await self._remember(answer.person)
        return answer.person

    async def _remember(self, me: Me) -> None:
        kept = self._settings.get(SIGN_IN)
        self._settings.set(SIGN_IN, kept | {f"me:{self._server}": me.model_dump_json()})
        await off_thread(self._settings.save)

    async def sign_out(self, api: Api) -> None:
        """End the session on the server when it can be reached, and forget the token in any case."""
        with suppress(ApiError):
            await api.post("/v1/accounts/sign-out")
        await self.forget()

    async def forget(self) -> None:
        """Forget the token."""
        self._token = None
        await off_thread(self._tokens.forget, self._server)

    async def step_up(self, api: Api, tasks: Tasks, window: QWidget) -> bool:
        """Ask for the one-time code until it is right or the person gives up."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        dialog = CodeDialog(window)

        async def check(code: str) -> None:
            try:
                await api.post("/v1/accounts/step-up", json={"code": code})
            except ApiError as error:
                dialog.set_fault(f"{error.what_happened} {error.what_to_do}")
            else:
                dialog.accept()

        dialog.submitted.connect(lambda code: tasks.spawn(check(code), dialog))

        def finish(result: int) -> None:
            if not answer.done():
                answer.set_result(bool(result))

        dialog.finished.connect(finish)
        dialog.open()
        try:
            return await answer
        finally:
            dialog.deleteLater()

    def _installation(self) -> str:
        kept = self._settings.get(SIGN_IN)
        if "installation" not in kept:
            kept["installation"] = str(uuid4())
            self._settings.set(SIGN_IN, kept)
        return kept["installation"]
