"""Computations a person asked for: their progress lives in the store, so that it survives a reload of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

SILENT_FOR = timedelta(seconds=60)
"""A running job that has said nothing for this long is taken for lost."""

SILENT_WORDS = "The computation ended without an answer. Please try again."


class JobState(StrEnum):
    """The life of a job."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One computation: `fraction` done (0..1), the word that says what is being done, and how it ended.

    `result` is the id of what it wrote to the store; `error` is one sentence for people.
    """

    job_id: str
    project_id: str
    who: str
    state: JobState
    fraction: float
    word: str
    started_at: datetime
    seen_at: datetime
    result: str = ""
    error: str = ""
    cancel_requested: bool = False


class Jobs(Protocol):
    """Jobs by project; there is at most one RUNNING job for each."""

    def start(self, project_id: str, who: str) -> Job:
        """Return a new RUNNING job; raise DecisionConflict while another one of the project is alive."""
        ...

    def advance(self, job_id: str, fraction: float, word: str) -> Job:
        """Record progress and return the job, which may carry `cancel_requested`."""
        ...

    def finish(self, job_id: str, state: JobState, *, result: str = "", error: str = "") -> Job: ...
    def request_cancel(self, job_id: str) -> None: ...
    def newest(self, project_id: str) -> Job | None:
        """Return the project's newest job; one that was silent for SILENT_FOR comes back as FAILED."""
        ...
