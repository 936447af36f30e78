"""Accounts keep hashes only; the demo's passwords are random, private and the same at every start."""

import json
from pathlib import Path

import pytest

from slothbox.accounts import ACCOUNTS_FILE, PASSWORDS_FILE, AccountBook, Kind, demo_password
from slothbox.tokens import KEY_FILE, InvalidToken, TokenMint
from tests.slothbox.edge_bench import QUICK

PROJECTS = ("monash", "konstanz-4", "cambridge-b005")


@pytest.fixture
def book(tmp_path: Path) -> AccountBook:
    made = AccountBook(tmp_path, QUICK)
    made.ensure_demo(PROJECTS)
    return made


def test_the_files_are_private_and_the_account_file_knows_no_password(book: AccountBook, tmp_path: Path) -> None:
    passwords = json.loads((tmp_path / PASSWORDS_FILE).read_text())
    accounts = (tmp_path / ACCOUNTS_FILE).read_text()
    assert len(set(passwords.values())) == len(passwords) == 9
    assert not any(password in accounts for password in passwords.values())
    assert accounts.count("$argon2id$") == 9
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in (PASSWORDS_FILE, ACCOUNTS_FILE)} == {0o600}


def test_two_state_folders_have_different_passwords_and_one_keeps_its_own(book: AccountBook, tmp_path: Path) -> None:
    password = demo_password(tmp_path, "ada@example.org")
    AccountBook(tmp_path, QUICK).ensure_demo(PROJECTS)
    AccountBook(tmp_path / "other", QUICK).ensure_demo(PROJECTS)
    assert demo_password(tmp_path, "ada@example.org") == password
    assert demo_password(tmp_path / "other", "ada@example.org") != password


def test_a_password_fits_its_account_only(book: AccountBook, tmp_path: Path) -> None:
    password = demo_password(tmp_path, "ada@example.org") or ""
    verified = book.verified("ada@example.org", password)
    assert verified is not None
    assert verified.roles == {project: ["analyst"] for project in PROJECTS}
    assert book.verified("max@example.org", password) is None
    assert book.verified("nobody@example.org", password) is None


def test_olga_sees_two_projects_and_the_machines_are_marked(book: AccountBook) -> None:
    olga, planner, edge = (book.find(f"{name}@example.org") for name in ("olga", "planner", "edge"))
    assert olga is not None and planner is not None and edge is not None
    assert set(olga.roles) == {"konstanz-4", "cambridge-b005"}
    assert (planner.kind, edge.kind) == (Kind.SERVICE, Kind.EDGE)
    assert edge.roles == {}


def test_a_changed_account_survives_a_restart_and_is_not_made_again(book: AccountBook, tmp_path: Path) -> None:
    ada = book.find("ada@example.org")
    assert ada is not None
    book.change(ada.customer_id, email="lovelace@example.org", name="Ada L.", password="first programmer")
    again = AccountBook(tmp_path, QUICK)
    again.ensure_demo(PROJECTS)
    assert again.find("ada@example.org") is None
    assert again.verified("lovelace@example.org", "first programmer") is not None
    assert demo_password(tmp_path, "ada@example.org") is None


def test_an_account_file_with_a_broken_hash_lets_nobody_in(book: AccountBook, tmp_path: Path) -> None:
    entries = json.loads((tmp_path / ACCOUNTS_FILE).read_text())
    (tmp_path / ACCOUNTS_FILE).write_text(json.dumps([{**entry, "password_hash": "x"} for entry in entries]))
    password = demo_password(tmp_path, "ada@example.org") or ""
    assert AccountBook(tmp_path, QUICK).verified("ada@example.org", password) is None


def test_the_signing_key_is_random_private_and_kept(tmp_path: Path) -> None:
    token = TokenMint(tmp_path).issue("someone").access_token
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert TokenMint(tmp_path).holder_of(token) == "someone"
    with pytest.raises(InvalidToken):
        TokenMint(tmp_path / "other").holder_of(token)


def test_revoking_ends_the_refresh_tokens_of_one_account_only(tmp_path: Path) -> None:
    mint = TokenMint(tmp_path)
    hers, his = mint.issue("ada"), mint.issue("max")
    mint.revoke_all("ada")
    with pytest.raises(InvalidToken):
        mint.redeem(hers.refresh_token)
    assert mint.redeem(his.refresh_token) == "max"
