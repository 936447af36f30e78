"""Answers of the API that are kept for a while: listings, newest values, prices and CO2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from services.outage import FAILS
from services.place import Backing

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[Value]):
    """What is asked, for whom, how its answer is written, and how old it may be.

    `in_need` says whether an older answer, which carries its own date, is better than none when the API fails.
    """

    key: str
    user_id: str
    age: timedelta
    call: Callable[[], Value]
    encode: Callable[[Value], Any]
    decode: Callable[[Any], Value]
    in_need: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Asks once for all threads and processes, and keeps the answer."""

    backing: Backing

    def answer(self, question: Question[Value]) -> tuple[Value, bool]:
        """Return the answer, and whether it was there already."""
        known = self._known(question, question.age)
        if known is not None:
            return known[0], True
        try:
            return self._asked(question)
        except FAILS:
            older = self._known(question, self.backing.timeout) if question.in_need else None
            if older is None:
                raise
            return older[0], True

    def _asked(self, question: Question[Value]) -> tuple[Value, bool]:
        with self.backing.store.single_flight(question.key, at_most_s=self.backing.flight_s):
            known = self._known(question, question.age)
            if known is not None:
                return known[0], False
            value = self.backing.outages.ask(question.user_id, question.call)
            now = self.backing.clock()
            kept = {"at": now.timestamp(), "value": question.encode(value)}
            self.backing.store.put(question.key, kept, until=now + self.backing.timeout)
            return value, False

    def _known(self, question: Question[Value], age: timedelta) -> tuple[Value] | None:
        """Return the kept answer in a tuple (None is an answer too), or None when there is no usable one."""
        raw = self.backing.store.get(question.key)
        if raw is None:
            return None
        try:
            asked_at = datetime.fromtimestamp(raw["at"], tz=UTC)
            value = question.decode(raw["value"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            self.backing.store.forget(question.key)
            return None
        return (value,) if self.backing.clock() - asked_at < age else None
