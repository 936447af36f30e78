"""Recompute: what a person's click starts. Its progress, its end and its result are in the store, not in a process."""

from __future__ import annotations

from dash_app.domain.errors import EnergyError
from dash_app.domain.jobs import Jobs, JobState
from dash_app.domain.ports import Audit, Session
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.schedule import Objective
from dash_app.workflows.plan import PlanPorts, check_may_recompute, make_recommendation

LOST = "The computation failed for a reason of ours. It is in the log."


class Cancelled(EnergyError):
    """Somebody pressed Cancel."""


def recompute(
    ports: PlanPorts, jobs: Jobs, audit: Audit, session: Session, project_id: str, objective: Objective
) -> Recommendation:
    """Compute a recommendation as `session`'s person and record how it went.

    Raises NotFound, NotPermitted, DecisionConflict while another computation of the project runs, Cancelled, and what
    `make_recommendation` raises; the job's row says so in one sentence before any of them leaves.
    """
    check_may_recompute(session, project_id)
    who = session.person.email
    job = jobs.start(project_id, who)
    audit.append(who=who, what="recompute", project_id=project_id, detail=objective.value)

    def progress(fraction: float, word: str) -> None:
        if jobs.advance(job.job_id, fraction, word).cancel_requested:
            raise Cancelled("Cancelled.")

    try:
        made = make_recommendation(ports, session, project_id, objective, by=who, progress=progress)
    except Cancelled:
        jobs.finish(job.job_id, JobState.CANCELLED)
        raise
    except EnergyError as error:
        jobs.finish(job.job_id, JobState.FAILED, error=str(error))
        raise
    except Exception:
        jobs.finish(job.job_id, JobState.FAILED, error=LOST)
        raise
    jobs.finish(job.job_id, JobState.DONE, result=made.recommendation_id)
    return made
