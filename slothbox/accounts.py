"""Who may sign in at the edge: accounts with argon2 hashes, and the demo's random passwords beside them.

`accounts.json` holds hashes only. `passwords.json` (0600) keeps the demo's clear passwords so that every start shows
the same ones; a password that its owner changes is dropped from it.
"""

import secrets
import threading
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from slothbox.files import make_private_folder, read_json, write_private_json

ACCOUNTS_FILE = "accounts.json"
PASSWORDS_FILE = "passwords.json"
EDGE_EMAIL = "edge@example.org"
SERVICE_EMAIL = "planner@example.org"


class Kind(StrEnum):
    """What an account is for: a person, reading on the clock, or posting what the edge measured."""

    PERSON = "person"
    SERVICE = "service"
    EDGE = "edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; `roles` maps the projects it may see to its roles there."""

    customer_id: str
    email: str
    name: str
    kind: Kind
    password_hash: str
    roles: dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An account as the demo wants it, before it has a password."""

    email: str
    name: str
    role: str
    projects: tuple[str, ...]
    kind: Kind = Kind.PERSON


def demo_accounts(projects: tuple[str, ...]) -> tuple[DemoAccount, ...]:
    """Return the demo's people (everyone on all `projects`, Olga on two) and its two machine accounts."""
    few = tuple(project for project in projects if project in {"konstanz-4", "cambridge-b005"})
    return (
        DemoAccount(email="ada@example.org", name="Ada", role="analyst", projects=projects),
        DemoAccount(email="max@example.org", name="Max", role="manager", projects=projects),
        DemoAccount(email="otto@example.org", name="Otto", role="operator", projects=projects),
        DemoAccount(email="vera@example.org", name="Vera", role="viewer", projects=projects),
        DemoAccount(email="amin@example.org", name="Amin", role="admin", projects=projects),
        DemoAccount(email="mia@example.org", name="Mia", role="manager", projects=projects),
        DemoAccount(email="olga@example.org", name="Olga", role="analyst", projects=few),
        DemoAccount(email=SERVICE_EMAIL, name="Planner", role="viewer", projects=projects, kind=Kind.SERVICE),
        DemoAccount(email=EDGE_EMAIL, name="SlothBox", role="", projects=(), kind=Kind.EDGE),
    )


class AccountBook:
    """The accounts of one state folder; safe to share between threads."""

    def __init__(self, state_dir: Path, hasher: PasswordHasher | None = None) -> None:
        """Open the book in `state_dir`; an absent file is an empty book."""
        self._state_dir = make_private_folder(state_dir)
        self._hasher = hasher or PasswordHasher()
        self._lock = threading.Lock()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(9))
        stored = read_json(state_dir / ACCOUNTS_FILE) or []
        self._accounts = [Account(**{**entry, "kind": Kind(entry["kind"])}) for entry in stored]

    def find(self, email: str) -> Account | None:
        """Return the account with this e-mail address, blanks and case forgiven."""
        wanted = email.strip().lower()
        return next((account for account in self._accounts if account.email.lower() == wanted), None)

    def by_id(self, customer_id: str) -> Account | None:
        """Return the account with this customer id."""
        return next((account for account in self._accounts if account.customer_id == customer_id), None)

    def verified(self, email: str, password: str) -> Account | None:
        """Return the account when the password fits; an unknown address takes just as long as a wrong password."""
        account = self.find(email)
        fits = self._fits(account.password_hash if account else self._nobody, password)
        return account if fits else None

    def ensure_demo(self, projects: tuple[str, ...]) -> None:
        """Fill an empty book with the demo accounts, each with a new random password; leave any other book alone."""
        if self._accounts:
            return
        wanted = demo_accounts(projects)
        passwords = {entry.email: secrets.token_urlsafe(9) for entry in wanted}
        write_private_json(self._state_dir / PASSWORDS_FILE, passwords)
        self._store([self._made(entry, passwords[entry.email]) for entry in wanted])

    def change(self, customer_id: str, *, email: str, name: str, password: str) -> Account:
        """Give an account a new address, name and password; ValueError when the address is taken."""
        with self._lock:
            taken = self.find(email)
            if taken is not None and taken.customer_id != customer_id:
                raise ValueError("This e-mail address is taken.")
            old = next(account for account in self._accounts if account.customer_id == customer_id)
            new = replace(old, email=email.strip(), name=name.strip(), password_hash=self._hasher.hash(password))
            self._store([new if account is old else account for account in self._accounts])
        self._forget_password(old.email)
        return new

    def _made(self, entry: DemoAccount, password: str) -> Account:
        return Account(
            customer_id=secrets.token_hex(6),
            email=entry.email,
            name=entry.name,
            kind=entry.kind,
            password_hash=self._hasher.hash(password),
            roles={project: [entry.role] for project in entry.projects},
        )

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def _store(self, accounts: list[Account]) -> None:
        write_private_json(self._state_dir / ACCOUNTS_FILE, [asdict(account) for account in accounts])
        self._accounts = accounts

    def _forget_password(self, email: str) -> None:
        known = read_json(self._state_dir / PASSWORDS_FILE) or {}
        if known.pop(email, None) is not None:
            write_private_json(self._state_dir / PASSWORDS_FILE, known)


def demo_password(state_dir: Path, email: str) -> str | None:
    """Return the clear password of a demo account, None when there is none or its owner changed it."""
    password: str | None = (read_json(state_dir / PASSWORDS_FILE) or {}).get(email)
    return password
