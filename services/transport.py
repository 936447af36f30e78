"""One exchange with an HTTP server: bounded in time and size, and every failure one of our own errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import RemoteDisconnected
from typing import Any

import requests

from dash_app.domain.errors import (
    ApiError,
    ApiUnavailable,
    ApiUnreadable,
    BadCredentials,
    ConfigError,
    RateLimited,
    RejectedByApi,
    SessionEnded,
    UnknownAtApi,
)
from dash_app.domain.time import Clock
from services.deadline import Watch, new_session
from services.parsing import parse_json

DEFAULT_RETRY_AFTER_S = 60.0
MAX_RETRY_AFTER_S = 3600.0
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most one exchange may take: seconds to connect, between two bytes and in all; bytes of the answer."""

    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 20.0
    max_bytes: int = 64 * 2**20


class Transport:
    """Speaks JSON with one server. Safe for threads; after a fork each process gets connections of its own."""

    def __init__(self, base_url: str, *, clock: Clock, limits: Limits | None = None) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ConfigError(f"ENERGY_API_URL: {base_url!r} is no http:// or https:// address.")
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._limits = limits or Limits()
        self._own = (0, requests.Session())

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
        bearer: str | None = None,
        signing_in: bool = False,
    ) -> Any:
        """Return the parsed JSON of a 200; raise the ApiError that fits everything else."""
        request = requests.Request(
            method, self._base + path, params=dict(query or {}), json=body, headers=_auth(bearer)
        )
        response, content = self._answer(request, path)
        _check_status(response, path, self._clock, signing_in=signing_in)
        return parse_json(content, path)

    def _answer(self, request: requests.Request, path: str) -> tuple[requests.Response, bytes]:
        """Return status and body; a kept connection that the server has closed meanwhile is replaced once."""
        try:
            return self._answer_once(request, path)
        except _ConnectionWentAway:
            if request.method != "GET":
                raise ApiUnavailable(f"{path}: the server closed the connection") from None
        try:
            return self._answer_once(request, path)
        except _ConnectionWentAway:
            raise ApiUnavailable(f"{path}: the server closed the connection") from None

    def _answer_once(self, request: requests.Request, path: str) -> tuple[requests.Response, bytes]:
        session = self._own_session()
        watch = Watch(self._limits.total_s)
        try:
            with watch:
                prepared = session.prepare_request(request)
                times = (self._limits.connect_s, self._limits.read_s)
                with session.send(prepared, timeout=times, stream=True, allow_redirects=False) as response:
                    content = _read_body(response, self._limits.max_bytes, path)
        except requests.RequestException as error:
            raise _why_no_answer(error, path, self._limits, late=watch.fired) from None
        if watch.fired:
            raise ApiUnavailable(f"{path}: no complete answer within {self._limits.total_s:g} s")
        return response, content

    def _own_session(self) -> requests.Session:
        if self._own[0] != os.getpid():
            self._own = (os.getpid(), new_session())
        return self._own[1]


class _ConnectionWentAway(Exception):
    """The server closed the connection before the first byte of an answer."""


def _auth(bearer: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"} if bearer else {}


def _read_body(response: requests.Response, max_bytes: int, path: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > max_bytes:
            raise ApiUnreadable(f"{path}: the answer is longer than {max_bytes} bytes")
    return bytes(content)


def _why_no_answer(error: requests.RequestException, path: str, limits: Limits, *, late: bool) -> Exception:
    if late:
        return ApiUnavailable(f"{path}: no complete answer within {limits.total_s:g} s")
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return ApiUnreadable(f"{path}: the answer ends early or cannot be unpacked")
    if isinstance(error, requests.Timeout):
        return ApiUnavailable(f"{path}: no answer within {limits.read_s:g} s")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return ApiUnreadable(f"{path}: not a valid address or token")
    if _went_away(error):
        return _ConnectionWentAway()
    return ApiUnavailable(f"{path}: cannot reach the server ({type(error).__name__})")


def _went_away(error: BaseException | None) -> bool:
    seen = [error, *getattr(error, "args", ())]
    inner = [part for reason in seen for part in getattr(reason, "args", ())]
    return any(
        isinstance(part, RemoteDisconnected | ConnectionResetError | BrokenPipeError) for part in [*seen, *inner]
    )


def _check_status(response: requests.Response, path: str, clock: Clock, *, signing_in: bool) -> None:
    """Return for a 2xx; raise what fits otherwise. No text of the server goes into a message: it may hold secrets."""
    status = response.status_code
    if 200 <= status < 300:
        return
    if status == 429:
        wait_s = _retry_after_s(response.headers.get("Retry-After"), clock())
        raise RateLimited(f"{path}: the server asks us to wait {wait_s:g} s", retry_after_s=wait_s)
    raise _error_of(status, signing_in)(f"{path}: status {status}")


def _error_of(status: int, signing_in: bool) -> Callable[[str], ApiError]:
    if status >= 500:
        return ApiUnavailable
    if status < 400:
        return ApiUnreadable
    if signing_in and status in {400, 401, 403}:
        return BadCredentials
    if status in {401, 403}:
        return SessionEnded
    return UnknownAtApi if status == 404 else RejectedByApi


def _retry_after_s(header: str | None, now: datetime) -> float:
    """Return the seconds that Retry-After asks for, as a number or a date; a minute when it says nothing readable.

    >>> _retry_after_s("40", datetime(2020, 9, 28, tzinfo=UTC))
    40.0
    """
    text = (header or "").strip()
    if text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
