"""What we remember of an API that does not answer: nobody asks again too soon, and everybody hears the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from dash_app.domain.errors import ApiError, ApiUnavailable, ApiUnreadable, RateLimited
from dash_app.domain.time import Clock

log = structlog.get_logger()

FAILS = (ApiUnavailable, ApiUnreadable, RateLimited)
"""The errors after which saved data are shown."""

Answer = TypeVar("Answer")


class Outages:
    """The failures of the API by person; after one, that person's calls rest for `rest`, or as long as a 429 says."""

    def __init__(self, clock: Clock, rest: timedelta) -> None:
        self._clock = clock
        self._rest = rest
        self._failing: dict[str, tuple[datetime, ApiError]] = {}

    def ask(self, user_id: str, call: Callable[[], Answer]) -> Answer:
        """Return what `call` returns; raise at once, without calling, while the API rests."""
        self._check_rest(user_id)
        try:
            answer = call()
        except FAILS as error:
            rest = timedelta(seconds=error.retry_after_s) if isinstance(error, RateLimited) else self._rest
            self._failing[user_id] = (self._clock() + rest, error)
            log.warning("api_failed", user_id=user_id, why=str(error))
            raise
        self._failing.pop(user_id, None)
        return answer

    def failing(self, user_id: str) -> bool:
        """Return whether the last call for this person failed."""
        return user_id in self._failing

    def resting(self, user_id: str) -> bool:
        """Return whether a call for this person would fail at once."""
        return user_id in self._failing and self._clock() < self._failing[user_id][0]

    def _check_rest(self, user_id: str) -> None:
        until, error = self._failing.get(user_id, (self._clock(), ApiUnavailable("")))
        left = (until - self._clock()).total_seconds()
        if left <= 0:
            return
        if isinstance(error, RateLimited):
            raise RateLimited(f"the server asks us to wait {left:.0f} s", retry_after_s=left)
        raise type(error)(*error.args)
