"""Values out of JSON: each has its type, or InvalidProblem names the key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array

Raw = Mapping[str, Any]


def check_keys(raw: Raw, allowed: frozenset[str], where: str) -> None:
    """Raise InvalidProblem naming the first key that is not known."""
    unknown = sorted(str(key) for key in raw if key not in allowed)
    if unknown:
        raise InvalidProblem(f"{where}{unknown[0]}: this key is not known")


def object_at(raw: Raw, key: str, allowed: frozenset[str] | None, where: str = "") -> Raw:
    """Return the object at `key`, whose keys must all be `allowed`."""
    return as_object(_needed(raw, key, where), f"{where}{key}", allowed)


def as_object(value: object, key: str, allowed: frozenset[str] | None) -> Raw:
    """Return a value that must be an object."""
    if not isinstance(value, Mapping):
        raise InvalidProblem(f"{key}: an object is needed, got {_short(value)}")
    if allowed is not None:
        check_keys(value, allowed, f"{key}.")
    return value


def items_at(raw: Raw, key: str, where: str) -> list[object]:
    """Return the list at `key`, empty where there is none."""
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise InvalidProblem(f"{where}{key}: a list is needed, got {_short(value)}")
    return value


def _needed(raw: Raw, key: str, where: str = "") -> Any:
    if key not in raw:
        raise InvalidProblem(f"{where}{key}: this key is missing")
    return raw[key]


def number_at(raw: Raw, key: str, where: str = "", *, default: float | None = None) -> float:
    """Return the number at `key`."""
    value = raw.get(key, default) if default is not None else _needed(raw, key, where)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidProblem(f"{where}{key}: a number is needed, got {_short(value)}")
    return _float(value, f"{where}{key}")


def _float(value: int | float, key: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidProblem(f"{key}: a number too large to calculate with") from None


def whole_at(raw: Raw, key: str, where: str = "", *, default: int | None = None) -> int:
    """Return the whole number at `key`."""
    value = number_at(raw, key, where, default=default)
    if not math.isfinite(value) or value != int(value):
        raise InvalidProblem(f"{where}{key}: a whole number is needed, got {value:g}")
    return int(value)


def flag_at(raw: Raw, key: str) -> bool:
    """Return true or false at `key`, false where it is missing."""
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise InvalidProblem(f"{key}: true or false is needed, got {_short(value)}")
    return value


def series_at(raw: Raw, key: str, where: str = "") -> Array:
    """Return the list of numbers at `key`."""
    value = _needed(raw, key, where)
    if not isinstance(value, list):
        raise InvalidProblem(f"{where}{key}: a list of numbers is needed, got {_short(value)}")
    for index, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise InvalidProblem(f"{where}{key}[{index}]: a number is needed, got {_short(item)}")
    return np.array([_float(item, f"{where}{key}[{index}]") for index, item in enumerate(value)], dtype=float)


def number_or_series(raw: Raw, key: str, steps: int, where: str = "", *, default: float | None = None) -> Array:
    """Return the list of numbers at `key`, or its one number for every step."""
    if isinstance(raw.get(key), list):
        values = series_at(raw, key, where)
        if values.shape != (steps,):
            raise InvalidProblem(f"{where}{key}: {values.size} values for {steps} steps")
        return values
    return np.full(steps, number_at(raw, key, where, default=default))


def text_at(raw: Raw, key: str, where: str = "") -> str:
    """Return the text at `key`."""
    value = _needed(raw, key, where)
    if not isinstance(value, str):
        raise InvalidProblem(f"{where}{key}: a text is needed, got {_short(value)}")
    return value


def maybe_number(raw: Raw, key: str, where: str = "") -> float | None:
    """Return the number at `key`, None where it is missing or null."""
    return None if raw.get(key) is None else number_at(raw, key, where)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
