"""What is published about a project (prices, CO2, weather), asked for by whole days: the same question comes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from dash_app.domain.ports import ApiToken, Session
from dash_app.domain.project import Project
from services.chunks import DAY
from services.history import days_between, first_recent_day
from services.remembered import Question
from services.rows import key_of

AGE = timedelta(minutes=5)
"""How old an answer may be that holds a day which is not over for long; of older days nothing new is published."""

Value = TypeVar("Value")
Fetch = Callable[[ApiToken, str, datetime, datetime], Value | None]


@dataclass(frozen=True, slots=True)
class ByDays(Generic[Value]):
    """One kind of series: how it is fetched, written into the cache and read back."""

    kind: str
    fetch: Fetch[Value]
    encode: Callable[[Value | None], Any]
    decode: Callable[[Any], Value | None]

    def question(
        self, session: Session, project: Project, start: datetime, end: datetime, *, now: datetime, timeout: timedelta
    ) -> Question[Value | None]:
        """Return the question for the days that `start <= t < end` touches."""
        days = days_between(start, end)
        first, last = days[0], days[-1] + DAY
        return Question(
            key=key_of(self.kind, session.person.user_id, project.project_id, first.isoformat(), last.isoformat()),
            user_id=session.person.user_id,
            age=AGE if last > first_recent_day(now) else timeout,
            call=lambda: self.fetch(session.token, project.project_id, first, last),
            encode=self.encode,
            decode=self.decode,
            in_need=True,
        )
