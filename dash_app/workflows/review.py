"""A person decides on a plan: approve, reject, withdraw, stop. Rights are checked here, whatever a page showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from dash_app.domain.approval import leaves_band, why_infeasible
from dash_app.domain.errors import (
    DecisionConflict,
    EnergyError,
    Infeasible,
    NotFound,
    NotPermitted,
    PlanRejected,
    StaleData,
    StoreUnavailable,
)
from dash_app.domain.ports import Audit, DispatcherLink, Recommendations, Session, Sites, States
from dash_app.domain.project import Right
from dash_app.domain.recommendation import EXPIRING, IN_FORCE, Payload, Recommendation, State
from dash_app.domain.time import Clock

NEWEST_READING = timedelta(seconds=60)
"""An approval needs a reading of the battery that is not older: one turn of a usual device watchdog."""
STOP_TRIES = 5
DECIDABLE = frozenset({State.PROPOSED, State.AWAITING_SECOND})
WITHDRAWABLE = frozenset({State.AWAITING_SECOND, State.APPROVED})
LONGEST_REASON = 1000
EXPIRED = "This plan has expired."
CHANGED = "The situation changed. Review the new plan."
ONLY_MANAGERS = "Only managers can approve."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPorts:
    """What decisions need. `reread` returns the session with the roles that the energy API names at this moment."""

    recommendations: Recommendations
    states: States
    sites: Sites
    audit: Audit
    link: DispatcherLink
    reread: Callable[[Session], Session]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a stop did: whether the dispatcher confirmed the release, and the plan that was in force, now STOPPED."""

    released: bool
    recommendation: Recommendation | None


def approve(
    given: ReviewPorts, session: Session, recommendation_id: str, *, version: int, digest: str
) -> Recommendation:
    """Put the plan into force; return only when that is durable.

    Raise NotFound, NotPermitted, DecisionConflict (who and when), StaleData or Infeasible. Approving once more what
    the same person approved in the same version returns the plan as it stands.
    """
    session, plan = _decidable(given, session, recommendation_id)
    if _approved_already(given, session, plan, version, digest):
        return plan
    _check_stands(plan, version, digest, given.clock)
    _check_second_person(session, plan)
    _check_nothing_newer(given.recommendations, plan)
    _check_feasible(given, plan.payload)
    return _move(given, session, plan, State.APPROVED)


def reject(
    given: ReviewPorts, session: Session, recommendation_id: str, *, version: int, digest: str, reason: str
) -> Recommendation:
    """Turn the plan down for a reason that others will read; raise as `approve` does."""
    session, plan = _decidable(given, session, recommendation_id)
    _check_stands(plan, version, digest, given.clock)
    return _move(given, session, plan, State.REJECTED, reason.strip()[:LONGEST_REASON])


def withdraw(
    given: ReviewPorts, session: Session, recommendation_id: str, *, version: int, digest: str, reason: str = ""
) -> Recommendation:
    """Take an approval back before its first order was sent; afterwards there is only `stop`."""
    session, plan = _decidable(given, session, recommendation_id)
    if (plan.version, plan.digest) != (version, digest) or plan.state not in WITHDRAWABLE:
        raise plan.conflict()
    return _move(given, session, plan, State.WITHDRAWN, reason.strip()[:LONGEST_REASON])


def stop(given: ReviewPorts, session: Session, project_id: str, *, reason: str = "") -> Stopped:
    """Release the project's devices at once, then end the plan in force.

    The release needs neither the store nor the energy API, so the roles of the session count as they are. Raise
    NotFound, NotPermitted, or StoreUnavailable when the release could not be recorded.
    """
    _check_right(given, session, project_id, Right.STOP, "Only operators, managers and administrators can stop.")
    who = session.person.email
    released = _release(given.link, project_id, who)
    try:
        ended = _end_in_force(given.recommendations, project_id, who, reason.strip()[:LONGEST_REASON])
        detail = "released" if released else "the dispatcher did not confirm the release"
        given.audit.append(who=who, what="stop", project_id=project_id, detail=detail)
    except (StoreUnavailable, PlanRejected) as error:
        done = "released" if released else "NOT released"
        raise StoreUnavailable(f"The battery was {done}, but the stop could not be recorded: {error}") from error
    return Stopped(released=released, recommendation=ended)


def still_open(recommendations: Recommendations, payload: Payload) -> frozenset[str]:
    """Return the ids of the open proposals that a new plan does not end: `add(..., keep=...)` leaves them.

    Those are the ones that it does not contradict, and those whose inputs are newer than its own.
    """
    proposed = [one for one in recommendations.newest(payload.project_id) if one.state is State.PROPOSED]
    return frozenset(
        one.recommendation_id
        for one in proposed
        if one.payload.computed_at > payload.computed_at or not leaves_band(payload, one.payload)
    )


