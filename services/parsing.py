"""What a server sent, read at the door: tolerant of spelling, strict about shape, and never half.

Shape faults (no JSON, a list instead of an object, a missing key) raise ApiUnreadable naming the field. A single value
that cannot be read is None here, and whoever reads a series counts it.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import jwt
import orjson

from dash_app.domain.errors import ApiUnreadable

EARLIEST_S = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
LATEST_S = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
MILLISECONDS_FROM = 1e11
"""An epoch number from here on counts milliseconds: as seconds it would lie after the year 5000."""

Json = dict[str, Any]


def parse_json(content: bytes, path: str) -> Any:
    """Return the JSON value of an answer; NaN and Infinity are not JSON, and the error names where they stand."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _diagnose(content, path)


def as_object(value: Any, where: str) -> Json:
    """Return a JSON object; raise ApiUnreadable naming `where`."""
    if not isinstance(value, dict):
        raise ApiUnreadable(f"{where}: an object was expected, got {_kind(value)}")
    return value


def as_list(value: Any, where: str) -> list[Any]:
    """Return a JSON list; raise ApiUnreadable naming `where`."""
    if not isinstance(value, list):
        raise ApiUnreadable(f"{where}: a list was expected, got {_kind(value)}")
    return value


def field(holder: Json, key: str, where: str) -> Any:
    """Return what stands under `key`; raise ApiUnreadable when the key is missing."""
    if key not in holder:
        raise ApiUnreadable(f"{where}.{key}: missing")
    return holder[key]


def text_field(holder: Json, key: str, where: str) -> str:
    """Return a text without the blanks around it; a number, as some installations send ids, is its digits."""
    value = field(holder, key, where)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if not text:
        raise ApiUnreadable(f"{where}.{key}: a text or a number was expected, got {_kind(value)}")
    return text


def optional_text(holder: Json, key: str) -> str:
    """Return a text without the blanks around it, or "" when there is none."""
    value = holder.get(key)
    return value.strip() if isinstance(value, str) else ""


def number_of(value: Any) -> float | None:
    """Return a finite number, also from a text; None for anything else.

    >>> number_of(" 12.5 "), number_of("1e999"), number_of(True), number_of("n/a"), number_of("1_0")
    (12.5, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "_" in value:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def positive_field(holder: Json, key: str, where: str) -> float:
    """Return a number above 0; raise ApiUnreadable naming the field."""
    number = number_of(field(holder, key, where))
    if number is None or number <= 0:
        raise ApiUnreadable(f"{where}.{key}: a number above 0 was expected, got {_kind(holder[key])}")
    return number


def moment_s(value: Any) -> float | None:
    """Return seconds since the epoch for ISO 8601 (without offset: UTC) or an epoch in s or ms; None if unreadable.

    >>> moment_s("2020-09-28T03:45:00"), moment_s("2020-09-28T13:45:00+10:00"), moment_s(1601264700000)
    (1601264700.0, 1601264700.0, 1601264700.0)
    """
    number = number_of(value)
    if number is None:
        number = _iso_s(value)
    elif abs(number) >= MILLISECONDS_FROM:
        number /= 1000
    return number if number is not None and EARLIEST_S <= number < LATEST_S else None


def moment_field(holder: Json, key: str, where: str) -> datetime:
    """Return a moment in UTC; raise ApiUnreadable naming the field."""
    seconds = moment_s(field(holder, key, where))
    if seconds is None:
        raise ApiUnreadable(f"{where}.{key}: a time was expected, got {_kind(holder[key])}")
    return datetime.fromtimestamp(seconds, tz=UTC)


def token_expiry(token: str, *, otherwise: datetime) -> datetime:
    """Return when a JWT expires, read from its `exp` without its key (we have none); `otherwise` if it names no time.

    Only the server can tell whether the token is genuine, and does so on every call.
    """
    try:
        claims: Json = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise ApiUnreadable("access_token: not a JWT") from None
    if "exp" not in claims:
        return otherwise
    seconds = moment_s(claims["exp"])
    if seconds is None:
        raise ApiUnreadable("access_token.exp: not a time")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _iso_s(value: Any) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.timestamp()
    except (OverflowError, ValueError):
        return None


class _NotJson(float):
    """NaN or Infinity where JSON allows none."""


def _diagnose(content: bytes, path: str) -> Any:
    """Return what Python's laxer reader makes of it (numbers beyond a double are infinite there); or say the fault."""
    try:
        value = json.loads(content, parse_constant=_NotJson)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ApiUnreadable(f"{path}: the answer is not JSON{place}") from None
    fault = _find_constant(value)
    if fault is not None:
        raise ApiUnreadable(f"{path}: {fault.lstrip('.') or 'the answer'} is not a number that JSON knows")
    return value


def _find_constant(value: Any) -> str | None:
    """Return the path of the first NaN or Infinity, or None."""
    if isinstance(value, _NotJson):
        return ""
    parts: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        parts = [(f".{key}", part) for key, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"[{place}]", part) for place, part in enumerate(value)]
    for name, part in parts:
        below = _find_constant(part)
        if below is not None:
            return name + below
    return None


def _kind(value: Any) -> str:
    """Return what something is, for people, without quoting it: it may be a secret."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    if value == "":
        return "an empty text"
    return names.get(type(value), "a number")
