"""Sealed values open where they belong and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shops import open_shop
from zhike.customers.vault import Vault, open_key_ring, open_vault
from zhike.customers.vault.keys import keep_key_ring, keys_file
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return open_shop(tmp_path_factory.mktemp("vault") / "shop")


@pytest.fixture(scope="module")
def vault(home: Home) -> Vault:
    return open_vault(home)


@given(value=st.text(max_size=50).filter(lambda text: text.isprintable()))
def test_a_sealed_value_opens_again(vault: Vault, value: str) -> None:
    assert vault.open(vault.seal(value, place="here"), place="here") == value


def test_the_same_value_is_never_sealed_the_same_way_twice(vault: Vault) -> None:
    assert len({vault.seal("13800138000", place="here") for _ in range(50)}) == 50


def test_a_value_copied_into_another_row_does_not_open(vault: Vault) -> None:
    sealed = vault.seal("张三", place="profile:1")
    with pytest.raises(ZhikeError) as refused:
        vault.open(sealed, place="profile:2")
    assert refused.value.code == "vault.sealed_elsewhere"


@pytest.mark.parametrize("position", range(0, 34, 3))
def test_a_value_with_one_changed_bit_does_not_open(vault: Vault, position: int) -> None:
    sealed = bytearray(vault.seal("张三张三", place="here"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(ZhikeError):
        vault.open(bytes(sealed), place="here")


def test_equal_values_have_equal_fingerprints_and_kinds_are_kept_apart(vault: Vault) -> None:
    assert vault.fingerprint("phone", "1") == vault.fingerprint("phone", "1")
    assert vault.fingerprint("phone", "1") != vault.fingerprint("email", "1")
    assert len(vault.fingerprint("phone", "1")) == 22


def test_a_rotated_ring_opens_what_the_old_key_sealed(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    before = open_vault(home)
    sealed, mark = before.seal("张三", place="here"), before.fingerprint("name", "张三")
    keep_key_ring(home, open_key_ring(home).with_new_key())
    after = open_vault(home)
    assert after.open(sealed, place="here") == "张三"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal("张三", place="here"))
    assert after.fingerprint("name", "张三") == mark


def test_another_folder_has_other_keys(tmp_path: Path, vault: Vault) -> None:
    other = open_vault(open_shop(tmp_path / "other"))
    assert other.fingerprint("phone", "1") != vault.fingerprint("phone", "1")
    with pytest.raises(ZhikeError):
        other.open(vault.seal("1", place="here"), place="here")


def test_keys_are_readable_by_their_owner_only(home: Home, vault: Vault) -> None:
    assert keys_file(home).stat().st_mode & 0o077 == 0


def test_lost_keys_are_not_replaced_in_silence(tmp_path: Path) -> None:
    home = open_shop(tmp_path / "shop")
    open_vault(home)
    keys_file(home).unlink()
    with pytest.raises(ZhikeError) as refused:
        open_vault(home)
    assert refused.value.code == "vault.keys_missing"


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"keys": {}, "current": 1, "index_key": ""})])
def test_a_damaged_key_file_is_named(tmp_path: Path, content: str) -> None:
    home = open_shop(tmp_path / "shop")
    open_vault(home)
    keys_file(home).write_text(content)
    with pytest.raises(ZhikeError) as refused:
        open_vault(home)
    assert str(keys_file(home)) in str(refused.value)
