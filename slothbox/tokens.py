"""Signed tokens: short access tokens, and refresh tokens that work exactly once.

HS256 with a random key kept in the state folder (0600). A refresh token that is used a second time was stolen or
replayed, so every refresh token of that account is revoked with it. Token times run on the real clock, whatever moment
the edge replays.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from slothbox.files import make_private_folder, write_private

KEY_FILE = "jwt.key"
LEDGER_FILE = "tokens.sqlite3"
ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(hours=12)
ALGORITHM = "HS256"
LEDGER_SCHEMA = """CREATE TABLE IF NOT EXISTS refresh_tokens (
    token_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0)"""


class InvalidToken(Exception):
    """The token is not ours, has expired, was revoked or was used before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a sign-in answer carries."""

    access_token: str
    refresh_token: str


class TokenMint:
    """Issues and checks the tokens of one state folder; safe to share between threads."""

    def __init__(self, state_dir: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Use the key in `state_dir`, made at first start; `now` is the real time in UTC."""
        self._key = _load_or_make_key(make_private_folder(state_dir) / KEY_FILE)
        self._ledger = state_dir / LEDGER_FILE
        self._now = now
        with self._open() as ledger:
            ledger.execute(LEDGER_SCHEMA)
        self._ledger.chmod(0o600)

    def issue(self, customer_id: str) -> TokenPair:
        """Return a new pair for an account."""
        token_id = secrets.token_hex(16)
        expires = self._now() + REFRESH_LIFE
        with self._open() as ledger:
            ledger.execute("DELETE FROM refresh_tokens WHERE expires < ?", (int(self._now().timestamp()),))
            ledger.execute(
                "INSERT INTO refresh_tokens (token_id, customer_id, expires) VALUES (?, ?, ?)",
                (token_id, customer_id, int(expires.timestamp())),
            )
        return TokenPair(
            access_token=self._sign(customer_id, "access", self._now() + ACCESS_LIFE, secrets.token_hex(8)),
            refresh_token=self._sign(customer_id, "refresh", expires, token_id),
        )

    def holder_of(self, access_token: str) -> str:
        """Return the customer id that an access token speaks for; raise InvalidToken."""
        return str(self._claims(access_token, "access")["sub"])

    def redeem(self, refresh_token: str) -> str:
        """Use up a refresh token and return its customer id; raise InvalidToken."""
        claims = self._claims(refresh_token, "refresh")
        with self._open() as ledger:
            used = ledger.execute(
                "UPDATE refresh_tokens SET used = 1 WHERE token_id = ? AND used = 0", (str(claims["jti"]),)
            )
            fresh = used.rowcount == 1
        if not fresh:
            self.revoke_all(str(claims["sub"]))
            raise InvalidToken("This refresh token was used before or revoked.")
        return str(claims["sub"])

    def revoke_all(self, customer_id: str) -> None:
        """Make every refresh token of an account worthless."""
        with self._open() as ledger:
            ledger.execute("UPDATE refresh_tokens SET used = 1 WHERE customer_id = ?", (customer_id,))

    def _sign(self, customer_id: str, use: str, expires: datetime, token_id: str) -> str:
        claims = {"sub": customer_id, "use": use, "jti": token_id, "iat": self._now(), "exp": expires}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def _claims(self, token: str, use: str) -> dict[str, object]:
        options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "sub", "jti"]}
        try:
            claims: dict[str, object] = jwt.decode(token, self._key, algorithms=[ALGORITHM], options=options)  # type: ignore[arg-type]
        except jwt.PyJWTError as error:
            raise InvalidToken("This token is not valid.") from error
        if claims.get("use") != use:
            raise InvalidToken(f"This is not a token for {use}.")
        if float(str(claims["exp"])) <= self._now().timestamp():
            raise InvalidToken("This token has expired.")
        return claims

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._ledger, timeout=5)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def _load_or_make_key(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text(encoding="utf-8")
