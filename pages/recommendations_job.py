"""The strip of a running computation: what it does, how far it is, Cancel; and how the last one ended.

Everything comes from the store's job, so it is the same after a reload and for everybody who looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dash import html

from components.badges import Tone
from components.icons import Icon
from components.numbers import percent
from components.states import banner
from components.words import _
from dash_app.domain.jobs import Job, JobState

START_WITHIN = timedelta(seconds=20)
"""A click whose job has not appeared by then did not start one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """Somebody pressed Recompute here: when, and which job was the newest then."""

    at: datetime
    before: str

    def as_data(self) -> dict[str, str]:
        """Return what the browser keeps."""
        return {"at": self.at.isoformat(), "before": self.before}

    @classmethod
    def from_data(cls, kept: Any) -> Clicked | None:
        """Return what the browser kept, or None for anything else."""
        try:
            return cls(at=datetime.fromisoformat(kept["at"]), before=str(kept["before"]))
        except (KeyError, TypeError, ValueError):
            return None


def job_view(job: Job | None, clicked: Clicked | None, now: datetime, *, blocked: str = "") -> dict[str, Any]:
    """Return the strip by its parts.

    `blocked` is why this person cannot recompute.
    `done` names the newest plan that a finished job made; a change of it makes the page draw anew.
    """
    awaited = clicked is not None and not _is_newer(job, clicked)
    starting = awaited and clicked is not None and now - clicked.at < START_WITHIN
    running = job is not None and job.state is JobState.RUNNING
    busy = starting or running
    return {
        "hidden": not busy,
        "words": words_of(job if running else None),
        "value": percent_of(job if running else None),
        "cancel_off": not running or (job is not None and job.cancel_requested),
        "off": bool(blocked) or busy,
        "reason": blocked,
        "tick_off": not busy,
        "ended": [] if busy else ended_view(job, clicked, now),
        "done": job.result if job is not None and job.state is JobState.DONE else "",
    }


def words_of(job: Job | None) -> str:
    """Return what a running job does; None has not begun."""
    if job is None:
        return _("Starting the computation")
    if job.cancel_requested:
        return _("Cancelling")
    doing = {
        "reading": _("Reading measurements"),
        "forecasting": _("Forecasting"),
        "optimising": _("Optimising"),
        "checking": _("Checking the plan a second time"),
        "storing": _("Storing"),
    }.get(job.word, _("Starting the computation"))
    share = percent(job.fraction)
    return _("%(doing)s, %(share)s, for %(who)s", doing=doing, share=share, who=job.who)


def percent_of(job: Job | None) -> str:
    """Return how far a job is, 0 to 100."""
    return "0" if job is None else str(round(100 * job.fraction))


def ended_view(job: Job | None, clicked: Clicked | None, now: datetime) -> list[Any]:
    """Return how the computation ended that was asked for here; a success needs no words."""
    if clicked is not None and not _is_newer(job, clicked):
        return [banner(_("The computation did not start. Please try again."), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)]
    if job is None or now - job.seen_at > timedelta(minutes=15):
        return []
    if job.state is JobState.CANCELLED:
        return [banner(_("The computation was cancelled. Nothing changed."))]
    if job.state is JobState.FAILED:
        words = _("No new plan: %(why)s", why=job.error)
        return [banner(html.Span(words), Tone.DANGER, Icon.EXCLAMATION_TRIANGLE)]
    return []


def _is_newer(job: Job | None, clicked: Clicked) -> bool:
    return job is not None and job.job_id != clicked.before