def _decidable(given: ReviewPorts, session: Session, recommendation_id: str) -> tuple[Session, Recommendation]:
    """Return the session with fresh roles and the plan; raise NotFound for a foreign one, NotPermitted."""
    session = given.reread(session)
    plan = given.recommendations.get(recommendation_id)
    if plan is None or session.project(plan.payload.project_id) is None:
        raise NotFound(f"There is no recommendation {recommendation_id}.")
    _check_right(given, session, plan.payload.project_id, Right.APPROVE, ONLY_MANAGERS)
    return session, plan


def _check_right(given: ReviewPorts, session: Session, project_id: str, right: Right, sentence: str) -> None:
    project = session.project(project_id)
    if project is None:
        raise NotFound(f"There is no project {project_id}.")
    if not project.allows(right):
        log.warning("not permitted", who=session.person.email, right=right.value, project=project_id)
        given.audit.append(who=session.person.email, what=f"refused: {right.value}", project_id=project_id)
        raise NotPermitted(sentence)


def _approved_already(given: ReviewPorts, session: Session, plan: Recommendation, version: int, digest: str) -> bool:
    """Return whether this person's approval of this version is why the plan is in force: a second click."""
    if plan.state not in IN_FORCE or plan.digest != digest:
        return False
    rows = given.recommendations.transitions(plan.recommendation_id)
    made = rows[version] if 0 < version < len(rows) else None
    return made is not None and made.after is State.APPROVED and made.who == session.person.email


def _check_stands(plan: Recommendation, version: int, digest: str, clock: Clock) -> None:
    if plan.state is State.EXPIRED or (plan.state in EXPIRING and plan.payload.expires_at <= clock()):
        raise DecisionConflict(EXPIRED, at=plan.payload.expires_at)
    if plan.state is State.SUPERSEDED:
        raise DecisionConflict(CHANGED, who=plan.changed_by, at=plan.changed_at)
    if (plan.version, plan.digest) != (version, digest) or plan.state not in DECIDABLE:
        raise plan.conflict()


def _check_second_person(session: Session, plan: Recommendation) -> None:
    if plan.state is State.AWAITING_SECOND and plan.changed_by == session.person.email:
        raise NotPermitted("A second person has to approve this plan.")


def _check_nothing_newer(recommendations: Recommendations, plan: Recommendation) -> None:
    """Raise DecisionConflict where a plan that came later, from inputs not older than this one's, contradicts it."""
    project_id, inputs_of = plan.payload.project_id, plan.payload.computed_at
    top = recommendations.newest(project_id, limit=1)[0].number
    newer = recommendations.newest(project_id, limit=top - plan.number) if top > plan.number else ()
    not_older = (one for one in newer if one.payload.computed_at >= inputs_of)
    against = next((one for one in not_older if leaves_band(one.payload, plan.payload)), None)
    if against is not None:
        raise DecisionConflict(CHANGED, who=against.changed_by, at=against.payload.computed_at)


def _check_feasible(given: ReviewPorts, payload: Payload) -> None:
    site, now = given.sites.site_of(payload.project_id), given.clock()
    if site is None or site.battery is None or site.battery.device_id != payload.device_id:
        raise StaleData(f"{payload.project_id} has no battery {payload.device_id} any more.")
    reading = given.states.telemetry(payload.device_id)
    if reading is None:
        raise StaleData(f"{site.battery.name} has not reported yet: nothing can be approved.")
    if (age := now - reading.at) > NEWEST_READING:
        seconds = age.total_seconds()
        raise StaleData(f"{site.battery.name} reported {seconds:.0f} s ago: nothing can be approved on old values.")
    if reading.soc is None:
        raise StaleData(f"The state of charge of {site.battery.name} is unknown: nothing can be approved.")
    if (why := why_infeasible(payload, reading, site.battery, now)) is not None:
        raise Infeasible(why, conflicts={})


def _move(given: ReviewPorts, session: Session, plan: Recommendation, after: State, why: str = "") -> Recommendation:
    moved = given.recommendations.move(
        plan.recommendation_id,
        version=plan.version,
        digest=plan.digest,
        before=(plan.state,),
        after=after,
        who=session.person.email,
        why=why,
    )
    log.info("decided", who=session.person.email, project=plan.payload.project_id, plan=plan.label, state=after.value)
    return moved


def _release(link: DispatcherLink, project_id: str, who: str) -> bool:
    try:
        return link.release(project_id, who)
    except EnergyError as error:
        log.error("release not confirmed", project=project_id, who=who, why=str(error))
        return False


def _end_in_force(recommendations: Recommendations, project_id: str, who: str, why: str) -> Recommendation | None:
    """Move the plan in force to STOPPED, also when the dispatcher moves it to ACTIVE at this moment."""
    for left in reversed(range(STOP_TRIES)):
        plan = recommendations.in_force(project_id)
        if plan is None:
            return None
        try:
            return recommendations.move(
                plan.recommendation_id,
                version=plan.version,
                digest=plan.digest,
                before=IN_FORCE,
                after=State.STOPPED,
                who=who,
                why=why,
            )
        except DecisionConflict:
            if left == 0:
                raise
    return None
