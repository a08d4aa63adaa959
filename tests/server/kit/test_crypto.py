"""Keys are made once, kept private, and bind what they seal to its place."""

from __future__ import annotations

import stat
from pathlib import Path

import keyring.backends.fail
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from server.kit import crypto
from server.kit.crypto import Keys


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_sealed_field_opens_only_in_its_own_place(plain: str) -> None:
    keys = crypto.generate()
    sealed = keys.encrypt(plain, bound_to="accounts_people.email:1")
    assert keys.decrypt(sealed, bound_to="accounts_people.email:1") == plain
    with pytest.raises(InvalidTag):
        keys.decrypt(sealed, bound_to="accounts_people.email:2")


def test_the_same_text_never_seals_alike_but_is_found_alike(keys: Keys) -> None:
    assert keys.encrypt("a@b", bound_to="x") != keys.encrypt("a@b", bound_to="x")
    assert keys.lookup("email", " A@b ") == keys.lookup("email", "a@B")
    assert keys.lookup("email", "a@b") != keys.lookup("phone", "a@b")


def test_keys_do_not_show_in_a_repr(keys: Keys) -> None:
    assert "01" not in repr(keys)


def test_without_a_keyring_a_private_file_is_made_once(tmp_path: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    try:
        made = crypto.load(tmp_path / "new", from_environment=None)
        again = crypto.load(tmp_path / "new", from_environment=None)
    finally:
        keyring.set_keyring(before)
    assert made.source == again.source == "file"
    assert made.pepper == again.pepper
    assert stat.S_IMODE((tmp_path / "new" / "keys.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"field_key": "AA==", "pepper": "AA==", "audit_seed": "AA=="}']
)
def test_damaged_keys_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        crypto.from_text(text, "file")


def test_the_environment_wins(tmp_path: Path, keys: Keys) -> None:
    loaded = crypto.load(tmp_path, from_environment=crypto.to_text(keys))
    assert (loaded.source, loaded.audit_seed) == ("environment", keys.audit_seed)
    assert not (tmp_path / "keys.json").exists()
