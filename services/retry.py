"""How often an unreachable server is asked again: 5 s apart, up to a limit, never without an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from dash_app.domain.errors import ApiUnavailable

log = structlog.get_logger()


def _silent(attempt: int, attempts: int, wait_s: float) -> None:
    """Say nothing before the next attempt."""


def _no_jitter() -> float:
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often an unreachable server is asked, and how long we wait in between.

    Pages use 1 attempt, because the page itself shows the countdown; work on the clock uses 5. `on_wait` is told the
    number of the coming attempt, the limit, and the seconds until then. `jitter_s` spreads many clients.
    """

    attempts: int = 1
    wait_s: float = 5.0
    on_wait: Callable[[int, int, float], None] = _silent
    jitter_s: Callable[[], float] = _no_jitter
    sleep: Callable[[float], None] = time.sleep

    def run(self, call: Callable[[], Any]) -> Any:
        """Return what `call` returns; try again only when the server cannot be reached."""
        retrying = Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=lambda _: self.wait_s + self.jitter_s(),
            retry=retry_if_exception_type(ApiUnavailable),
            before_sleep=self._announce,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(call)

    def _announce(self, state: RetryCallState) -> None:
        wait_s = state.upcoming_sleep
        log.info("api_unreachable", attempt=state.attempt_number, attempts=self.attempts, wait_s=wait_s)
        self.on_wait(state.attempt_number + 1, self.attempts, wait_s)
