"""Sign-in tokens: a trusted keyring, or this session's memory; never a plain file."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from studio.secrets import Tokens

URL = "https://studio.example.org"


class Memory(KeyringBackend):
    priority = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]


class Weak(Memory):
    priority = 0.5


Plaintext = type("PlaintextKeyring", (Memory,), {"__module__": "keyrings.alt.file"})


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def use(backend: KeyringBackend) -> Tokens:
    keyring.set_keyring(backend)
    return Tokens()


def test_kept_in_the_keyring_by_server() -> None:
    backend = Memory()
    tokens = use(backend)
    assert not tokens.session_only
    assert tokens.get(URL) is None
    tokens.put(URL, "t0ken")
    tokens.put("http://127.0.0.1:1", "other")
    assert use(backend).get(URL) == "t0ken"
    tokens.forget(URL)
    assert tokens.get(URL) is None
    assert use(backend).get(URL) is None
    assert use(backend).get("http://127.0.0.1:1") == "other"


@pytest.mark.parametrize(
    "backend",
    [keyring.backends.fail.Keyring(), keyring.backends.null.Keyring(), Weak(), Plaintext()],
    ids=["fail", "null", "weak", "keyrings.alt"],
)
def test_untrusted_backend_is_never_written(backend: KeyringBackend) -> None:
    tokens = use(backend)
    tokens.put(URL, "t0ken")
    assert tokens.session_only
    assert tokens.get(URL) == "t0ken"
    assert not getattr(backend, "kept", {})
    tokens.forget(URL)
    assert tokens.get(URL) is None


def test_chain_is_as_good_as_its_first(monkeypatch: pytest.MonkeyPatch) -> None:
    good, weak = Memory(), Weak()
    chain = keyring.backends.chainer.ChainerBackend
    monkeypatch.setattr(chain, "backends", [good, weak])
    tokens = use(chain())
    tokens.put(URL, "t0ken")
    assert good.kept
    assert not weak.kept
    monkeypatch.setattr(chain, "backends", [weak])
    assert use(chain()).session_only
    monkeypatch.setattr(chain, "backends", [])
    assert use(chain()).session_only


@pytest.mark.parametrize("error", [NoKeyringError(), KeyringLocked("x"), InitError("x"), OSError("bus")])
def test_failing_keyring_becomes_this_session_only(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Memory()
    tokens = use(backend)
    backend.error = error
    tokens.put(URL, "t0ken")
    assert tokens.session_only
    assert tokens.get(URL) == "t0ken"
    assert "t0ken" not in caplog.text

    backend.error = None
    tokens = use(backend)
    backend.error = error
    assert tokens.get(URL) is None
    assert tokens.session_only

    backend.error = None
    tokens = use(backend)
    backend.error = error
    tokens.forget(URL)
    assert tokens.session_only


def test_keyring_that_locks_later_does_not_sign_out() -> None:
    backend = Memory()
    use(backend).put(URL, "t0ken")
    tokens = use(backend)
    assert tokens.get(URL) == "t0ken"
    backend.error = KeyringLocked("x")
    assert tokens.get(URL) == "t0ken"
    assert not tokens.session_only
