"""Keys are made once, kept private, and bind what they seal to its place."""

from __future__ import annotations

import stat
from pathlib import Path

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
    for key in (keys.field_key, keys.pepper, keys.audit_seed):
        assert key.hex() not in repr(keys)
        assert repr(key) not in repr(keys)


def test_without_a_keyring_keys_go_into_a_private_file(tmp_path: Path) -> None:
    assert crypto.find(tmp_path, given=None) is None
    made, found = crypto.make(tmp_path), crypto.find(tmp_path, given=None)
    assert found
    assert made.source == found.source == "file"
    assert made.pepper == found.pepper
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        crypto.make(tmp_path)


def test_a_fingerprint_belongs_to_its_keys(keys: Keys) -> None:
    again = crypto.from_text(crypto.to_text(keys), "file")
    assert again.fingerprint == keys.fingerprint != crypto.generate().fingerprint
    assert len(keys.fingerprint) == 64


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"field_key": "AA==", "pepper": "AA==", "audit_seed": "AA=="}']
)
def test_damaged_keys_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        crypto.from_text(text, "file")


def test_the_environment_wins(tmp_path: Path, keys: Keys) -> None:
    crypto.make(tmp_path)
    loaded = crypto.find(tmp_path, given=crypto.to_text(keys))
    assert loaded
    assert (loaded.source, loaded.audit_seed) == ("environment", keys.audit_seed)
